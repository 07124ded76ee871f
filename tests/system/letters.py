"""Referrals as POLIS and STAR write them: any number of different ones, made from the samples by a seed."""

import copy
import hashlib
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from services.kit import personal_code
from system import samples
from system.securityserver import referrals
from system.securityserver.partners import NAMES

SOAP_PATH = "/xroad/soap"
REST_PATH = "/xroad/rest/marac/v1/referrals"
PREFIXES = {"polis": "POLIS", "star": "STAR"}
PROTOCOLS = {"polis": "soap", "star": "rest"}
MINORS = 0.03
REPEATS = 0.1  # share of referrals about people of an earlier one
UNSCORED = 0.03


@dataclass(frozen=True, slots=True)
class Letter:
    """One message, ready to be sent any number of times: the same id, the same bytes."""

    partner: str
    message_id: str
    sender_reference: str
    version: int
    referral: Mapping[str, Any]
    body: bytes

    @property
    def client(self) -> str:
        """The sender as X-Road names it."""
        return NAMES[self.partner]

    @property
    def path(self) -> str:
        return SOAP_PATH if self.partner == "polis" else REST_PATH

    @property
    def headers(self) -> dict[str, str]:
        """What its security server says beside the bytes."""
        if self.partner == "polis":
            return {"Content-Type": "text/xml;charset=UTF-8", "SOAPAction": '""'}
        road = {"X-Road-Client": self.client, "X-Road-Id": self.message_id}
        return {"Content-Type": "application/json", "Accept": "application/json", **road}

    @property
    def content(self) -> str:
        """SHA-256 of the bytes."""
        return hashlib.sha256(self.body).hexdigest()

    @property
    def digest(self) -> str:
        """What tells one message from another: SOAP's bytes; REST's method, path, query and bytes."""
        if self.partner == "polis":
            return self.content
        parts = (b"POST", self.path.encode(), b"", self.body)
        return hashlib.sha256(b"".join(len(one).to_bytes(8, "big") + one for one in parts)).hexdigest()


def write(
    partner: str, message_id: str, sender_reference: str, referral: Mapping[str, Any], version: int = 1
) -> Letter:
    """A referral as its sender writes it."""
    message = {
        "protocol": PROTOCOLS[partner],
        "messageId": message_id,
        "sender": {"client": NAMES[partner], "reference": sender_reference, "version": version},
        "referral": referral,
    }
    make = referrals.soap_message if partner == "polis" else referrals.rest_message
    return Letter(partner, message_id, sender_reference, version, referral, make(message))


class Pen:
    """Writes different letters, the same for the same seed; `name` keeps those of two pens apart."""

    def __init__(self, seed: int, name: str = "") -> None:
        self._chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
        self._name = name
        self.templates = [message["referral"] for message in samples.messages()]
        self._earlier: list[dict[str, Any]] = []
        self._number = 0

    def letters(self) -> Iterator[Letter]:
        """Letters without end, of both partners by chance."""
        while True:
            yield self.letter(self._chance.choice(("polis", "star")))

    def letter(self, partner: str, **changes: Any) -> Letter:
        """The next letter of a partner; `changes` replace parts of the referral."""
        self._number += 1
        reference = f"{PREFIXES[partner]}-{self._name}{self._number:06d}"
        message_id = str(UUID(int=self._chance.getrandbits(128), version=4))
        return write(partner, message_id, reference, self.referral() | changes)

    def referral(self, *, minor: bool | None = None) -> dict[str, Any]:
        """A new referral, valid in every part."""
        if minor is None:
            minor = self._chance.random() < MINORS
        if self._earlier and not minor and self._chance.random() < REPEATS:
            return copy.deepcopy(self._chance.choice(self._earlier))
        referral = copy.deepcopy(self._chance.choice(self.templates))
        on = date.fromisoformat(referral["referredOn"])
        for person in referral["persons"]:
            if person["personalCode"] is not None:
                self._renew(person, on, minor=minor and person["role"] == "victim")
        if self._chance.random() < UNSCORED:
            referral["assessment"] = None
        if not minor:
            self._earlier.append(referral)
        return referral

    def _renew(self, person: dict[str, Any], on: date, *, minor: bool) -> None:
        """Somebody else of the same sex and about the same age, or a child."""
        old = personal_code.parse(person["personalCode"])
        birth = old.birth_date
        if minor:
            birth = on - timedelta(days=self._chance.randrange(3000, 6000))
        elif person["role"] != "child":
            birth -= timedelta(days=self._chance.randrange(900))
        person["personalCode"] = personal_code.make(birth, old.sex, self._chance.randrange(1000))
