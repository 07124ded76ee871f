"""Whether a referral that fits the schema makes sense: checked before anything is stored.

``cases`` checks the same once more, with the same codes: what breaks a rule must not be acknowledged, and a
referral that a person enters does not pass here. Sources: the parts of a personal code (EVS 585); a child is
under 18 on the day of referral (lastekaitseseadus § 3); professional judgement gives its reason (SafeLives).
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from services.exchange.model.referral import Ground, Person, Referral, Role
from services.kit import personal_code
from services.kit.calendar import age_on, is_future, local_date
from services.kit.problem import FieldError

ADULT: Final = 18
MOST: Final[Mapping[Role, int]] = {Role.THREATENING_PERSON: 5, Role.CHILD: 20, Role.OTHER: 20}


@dataclass(frozen=True, slots=True)
class Validity:
    """From which day, and until before which day, a code may be used."""

    valid_from: date
    valid_to: date | None = None

    def on(self, day: date) -> bool:
        """Whether the code is in use on a day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


def broken(referral: Referral, now: datetime, regions: Mapping[str, Validity]) -> tuple[FieldError, ...]:
    """Every rule that the referral breaks, with JSON pointers; nothing when it breaks none."""
    return (
        *_dates(referral, now),
        *_region(referral, regions),
        *_roles(referral),
        *_people(referral),
        *_grounds(referral),
    )


def _dates(referral: Referral, now: datetime) -> Iterator[FieldError]:
    today = local_date(now)
    if is_future(referral.event.occurred_at, now):
        yield FieldError("/event/occurredAt", "future", "the event has not happened yet")
    if referral.referred_on > today:
        yield FieldError("/referredOn", "future", "the day of referral is later than today")
    if referral.referred_on < local_date(referral.event.occurred_at):
        yield FieldError("/referredOn", "before-event", "the day of referral is before the event")
    if referral.assessment is not None and referral.assessment.completed_on > today:
        yield FieldError("/assessment/completedOn", "future", "the assessment is dated later than today")


def _region(referral: Referral, regions: Mapping[str, Validity]) -> Iterator[FieldError]:
    validity = regions.get(referral.region)
    if validity is None:
        yield FieldError("/region", "unknown", "there is no such region")
    elif not validity.on(referral.referred_on):
        yield FieldError("/region", "not-at-work", "the region was not at work on the day of referral")


def _roles(referral: Referral) -> Iterator[FieldError]:
    count = Counter(person.role for person in referral.persons)
    if count[Role.VICTIM] != 1:
        yield FieldError("/persons", "one-victim", "a referral has exactly one victim")
    for role, most in MOST.items():
        if count[role] > most:
            yield FieldError("/persons", "too-many", f"at most {most} persons have the role {role}")
    for index, person in enumerate(referral.persons):
        place = f"/persons/{index}/relationToVictim"
        if person.role is Role.VICTIM and person.relation_to_victim is not None:
            yield FieldError(place, "not-for-victim", "the victim has no relation to the victim")
        if person.role is not Role.VICTIM and person.relation_to_victim is None:
            yield FieldError(place, "required", "everybody but the victim has a relation to the victim")


def _people(referral: Referral) -> Iterator[FieldError]:
    for index, person in enumerate(referral.persons):
        yield from _person(person, f"/persons/{index}", referral.referred_on)


def _person(person: Person, place: str, on: date) -> Iterator[FieldError]:
    birth = person.birth_date
    if person.personal_code is not None:
        try:
            code = personal_code.parse(person.personal_code)
        except personal_code.PersonalCodeError as error:
            yield FieldError(f"{place}/personalCode", error.code, str(error))
            return
        if birth not in {None, code.birth_date}:
            reason = "the birth date differs from the personal code's"
            yield FieldError(f"{place}/birthDate", "differs-from-code", reason)
            return
        birth = code.birth_date
    if birth is None:
        yield FieldError(place, "code-or-birth-date", "a person needs a personal code or a birth date")
    elif birth > on:
        field = "personalCode" if person.birth_date is None else "birthDate"
        yield FieldError(
            f"{place}/{field}", "after-referral", "the person was born after the day of referral"
        )
    elif person.role is Role.CHILD and age_on(birth, on) >= ADULT:
        yield FieldError(place, "not-a-child", "a child is under 18 on the day of referral")


def _grounds(referral: Referral) -> Iterator[FieldError]:
    reason = (referral.judgement_reason or "").strip()
    if Ground.PROFESSIONAL_JUDGEMENT in referral.grounds and not reason:
        yield FieldError("/judgementReason", "required", "professional judgement needs its reason")
