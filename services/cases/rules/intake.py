"""May this referral be taken? All broken rules are told at once, each with its place, none with the value."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Final

from services.cases.model.codes import Ground, Role
from services.cases.model.ids import ParticipationId
from services.cases.model.problems import ReferralInvalid
from services.cases.model.published import Ages, ChildNoticeRule, Regions
from services.cases.model.referral import Person, PersonFacts, Referral, ReferralFacts
from services.cases.rules.people import age_band, is_minor
from services.kit.calendar import is_future, local_date
from services.kit.personal_code import PersonalCode, PersonalCodeError, parse
from services.kit.problem import FieldError

_MOST: Final = {Role.THREATENING_PERSON: 5, Role.CHILD: 20, Role.OTHER: 20}


def check(facts: ReferralFacts, *, at: datetime, regions: Regions, ages: Ages) -> Referral:
    """The checked referral; raises ReferralInvalid with every broken rule. ``at``: the present instant."""
    errors = [*_dates(facts, at), *_region(facts, regions), *_grounds(facts), *_roles(facts)]
    persons = []
    for index, person in enumerate(facts.persons):
        checked = _person(person, facts.referred_on, ages, f"/persons/{index}")
        if isinstance(checked, Person):
            persons.append(checked)
        else:
            errors.extend(checked)
    if errors:
        raise ReferralInvalid(errors=errors)
    victim = next(person for person in persons if person.facts.role is Role.VICTIM)
    return Referral(facts, tuple(persons), is_minor(victim.birth_date, facts.referred_on, ages))


def _dates(facts: ReferralFacts, at: datetime) -> Iterator[FieldError]:
    day = local_date(at)
    if is_future(facts.occurrence.occurred_at, at):
        yield FieldError("/event/occurredAt", "future", "the event has not happened yet")
    if facts.referred_on > day:
        yield FieldError("/referredOn", "future", "the day of referral is later than today")
    if facts.referred_on < local_date(facts.occurrence.occurred_at):
        yield FieldError("/referredOn", "before-event", "the day of referral is before the event")
    if facts.assessment is not None and facts.assessment.completed_on > day:
        yield FieldError("/assessment/completedOn", "future", "the assessment is dated later than today")


def _region(facts: ReferralFacts, regions: Regions) -> Iterator[FieldError]:
    region = regions.get(facts.region)
    if region is None:
        yield FieldError("/region", "unknown", "there is no such region")
    elif not region.at_work(facts.referred_on):
        yield FieldError("/region", "not-at-work", "the region was not at work on the day of referral")


def _grounds(facts: ReferralFacts) -> Iterator[FieldError]:
    reason = (facts.judgement_reason or "").strip()
    if Ground.PROFESSIONAL_JUDGEMENT in facts.grounds and not reason:
        yield FieldError("/judgementReason", "required", "professional judgement needs its reason")


def _roles(facts: ReferralFacts) -> Iterator[FieldError]:
    if sum(person.role is Role.VICTIM for person in facts.persons) != 1:
        yield FieldError("/persons", "one-victim", "a referral has exactly one victim")
    for role, most in _MOST.items():
        if sum(person.role is role for person in facts.persons) > most:
            yield FieldError("/persons", "too-many", f"at most {most} persons have the role {role}")
    for index, person in enumerate(facts.persons):
        place = f"/persons/{index}/relationToVictim"
        if person.role is Role.VICTIM and person.relation is not None:
            yield FieldError(place, "not-for-victim", "the victim has no relation to the victim")
        if person.role is not Role.VICTIM and person.relation is None:
            yield FieldError(place, "required", "everybody but the victim has a relation to the victim")


def _person(facts: PersonFacts, on: date, ages: Ages, place: str) -> Person | list[FieldError]:
    code: PersonalCode | None = None
    if facts.personal_code is not None:
        try:
            code = parse(facts.personal_code)
        except PersonalCodeError as error:
            return [FieldError(f"{place}/personalCode", error.code, str(error))]
    birth = facts.birth_date or (code.birth_date if code else None)
    if birth is None:
        return [FieldError(place, "code-or-birth-date", "a person needs a personal code or a birth date")]
    errors = list(_birth(facts, code, birth, on, place))
    if not errors and facts.role is Role.CHILD and not is_minor(birth, on, ages):
        errors = [FieldError(place, "not-a-child", "a child is under 18 on the day of referral")]
    return errors or Person(facts, code, birth, age_band(birth, on, ages))


def _birth(
    facts: PersonFacts, code: PersonalCode | None, birth: date, on: date, place: str
) -> Iterator[FieldError]:
    field = f"{place}/{'personalCode' if facts.birth_date is None else 'birthDate'}"
    if code is not None and code.birth_date != birth:
        yield FieldError(field, "differs-from-code", "the birth date differs from the personal code's")
    if birth > on:
        yield FieldError(field, "after-referral", "the person was born after the day of referral")


def children(
    referral: Referral, rows: Sequence[ParticipationId], *, rule: ChildNoticeRule, ages: Ages
) -> Sequence[ParticipationId]:
    """Whose municipality is to be told: everybody under age on the day of referral, in the published roles.

    Args:
        referral: the checked referral; consent, score and what becomes of it do not matter.
        rows: ids of the parts of its people, in their order.
        rule: the published rule.
        ages: the age of adulthood.
    """
    return [
        row
        for row, person in zip(rows, referral.persons, strict=True)
        if person.facts.role in rule.roles and is_minor(person.birth_date, referral.facts.referred_on, ages)
    ]
