"""What may be asked, and who fits."""

from datetime import date
from typing import Any

import pytest

from services.cases import catalog as published
from services.cases.model.searches import Asked, Evidence, How, Matched, SearchRules, Sought, Spent
from services.cases.rules import searches as rules
from services.kit import personal_code
from services.kit.ids import new_reference
from services.kit.problem import Malformed

CATALOG = published.load()
SPELLING = CATALOG.matching.spelling
CODE = personal_code.make(date(1984, 6, 15), "female", 1)
BORN = date(1984, 3, 4)
BUDGET = SearchRules(hour=3, day=5, most_people=10, reasons={})


def _sought(**asked: Any) -> Sought:
    return rules.sought(Asked("new-incident", **asked), CATALOG.searches, SPELLING)


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        ({}, [("", "either")]),
        ({"personal_code": CODE, "given_name": "Mari"}, [("", "either")]),
        ({"personal_code": CODE, "reference": "TV-7K3M-9Q2X-4D8R-W6HF-5"}, None),
        ({"given_name": "Mari"}, [("", "too-broad")]),
        ({"birth_date": BORN}, [("", "too-broad")]),
        ({"personal_code": "4840615000"}, [("/personalCode", "length")]),
        ({"reference": "TV-7K3M-9Q2X-4D8R-W6HF-6"}, [("/reference", "check-character")]),
        ({"personal_code": CODE, "reason": "curious"}, [("/reason", "unknown")]),
    ],
)
def test_a_question_that_is_none_is_told_what_is_wrong(asked: dict[str, Any], wrong: Any) -> None:
    with pytest.raises(Malformed) as caught:
        rules.sought(Asked(**{"reason": "new-incident", **asked}), CATALOG.searches, SPELLING)
    found = [(error.pointer, error.code) for error in caught.value.errors]
    assert found == wrong if wrong else ("", "either") in found


def test_a_reference_is_read_as_somebody_types_it() -> None:
    reference = new_reference()
    typed = reference.lower().replace("-", " ").removeprefix("tv ")
    assert _sought(reference=typed) == Sought(reference=reference)


def _known(given: str | None, family: str | None, birth: date | None, *, is_entry: bool = False) -> Evidence:
    told = rules.evidence(given, family, birth, SPELLING)
    return Evidence(None, told.names, told.single, told.birth, is_entry)


MARI = _known("Mari", "Põder", BORN)
ALIAS = _known("Maša", "Ivanova", None, is_entry=True)
SAME, SWAPPED = Matched("birth-date", How.SAME), Matched("birth-date", How.SWAPPED)
NAMES = Matched("names", How.SAME)


@pytest.mark.parametrize(
    ("asked", "matched"),
    [
        ({"given_name": "MARI", "family_name": "Poder"}, [NAMES]),
        ({"given_name": "Põder", "family_name": "Mari"}, [NAMES]),
        ({"given_name": "Mari", "family_name": "Põder", "birth_date": BORN}, [NAMES, SAME]),
        ({"given_name": "Mari", "family_name": "Põder", "birth_date": date(1984, 4, 3)}, [NAMES, SWAPPED]),
        ({"given_name": "Mari", "family_name": "Põder", "birth_date": date(1984, 4, 4)}, None),
        ({"family_name": "Põder", "birth_date": BORN}, [Matched("name", How.SAME), SAME]),
        ({"given_name": "Маша", "family_name": "Иванова"}, [Matched("names", How.ALIAS)]),
        (
            {"given_name": "Masha", "family_name": "Ivanova", "birth_date": BORN},
            [Matched("names", How.ALIAS), SAME],
        ),
        ({"given_name": "Mari", "family_name": "Ivanova"}, None),
        ({"personal_code": CODE}, None),
    ],
)
def test_an_answer_says_what_fits_and_how(asked: dict[str, Any], matched: Any) -> None:
    assert rules.fit(_sought(**asked), [MARI, ALIAS]) == matched


def test_a_code_is_the_person_whatever_the_names() -> None:
    known = [MARI, Evidence(CODE, is_entry=True)]
    assert rules.fit(_sought(personal_code=CODE), known) == [Matched("personal-code", How.SAME)]


@pytest.mark.parametrize(
    ("spent", "seconds"),
    [
        (Spent(0, 0, 0, 0), None),
        (Spent(2, 4, 100, 9000), None),
        (Spent(3, 4, 100, 9000), 100),
        (Spent(1, 5, 100, 9000), 9000),
        (Spent(3, 5, 100, 9000), 9000),
        (Spent(3, 3, 0, 0), 1),
    ],
)
def test_who_has_looked_as_often_as_one_may_waits(spent: Spent, seconds: int | None) -> None:
    assert rules.wait(spent, BUDGET) == seconds
