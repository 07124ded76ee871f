from typing import Any

import pytest

from services.cases.model.codes import Decision
from services.cases.model.states import Screening
from services.cases.schemas.screening import ScreeningIn
from services.kit.problem import Malformed
from services.kit.validation import read


def test_it_is_told_in_the_words_of_the_model() -> None:
    told = {"decision": "accept", "note": "Märkus.", "agencies": ["police", "victim-support"]}
    assert read(ScreeningIn, told).as_screening() == Screening(
        Decision.ACCEPT, None, "Märkus.", ("police", "victim-support")
    )
    assert read(ScreeningIn, {"decision": "decline", "reason": "other"}).as_screening() == Screening(
        Decision.DECLINE, "other", None, ()
    )


@pytest.mark.parametrize(
    ("told", "pointer"),
    [
        ({}, "/decision"),
        ({"decision": "ACCEPT"}, "/decision"),
        ({"decision": None}, "/decision"),
        ({"decision": "decline", "reason": "Other"}, "/reason"),
        ({"decision": "decline", "reason": ""}, "/reason"),
        ({"decision": "decline", "reason": 7}, "/reason"),
        ({"decision": "decline", "reason": "x" * 42}, "/reason"),
        ({"decision": "accept", "note": "x" * 4001}, "/note"),
        ({"decision": "accept", "note": ["a"]}, "/note"),
        ({"decision": "accept", "agencies": "police"}, "/agencies"),
        ({"decision": "accept", "agencies": [None]}, "/agencies/0"),
        ({"decision": "accept", "agencies": ["police@polva"]}, "/agencies/0"),
        ({"decision": "accept", "agencies": ["police"] * 21}, "/agencies"),
        ({"decision": "accept", "by": "me"}, ""),
    ],
)
def test_what_has_another_form_is_malformed(told: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Malformed) as refused:
        read(ScreeningIn, told)
    assert [error.pointer for error in refused.value.errors] == [pointer]
