"""What people write: each thing once, against the version that they saw."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

Build = Callable[..., Any]
COORDINATOR, CHAIR, ELSEWHERE = "dev:coordinator:polva:", "dev:chair:polva:", "dev:coordinator:rakvere:"
ACCEPT = {"decision": "accept", "note": "Koostame turvaplaani.", "agencies": ["police", "victim-support"]}
DECLINE = {"decision": "decline", "reason": "criteria-not-met"}
REDIRECT = {"decision": "redirect", "reason": "other-region", "note": "Elab mujal.", "to": "haapsalu"}


@pytest.fixture
def enter(served: Any, a_message: Build) -> Build:
    async def run(subject: str = COORDINATOR, key: str | None = None, **changes: Any) -> Any:
        headers = {} if key is None else {"Idempotency-Key": key}
        return await served.ask("/referrals", subject, "POST", json=a_message(**changes), headers=headers)

    return run


@pytest.fixture
def screen(served: Any) -> Build:
    async def run(
        referral: str,
        decision: Any,
        version: int | str | None = 1,
        subject: str = COORDINATOR,
        **headers: str,
    ) -> Any:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if version is not None:
            given["If-Match"] = f'"{version}"' if isinstance(version, int) else version
        path = f"/referrals/{referral}/screening"
        return await served.ask(path, subject, "POST", json=decision, headers=given)

    return run


def _slug(answer: Any) -> str:
    return str(answer.json()["type"]).rpartition(":")[2]


async def test_a_coordinator_enters_a_referral_and_gets_the_whole_of_it(served: Any, enter: Build) -> None:
    answer = await enter()
    body = answer.json()
    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    assert answer.headers["location"] == f"/api/cases/v1/referrals/{body['id']}"
    assert (body["status"], body["band"], body["sender"], body["senderReference"]) == (
        "AWAITING_SCREENING", "high", None, None
    )  # fmt: skip
    assert body == (await served.ask(f"/referrals/{body['id']}")).json()


async def test_entering_leaves_a_row_for_the_change_and_one_for_what_was_shown(
    served: Any, enter: Build
) -> None:
    answer = await enter()
    rows = await served.world.rows(
        "select action, actor, purpose, rule_id from audit where request_id = $1 order by action",
        answer.headers["x-request-id"],
    )
    assert [tuple(row) for row in rows] == [
        (action, COORDINATOR, "case-work", "region-coordinate") for action in ("create", "read")
    ]


@pytest.mark.parametrize(("subject", "status"), [(ELSEWHERE, 404), (CHAIR, 403)])
async def test_nobody_enters_for_another_region_or_without_the_right(
    served: Any, enter: Build, subject: str, status: int
) -> None:
    assert (await enter(subject)).status_code == status
    assert await served.world.count("referral") == 0
    assert served.world.scorer.asked == []  # nothing of it left the house either


async def test_a_broken_rule_is_told_and_nothing_stored(served: Any, enter: Build) -> None:
    answer = await enter(referredOn="2099-01-01")
    assert (answer.status_code, _slug(answer)) == (422, "referral-invalid")
    assert await served.world.count("referral") == 0


async def test_without_the_scorer_it_is_entered_and_waits(served: Any, enter: Build) -> None:
    served.world.scorer.mode = "away"
    answer = await enter()
    assert (answer.status_code, answer.json()["status"], answer.json()["score"]) == (201, "RECEIVED", None)


async def test_the_same_key_enters_once_whenever_it_comes(served: Any, enter: Build) -> None:
    first = await enter(key="k-1")
    again = await enter(key="k-1")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    burst = await asyncio.gather(*(enter(key="k-2") for _ in range(8)))
    assert {answer.status_code for answer in burst} == {201}
    assert len({answer.json()["id"] for answer in burst}) == 1
    assert await served.world.count("referral") == 2


async def test_a_repeated_entry_shows_the_referral_as_it_is_now(enter: Build, screen: Build) -> None:
    first = await enter(key="k-1")
    await screen(first.json()["id"], ACCEPT)
    again = await enter(key="k-1")
    assert (again.status_code, again.json()["status"], again.headers["etag"]) == (201, "ACCEPTED", '"2"')


async def test_the_same_key_with_another_referral_is_refused(served: Any, enter: Build) -> None:
    await enter(key="k-1")
    other = await enter(key="k-1", victimWishes="Midagi muud.")
    assert (other.status_code, _slug(other)) == (422, "idempotency-key-reused")
    assert await served.world.count("referral") == 1


async def test_a_key_is_the_callers_own(served: Any, enter: Build) -> None:
    here = await enter(key="k-1")
    there = await enter(ELSEWHERE, key="k-1", region="rakvere")
    assert here.status_code == there.status_code == 201
    assert here.json()["reference"] != there.json()["reference"]


async def test_without_a_key_each_entry_is_another_referral(served: Any, enter: Build) -> None:
    assert len({(await enter()).json()["id"] for _ in range(2)}) == 2


async def test_acceptance_makes_a_case(served: Any, a_message: Build, screen: Build) -> None:
    referral = await served.taken(a_message())
    answer = await screen(referral, ACCEPT)
    body = answer.json()
    assert (answer.status_code, answer.headers["etag"], body["status"]) == (200, '"2"', "ACCEPTED")
    assert body["narrative"]["screeningNote"] == ACCEPT["note"]
    assert {each["id"] for each in (await served.ask("/cases")).json()["items"]} == {body["caseId"]}


@pytest.mark.parametrize(("decision", "status"), [(DECLINE, "DECLINED"), (REDIRECT, "REDIRECTED")])
async def test_a_refusal_says_why(
    served: Any, a_message: Build, screen: Build, decision: dict[str, str], status: str
) -> None:
    answer = await screen(await served.taken(a_message()), decision)
    body = answer.json()
    assert (body["status"], body["reason"], body["caseId"]) == (status, decision["reason"], None)
    assert body["narrative"]["screeningNote"] == decision.get("note")
    assert (await served.ask("/cases")).json()["items"] == []


@pytest.mark.parametrize(
    ("version", "status", "slug"),
    [
        (None, 428, "precondition-required"),
        (7, 412, "stale-version"),
        ("*", 422, "malformed"),
        ('W/"1"', 422, "malformed"),
        ("1", 422, "malformed"),
    ],
)
async def test_a_writer_names_the_version_that_it_saw(  # noqa: PLR0913, PLR0917 - fixtures and a row
    served: Any, a_message: Build, screen: Build, version: Any, status: int, slug: str
) -> None:
    referral = await served.taken(a_message())
    answer = await screen(referral, ACCEPT, version)
    assert (answer.status_code, _slug(answer)) == (status, slug)
    assert (await served.ask(f"/referrals/{referral}")).json()["status"] == "AWAITING_SCREENING"


async def test_of_two_writers_one_is_told_to_look_again(served: Any, a_message: Build, screen: Build) -> None:
    """INV-9: no update is lost."""
    referral = await served.taken(a_message())
    answers = await asyncio.gather(screen(referral, ACCEPT), screen(referral, DECLINE))
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    won = next(answer for answer in answers if answer.status_code == 200)
    assert (await served.ask(f"/referrals/{referral}")).json() == won.json()


@pytest.mark.parametrize(
    ("decision", "pointers"),
    [
        ({"decision": "accept", "agencies": ["police", "army", "police"]}, ["/agencies/1", "/agencies/2"]),
        ({"decision": "accept", "reason": "other"}, ["/reason"]),
        ({"decision": "decline"}, ["/reason"]),
        ({"decision": "decline", "reason": "other-region"}, ["/reason"]),
        ({"decision": "decline", "reason": "other", "agencies": ["police"]}, ["/agencies"]),
        ({"decision": "postpone"}, ["/decision"]),
        ({"decision": "accept", "reviewer": "me"}, [""]),
        ({"decision": "accept", "note": "x" * 4001}, ["/note"]),
        ({"decision": "accept", "agencies": ["police"] * 21}, ["/agencies"]),
        ({}, ["/decision"]),
    ],
)
async def test_a_decision_that_does_not_say_what_it_must_is_malformed(
    served: Any, a_message: Build, screen: Build, decision: Any, pointers: list[str]
) -> None:
    answer = await screen(await served.taken(a_message()), decision)
    assert (answer.status_code, _slug(answer)) == (422, "malformed")
    assert [error["pointer"] for error in answer.json()["errors"]] == pointers


async def test_what_is_decided_or_not_yet_scored_cannot_be_screened(
    served: Any, a_message: Build, screen: Build
) -> None:
    decided = await served.taken(a_message(), sender_reference="A-1")
    await screen(decided, DECLINE)
    served.world.scorer.mode = "away"
    waiting = await served.taken(a_message(), sender_reference="A-2")
    for referral, version in ((decided, 2), (waiting, 1)):
        answer = await screen(referral, ACCEPT, version)
        assert (answer.status_code, _slug(answer)) == (409, "transition-refused")


async def test_a_screening_that_comes_again_with_its_key_is_done_once(
    served: Any, a_message: Build, screen: Build
) -> None:
    referral = await served.taken(a_message())
    answers = [await screen(referral, ACCEPT, Idempotency_Key="s-1") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert await served.world.count("marac_case") == 1
    [row] = await served.world.rows("select count(*) from audit where action = 'update'")
    assert row[0] == 1
    other = await screen(referral, DECLINE, Idempotency_Key="s-1")
    assert (other.status_code, _slug(other)) == (422, "idempotency-key-reused")


async def test_a_repeated_screening_is_decided_by_the_rights_of_now(
    served: Any, a_message: Build, screen: Build
) -> None:
    referral = await served.taken(a_message())
    await screen(referral, ACCEPT, Idempotency_Key="s-1")
    await served.world.rows(
        "update appointment set region = 'valga' where region = 'polva' and role = 'coordinator'"
    )
    assert (await screen(referral, ACCEPT, Idempotency_Key="s-1")).status_code == 404


async def test_a_screening_elsewhere_is_not_found_and_changes_nothing(
    served: Any, a_message: Build, screen: Build
) -> None:
    referral = await served.taken(a_message())
    assert (await screen(referral, ACCEPT, subject=ELSEWHERE)).status_code == 404
    assert (await screen(referral, ACCEPT, subject=CHAIR)).status_code == 403
    assert await served.world.count("marac_case") == 0
