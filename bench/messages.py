"""Referrals that nobody has sent yet: each with people, ids and references of its own, all synthetic."""

import copy
import itertools
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Final
from uuid import uuid4

from services.kit import personal_code
from system import samples
from system.securityserver.referrals import rest_message, soap_message

POLIS: Final = "ee-dev/GOV/70008747/polis"
_FIRST_BIRTH: Final = date(1960, 1, 1)
_DAYS: Final = 12_000
_SERIALS: Final = 900
_RUN: Final = uuid4().hex[:8]
_NUMBERS: Final = itertools.count()


def fresh() -> Iterator[dict[str, Any]]:
    """Messages in the words of `system.samples`, without end."""
    patterns = samples.messages()
    for number in _NUMBERS:
        message = copy.deepcopy(patterns[number % len(patterns)])
        message["protocol"] = "soap"
        message["messageId"] = str(uuid4())
        message["sender"] = {"client": POLIS, "reference": f"BENCH-{_RUN}-{number}", "version": 1}
        for place, person in enumerate(message["referral"]["persons"]):
            person["personalCode"] = _code(person, number * 7 + place)
            person["birthDate"] = None
        yield message


def _code(person: dict[str, Any], number: int) -> str:
    """A valid code; children stay children on the day of referral."""
    if person["role"] == "child":
        birth = date(2008, 1, 1) + timedelta(days=number % 2_000)
    else:
        birth = _FIRST_BIRTH + timedelta(days=number % _DAYS)
    sex = "male" if person["sex"] == "male" else "female"
    return personal_code.make(birth, sex, number // _DAYS % _SERIALS)


def soap(count: int) -> list[bytes]:
    """So many SOAP messages, rendered before anything is timed."""
    return [soap_message(message) for message in itertools.islice(fresh(), count)]


def rest(count: int) -> list[bytes]:
    """So many REST messages: the same words as JSON."""
    return [rest_message(message) for message in itertools.islice(fresh(), count)]


def about_children(count: int) -> list[bytes]:
    """So many SOAP messages with at least one child each."""
    return [soap_message(message) for message in itertools.islice(filter(_with_child, fresh()), count)]


def _with_child(message: dict[str, Any]) -> bool:
    return any(person["role"] == "child" for person in message["referral"]["persons"])
