"""An agency asks for a flag: yes for victims of open cases, the same no for everybody else."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.kit.clock import SystemClock
from tests.cases.statements import heard

SEAL_CASE = """
    with seal as (
        insert into case_seal (id, case_id, state, reason_sealed, sealed_by, sealed_at)
        select gen_random_uuid(), id, 'sealed', 'x', 'test', now() from marac_case returning id, case_id
    ), named as (
        insert into case_named (seal_id, case_id, subject, named_by, named_at)
        select id, case_id, $1, 'test', now() from seal
    )
    update stream set sealed = true
"""
SEAL_ONE = "update person set sealed = true where id in (select person_id from participation where role = $1)"
Build = Callable[..., Any]
POLIS = "ee-dev/GOV/70008747/polis"
COORDINATOR = "dev:coordinator:polva:"
UNKNOWN = "60001017869"


async def _accepted(served: Any, a_message: Build, days: int) -> Any:
    """One referral of some days ago that a coordinator has accepted; who is in it, by role."""
    day = (SystemClock().now() - timedelta(days=days)).date().isoformat()
    message = a_message(referredOn=day)
    message["assessment"]["completedOn"] = day
    referral = await served.taken(message)
    served.people = {person["role"]: person["personalCode"] for person in message["persons"]}
    answer = await served.ask(
        f"/referrals/{referral}/screening",
        COORDINATOR,
        "POST",
        json={"decision": "accept", "reason": None, "note": None, "agencies": ["police"]},
        headers={"If-Match": '"1"'},
    )
    assert answer.status_code == 200, answer.text
    return served


@pytest.fixture
async def asked(served: Any, a_message: Build) -> Any:
    return await _accepted(served, a_message, 5)


async def _flag(served: Any, code: str, subject: str = POLIS, purpose: str = "flagging") -> httpx.Response:
    answer: httpx.Response = await served.http.post(
        "/api/cases/v1/flags",
        json={"personalCode": code},
        headers=served.headers(subject, "exchange", purpose),
    )
    return answer


def _bytes(answer: httpx.Response) -> tuple[Any, ...]:
    kept = [(name, value) for name, value in answer.headers.multi_items() if name != "x-request-id"]
    return answer.status_code, answer.content, kept


async def test_a_victim_of_an_open_case_is_flagged(asked: Any) -> None:
    answer = await _flag(asked, asked.people["victim"])
    assert (answer.status_code, answer.content) == (200, b'{"flag":"yes"}')


async def test_everybody_else_is_the_same_no(asked: Any) -> None:
    nobody = await _flag(asked, UNKNOWN)
    assert nobody.content == b'{"flag":"no"}'
    for role in ("threatening-person", "child"):
        assert _bytes(await _flag(asked, asked.people[role])) == _bytes(nobody)


async def test_a_referral_that_nobody_has_accepted_is_no(served: Any, a_message: Build) -> None:
    message = a_message()
    await served.taken(message)
    code = next(person["personalCode"] for person in message["persons"] if person["role"] == "victim")
    assert (await _flag(served, code)).json() == {"flag": "no"}


@pytest.mark.parametrize(("days", "flag"), [(360, "yes"), (370, "no")])
async def test_after_twelve_months_it_is_no(served: Any, a_message: Build, days: int, flag: str) -> None:
    asked = await _accepted(served, a_message, days)
    assert (await _flag(asked, asked.people["victim"])).json() == {"flag": flag}


@pytest.mark.parametrize(("state", "flag"), [("monitoring", "yes"), ("ended", "no")])
async def test_a_flag_goes_on_while_the_case_is_monitored(asked: Any, state: str, flag: str) -> None:
    await asked.world.rows("update marac_case set state = $1", state)
    assert (await _flag(asked, asked.people["victim"])).json() == {"flag": flag}


async def test_whom_a_correction_took_out_is_no(asked: Any) -> None:
    await asked.world.rows("update participation set replaced_in = 2 where role = 'victim'")
    assert (await _flag(asked, asked.people["victim"])).json() == {"flag": "no"}


async def test_an_erased_case_is_no(asked: Any) -> None:
    await asked.world.rows("update data_key set wrapped = null, kek = null, destroyed_at = now()")
    assert (await _flag(asked, asked.people["victim"])).json() == {"flag": "no"}


@pytest.mark.parametrize(
    "seal", [(SEAL_CASE, "dev:coordinator:polva:"), (SEAL_ONE, "victim")], ids=["case", "person"]
)
async def test_what_is_sealed_is_the_same_no_and_alarms_its_owner(asked: Any, seal: tuple[str, ...]) -> None:
    await asked.world.rows(*seal)
    assert _bytes(await _flag(asked, asked.people["victim"])) == _bytes(await _flag(asked, UNKNOWN))
    assert await asked.world.count("disclosure") == 0
    page = (await asked.ask("/flag-alarms", COORDINATOR)).json()
    (alarm,) = page["items"]
    (case,) = await asked.world.rows("select id from marac_case")
    assert (alarm["caseId"], alarm["region"], alarm["client"]) == (str(case[0]), "polva", POLIS)
    assert page["next"] is None
    assert asked.people["victim"] not in str(page)


async def test_whom_the_seal_does_not_name_hears_of_no_alarm(asked: Any) -> None:
    await asked.world.rows(SEAL_CASE, "dev:agency-member:polva:police")
    await _flag(asked, asked.people["victim"])
    assert await asked.world.count("flag_alarm") == 1
    assert (await asked.ask("/flag-alarms", COORDINATOR)).json() == {"items": [], "next": None}


async def test_a_seal_on_others_in_the_case_does_not_matter(asked: Any) -> None:
    await asked.world.rows(SEAL_ONE, "child")
    assert (await _flag(asked, asked.people["victim"])).json() == {"flag": "yes"}
    assert await asked.world.count("flag_alarm") == 0


async def test_alarms_are_seen_in_their_region_alone_and_by_pages(asked: Any) -> None:
    await asked.world.rows(SEAL_CASE, COORDINATOR)
    for _ in range(3):
        await _flag(asked, asked.people["victim"])
    assert (await asked.ask("/flag-alarms", "dev:coordinator:rakvere:")).json()["items"] == []
    seen, path = [], "/flag-alarms?limit=2"
    while path:
        page = (await asked.ask(path, COORDINATOR)).json()
        seen += [one["id"] for one in page["items"]]
        path = f"/flag-alarms?limit=2&cursor={page['next']}" if page["next"] else ""
    assert len(seen) == len(set(seen)) == 3


async def test_a_yes_is_a_disclosure_of_the_victim_to_who_asked(asked: Any) -> None:
    await _flag(asked, asked.people["victim"])
    await _flag(asked, asked.people["child"])
    await _flag(asked, UNKNOWN)
    (row,) = await asked.world.rows("select * from disclosure")
    (case,) = await asked.world.rows("select id from marac_case")
    assert row["subject"] == asked.world.discloser.subject(asked.people["victim"])
    assert (row["receiver_code"], row["receiver_system"]) == ("70008747", "polis")
    assert (row["receiver_name"], row["action"]) == (
        "Politsei- ja Piirivalveamet",
        "Vastus asutuse päringule",
    )
    assert row["case_handle"] == asked.world.discloser.handle(case[0])


async def test_the_same_statements_run_whatever_the_answer(asked: Any) -> None:
    told = {}
    for name, code in (("yes", asked.people["victim"]), ("no", UNKNOWN), ("child", asked.people["child"])):
        with heard(asked.app.state.database) as statements:
            await _flag(asked, code)
        told[name] = [statement for statement, _ in statements]
    await asked.world.rows("update stream set sealed = true")
    with heard(asked.app.state.database) as statements:
        await _flag(asked, asked.people["victim"])
    told["sealed"] = [statement for statement, _ in statements]
    assert told["yes"] == told["no"] == told["child"] == told["sealed"]
    assert len([one for one in told["no"] if "flag_alarm" in one or "disclosure" in one]) == 2


async def test_every_answer_is_audited_without_the_code(asked: Any) -> None:
    for code in (asked.people["victim"], UNKNOWN):
        await _flag(asked, code)
    rows = await asked.world.rows(
        "select action, purpose, client, rule_id, cast(audit as text) as whole from audit"
        " where operation = 'ask_flag'"
    )
    assert [tuple(row)[:4] for row in rows] == [("disclose", "flagging", POLIS, "flag-ask")] * 2
    assert not any(code in row["whole"] for row in rows for code in (asked.people["victim"], UNKNOWN))


@pytest.mark.parametrize("code", ["", "4880504271", "48805042712", "abcdefghijk", "4" * 30])
async def test_what_is_no_code_is_malformed_and_not_repeated(served: Any, code: str) -> None:
    answer = await _flag(served, code)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/personalCode"
    assert not code or code not in answer.text


@pytest.mark.parametrize(
    ("subject", "purpose"),
    [(POLIS, "intake"), ("worker:intake", "flagging"), ("service:exchange", "flagging")],
)
async def test_nobody_else_may_ask(asked: Any, subject: str, purpose: str) -> None:
    answer = await _flag(asked, asked.people["victim"], subject, purpose)
    assert answer.status_code in {403, 422}
    assert "yes" not in answer.text
