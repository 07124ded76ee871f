import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from services.kit.problem import UpstreamUnavailable

Build = Callable[..., Any]
_DUE = "update referral set score_due_at = now() - interval '1 second' where score_state = 'waiting'"


async def test_what_waits_is_scored_later_and_told(world: Any, a_referral: Build) -> None:
    world.scorer.mode = "away"
    await world.take(a_referral())
    world.scorer.mode = "ok"
    await world.rows(_DUE)
    assert await world.rescorer.round() == 1
    (row,) = await world.rows("select state, score_state, score_due_at, version from referral")
    assert tuple(row) == ("awaiting-screening", "scored", None, 2)
    (score,) = await world.rows("select score, band, scored_at is not null from assessment")
    assert tuple(score) == (15, "high", True)
    told = await world.rows("select type, stream_version from event order by stream_version")
    assert [tuple(each) for each in told] == [
        ("referral.received", 1),
        ("referral.child-notice", 2),
        ("referral.scored", 3),
    ]
    assert await world.rescorer.round() == 0


async def test_a_scorer_that_stays_away_is_asked_less_and_less(world: Any, a_referral: Build) -> None:
    world.scorer.mode = "away"
    await world.take(a_referral())
    waits = []
    for _ in range(7):
        await world.rows(_DUE)
        assert await world.rescorer.round() == 1
        (row,) = await world.rows("select extract(epoch from score_due_at - now()) from referral")
        waits.append(float(row[0]))
    assert waits[0] < 4
    assert 15 < waits[-1] < 45
    (row,) = await world.rows("select state, score_tries from referral")
    assert tuple(row) == ("received", 7)


async def test_nobody_asks_before_its_turn(world: Any, a_referral: Build) -> None:
    world.scorer.mode = "away"
    await world.take(a_referral())
    await world.rows(_DUE)
    await world.rescorer.round()
    asked = len(world.scorer.asked)
    assert await world.rescorer.round() == 0
    assert len(world.scorer.asked) == asked


async def test_two_workers_score_once(world: Any, a_referral: Build) -> None:
    world.scorer.mode = "away"
    for _ in range(8):
        await world.take(a_referral())
    world.scorer.mode = "ok"
    await world.rows(_DUE)
    rescorer = world.rescorer
    assert sum(await asyncio.gather(rescorer.round(), rescorer.round())) == 8
    scored = await world.rows("select count(*) from event where type = 'referral.scored'")
    assert scored[0][0] == 8


async def test_what_can_never_be_scored_goes_to_a_person(world: Any, a_referral: Build) -> None:
    world.scorer.mode = "away"
    await world.take(a_referral())
    world.scorer.mode = "refuse"
    await world.rows(_DUE)
    await world.rescorer.round()
    (row,) = await world.rows("select state, score_state from referral")
    assert tuple(row) == ("awaiting-screening", "refused")


async def test_unreadable_answers_do_not_stop_the_others(world: Any, a_referral: Build) -> None:
    world.scorer.mode = "away"
    await world.take(a_referral())
    await world.take(a_referral())
    one, other = await world.rows("select id, answers_sealed from assessment order by id")
    await world.rows(
        "update assessment set answers_sealed = $1 where id = $2", one["answers_sealed"], other["id"]
    )
    world.scorer.mode = "ok"
    await world.rows(_DUE)
    assert await world.rescorer.round() == 2
    states = await world.rows("select state from referral order by state")
    assert [row["state"] for row in states] == ["awaiting-screening", "received"]


async def test_a_database_that_goes_away_in_the_middle_is_said_as_such(
    world: Any, a_referral: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker waits after UpstreamUnavailable; of a group of errors it would die."""
    world.scorer.mode = "away"
    for _ in range(3):
        await world.take(a_referral())
    world.scorer.mode = "ok"
    await world.rows(_DUE)

    async def gone(*_: object) -> None:
        raise UpstreamUnavailable

    with monkeypatch.context() as patched:
        patched.setattr("services.cases.store.referrals.locked", gone)
        with pytest.raises(UpstreamUnavailable):
            await world.rescorer.round()
    await world.rows(_DUE)
    assert await world.rescorer.round() == 3


@pytest.mark.parametrize("mode", ["ok", "away"])
async def test_the_worker_leaves_its_row_in_the_audit_log(world: Any, a_referral: Build, mode: str) -> None:
    world.scorer.mode = "away"
    await world.take(a_referral())
    world.scorer.mode = mode
    await world.rows(_DUE)
    await world.rescorer.round()
    rows = await world.rows("select actor, rule_id from audit where action = 'update'")
    expected = [("worker:intake", "score-later")] if mode == "ok" else []
    assert [tuple(row) for row in rows] == expected
