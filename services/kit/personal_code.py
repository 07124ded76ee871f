"""Estonian personal code (isikukood, EVS 585): eleven digits.

The first digit tells century of birth and sex (1, 2: 1800s … 7, 8: 2100s; odd male, even female); then
YYMMDD, a serial of three digits, and a check digit by two rounds of weights modulo 11.
"""

import re
from dataclasses import dataclass
from datetime import date
from operator import mul
from typing import Final, Literal

Sex = Literal["female", "male"]
Fault = Literal["form", "length", "century", "date", "check-digit"]

_LENGTH: Final = 11
_FIRST_WEIGHTS: Final = (1, 2, 3, 4, 5, 6, 7, 8, 9, 1)
_SECOND_WEIGHTS: Final = (3, 4, 5, 6, 7, 8, 9, 1, 2, 3)
_TEN: Final = 10
_CENTURIES: Final = {"1": 1800, "2": 1800, "3": 1900, "4": 1900, "5": 2000, "6": 2000, "7": 2100, "8": 2100}
_MALE_DIGITS: Final = "1357"
_DIGITS = re.compile(r"[0-9]+")
_REASONS: Final[dict[str, str]] = {
    "form": "a personal code has digits only",
    "length": "a personal code has 11 digits",
    "century": "a personal code begins with 1 to 8",
    "date": "the personal code holds no real date of birth",
    "check-digit": "the check digit of the personal code does not fit",
}


class PersonalCodeError(ValueError):
    """Not a personal code; ``code`` says why. The value is not in it."""

    def __init__(self, code: Fault) -> None:
        super().__init__(_REASONS[code])
        self.code: Fault = code


@dataclass(frozen=True, slots=True, repr=False)
class PersonalCode:
    """A checked personal code; printing it shows nothing, ``value`` does. Made by :func:`parse` only."""

    value: str
    birth_date: date
    sex: Sex

    def __repr__(self) -> str:
        return "PersonalCode(***)"

    __str__ = __repr__


def parse(text: str) -> PersonalCode:
    """Checks form, length, century, date and check digit; raises PersonalCodeError."""
    if not _DIGITS.fullmatch(text):
        raise PersonalCodeError("form")
    if len(text) != _LENGTH:
        raise PersonalCodeError("length")
    century = _CENTURIES.get(text[0])
    if century is None:
        raise PersonalCodeError("century")
    try:
        birth = date(century + int(text[1:3]), int(text[3:5]), int(text[5:7]))
    except ValueError:
        raise PersonalCodeError("date") from None
    if _check_digit(text[:10]) != text[10]:
        raise PersonalCodeError("check-digit")
    return PersonalCode(text, birth, "male" if text[0] in _MALE_DIGITS else "female")


def make(birth_date: date, sex: Sex, serial: int) -> str:
    """The code with a given serial, for synthetic data.

    ValueError for a year outside 1800 to 2199 or a serial outside 0 to 999.
    """
    first = next(
        (
            digit
            for digit, century in _CENTURIES.items()
            if century == birth_date.year // 100 * 100 and (digit in _MALE_DIGITS) == (sex == "male")
        ),
        None,
    )
    if first is None or not 0 <= serial <= 999:  # noqa: PLR2004 - three digits
        raise ValueError("no personal code for this year or serial")
    body = f"{first}{birth_date:%y%m%d}{serial:03d}"
    return body + _check_digit(body)


def _check_digit(body: str) -> str:
    for weights in (_FIRST_WEIGHTS, _SECOND_WEIGHTS):
        rest = sum(map(mul, weights, map(int, body))) % 11
        if rest != _TEN:
            return str(rest)
    return "0"
