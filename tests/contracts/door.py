"""What an operation that takes a JSON body is knocked at with: a caller who may, and a body that is good."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import count
from typing import Any
from uuid import uuid4

from jsonschema import Draft202012Validator

from tests.contracts.contract import broken, operation, validator
from tests.contracts.together import POLIS, Together

#: Stands in every free text of the good bodies, so that an echo is seen.
CANARY = "Kanaarilind-7f3e"
#: A day on which none of the people here was born.
BIRTH = date(1930, 6, 15)
_SERIALS = count(1)

Body = dict[str, Any]
Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Call:
    """One request but for its body; ``who`` makes fresh headers, as tokens live for a minute."""

    path: str
    who: Callable[[], Mapping[str, str]]

    @property
    def headers(self) -> Mapping[str, str]:
        """Those of a caller who may, now."""
        return self.who()


@dataclass(frozen=True)
class Door:
    """An operation. ``call`` prepares what it acts on; ``places`` are where a body may hold anything."""

    document: str
    operation: str
    method: str
    call: Callable[[Together], Awaitable[Call]]
    body: Callable[[Together], Body]
    places: Sequence[Place]
    audited: bool = True

    def broken(self, answer: Any) -> str | None:
        """What a refusal lacks; to turn away a caller who may is none."""
        if answer.status_code in {401, 403} and self.operation != "create_session":
            return f"{answer.status_code}: turned away before the body was looked at"
        return broken(answer, self.document, self.operation)

    @property
    def schema(self) -> Draft202012Validator:
        """What the published document says of the body."""
        return _schema(self.document, self.operation)


def person(role: str = "victim", relation: str | None = None) -> Body:
    """Somebody whom nobody has seen before."""
    serial = next(_SERIALS)
    return {
        "role": role,
        "relationToVictim": relation,
        "personalCode": None,
        "birthDate": f"{1950 + serial % 45}-{1 + serial // 28 % 12:02}-{1 + serial % 28:02}",
        "givenName": f"{CANARY}-{serial}",
        "familyName": CANARY,
        "sex": "female",
        "municipality": "0698",
        "address": CANARY,
        "phone": CANARY,
        "safeContact": CANARY,
        "language": "et",
    }


def referral(*persons: Body) -> Body:
    """A referral that breaks no rule."""
    return {
        "referredOn": "2017-03-02",
        "region": "polva",
        "event": {"occurredAt": "2017-03-01T20:30:00Z", "description": CANARY},
        "persons": list(persons) or [person()],
        "assessment": {"instrument": "dash", "completedOn": "2017-03-02", "answers": {"injury": "yes"}},
        "grounds": [],
        "judgementReason": CANARY,
        "consent": "given",
        "victimInformed": True,
        "victimWishes": CANARY,
        "referrer": {"name": CANARY, "unit": CANARY},
    }


def incident() -> Body:
    """The report of an incident that breaks no rule."""
    return {
        "occurredAt": "2017-03-01T20:30:00Z",
        "kind": "threat",
        "description": CANARY,
        "victim": "48805042711",
        "threateningPersons": ["60001017869"],
        "reporter": {"name": CANARY, "unit": CANARY},
    }


def sender(client: str) -> Body:
    """A client's own name for a referral, never used before."""
    return {"client": client, "reference": f"S-{uuid4()}", "version": 1}


def submission(*persons: Body) -> Body:
    """A referral as it comes over X-Road REST."""
    return {"senderReference": f"S-{uuid4()}", "version": 1, **referral(*persons)}


async def entered(house: Together, body: Body) -> Body:
    """The referral that a coordinator has entered, as the service shows it."""
    answer = await house.http["cases"].post(
        "/api/cases/v1/referrals", json=body, headers=house.caller("cases", "enter_referral")
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def at(path: str, service: str, operation: str) -> Callable[[Together], Awaitable[Call]]:
    """A door that needs nothing to be there."""

    async def call(house: Together) -> Call:
        return Call(path, lambda: house.caller(service, operation))

    return call


#: The sender's reference of what the last call of an operation is about.
SENT: dict[tuple[str, str], str] = {}


def sender_of(document: str, operation: str, version: int) -> Body:
    reference = SENT.get((document, operation), "S-1")
    if document == "cases":
        return {"sender": {"client": POLIS, "reference": reference, "version": version}}
    return {"senderReference": reference, "version": version}


IN_REFERRAL: Sequence[Place] = (
    ("victimWishes",),
    ("event", "description"),
    ("assessment", "answers"),
    ("grounds",),
    ("persons",),
    ("persons", 0, "address"),
    ("victimInformed",),
    ("referredOn",),
)


@cache
def _schema(document: str, operation_id: str) -> Draft202012Validator:
    body = operation(document, operation_id)["requestBody"]
    return validator(document, body["content"]["application/json"]["schema"])
