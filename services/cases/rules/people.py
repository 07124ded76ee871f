"""Who is the same person, and how old."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date

from services.cases.model.codes import AgeBand
from services.cases.model.ids import PersonId
from services.cases.model.published import Ages
from services.cases.model.referral import Candidate, Person
from services.kit.calendar import age_on

_TOKEN = re.compile(r"[^\W_]+")


def name_key(person: Person) -> str:
    """The key of a person of a referral: :func:`name_key_of`."""
    return name_key_of(person.facts.given_name, person.facts.family_name, person.birth_date)


def name_key_of(given: str, family: str, birth: date) -> str:
    """Name tokens with birth date, in one spelling: case, order, hyphens and spaces do not count.

    Letters do: *Õ* is not *O*. Two people with the same key may be two people.
    """
    names = unicodedata.normalize("NFKC", f"{given} {family}").casefold()
    tokens = sorted(_TOKEN.findall(unicodedata.normalize("NFC", names)))
    return f"{birth.isoformat()} {' '.join(tokens)}"


def match(*, has_code: bool, by_code: PersonId | None, by_name: Sequence[Candidate]) -> PersonId | None:
    """The known person that this is, or None for somebody new.

    The personal code decides. Without a match by code, exactly one person of the same names and birth date is
    taken; but never one with a personal code for somebody who brings another.
    """
    if by_code is not None:
        return by_code
    possible = {found.person for found in by_name if not (has_code and found.has_code)}
    return possible.pop() if len(possible) == 1 else None


def age_band(birth: date, on: date, ages: Ages) -> AgeBand:
    """The band of a person's age on a day; ValueError when born later."""
    age = age_on(birth, on)
    return next(band.band for band in ages.bands if band.below is None or age < band.below)


def is_minor(birth: date, on: date, ages: Ages) -> bool:
    """Whether a person is under age on a day: until the day before the 18th birthday (OAS § 9(1))."""
    return age_on(birth, on) < ages.adult_from
