"""Who was told of a referral, by when a decision is due, and where it was sent."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from services.kit.clock import SystemClock
from tests.cases.statements import heard

Build = Callable[..., Any]


async def _told(served: Any, referral: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await served.ask(f"/referrals/{referral}/tellings")).json()["items"]
    return items


async def _screened(served: Any, referral: str, **decision: Any) -> Any:
    return await served.ask(
        f"/referrals/{referral}/screening", method="POST", json=decision, headers={"If-Match": '"1"'}
    )


async def test_sender_police_municipality_and_agencies_are_on_one_list(served: Any, a_message: Build) -> None:
    message = a_message()
    referral = await served.taken(message)
    assert {one["about"] for one in await _told(served, referral)} == {"referral.received", "referral.scored"}
    await _screened(served, referral, decision="accept", agencies=["police"])
    await served.world.rows(
        "update referral set callouts_state = 'refused', callouts_due_at = null, callouts_at = now()"
    )
    await served.world.rows(
        "insert into child_notice (number, version, state, settled_at, settled_by)"
        " select id, 1, 'left', now(), 'worker' from participation where role = 'child'"
    )
    items = await _told(served, referral)
    polis = "ee-dev/GOV/70008747/polis"
    assert {(one["kind"], one["to"], one["about"]) for one in items} == {
        ("case-notice", polis, "referral.received"),
        ("case-notice", polis, "referral.scored"),
        ("case-notice", polis, "referral.accepted"),
        ("child-notice", "municipality", "left"),
        ("call-outs", "polis", "refused"),
        ("share", "police@polva", "case-work"),
    }
    assert [one["municipality"] for one in items if one["kind"] == "child-notice"] == ["0698"]
    assert [one["at"] for one in items] == sorted((one["at"] for one in items), reverse=True)
    assert not any(person["familyName"] in str(items) for person in message["persons"])


async def test_the_chair_does_not_learn_where_a_child_lives_and_agencies_do_not_read_it(
    served: Any, a_message: Build
) -> None:
    referral = await served.taken(a_message())
    await _screened(served, referral, decision="accept", agencies=["police"])
    chair = await served.ask(f"/referrals/{referral}/tellings", "dev:chair:polva:")
    assert chair.status_code == 200
    assert "municipality" not in chair.json()["items"][0]
    agency = await served.ask(f"/referrals/{referral}/tellings", "dev:agency-member:polva:police")
    assert agency.status_code == 403


async def test_a_decision_is_due_and_late_ones_are_found(served: Any, a_message: Build) -> None:
    referral, other = await served.taken(a_message()), await served.taken(a_message())
    due = date.fromisoformat((await served.ask(f"/referrals/{referral}")).json()["screenBy"])
    today = SystemClock().now().date()
    assert today < due <= today + timedelta(days=14)
    assert (await served.ask("/referrals?overdue=true")).json()["items"] == []
    late = (
        "update duty set due_on = current_date - 2, warn_on = null, escalate_on = null where referral_id = $1"
    )
    await served.world.rows(late, referral)
    found = (await served.ask("/referrals?overdue=true")).json()["items"]
    assert [one["id"] for one in found] == [referral]
    await _screened(served, referral, decision="decline", reason="criteria-not-met")
    assert (await served.ask("/referrals?overdue=true")).json()["items"] == []
    body = (await served.ask(f"/referrals/{referral}")).json()
    assert (body["screenBy"], (await served.ask(f"/referrals/{other}")).json()["screenBy"]) == (
        None,
        str(due),
    )


async def test_a_redirection_says_where_to(served: Any, a_message: Build) -> None:
    referral = await served.taken(a_message())
    plain = {"decision": "redirect", "reason": "other-region"}
    for to, code in ((None, "required"), ("mars", "unknown"), ("polva", "same-region")):
        answer = await _screened(served, referral, **plain, to=to)
        assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [("/to", code)]
    answer = await _screened(served, referral, **plain, to="rakvere")
    assert (answer.json()["status"], answer.json()["redirectedTo"]) == ("REDIRECTED", "rakvere")


async def test_the_number_of_statements_does_not_grow(served: Any, a_message: Build) -> None:
    counts = []
    for agencies in (["police"], ["police", "prosecutor", "victim-support", "probation"]):
        referral = await served.taken(a_message())
        with heard(served.app.state.database) as screening:
            await _screened(served, referral, decision="accept", agencies=agencies)
        with heard(served.app.state.database) as told:
            assert len(await _told(served, referral)) >= len(agencies)
        counts.append((len(screening), len(told)))
    assert counts[0] == counts[1]
