"""An agency asks for a flag over real processes: POLIS refers, a coordinator accepts, POLIS asks."""

import json
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from lxml import etree

from services.kit.clock import SystemClock
from system.securityserver import referrals
from system.securityserver.partners import NAMES
from tests.system import asking
from tests.system.letters import SOAP_PATH, Letter, Pen
from tests.system.running import Running

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("system")]
REGION = "polva"
ASKER, MATTER = "EE38501170364", "2026-7"
NOBODY = "60001017869"
TRACKER = "ee-dev/GOV/70006317/datatracker"
SECONDS = 60.0


@pytest.fixture(scope="module")
def pen() -> Pen:
    return Pen(20180702, "F")


def letter_of(pen: Pen) -> tuple[Letter, dict[str, str]]:
    """A referral of some days ago about two grown-ups with personal codes; the codes by role."""
    day = SystemClock().now().date() - timedelta(days=5)
    while True:
        referral = pen.referral(minor=False)
        persons = [one for one in referral["persons"] if one["role"] in {"victim", "threatening-person"}]
        codes = {one["role"]: one["personalCode"] for one in persons}
        if len(codes) == len(persons) == 2 and all(codes.values()) and referral["assessment"] is not None:
            return pen.letter("polis", **referral | _of(referral, day, persons)), codes


def _of(referral: dict[str, Any], day: date, persons: Iterable[Any]) -> dict[str, Any]:
    return {
        "region": REGION,
        "referredOn": day.isoformat(),
        "persons": list(persons),
        "event": referral["event"] | {"occurredAt": f"{day - timedelta(days=1)}T10:00:00Z"},
        "assessment": referral["assessment"] | {"completedOn": day.isoformat()},
    }


async def soap(running: Running, code: str) -> httpx.Response:
    """`getFlags.v1` as the security server of POLIS brings it; always the same id, for equal bytes."""
    body = referrals.flag_query(NAMES["polis"], "f-1", ASKER, MATTER, code)
    headers = {"Content-Type": "text/xml;charset=UTF-8", "SOAPAction": '""'}
    async with httpx.AsyncClient(base_url=running.xroad, trust_env=False, timeout=30) as http:
        return await http.post(SOAP_PATH, content=body, headers=headers)


async def rest(running: Running, code: str, partner: str = "polis") -> httpx.Response:
    road = {"X-Road-Client": NAMES[partner], "X-Road-Id": "f-2"}
    named = {"X-Road-UserId": ASKER, "X-Road-Issue": MATTER}
    async with httpx.AsyncClient(base_url=running.xroad, trust_env=False, timeout=30) as http:
        return await http.post(
            "/xroad/rest/marac/v1/flags", json={"personalCode": code}, headers={**road, **named}
        )


def flag(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    if "json" in answer.headers["content-type"]:
        told = answer.json()
        assert set(told) == {"flag"}
        return str(told["flag"])
    (payload,) = etree.fromstring(answer.content)[1]
    assert [child.tag for child in payload] == ["flag"], answer.text
    return str(payload.findtext("flag"))


async def accepted(running: Running, pen: Pen) -> tuple[str, dict[str, str]]:
    """A referral that was accepted just now, and who is in it, by role."""
    letter, codes = letter_of(pen)
    reference = (await asking.told(running, letter))["reference"]
    answer = await asking.screen(running, REGION, reference)
    assert answer.is_success, answer.text
    return reference, codes


async def test_only_the_victim_of_an_accepted_case_is_flagged(running: Running, pen: Pen) -> None:
    letter, codes = letter_of(pen)
    reference = (await asking.told(running, letter))["reference"]
    assert flag(await soap(running, codes["victim"])) == "no"  # nobody has decided yet
    assert (await asking.screen(running, REGION, reference)).is_success
    assert flag(await soap(running, codes["victim"])) == "yes"
    assert flag(await rest(running, codes["victim"])) == "yes"
    for ask in (soap, rest):
        nobody = await ask(running, NOBODY)
        assert flag(nobody) == "no"
        assert (await ask(running, codes["threatening-person"])).content == nobody.content
    assert (await rest(running, codes["victim"], "star")).status_code == 403


async def test_what_is_sealed_is_the_no_of_everybody_and_alarms_the_coordinator(
    running: Running, pen: Pen
) -> None:
    reference, codes = await accepted(running, pen)
    async with running.member("coordinator", REGION) as member:
        before = (await member.get("/api/cases/v1/flag-alarms")).raise_for_status().json()["items"]
    async with running.database("cases") as database:
        case = await database.fetchval("select case_id from referral where reference = $1", reference)
    async with running.member("coordinator", REGION) as member:
        own = (await member.get("/api/cases/v1/me")).raise_for_status().json()["subject"]
        body = {"reason": "The threatening person works for an agency here.", "members": [own]}
        (await member.post(f"/api/cases/v1/cases/{case}/seal", json=body)).raise_for_status()
    for ask in (soap, rest):
        assert (await ask(running, codes["victim"])).content == (await ask(running, NOBODY)).content
    async with running.member("coordinator", REGION) as member:
        after = (await member.get("/api/cases/v1/flag-alarms")).raise_for_status().json()["items"]
    assert [one["client"] for one in after[: len(after) - len(before)]] == [NAMES["polis"]] * 2


async def test_while_the_register_does_not_answer_nobody_says_no(running: Running, pen: Pen) -> None:
    _, codes = await accepted(running, pen)
    with running.frozen("cases"):
        for code in (codes["victim"], NOBODY):
            over_soap, over_rest = await soap(running, code), await rest(running, code)
            assert over_soap.status_code == 500
            assert "Server.upstream_unavailable" in over_soap.text
            assert over_rest.status_code == 503
            assert over_rest.headers["retry-after"]
            assert over_rest.json()["type"] == "urn:turvavork:problem:upstream-unavailable"
            assert "flag" not in json.loads(over_rest.content)
    await asking.until(
        "the flag is told again",
        lambda: rest(running, codes["victim"]),
        lambda answer: answer.status_code == 200 and flag(answer) == "yes",
    )


async def test_a_yes_reaches_the_data_tracker_and_is_never_shown(running: Running, pen: Pen) -> None:
    """The police are among those whose receiving nobody is shown; it is recorded all the same."""
    query = """
        select count(*) from data_usage where action = 'Vastus asutuse päringule'
        and receiver_code = '70008747' and occurred_at >= $1 and state = 'never'
    """
    _, codes = await accepted(running, pen)
    async with running.database("exchange") as database:
        since = await database.fetchval("select now()")
        await rest(running, NOBODY)
        await rest(running, codes["threatening-person"])
        assert flag(await rest(running, codes["victim"])) == "yes"

        async def kept() -> int:
            return int(await database.fetchval(query, since))

        await asking.until("the disclosure is kept", kept, lambda count: count == 1, SECONDS)
    path = "/xroad/rest/findUsage/v2/findUsage"
    async with httpx.AsyncClient(base_url=running.xroad, trust_env=False, timeout=30) as http:
        answers = [
            await http.get(
                path,
                params={"userCode": f"EE{code}"},
                headers={"X-Road-Client": TRACKER, "X-Road-Id": str(uuid4()), "X-Road-UserId": f"EE{code}"},
            )
            for code in (codes["victim"], NOBODY)
        ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content == b'{"totalUsages":0,"usages":[]}'
