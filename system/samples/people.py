"""Invented people: names that nobody bears, personal codes that are valid and were never issued."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, Literal

from services.kit import personal_code
from services.kit.calendar import add_months

Sex = Literal["female", "male"]

#: Serials from here on were never given to a maternity hospital.
FIRST_SERIAL: Final = 900
SERIALS: Final = 100
MONTHS: Final = 12


@dataclass(frozen=True, slots=True)
class Home:
    """What the members of one invented family share."""

    language: str
    family: str
    names: Mapping[str, Any]
    municipality: str
    address: str


def home(index: int, plan: Mapping[str, Any], region: str) -> Home:
    """The family of case number ``index`` (from 0): every third one speaks Russian."""
    language = "ru" if index % 3 == 2 else "et"  # noqa: PLR2004 - every third
    names = plan["people"][language]
    number = index // 3 if language == "ru" else index - (index + 1) // 3
    place = plan["regions"][region]
    return Home(
        language=language,
        family=names["families"][number],
        names=names,
        municipality=place["municipality"],
        address=f"Näidise {index + 1}, {place['name']}",
    )


def born(on: date, years: int, salt: int) -> date:
    """A day on which somebody was born who is ``years`` old on a day."""
    return add_months(on, -MONTHS * years) - timedelta(days=17 + salt * 37 % 300)


def adult(who: Home, sex: Sex, birth: date, salt: int) -> dict[str, Any]:
    """Names, code, sex and language of a grown-up of the family."""
    return _person(who, who.names[sex][salt % len(who.names[sex])], sex, birth, salt)


def child(who: Home, sex: Sex, birth: date, salt: int) -> dict[str, Any]:
    """The same for a child."""
    names = who.names["girl" if sex == "female" else "boy"]
    return _person(who, names[salt % len(names)], sex, birth, salt)


def _person(who: Home, given: str, sex: Sex, birth: date, salt: int) -> dict[str, Any]:
    return {
        "personalCode": personal_code.make(birth, sex, FIRST_SERIAL + salt % SERIALS),
        "birthDate": None,
        "givenName": given,
        "familyName": who.names["family"][sex].format(who.family),
        "sex": sex,
        "municipality": who.municipality,
        "address": None,
        "phone": None,
        "safeContact": None,
        "language": who.language,
    }
