"""What may be asked, and whether somebody fits."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from services.cases.model.matching import Spelling
from services.cases.model.searches import Asked, Evidence, How, Matched, SearchRules, Sought, Spent
from services.cases.rules.matching import BIRTH_SWAPPED, FAMILY, GIVEN, NAMES, tokens
from services.kit import personal_code
from services.kit.ids import parse_reference
from services.kit.personal_code import PersonalCodeError
from services.kit.problem import FieldError, Malformed

_FIELDS: Final = 2  # of given name, family name and birth date


def sought(asked: Asked, rules: SearchRules, spelling: Spelling) -> Sought:
    """What is looked for; raises Malformed unless it is a code, a reference, or names as told below.

    Names are given and family name, with or without the birth date, or one of them with it.
    """
    if errors := list(_errors(asked, rules)):
        raise Malformed(errors=errors)
    if asked.personal_code is not None:
        return Sought(code=personal_code.parse(asked.personal_code).value)
    if asked.reference is not None:
        return Sought(reference=parse_reference(asked.reference))
    told = evidence(asked.given_name, asked.family_name, asked.birth_date, spelling)
    both = asked.given_name is not None and asked.family_name is not None
    return Sought(
        names=told.names,
        single=frozenset() if both else told.single,
        birth=asked.birth_date,
        swapped=_swapped(asked.birth_date, spelling),
    )


def _errors(asked: Asked, rules: SearchRules) -> Iterator[FieldError]:
    if asked.reason not in rules.reasons:
        yield FieldError("/reason", "unknown", "there is no such reason")
    named = [one for one in (asked.given_name, asked.family_name) if one is not None]
    by_name = bool(named) or asked.birth_date is not None
    ways = [asked.personal_code is not None, asked.reference is not None, by_name]
    if sum(ways) != 1:
        yield FieldError("", "either", "ask by personal code, by reference, or by names and birth date")
    elif by_name and len(named) + (asked.birth_date is not None) < _FIELDS:
        yield FieldError("", "too-broad", "two of given name, family name and birth date are needed")
    yield from _form(asked)


def _form(asked: Asked) -> Iterator[FieldError]:
    if asked.personal_code is not None:
        try:
            personal_code.parse(asked.personal_code)
        except PersonalCodeError as error:
            yield FieldError("/personalCode", error.code, str(error))
    if asked.reference is not None:
        try:
            parse_reference(asked.reference)
        except ValueError:
            yield FieldError("/reference", "check-character", "it is no reference of ours")


def evidence(given: str | None, family: str | None, birth: date | None, spelling: Spelling) -> Evidence:
    """Names and birth date in one spelling."""
    by_kind: dict[str, set[str]] = {}
    for token in tokens(_told(given), _told(family), None, spelling):
        by_kind.setdefault(token.kind, set()).add(token.value)
    single = by_kind.get(GIVEN, set()) | by_kind.get(FAMILY, set())
    return Evidence(names=frozenset(by_kind.get(NAMES, set())), single=frozenset(single), birth=birth)


def _told(name: str | None) -> Sequence[str]:
    return [] if name is None else [name]


def _swapped(birth: date | None, spelling: Spelling) -> date | None:
    found = (token.value for token in tokens([], [], birth, spelling) if token.kind == BIRTH_SWAPPED)
    return next(map(date.fromisoformat, found), None)


def fit(asked: Sought, known: Sequence[Evidence]) -> Sequence[Matched] | None:
    """How what is known of somebody fits what is asked, field by field; None where it does not."""
    if asked.code is not None:
        is_it = any(each.code == asked.code for each in known)
        return [Matched("personal-code", How.SAME)] if is_it else None
    name = _name(asked, known)
    if name is None or asked.birth is None:
        return None if name is None else [name]
    births = {each.birth for each in known}
    if asked.birth in births:
        return [name, Matched("birth-date", How.SAME)]
    return [name, Matched("birth-date", How.SWAPPED)] if asked.swapped in births - {None} else None


def _name(asked: Sought, known: Sequence[Evidence]) -> Matched | None:
    """A name that a referral tells is the name; one that was recorded beside it is another one."""
    fits = [each for each in known if each.names & asked.names or each.single & asked.single]
    if not fits:
        return None
    field = "names" if asked.names else "name"
    return Matched(field, How.ALIAS if all(each.is_entry for each in fits) else How.SAME)


def wait(spent: Spent, rules: SearchRules) -> int | None:
    """After how many seconds one may look again; None where one may now."""
    waits = [
        frees
        for used, most, frees in (
            (spent.hour, rules.hour, spent.hour_frees),
            (spent.day, rules.day, spent.day_frees),
        )
        if used >= most
    ]
    return max(1, *waits) if waits else None
