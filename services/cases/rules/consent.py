"""May this fact be written down, and how do things stand after all of them?"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.cases.model.codes import Role
from services.cases.model.consent import (
    Allows,
    AsksFor,
    Bases,
    Capacity,
    ConsentValue,
    Fact,
    FactKind,
    Informed,
    ObjectionValue,
    Scope,
    Standing,
    ToldFact,
    WhyNot,
    Wish,
)
from services.cases.model.ids import PersonId
from services.cases.model.lifecycle import Lifecycle, Lifecycles, Step
from services.cases.model.problems import TransitionRefused
from services.kit.calendar import is_future, local_date
from services.kit.problem import FieldError, Malformed

_VALUES: Final[Mapping[FactKind, type[StrEnum]]] = {
    FactKind.INFORMED: Informed,
    FactKind.WISH: Wish,
    FactKind.CONSENT: ConsentValue,
    FactKind.OBJECTION: ObjectionValue,
}
#: Which fields a fact of a kind must have, and which it may have; all others it has not.
_MUST: Final[Mapping[FactKind, frozenset[str]]] = {
    FactKind.INFORMED: frozenset(),
    FactKind.WISH: frozenset(),
    FactKind.CONSENT: frozenset({"scope", "manner", "capacity"}),
    FactKind.OBJECTION: frozenset(),
    FactKind.BASIS: frozenset({"necessity", "proportionality"}),
}
_MAY: Final[Mapping[FactKind, frozenset[str]]] = {
    FactKind.INFORMED: frozenset({"manner", "language", "reason", "agency", "note"}),
    FactKind.WISH: frozenset({"manner", "language", "agency", "note"}),
    FactKind.CONSENT: frozenset({"language", "agency", "note"}),
    FactKind.OBJECTION: frozenset({"manner", "language", "agency", "note"}),
    FactKind.BASIS: frozenset({"note"}),
}
_CODES: Final = ("scope", "manner", "language", "capacity", "reason", "agency")
_SPEAK: Final = frozenset({Role.VICTIM, Role.CHILD})
_WHY_NOT_TOLD: Final = frozenset({WhyNot.NOT_SAFE, WhyNot.NOT_REACHED, WhyNot.NOT_YET})
VOID_REASONS: Final = frozenset({WhyNot.ENTERED_IN_ERROR, WhyNot.WRONG_PERSON})


def check(
    told: ToldFact, *, roles: Collection[Role], at: datetime, bases: Bases, agencies: Collection[str]
) -> None:
    """Raises Malformed with every broken rule.

    Args:
        told: the fact.
        roles: the person's roles in the case; none when the person is not in it.
        at: the present instant.
        bases: the published legal bases.
        agencies: the published agencies.
    """
    errors = [*_person(told, roles), *_fields(told), *_value(told, bases, roles)]
    if is_future(told.said_at, at):
        errors.append(FieldError("/saidAt", "future", "it was not said yet"))
    if told.agency is not None and told.agency not in agencies:
        errors.append(FieldError("/agency", "unknown", "there is no such agency"))
    if errors:
        raise Malformed(errors=errors)


def _person(told: ToldFact, roles: Collection[Role]) -> Iterator[FieldError]:
    if not roles:
        yield FieldError("/personId", "not-in-case", "the person takes no part in the case")
    elif told.kind is not FactKind.BASIS and not _SPEAK & set(roles):
        yield FieldError("/personId", "not-for-role", "only victims and children are asked and told")


def _fields(told: ToldFact) -> Iterator[FieldError]:
    given = {
        name
        for name in ("scope", "manner", "language", "capacity", "reason", "agency")
        if getattr(told, name)
    }
    given |= {
        name
        for name in ("note", "necessity", "proportionality")
        if (text := getattr(told.words, name)) is not None and text.strip()
    }
    must, may = _MUST[told.kind], _MAY[told.kind]
    for name in sorted(must - given):
        yield FieldError(f"/{name}", "required", f"a fact of the kind {told.kind} needs it")
    for name in sorted(given - must - may):
        yield FieldError(f"/{name}", "not-for-kind", f"a fact of the kind {told.kind} has none")


def _value(told: ToldFact, bases: Bases, roles: Collection[Role]) -> Iterator[FieldError]:
    if told.kind is FactKind.BASIS:
        yield from _basis(told, bases, roles)
        return
    if told.value not in set(_VALUES[told.kind]):
        yield FieldError("/value", "unknown", f"a fact of the kind {told.kind} has no such value")
    if told.kind is FactKind.INFORMED:
        yield from _informed(told)
    if told.value == ConsentValue.GIVEN and told.capacity is Capacity.NOT_ABLE:
        yield FieldError("/capacity", "cannot-consent", "who cannot decide gives no consent")


def _informed(told: ToldFact) -> Iterator[FieldError]:
    if told.value == Informed.NOT_TOLD and told.reason not in _WHY_NOT_TOLD:
        yield FieldError("/reason", "required", "say why the person was not told")
    if told.value == Informed.TOLD and told.reason is not None:
        yield FieldError("/reason", "not-for-value", "only what was not told has a reason")


def _basis(told: ToldFact, bases: Bases, roles: Collection[Role]) -> Iterator[FieldError]:
    basis = bases.by_code.get(told.value)
    if basis is None:
        yield FieldError("/value", "unknown", "there is no such legal basis")
    elif not basis.in_force(local_date(told.said_at)):
        yield FieldError("/value", "not-in-force", "the legal basis was not in force on that day")
    elif basis.asks_for is AsksFor.CONSENT or Allows.PROCESS not in basis.allows:
        yield FieldError("/value", "not-statutory", "it rests on consent, which is a fact of its own")
    elif roles and not basis.roles & set(roles):
        yield FieldError("/value", "not-for-role", "the legal basis is not about people in this role")


def standings(facts: Iterable[Fact]) -> Mapping[PersonId, Standing]:
    """How things stand with each person of whom there is a fact."""
    every = list(facts)
    voided = {fact.voids for fact in every if fact.voids is not None}
    people: dict[PersonId, list[Fact]] = {}
    for fact in sorted(every, key=lambda each: (each.said_at, each.number)):
        people.setdefault(fact.person, [])
        if fact.kind is not FactKind.VOID and fact.id not in voided:
            people[fact.person].append(fact)
    return {person: _standing(person, ordered) for person, ordered in people.items()}


def standing(facts: Iterable[Fact], person: PersonId) -> Standing:
    """How things stand with one person; nothing is known of whom there is no fact."""
    return standings(facts).get(person, Standing(person))


def _standing(person: PersonId, ordered: Sequence[Fact]) -> Standing:
    last = {fact.kind: fact for fact in ordered}
    informed, wish = last.get(FactKind.INFORMED), last.get(FactKind.WISH)
    consent, objection = last.get(FactKind.CONSENT), last.get(FactKind.OBJECTION)
    scopes = _scopes(ordered)
    return Standing(
        person=person,
        informed=None if informed is None else Informed(informed.value),
        informed_at=None if informed is None else informed.said_at,
        reason=None if informed is None else informed.reason,
        wish=None if wish is None else Wish(wish.value),
        consent=None if consent is None else _consent(consent, scopes),
        consent_at=None if consent is None else consent.said_at,
        scopes=scopes,
        objection=None if objection is None else ObjectionValue(objection.value),
        objects_since=_since(ordered),
        bases=tuple(dict.fromkeys(fact.value for fact in ordered if fact.kind is FactKind.BASIS)),
    )


def _consent(last: Fact, scopes: Sequence[Scope]) -> ConsentValue:
    return ConsentValue.GIVEN if scopes else ConsentValue(last.value)


def _scopes(ordered: Sequence[Fact]) -> Sequence[Scope]:
    """What consent covers now: of each scope the last word counts."""
    last = {scope: fact.value for fact in ordered if fact.kind is FactKind.CONSENT for scope in fact.scope}
    return tuple(scope for scope in Scope if last.get(scope) == ConsentValue.GIVEN)


def _since(ordered: Sequence[Fact]) -> datetime | None:
    """When the objection that holds was first said: one that is said again is the same one."""
    since = None
    for fact in ordered:
        if fact.kind is FactKind.OBJECTION:
            since = (since or fact.said_at) if fact.value == ObjectionValue.OBJECTS else None
    return since


def takes_place(told: ToldFact, before: Standing) -> None:
    """Raises Malformed when a fact takes back what is not there."""
    if told.kind is FactKind.CONSENT and told.value == ConsentValue.WITHDRAWN:
        missing = [place for place, scope in enumerate(told.scope) if scope not in before.scopes]
        why = "no consent of this scope is given"
        if missing:
            raise Malformed(errors=[FieldError(f"/scope/{place}", "not-given", why) for place in missing])
    if (
        told.kind is FactKind.OBJECTION
        and told.value == ObjectionValue.LIFTED
        and before.objects_since is None
    ):
        raise Malformed(errors=[FieldError("/value", "no-objection", "there is no objection to lift")])


def voidable(facts: Iterable[Fact], fact_id: UUID) -> Fact | None:
    """The fact with this id, if it was not taken back yet."""
    every = list(facts)
    taken_back = {fact.voids for fact in every}
    return next(
        (
            fact
            for fact in every
            if fact.id == fact_id and fact.id not in taken_back and fact.kind is not FactKind.VOID
        ),
        None,
    )


#: The machines of states that facts move, and their words for where nothing was said.
CONSENT: Final = "consent"
OBJECTION: Final = "objection"


def steps(before: Standing, after: Standing, lifecycles: Lifecycles) -> Sequence[Step]:
    """The steps that a further fact, or one that is taken back, makes of how things stand.

    Raises TransitionRefused when a published machine knows no way.
    """
    pairs = (
        (CONSENT, before.consent, after.consent),
        (OBJECTION, before.objection, after.objection),
    )
    return [
        _step(lifecycles[machine], before.person, source, target)
        for machine, source, target in pairs
        if source != target
    ]


def _step(machine: Lifecycle, person: PersonId, source: str | None, target: str | None) -> Step:
    left, reached = str(source or machine.start), str(target or machine.start)
    for (state, action), to in machine.targets.items():
        if (state, to) == (left, reached):
            return Step(machine.machine, person, action, left, reached)
    raise TransitionRefused
