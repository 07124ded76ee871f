"""Referrals that nobody has sent yet: each with people, ids and references of its own, all synthetic."""

import copy
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


def fresh(start: int = 0) -> Iterator[dict[str, Any]]:
    """Messages in the words of `system.samples`, without end."""
    patterns = samples.messages()
    run = uuid4().hex[:8]
    number = start
    while True:
        message = copy.deepcopy(patterns[number % len(patterns)])
        message["protocol"] = "soap"
        message["messageId"] = str(uuid4())
        message["sender"] = {"client": POLIS, "reference": f"BENCH-{run}-{number}", "version": 1}
        for place, person in enumerate(message["referral"]["persons"]):
            person["personalCode"] = _code(person, number * 7 + place)
            person["birthDate"] = None
        yield message
        number += 1


def _code(person: dict[str, Any], number: int) -> str:
    """A valid code; children stay children on the day of referral."""
    if person["role"] == "child":
        birth = date(2008, 1, 1) + timedelta(days=number % 2_000)
    else:
        birth = _FIRST_BIRTH + timedelta(days=number % _DAYS)
    sex = "male" if person["sex"] == "male" else "female"
    return personal_code.make(birth, sex, number // _DAYS % _SERIALS)


def soap(count: int, start: int = 0) -> list[bytes]:
    """So many SOAP messages, rendered before anything is timed."""
    source = fresh(start)
    return [soap_message(next(source)) for _ in range(count)]


def rest(count: int, start: int = 0) -> list[bytes]:
    """So many REST messages: the same words as JSON."""
    source = fresh(start)
    return [rest_message(next(source)) for _ in range(count)]


def about_children(count: int, start: int = 0) -> list[bytes]:
    """So many SOAP messages with at least one child each."""
    source = (
        message
        for message in fresh(start)
        if any(person["role"] == "child" for person in message["referral"]["persons"])
    )
    return [soap_message(next(source)) for _ in range(count)]
