"""What the table says, read by eyes of its own: ``data/access.yaml`` and nothing of the service's code."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[4]
KNOWN_TO_NOBODY = "gossip"
MISSING = None
#: A name that shows, and the class of fields that it belongs to; every other name is basic.
CLASS_OF = {
    "health": "health",
    "criminal": "criminal",
    "identity": "identity",
    "contact": "contact",
    "municipality": "contact",
    "score": "risk",
    "band": "risk",
    "grounds": "risk",
    "assessment": "risk",
    "narrative": "narrative",
    "evidence": "narrative",
    "callOuts": "risk",
    "repeats": "risk",
    "note": "narrative",
    "necessity": "narrative",
    "proportionality": "narrative",
}


@cache
def table() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / "services/cases/data/access.yaml").read_text())
    return content


def rules() -> list[dict[str, Any]]:
    """The rows that open something."""
    return [rule for rule in table()["rules"] if rule["effect"] == "allow"]


def denies() -> list[dict[str, Any]]:
    """The rows that nothing opens."""
    return [rule for rule in table()["rules"] if rule["effect"] == "deny"]


@cache
def roles_of_people() -> tuple[str, ...]:
    every = {role for rule in rules() for role in rule["roles"]}
    return tuple(sorted(role for role in every if ":" not in role and role != "xroad-client"))


@cache
def works_for(subject: str) -> tuple[Mapping[str, str], ...]:
    """What an X-Road client works for: its agency, wherever there is a network."""
    data = ROOT / "services/cases/data"
    systems = yaml.safe_load((data / "systems.yaml").read_text())["systems"]
    regions = yaml.safe_load((data / "regions.yaml").read_text())["regions"]
    agency = {row["client"]: row["agency"] for row in systems}.get(subject.partition("/")[2])
    return tuple({"agency": agency, "region": row["code"]} for row in regions) if agency else ()


@cache
def operations_of_people() -> tuple[str, ...]:
    found = {
        operation
        for rule in rules()
        if set(rule["roles"]) & set(roles_of_people())
        for operation in rule["operations"]
    }
    return tuple(sorted(found))


@cache
def purposes() -> tuple[str | None, ...]:
    """Every purpose that there is, one that there is not, and none."""
    known = {purpose for rule in rules() for purpose in rule["purposes"]}
    return (*sorted(known), KNOWN_TO_NOBODY, MISSING)


@dataclass(frozen=True)
class Office:
    """A role where it is held; ``starts`` and ``ends`` are days from today."""

    role: str
    region: str | None = None
    agency: str | None = None
    starts: int = -30
    ends: int | None = None

    @property
    def holds(self) -> bool:
        return self.starts <= 0 and (self.ends is None or self.ends > 0)

    @property
    def attributes(self) -> dict[str, str]:
        given = {"region": self.region, "agency": self.agency}
        return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True)
class Asker:
    """Somebody who asks: a person with offices, perhaps through a service; or a service; or nobody."""

    name: str
    subject: str
    offices: tuple[Office, ...] = ()
    service: str | None = None
    credentials: str = "good"

    def __str__(self) -> str:
        return self.name

    @property
    def is_person(self) -> bool:
        return "/" not in self.subject and not self.subject.startswith(("service:", "worker:"))

    def roles(self) -> Iterator[tuple[str, Mapping[str, str]]]:
        """Roles with their attributes, as the table sees them."""
        for office in self.offices:
            if office.holds:
                yield office.role, office.attributes
        if self.subject.startswith("worker:"):
            yield self.subject, {}
        if "/" in self.subject:
            yield "xroad-client", {}
        if self.service is not None:
            yield f"service:{self.service}", {}
            yield from ((f"service:{self.service}", bound) for bound in works_for(self.subject))


@dataclass(frozen=True)
class Thing:
    """What the table asks about a referral or case."""

    region: str
    agencies: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    named: frozenset[str] | None = None
    opened: frozenset[str] = frozenset()
    assigned: frozenset[str] = frozenset()
    member: str | None = None


@dataclass(frozen=True)
class Expected:
    """An answer: its status, the problem's type, and, when it shows something, by which rules and classes."""

    status: int
    slug: str | None = None
    rules: tuple[str, ...] = ()
    fields: frozenset[str] = field(default=frozenset())


def granted(
    asker: Asker, operation: str, purpose: str | None
) -> list[tuple[dict[str, Any], Mapping[str, str]]]:
    """The rules of an operation that speak of the asker, each with the attributes of an office."""
    return [
        (rule, attributes)
        for rule in rules()
        for role, attributes in asker.roles()
        if operation in rule["operations"] and role in rule["roles"] and purpose in rule["purposes"]
        if not role.startswith("service:")
        or _speaks_for(asker) in rule.get("for", ["xroad", "worker", "service"])
    ]


def _speaks_for(asker: Asker) -> str:
    if asker.is_person:
        return "member"
    return "xroad" if "/" in asker.subject else asker.subject.partition(":")[0]


def related(relation: str, attributes: Mapping[str, str], asker: Asker, thing: Thing) -> bool:
    own = {**attributes, "subject": asker.subject}
    match relation:
        case "anywhere":
            return True
        case "same-region":
            return own.get("region") == thing.region
        case "own-agency":
            return f"{own.get('agency')}@{own.get('region')}" in thing.agencies
        case "broken-glass":
            return asker.subject in thing.opened
        case "assigned":
            return asker.subject in thing.assigned
        case "oneself":
            return asker.subject == thing.member
        case _:
            raise AssertionError(relation)


def barred(operation: str, asker: Asker, thing: Thing) -> bool:
    """Whether a row keeps the thing from the asker, whatever other rows say."""
    stands_in = {
        "excluded": asker.subject in thing.excluded,
        "sealed": thing.named is not None and asker.subject not in thing.named,
    }
    return any(stands_in[rule["relation"]] for rule in denies() if operation in rule["operations"])


def at_the_door(asker: Asker, operation: str, purpose: str | None) -> Expected | None:
    """The refusal that does not depend on what is asked for; None when the asker gets past the door."""
    if asker.credentials != "good":
        return Expected(401, "unauthenticated")
    if purpose in {MISSING, KNOWN_TO_NOBODY}:
        return Expected(422, "purpose-required")
    if not granted(asker, operation, purpose):
        return Expected(403, "forbidden")
    return None


def expected(asker: Asker, operation: str, purpose: str | None, thing: Thing | None) -> Expected:
    """What the table says; ``thing`` is None where there is nothing (unknown, erased)."""
    refusal = at_the_door(asker, operation, purpose)
    if refusal is not None:
        return refusal
    covering = (
        []
        if thing is None or barred(operation, asker, thing)
        else [
            rule
            for rule, attributes in granted(asker, operation, purpose)
            if related(rule["relation"], attributes, asker, thing)
        ]
    )
    if not covering:
        return Expected(404, "not-found")
    fields = frozenset(name for rule in covering for name in rule["fields"])
    return Expected(200, rules=tuple(dict.fromkeys(rule["id"] for rule in covering)), fields=fields)


def stripped(shown: Any, fields: frozenset[str]) -> Any:
    """The same answer without what is not of these classes."""
    if isinstance(shown, list):
        return [stripped(each, fields) for each in shown]
    if isinstance(shown, dict):
        return {
            name: stripped(value, fields)
            for name, value in shown.items()
            if CLASS_OF.get(name, "basic") in fields
        }
    return shown
