from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from services.riskscore.catalog import load_catalog
from services.riskscore.model import Answer, Circumstances, ItemUnknown
from services.riskscore.rules import ENGINE, Scorer

DASH = load_catalog().find("dash", None, None)
AGAIN = load_catalog().find("dash", DASH.instrument.version, None)
KEYS = [item.key for item in DASH.instrument.items]
EXAMPLES = [
    pytest.param(DASH, example, id=example["name"])
    for example in yaml.safe_load((Path(__file__).parent / "examples/dash.yaml").read_text())["examples"]
]

circumstances = st.builds(
    Circumstances,
    st.dictionaries(st.sampled_from(KEYS), st.sampled_from(Answer)),
    professional_judgement=st.booleans(),
    repeat=st.booleans(),
    call_outs_12_months=st.none() | st.integers(0, 50),
)


def rank(band: str) -> int:
    return [entry.id for entry in DASH.instrument.bands].index(band)


def answers(example: dict[str, Any]) -> dict[str, Answer]:
    yes, no = example["yes"], example["no"]
    given_answers = ["yes"] * yes + ["no"] * no + [example["others"]] * (len(KEYS) - yes - no)
    return dict(zip(KEYS, map(Answer, given_answers), strict=True))


@pytest.mark.parametrize(("scorer", "example"), EXAMPLES)
def test_the_examples_come_out(scorer: Scorer, example: dict[str, Any]) -> None:
    facts, expect = example["given"], example["expect"]
    score = scorer.score(
        Circumstances(
            answers(facts), facts.get("judgement", False), facts.get("repeat", False), facts.get("call_outs")
        )
    )
    assert {
        "score": score.total,
        "band": score.band.id,
        "grounds": list(score.grounds),
        "lowest": score.range.lowest,
        "highest": score.range.highest,
        "lowest_band": score.range.lowest_band,
        "highest_band": score.range.highest_band,
        "unanswered": len(score.unanswered),
    } == expect


@settings(deadline=None)
@given(circumstances)
def test_the_total_is_the_sum_of_its_parts(facts: Circumstances) -> None:
    score = DASH.score(facts)
    assert score.total == sum(line.points for line in score.contributions)
    assert [line.key for line in score.contributions] == KEYS
    assert [line.number for line in score.contributions] == list(range(1, 25))


@settings(deadline=None)
@given(circumstances, st.sampled_from(KEYS))
def test_one_more_yes_never_lowers_anything(facts: Circumstances, key: str) -> None:
    before = DASH.score(facts)
    after = DASH.score(
        Circumstances(
            {**facts.answers, key: Answer.YES},
            facts.professional_judgement,
            facts.repeat,
            facts.call_outs_12_months,
        )
    )
    assert after.total >= before.total
    assert rank(after.band.id) >= rank(before.band.id)
    assert set(after.grounds) >= set(before.grounds)
    assert after.range.lowest >= before.range.lowest


@settings(deadline=None)
@given(circumstances)
def test_judgement_raises_and_never_lowers(facts: Circumstances) -> None:
    without = DASH.score(Circumstances(facts.answers, False, facts.repeat, facts.call_outs_12_months))
    with_it = DASH.score(Circumstances(facts.answers, True, facts.repeat, facts.call_outs_12_months))
    assert rank(with_it.band.id) >= rank(without.band.id)
    assert with_it.total == without.total
    assert with_it.band.id == "high"


@settings(deadline=None)
@given(circumstances, st.data())
def test_the_range_contains_every_completion(facts: Circumstances, data: st.DataObject) -> None:
    score = DASH.score(facts)
    closed = dict(facts.answers)
    for key in score.unanswered:
        closed[key] = data.draw(st.sampled_from([Answer.YES, Answer.NO]))
    complete = DASH.score(
        Circumstances(closed, facts.professional_judgement, facts.repeat, facts.call_outs_12_months)
    )
    assert not complete.unanswered
    assert score.range.lowest <= complete.total <= score.range.highest
    assert rank(score.range.lowest_band) <= rank(complete.band.id) <= rank(score.range.highest_band)


@settings(deadline=None)
@given(circumstances)
def test_both_ends_of_the_range_are_reached(facts: Circumstances) -> None:
    score = DASH.score(facts)
    for answer, end in ((Answer.NO, score.range.lowest), (Answer.YES, score.range.highest)):
        closed = {**facts.answers, **dict.fromkeys(score.unanswered, answer)}
        assert DASH.score(Circumstances(closed)).total == end


@settings(deadline=None)
@given(circumstances)
def test_the_same_answers_give_the_same_score(facts: Circumstances) -> None:
    assert AGAIN.score(facts) == DASH.score(facts)


@settings(deadline=None)
@given(circumstances)
def test_not_said_is_not_asked(facts: Circumstances) -> None:
    full = {key: facts.answers.get(key, Answer.NOT_ASKED) for key in KEYS}
    given_facts = (facts.professional_judgement, facts.repeat, facts.call_outs_12_months)
    assert DASH.score(Circumstances(full, *given_facts)) == DASH.score(facts)


def test_every_score_has_exactly_one_band() -> None:
    for total in range(DASH.instrument.minimum, DASH.instrument.maximum + 1):
        assert sum(band.first <= total < band.below for band in DASH.instrument.bands) == 1


def test_numbers_are_integers_and_carry_their_origin() -> None:
    score = DASH.score(Circumstances({"injury": Answer.YES}))
    assert type(score.total) is int
    assert score.engine == ENGINE
    assert score.instrument.content_hash.startswith("sha256:")


def test_an_item_that_is_not_asked_for_is_refused_without_an_echo() -> None:
    with pytest.raises(ItemUnknown) as refused:
        DASH.score(Circumstances({"Mari Maasikas": Answer.YES}))
    assert "Mari" not in str(refused.value.body("00000000-0000-0000-0000-000000000000"))
