"""The table of access (``data/access.yaml``): read, checked, and asked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice
from types import MappingProxyType
from typing import Any, Final, Self, get_args

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from referencing import Registry

from services.kit import datafile, strictjson
from services.kit.policy.caller import Appointment, Caller, Kind
from services.kit.policy.permit import Effect, Grant, Permit
from services.kit.problem import Forbidden

ANYWHERE: Final = "anywhere"
_SYSTEM_ROLES: Final = ("service:", "worker:", "xroad-client")
_RESERVED: Final = frozenset({"actor", "operation", "purpose", "request", "at"})
_SPOKEN_FOR: Final = frozenset[str](get_args(Kind)) - {"member"}


class PolicyError(Exception):
    """The table is wrong; the message names the place, what is allowed there, and an example."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: who (None: everybody), what, where, when, why, and which classes of fields (None: all)."""

    id: str
    effect: Effect
    roles: tuple[str, ...] | None
    spoken_for: frozenset[str]
    operations: tuple[str, ...]
    relation: str
    states: tuple[str, ...] | None
    purposes: tuple[str, ...] | None
    fields: tuple[str, ...] | None

    @classmethod
    def from_data(cls, row: Mapping[str, Any]) -> Self:
        """A row that the schema has passed."""
        listed = {
            key: None if row.get(key, "any") == "any" else tuple(row[key])
            for key in ("roles", "states", "purposes")
        }
        return cls(
            id=row["id"],
            effect=row["effect"],
            spoken_for=frozenset(row.get("for", _SPOKEN_FOR)),
            operations=tuple(row["operations"]),
            relation=row["relation"],
            fields=tuple(row["fields"]) if "fields" in row else None,
            **listed,
        )

    def serves(self, purpose: str) -> bool:
        """Whether the rule speaks of this purpose."""
        return self.purposes is None or purpose in self.purposes

    def appointments(self, caller: Caller) -> Iterable[Appointment]:
        """By which of the caller's appointments the rule applies; a deny applies to everybody, once."""
        if self.roles is None:
            return (Appointment("everybody"),)
        return (
            appointment
            for appointment in caller.appointments
            if appointment.role in self.roles
            and (not appointment.role.startswith("service:") or caller.kind in self.spoken_for)
        )


@dataclass(frozen=True, slots=True)
class Cell:
    """One line of the matrix that documents and tests are made from."""

    operation: str
    role: str
    relation: str
    states: str
    purpose: str
    fields: str
    effect: Effect
    rule_id: str


