"""What a caller may do now: grants, and the three forms of the same answer (decision, SQL, session facts)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, true

from services.kit.policy.caller import Caller
from services.kit.problem import NotFound

Effect = Literal["allow", "deny"]
Columns = Mapping[str, Callable[[Sequence[str]], ColumnElement[bool]]]
STATE = "state"


class IncompleteResourceError(LookupError):
    """A programmer's error: the resource, or the list's columns, lack an attribute that a rule asks about."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A rule of the table, filled in for one appointment: which resources, in which states, which fields."""

    rule_id: str
    effect: Effect
    relation: str
    match: Mapping[str, str] = field(repr=False)
    states: frozenset[str] | None
    fields: frozenset[str] | None

    def covers(self, resource: Mapping[str, object]) -> bool:
        """Whether the resource stands in the relation, and is in one of the states."""
        if self.states is not None and resource[STATE] not in self.states:
            return False
        return all(_holds(resource[attribute], value) for attribute, value in self.match.items())

    def facts(self) -> Iterable[str]:
        """The grant as entries of a session fact: ``value``, or ``value#state`` for each of its states."""
        value = "|".join(self.match.values()) or "on"
        return [value] if self.states is None else [f"{value}#{state}" for state in sorted(self.states)]


@dataclass(frozen=True, slots=True)
class Decision:
    """Yes: by which rules (ids joined by ``+``), and to which classes of fields."""

    rule_id: str
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class Permit:
    """The caller may do the operation for the purpose, on the resources that the grants cover."""

    caller: Caller
    operation: str
    purpose: str
    grants: tuple[Grant, ...]
    fact_names: Mapping[str, str] = field(repr=False, default_factory=lambda: MappingProxyType({}))

    def on(self, resource: Mapping[str, object]) -> Decision:
        """Decides on one resource; :class:`NotFound`, as for one that does not exist, if it is not covered.

        Args:
            resource: every attribute that a rule of the operation asks about (else
                IncompleteResourceError), ``state`` among them; scalars or collections, None for unknown.
        """
        self._complete(resource)
        covering = [grant for grant in self.grants if grant.covers(resource)]
        allows = [grant for grant in covering if grant.effect == "allow"]
        denies = [grant for grant in covering if grant.effect == "deny"]
        whole = [grant for grant in denies if grant.fields is None]
        if whole or not allows:
            refusal = NotFound()
            refusal.rule_id = whole[0].rule_id if whole else None
            raise refusal
        fields = frozenset[str]().union(*(grant.fields or () for grant in allows))
        withheld = frozenset[str]().union(*(grant.fields or () for grant in denies))
        return Decision("+".join(dict.fromkeys(grant.rule_id for grant in allows)), fields - withheld)

    def sql(self, columns: Columns, state: ColumnElement[str] | None = None) -> ColumnElement[bool]:
        """The list's filter: true for exactly the rows on which :meth:`on` says yes.

        Args:
            columns: for each attribute, values → "the attribute is (or contains) one of them".
            state: the column of the state, where rules speak of states.
        """
        self._complete(columns if state is None else {**columns, STATE: state})
        allow = _any_of(self._grants("allow"), columns, state)
        deny = _any_of(self._grants("deny"), columns, state)
        return and_(allow, not_(func.coalesce(deny, false())))

    def branches(
        self, columns: Columns, state: ColumnElement[str] | None = None
    ) -> Sequence[ColumnElement[bool]]:
        """The parts whose union is :meth:`sql`, each about one value, so that an index can serve each.

        A row may be in several. A disjunction such as *my region, or what was opened to me* has no index that
        is in the order of a list; each of its parts has.
        """
        self._complete(columns if state is None else {**columns, STATE: state})
        deny = not_(func.coalesce(_any_of(self._grants("deny"), columns, state), false()))
        allows = self._grants("allow")
        alike = {(grant.states, tuple(grant.match.items())): grant for grant in allows}
        return [and_(_any_of([grant], columns, state), deny) for grant in alike.values()]

    def facts(self) -> Mapping[str, str]:
        """Session settings for row-level security, which repeats :meth:`on`; see the package's docstring."""
        facts = {
            "turvavork.actor": self.caller.subject,
            "turvavork.operation": self.operation,
            "turvavork.purpose": self.purpose,
        }
        lists: dict[str, dict[str, None]] = {name: {} for name in self.fact_names}
        for grant in (*self._grants("allow"), *self._grants("deny")):
            prefix = "" if grant.effect == "allow" else "not_"
            name = f"turvavork.{prefix}{grant.relation.replace('-', '_')}"
            lists[name].update(dict.fromkeys(grant.facts()))
        return facts | {name: ",".join(lists[name]) or empty for name, empty in self.fact_names.items()}

    def _grants(self, effect: Effect) -> list[Grant]:
        """Those that decide on whole resources; a deny of single fields hides no resource."""
        return [
            grant
            for grant in self.grants
            if grant.effect == effect and (effect == "allow" or not grant.fields)
        ]

    def _complete(self, present: Mapping[str, object]) -> None:
        for grant in self.grants:
            needed = grant.match if grant.states is None else (*grant.match, STATE)
            for attribute in needed:
                if attribute not in present:
                    msg = f"{self.operation}: rule {grant.rule_id} asks about the attribute {attribute!r}"
                    raise IncompleteResourceError(msg)


def _holds(actual: object, value: str) -> bool:
    if actual is None or isinstance(actual, str):
        return actual == value
    if isinstance(actual, frozenset | set | tuple | list):
        return value in actual
    raise TypeError("an attribute of a resource is a string, a collection of strings or None")


def _any_of(
    grants: Sequence[Grant], columns: Columns, state: ColumnElement[str] | None
) -> ColumnElement[bool]:
    """One disjunction; grants that differ by one value alone share one call of the column."""
    groups: dict[tuple[tuple[str, ...], frozenset[str] | None], list[tuple[str, ...]]] = {}
    for grant in grants:
        groups.setdefault((tuple(grant.match), grant.states), []).append(tuple(grant.match.values()))
    clauses: list[ColumnElement[bool]] = []
    for (attributes, states), rows in groups.items():
        related = or_(false(), *(and_(true(), *parts) for parts in _parts(attributes, rows, columns)))
        here = true() if states is None or state is None else state.in_(sorted(states))
        clauses.append(and_(related, here))
    return or_(false(), *clauses)


def _parts(
    attributes: tuple[str, ...], rows: list[tuple[str, ...]], columns: Columns
) -> Iterable[list[ColumnElement[bool]]]:
    if len(attributes) == 1:
        return [[columns[attributes[0]](sorted({row[0] for row in rows}))]]
    return [
        [columns[name]([value]) for name, value in zip(attributes, row, strict=True)]
        for row in dict.fromkeys(rows)
    ]
