"""A sender takes its referral back."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from services.cases.actions.withdrawing import Withdrawing
from services.cases.model.codes import Decision, ScoreState, Status
from services.cases.model.problems import ReferralVersionUnexpected, TransitionRefused
from services.cases.model.referral import Sender, Withdrawal
from services.cases.model.states import Screening, Withdrawn, public_status, state_name
from services.cases.store.referrals import Stored
from services.kit.problem import Malformed, NotFound

Build = Callable[..., Any]
POLIS = "ee-dev/GOV/70008747/polis"
STAR = "ee-dev/GOV/70009770/star"
ACCEPT = Screening(Decision.ACCEPT, None, None, ("police",))
DECLINE = Screening(Decision.DECLINE, "other", None, ())


async def withdraw(world: Any, reference: str, **changes: Any) -> Stored:
    client = changes.pop("client", POLIS)
    permit = world.permit("withdraw_referral", "intake", changes.pop("subject", client))
    sender = Sender(client, changes.pop("sender_reference", "A-1"), changes.pop("version", 1))
    withdrawal = Withdrawal(sender, changes.pop("reason", "sent-in-error"))
    async with world.work(permit) as work:
        stored, _ = await Withdrawing(world.catalog).withdraw(work, reference, withdrawal)
        return stored


async def news(world: Any) -> list[tuple[str, str]]:
    rows = await world.rows("select type, data ->> 'status' from event order by stream_version")
    return [(row[0], row[1]) for row in rows]


async def screen(world: Any, reference: str, screening: Screening, version: int = 1) -> None:
    referral = await world.referral_id(reference)
    async with world.work(world.permit_of("coordinator", "screen_referral", region="polva")) as work:
        await world.screener.screen(work, referral, screening, version)


async def test_before_a_decision_it_ends_the_referral(world: Any, a_referral: Build) -> None:
    taken = await world.take(a_referral(), sender_reference="A-1")
    stored = await withdraw(world, taken.reference)
    assert public_status(state_name(stored.state)) is Status.WITHDRAWN
    assert isinstance(stored.state, Withdrawn)
    assert stored.state.reason == "sent-in-error"
    assert stored.changed_at == stored.withdrawn_at
    assert (await news(world))[-1] == ("referral.withdrawn", "WITHDRAWN")


async def test_who_has_withdrawn_is_not_screened(world: Any, a_referral: Build) -> None:
    taken = await world.take(a_referral(), sender_reference="A-1")
    await withdraw(world, taken.reference)
    with pytest.raises(TransitionRefused):
        await screen(world, taken.reference, ACCEPT, version=2)


async def test_a_score_is_waited_for_no_more(world: Any, a_referral: Build) -> None:
    world.scorer.mode = "away"
    taken = await world.take(a_referral(), sender_reference="A-1")
    assert taken.status is Status.RECEIVED
    stored = await withdraw(world, taken.reference)
    assert stored.score_state is ScoreState.NONE
    world.scorer.mode = "ok"
    assert await world.rescorer.round() == 0


@pytest.mark.parametrize(("screening", "status"), [(ACCEPT, "ACCEPTED"), (DECLINE, "DECLINED")])
async def test_after_a_decision_it_stands_and_the_withdrawal_is_noted(
    world: Any, a_referral: Build, screening: Screening, status: str
) -> None:
    taken = await world.take(a_referral(), sender_reference="A-1")
    await screen(world, taken.reference, screening)
    (before,) = await world.rows("select changed_at, state, version from referral")
    stored = await withdraw(world, taken.reference)
    assert (stored.changed_at, state_name(stored.state)) == (before["changed_at"], before["state"])
    assert stored.withdrawn_at is not None
    assert stored.version == before["version"] + 1
    assert (await news(world))[-1] == ("referral.withdrawn", status)


async def test_a_minor_stays_with_child_protection(world: Any, a_referral: Build, a_person: Build) -> None:
    minor = a_person(born=date(2003, 1, 1))
    taken = await world.take(a_referral(minor), sender_reference="A-1")
    stored = await withdraw(world, taken.reference)
    assert public_status(state_name(stored.state)) is Status.REDIRECTED


async def test_the_notice_about_a_child_is_not_taken_back(world: Any, a_referral: Build) -> None:
    taken = await world.take(a_referral(), sender_reference="A-1")
    await withdraw(world, taken.reference)
    assert await world.count("child_notice") == 0
    assert ("referral.child-notice", "AWAITING_SCREENING") in await news(world)


async def test_the_same_again_changes_nothing(world: Any, a_referral: Build) -> None:
    taken = await world.take(a_referral(), sender_reference="A-1")
    first = await withdraw(world, taken.reference)
    assert await withdraw(world, taken.reference, reason="other") == first
    assert [kind for kind, _ in await news(world)].count("referral.withdrawn") == 1


async def test_another_version_is_told_which_one_is_expected(world: Any, a_referral: Build) -> None:
    taken = await world.take(a_referral(), sender_reference="A-1")
    with pytest.raises(ReferralVersionUnexpected) as refused:
        await withdraw(world, taken.reference, version=2)
    assert [(one.pointer, one.reason) for one in refused.value.errors] == [
        ("/sender/version", "version 1 is expected")
    ]
    (row,) = await world.rows("select withdrawn_at, version from referral")
    assert tuple(row) == (None, 1)


async def test_an_unpublished_reason_is_malformed(world: Any, a_referral: Build) -> None:
    taken = await world.take(a_referral(), sender_reference="A-1")
    with pytest.raises(Malformed) as refused:
        await withdraw(world, taken.reference, reason="just-because")
    assert [(one.pointer, one.code) for one in refused.value.errors] == [("/reason", "unknown")]


@pytest.mark.parametrize(
    "changes", [{"client": STAR}, {"subject": STAR}, {"sender_reference": "B-1"}, {"reference": "unknown"}]
)
async def test_what_somebody_else_sent_is_not_there(world: Any, a_referral: Build, changes: Any) -> None:
    taken = await world.take(a_referral(), sender_reference="A-1")
    reference = changes.pop("reference", taken.reference)
    with pytest.raises(NotFound):
        await withdraw(world, reference, **changes)
    assert await world.count("referral where withdrawn_at is not null") == 0


async def test_the_worker_withdraws_for_everybody_and_it_is_audited(world: Any, a_referral: Build) -> None:
    taken = await world.take(a_referral(), sender_reference="A-1")
    await withdraw(world, taken.reference, subject="worker:intake")
    rows = await world.rows("select actor, client, action from audit where operation = 'withdraw_referral'")
    assert [tuple(row) for row in rows] == [("worker:intake", POLIS, "update")]


async def test_the_database_knows_no_withdrawal_without_reason(world: Any, a_referral: Build) -> None:
    await world.take(a_referral(), sender_reference=str(uuid4()))
    for change in ("withdrawn_at = now()", "state = 'withdrawn', score_state = 'scored'"):
        with pytest.raises(Exception, match="violates check constraint"):
            await world.rows(f"update referral set {change}")  # noqa: S608 - of this test