class Policy:
    """The whole table of one service: nothing is allowed but by a row, and a deny wins over every allow."""

    def __init__(
        self, version: str, relations: Mapping[str, Mapping[str, str]], rules: Iterable[Rule]
    ) -> None:
        self.version = version
        self.rules = tuple(rules)
        self._relations = {name: dict(relation) for name, relation in relations.items()}
        self._by_operation: dict[str, list[Rule]] = {}
        for rule in self.rules:
            for operation in rule.operations:
                self._by_operation.setdefault(operation, []).append(rule)
        denied = {rule.relation for rule in self.rules if rule.effect == "deny" and rule.fields is None}
        names = [*relations, *(f"not_{name}" for name in relations if name in denied)]
        self.fact_names: Mapping[str, str] = MappingProxyType(
            {f"turvavork.{name.replace('-', '_')}": "off" if name == ANYWHERE else "" for name in names}
        )

    @classmethod
    @cache
    def load(cls, package: str) -> Self:
        """The table in ``<package>/data/access.yaml``, read once a process; PolicyError, DataFileError."""
        data = datafile.load(package, "access.yaml", None)
        return cls.from_data(data, f"{package.replace('.', '/')}/data/access.yaml")

    @classmethod
    def from_data(cls, data: object, label: str = "access.yaml") -> Self:
        """The table from plain data, checked by ``kit/access.schema.json`` and for sense; PolicyError."""
        error = best_match(_validator().iter_errors(data))
        if error is not None or not isinstance(data, dict):
            raise PolicyError(f"{label}: {_explain(error) if error else 'must be an object'}")
        rules = [Rule.from_data(row) for row in data["rules"]]
        for problem in _nonsense(data["relations"], rules):
            raise PolicyError(f"{label}: {problem}")
        return cls(data["version"], data["relations"], rules)

    def operations(self) -> frozenset[str]:
        """Every operation that a row allows."""
        return frozenset(name for name, rules in self._by_operation.items() if any(r.roles for r in rules))

    def purposes(self, operation: str | None = None) -> frozenset[str]:
        """The purposes that rows of the operation name (or of any); raises nothing for an unknown one."""
        rules = self.rules if operation is None else self._by_operation.get(operation, ())
        return frozenset(purpose for rule in rules for purpose in rule.purposes or ())

    def asks_for_members(self, operation: str) -> bool:
        """Whether a row of the operation names a role of persons, so that appointments must be known."""
        rules = self._by_operation.get(operation, ())
        return any(not role.startswith(_SYSTEM_ROLES) for rule in rules for role in rule.roles or ())

    def asks_for_bounds(self, operation: str) -> bool:
        """Whether a row of the operation compares with what a service's caller works for."""
        return any(
            expression != "subject"
            for rule in self._by_operation.get(operation, ())
            if any(role.startswith("service:") for role in rule.roles or ())
            for expression in self._relations[rule.relation].values()
        )

    def permit(self, caller: Caller, operation: str, purpose: str) -> Permit:
        """What the caller may do now; :class:`Forbidden` if no row allows it on any resource."""
        grants = tuple(
            grant
            for rule in self._by_operation.get(operation, ())
            if rule.serves(purpose)
            for appointment in rule.appointments(caller)
            if (grant := self._grant(rule, appointment, caller)) is not None
        )
        if not any(grant.effect == "allow" for grant in grants):
            raise Forbidden
        return Permit(caller, operation, purpose, grants, self.fact_names)

    def matrix(self) -> tuple[Cell, ...]:
        """Every row taken apart, sorted by operation and role: for documents and generated tests."""
        cells = (
            Cell(
                operation,
                role,
                rule.relation,
                ", ".join(rule.states or ["any"]),
                purpose,
                ", ".join(rule.fields or ["all"]),
                rule.effect,
                rule.id,
            )
            for rule in self.rules
            for operation in rule.operations
            for role in rule.roles or ["any"]
            for purpose in rule.purposes or ["any"]
        )
        return tuple(sorted(cells, key=lambda cell: (cell.operation, cell.role, cell.purpose, cell.rule_id)))

    def _grant(self, rule: Rule, appointment: Appointment, caller: Caller) -> Grant | None:
        """The rule for one appointment; None when the appointment lacks what the relation compares."""
        own = {**appointment.attributes, "subject": caller.subject}
        match: dict[str, str] = {}
        for attribute, expression in self._relations[rule.relation].items():
            names = expression.split("@")
            if not all(name in own for name in names):
                return None
            match[attribute] = "@".join(own[name] for name in names)
        states = None if rule.states is None else frozenset(rule.states)
        fields = None if rule.fields is None else frozenset(rule.fields)
        return Grant(rule.id, rule.effect, rule.relation, MappingProxyType(match), states, fields)


@cache
def _validator() -> Draft202012Validator:
    schema: Any = strictjson.loads(files("services.kit").joinpath("access.schema.json").read_bytes())
    return Draft202012Validator(schema, registry=Registry())


def _explain(error: ValidationError) -> str:
    place = "".join(f"/{part}" for part in error.absolute_path) or "/"
    schema = error.schema if isinstance(error.schema, dict) else {}
    parts = [f"at {place}: {error.message}"]
    if "properties" in schema:
        parts.append(f"allowed keys: {', '.join(schema['properties'])}")
    if "description" in schema:
        parts.append(str(schema["description"]))
    parts.extend(f"for example: {example}" for example in islice(schema.get("examples", ()), 1))
    return "; ".join(parts)


def _nonsense(relations: Mapping[str, Mapping[str, str]], rules: list[Rule]) -> Iterable[str]:
    """What a schema cannot say: names that mean nothing, rows that can never matter."""
    reserved = [name for name in relations if name in _RESERVED or name.startswith("not-")]
    yield from (f"relations: {name!r} is the name of another session fact" for name in reserved)
    seen: set[str] = set()
    allowed = {operation for rule in rules if rule.effect == "allow" for operation in rule.operations}
    for rule in rules:
        if rule.id in seen:
            yield f"rules: the id {rule.id!r} is there twice"
        seen.add(rule.id)
        if rule.relation not in relations:
            yield f"rule {rule.id}: unknown relation {rule.relation!r}; allowed: {', '.join(relations)}"
            continue
        by_service = any(role.startswith("service:") for role in rule.roles or ())
        if rule.spoken_for != _SPOKEN_FOR and not by_service:
            yield f"rule {rule.id}: 'for' goes with a role service:…; for example: roles: [service:exchange]"
        if rule.effect == "deny":
            yield from _deny_nonsense(rule, relations[rule.relation], allowed)


def _deny_nonsense(rule: Rule, relation: Mapping[str, str], allowed: set[str]) -> Iterable[str]:
    # A deny that hung on an appointment would widen what remains when that appointment ends.
    if any(expression != "subject" for expression in relation.values()):
        yield f"rule {rule.id}: a deny compares with the caller alone; for example: {{excluded: subject}}"
    dead = [operation for operation in rule.operations if operation not in allowed]
    yield from (
        f"rule {rule.id}: no row allows {operation!r}, so the deny says nothing" for operation in dead
    )
