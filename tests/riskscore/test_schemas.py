from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from services.riskscore.model import Answer, Circumstances
from services.riskscore.rules import Scorer
from services.riskscore.schemas.instruments import InstrumentOut
from services.riskscore.schemas.scores import ScoreIn, ScoreOut

ASKED = {"instrument": "dash", "onDate": "2017-03-02", "answers": {"injury": "yes", "weapons": "dont-know"}}


def test_what_is_not_said_is_unknown_and_not_judged() -> None:
    asked = ScoreIn.model_validate(ASKED)
    assert asked.on_date == date(2017, 3, 2)
    assert asked.circumstances() == Circumstances({"injury": Answer.YES, "weapons": Answer.DONT_KNOW})


@pytest.mark.parametrize(
    "change",
    [
        {"answers": {"injury": "maybe"}},
        {"answers": {"injury": True}},
        {"answers": {"Mari Maasikas": "yes"}},
        {"answers": {f"key-{number}": "yes" for number in range(101)}},
        {"professionalJudgement": 1},
        {"repeat": "true"},
        {"callOuts12Months": "3"},
        {"callOuts12Months": -1},
        {"callOuts12Months": 3.0},
        {"onDate": "2017-3-2"},
        {"onDate": 20170302},
        {"version": "latest"},
        {"instrument": "../dash"},
        {"victim": "Mari Maasikas"},
    ],
)
def test_what_is_not_listed_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ScoreIn.model_validate(ASKED | change)


def test_the_answer_says_what_was_promised(dash: Scorer) -> None:
    score = dash.score(Circumstances({"injury": Answer.YES, "weapons": Answer.DONT_KNOW}))
    told = ScoreOut.of(score).model_dump(mode="json", by_alias=True)
    assert told | {"items": [], "statements": [], "unanswered": []} == {
        "instrument": "dash",
        "version": "2026-11-21",
        "contentHash": dash.instrument.content_hash,
        "status": "draft",
        "engine": "turvavork-riskscore/1",
        "score": 1,
        "maximum": 24,
        "band": "standard",
        "bandLabels": {"et": "tavarisk", "ru": "обычный риск", "en": "standard risk"},
        "grounds": [],
        "range": {"lowest": 1, "highest": 24, "lowestBand": "standard", "highestBand": "high"},
        "unanswered": [],
        "items": [],
        "statements": [],
    }
    assert told["items"][0] == {"key": "injury", "number": 1, "answer": "yes", "contribution": 1}
    assert len(told["unanswered"]) == 23
    assert all(set(statement) == {"et", "ru", "en"} for statement in told["statements"])


def test_an_instrument_is_told_with_licence_and_standing(dash: Scorer) -> None:
    told = InstrumentOut.of(dash.instrument).model_dump(mode="json", by_alias=True)
    assert told["items"][5] == {
        "key": "separated",
        "number": 6,
        "texts": {
            "et": "Lahkuminek või katse viimase aasta jooksul",
            "ru": "Расставание или его попытка за последний год",
            "en": "Separated, or tried to, within the past year",
        },
        "licence": "SafeLives, acknowledge; wording condensed",
        "status": "unverified",
    }
    assert [(band["from"], band["below"]) for band in told["bands"]] == [(0, 10), (10, 14), (14, 25)]
    assert told["grounds"][2]["atLeast"] == 3
