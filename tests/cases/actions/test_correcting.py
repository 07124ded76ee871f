"""A sender replaces what it told: the earlier version is kept, and everything follows from the new one."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.cases.actions.withdrawing import Withdrawing
from services.cases.model.codes import Band, Decision, Ground, Role, ScoreState, State
from services.cases.model.problems import (
    ReferralInvalid,
    ReferralVersionExists,
    ReferralVersionUnexpected,
    ReferralWithdrawn,
    TransitionRefused,
)
from services.cases.model.referral import Sender, Withdrawal
from services.cases.model.states import AwaitingScreening, Screening, state_name
from services.kit.problem import NotFound, UpstreamUnavailable

Build = Callable[..., Any]
POLIS = "ee-dev/GOV/70008747/polis"
STAR = "ee-dev/GOV/70009770/star"
ACCEPT = Screening(Decision.ACCEPT, None, None, ("police",))
DECLINE = Screening(Decision.DECLINE, "insufficient-information", "vähe", ())


async def taken(world: Any, facts: Any) -> str:
    return str((await world.take(facts, sender_reference="A-1")).reference)


async def screen(world: Any, reference: str, screening: Screening, version: int = 1) -> None:
    referral = await world.referral_id(reference)
    async with world.work(world.permit_of("coordinator", "screen_referral", region="polva")) as work:
        await world.screener.screen(work, referral, screening, version)


async def withdraw(world: Any, reference: str) -> None:
    async with world.work(world.permit("withdraw_referral", "intake")) as work:
        withdrawal = Withdrawal(Sender(POLIS, "A-1", 1), "sent-in-error")
        await Withdrawing(world.catalog).withdraw(work, reference, withdrawal)


async def news(world: Any) -> list[str]:
    return [row[0] for row in await world.rows("select type from event order by stream_version")]


async def announced(world: Any) -> list[str]:
    rows = await world.rows("select data from event where type = 'referral.child-notice'")
    return [one["number"] for row in rows for one in json.loads(row[0])["notices"]]


async def test_the_new_version_takes_the_place_of_the_earlier_which_is_kept(
    world: Any, a_referral: Build, a_person: Build, an_assessment: Build
) -> None:
    reference = await taken(world, a_referral())
    changed = a_referral(
        a_person(family_name="Teine"),
        a_person(Role.THREATENING_PERSON, serial=2),
        referred_on=date(2017, 3, 3),
        grounds=(Ground.REPEAT,),
        assessment=an_assessment(3),
    )
    stored = await world.correct(reference, changed)
    assert (stored.last_version, stored.sender_version, stored.head.referred_on) == (2, 1, date(2017, 3, 3))
    assert isinstance(stored.state, AwaitingScreening)
    assert (stored.state.score.value, stored.band) == (3, Band.STANDARD)
    (row,) = await world.rows("select * from referral")
    (kept,) = await world.rows("select * from referral_correction")
    assert (row["grounds"], kept["grounds"]) == (["repeat"], ["visible-high-risk"])
    assert (row["content_version"], kept["content_version"]) == (2, 1)
    assert kept["referred_on"] == date(2017, 3, 2)
    parts = await world.rows("select role, replaced_in from participation order by replaced_in, role")
    assert [tuple(part) for part in parts] == [
        ("child", 2), ("threatening-person", 2), ("victim", 2), ("threatening-person", None), ("victim", None)
    ]  # fmt: skip
    tests = await world.rows("select score, replaced_in from assessment order by replaced_in")
    assert [tuple(each) for each in tests] == [(15, 2), (3, None)]


async def test_people_are_matched_again(world: Any, a_referral: Build, a_person: Build) -> None:
    reference = await taken(world, a_referral())
    await world.correct(reference, a_referral(a_person(family_name="Teine"), a_person(Role.CHILD, serial=3)))
    people = await world.rows("select role, count(distinct person_id) from participation group by role")
    assert {row[0]: row[1] for row in people} == {"victim": 1, "child": 1, "threatening-person": 1}
    assert await world.count("person") == 3


async def test_the_events_tell_the_correction_and_what_follows(world: Any, a_referral: Build) -> None:
    reference = await taken(world, a_referral())
    before = await news(world)
    await world.correct(reference, a_referral(victim_wishes="muu"))
    assert (await news(world))[len(before) :] == ["referral.corrected", "referral.scored"]
    versions = await world.rows("select stream_version from event order by 1")
    assert [row[0] for row in versions] == list(range(1, len(versions) + 1))


async def test_the_same_again_changes_nothing(world: Any, a_referral: Build) -> None:
    reference = await taken(world, a_referral())
    first = await world.correct(reference, a_referral())
    told = await news(world)
    assert await world.correct(reference, a_referral()) == first
    assert await news(world) == told
    again = await world.correct(reference, a_referral(), version=1, content=b"the same")
    assert again == first  # what was submitted is known, too


async def test_many_at_once_are_one(world: Any, a_referral: Build) -> None:
    reference = await taken(world, a_referral())
    stored = await asyncio.gather(*(world.correct(reference, a_referral()) for _ in range(6)))
    assert {each.last_version for each in stored} == {2}
    assert await world.count("referral_correction") == 1


@pytest.mark.parametrize("version", [3, 9999])
async def test_a_gap_is_told_which_version_is_expected(world: Any, a_referral: Build, version: int) -> None:
    reference = await taken(world, a_referral())
    with pytest.raises(ReferralVersionUnexpected) as refused:
        await world.correct(reference, a_referral(), version=version)
    assert [one.reason for one in refused.value.errors] == ["version 2 is expected"]
    assert await world.count("referral_correction") == 0


@pytest.mark.parametrize("version", [1, 2])
async def test_an_older_version_with_other_content_is_refused(
    world: Any, a_referral: Build, version: int
) -> None:
    reference = await taken(world, a_referral())
    await world.correct(reference, a_referral())
    with pytest.raises(ReferralVersionExists) as refused:
        await world.correct(reference, a_referral(), version=version, content=b"something else")
    assert [one.reason for one in refused.value.errors] == ["version 3 is expected"]


async def test_a_version_that_is_submitted_beside_a_referral_is_refused(
    world: Any, a_referral: Build
) -> None:
    """One name of the sender is one referral: what comes after it is a correction."""
    await taken(world, a_referral())
    await world.rows("update referral set sender_version = 3")
    with pytest.raises(ReferralVersionExists):
        await taken(world, a_referral())
    assert await world.count("referral") == 1


async def test_the_submission_again_is_still_known_after_a_correction(world: Any, a_referral: Build) -> None:
    reference = await taken(world, a_referral())
    await world.correct(reference, a_referral(victim_wishes="muu"))
    assert await taken(world, a_referral()) == reference


@pytest.mark.parametrize(
    "changes", [{"client": STAR}, {"subject": STAR}, {"sender_reference": "B-1"}, {"reference": "unknown"}]
)
async def test_what_somebody_else_sent_is_not_there(world: Any, a_referral: Build, changes: Any) -> None:
    reference = await taken(world, a_referral())
    with pytest.raises(NotFound):
        await world.correct(changes.pop("reference", reference), a_referral(), **changes)
    assert await world.count("referral_correction") == 0


async def test_a_correction_stays_in_its_region_and_keeps_the_rules(world: Any, a_referral: Build) -> None:
    reference = await taken(world, a_referral())
    for changes, place in (
        ({"region": "rakvere"}, "/region"),
        ({"grounds": (Ground.PROFESSIONAL_JUDGEMENT,)}, "/judgementReason"),
    ):
        with pytest.raises(ReferralInvalid) as refused:
            await world.correct(reference, a_referral(**changes))
        assert [one.pointer for one in refused.value.errors] == [place]
    (row,) = await world.rows("select version, content_version from referral")
    assert tuple(row) == (1, 1)


async def test_without_the_scorer_it_waits_for_its_score_again(world: Any, a_referral: Build) -> None:
    reference = await taken(world, a_referral())
    world.scorer.mode = "away"
    stored = await world.correct(reference, a_referral())
    assert (state_name(stored.state), stored.score_state) == (State.RECEIVED, ScoreState.WAITING)
    with pytest.raises(TransitionRefused):
        await screen(world, reference, ACCEPT, version=2)
    world.scorer.mode = "ok"
    assert await world.rescorer.round() == 1
    scores = await world.rows("select score, replaced_in from assessment order by replaced_in")
    assert [tuple(each) for each in scores] == [(15, 2), (15, None)]


async def test_a_score_of_answers_that_were_replaced_meanwhile_is_thrown_away(
    world: Any, a_referral: Build, an_assessment: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.scorer.mode = "away"
    reference = await taken(world, a_referral())
    scored = world.riskscore.score

    async def while_corrected(*args: Any, **kwargs: Any) -> Any:
        world.scorer.mode = "away"
        await world.correct(reference, a_referral(assessment=an_assessment(3)))
        world.scorer.mode = "ok"
        monkeypatch.undo()
        return await scored(*args, **kwargs)

    monkeypatch.setattr(
        type(world.riskscore), "score", lambda _, *a, **k: _choose(while_corrected, scored, a, k)
    )
    assert await world.rescorer.round() == 1
    (row,) = await world.rows("select state, score_state from referral")
    assert tuple(row) == ("received", "waiting")
    assert await world.count("assessment where score is not null") == 0


def _choose(corrected: Any, scored: Any, args: Any, kwargs: Any) -> Any:
    """The worker's question is answered late; the correction's own at once."""
    return (corrected if kwargs["caller"].subject.startswith("worker:") else scored)(*args, **kwargs)


async def test_a_case_stays_with_new_people_and_score(
    world: Any, a_referral: Build, a_person: Build, an_assessment: Build
) -> None:
    reference = await taken(world, a_referral())
    await screen(world, reference, ACCEPT)
    (before,) = await world.rows("select changed_at, decided_at, note_sealed from referral")
    stored = await world.correct(
        reference, a_referral(a_person(), a_person(Role.OTHER, serial=7), assessment=an_assessment(16))
    )
    assert (state_name(stored.state), stored.changed_at) == (State.ACCEPTED, before["changed_at"])
    rows = await world.rows("select role, case_id from participation where replaced_in is null order by role")
    assert [tuple(row) for row in rows] == [("other", stored.head.case), ("victim", stored.head.case)]
    (event,) = await world.rows("select data from event where type = 'referral.corrected'")
    data = json.loads(event[0])
    assert (data["status"], data["version"], data["band"]) == ("ACCEPTED", 2, "high")
    assert [one["role"] for one in data["persons"]] == ["victim", "other"]


async def test_a_case_is_not_corrected_without_its_score(world: Any, a_referral: Build) -> None:
    reference = await taken(world, a_referral())
    await screen(world, reference, ACCEPT)
    world.scorer.mode = "away"
    with pytest.raises(UpstreamUnavailable):
        await world.correct(reference, a_referral())
    assert await world.count("referral_correction") == 0


async def test_what_was_declined_is_screened_anew_and_the_decision_is_kept(
    world: Any, a_referral: Build
) -> None:
    reference = await taken(world, a_referral())
    await screen(world, reference, DECLINE)
    stored = await world.correct(reference, a_referral(victim_wishes="rohkem"))
    assert state_name(stored.state) is State.AWAITING_SCREENING
    (kept,) = await world.rows("select state, state_reason, note_sealed from referral_correction")
    assert (kept["state"], kept["state_reason"]) == ("declined", "insufficient-information")
    assert kept["note_sealed"] is not None
    (row,) = await world.rows("select note_sealed, decided_at from referral")
    assert tuple(row) == (None, None)
    await screen(world, reference, ACCEPT, version=3)


async def test_a_victim_who_turns_out_to_be_a_minor_goes_to_child_protection(
    world: Any, a_referral: Build, a_person: Build
) -> None:
    reference = await taken(world, a_referral(a_person()))
    stored = await world.correct(reference, a_referral(a_person(born=date(2003, 1, 1))))
    assert state_name(stored.state) is State.REDIRECTED
    assert (await news(world))[-3:] == [
        "referral.corrected", "referral.redirected", "referral.child-notice"
    ]  # fmt: skip
    back = await world.correct(reference, a_referral(a_person()), version=3)
    assert state_name(back.state) is State.AWAITING_SCREENING


async def test_what_was_withdrawn_is_not_corrected(world: Any, a_referral: Build) -> None:
    reference = await taken(world, a_referral())
    await withdraw(world, reference)
    with pytest.raises(ReferralWithdrawn):
        await world.correct(reference, a_referral())


async def test_of_a_new_child_child_protection_is_told_and_of_a_known_one_not_again(
    world: Any, a_referral: Build, a_person: Build
) -> None:
    victim, child, other = a_person(), a_person(Role.CHILD, serial=3), a_person(Role.CHILD, serial=4)
    reference = await taken(world, a_referral(victim, child))
    assert len(await announced(world)) == 1
    await world.correct(reference, a_referral(victim, replace(child, given_name="Teisiti")))
    assert len(await announced(world)) == 1
    await world.correct(reference, a_referral(victim, child, other), version=3)
    numbers = await announced(world)
    assert len(numbers) == 2
    (part,) = await world.rows("select role, replaced_in from participation where id::text = $1", numbers[-1])
    assert tuple(part) == ("child", None)
    await world.correct(reference, a_referral(victim), version=4)
    assert await announced(world) == numbers  # nothing is taken back


async def test_of_a_child_that_lives_elsewhere_its_municipality_is_told(
    world: Any, a_referral: Build, a_person: Build
) -> None:
    victim, child = a_person(), a_person(Role.CHILD, serial=3)
    reference = await taken(world, a_referral(victim, child))
    await world.correct(reference, a_referral(victim, replace(child, municipality="0793")))
    assert len(await announced(world)) == 2
    await world.correct(reference, a_referral(victim, replace(child, municipality=None)), version=3)
    assert len(await announced(world)) == 2


async def test_the_worker_corrects_for_everybody_and_it_is_audited(world: Any, a_referral: Build) -> None:
    reference = await taken(world, a_referral())
    await world.correct(reference, a_referral(), subject="worker:intake")
    rows = await world.rows("select actor, client, action from audit where operation = 'correct_referral'")
    assert [tuple(row) for row in rows] == [("worker:intake", POLIS, "receive")]
