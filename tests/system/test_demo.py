"""What a newcomer sees: `turvavork demo` as its own process, looked at from all sides, stopped, killed."""

import io
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from rich.console import Console

from system import samples
from system.demo import run as demo
from system.securityserver.partners import NAMES
from tests.system import asking, harvest
from tests.system.ledger import Found
from tests.system.letters import Pen
from tests.system.running import Running

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("system")]
MESSAGES = samples.messages()
TO_2017 = {"to": "2017-12-31"}
OF_2018 = {"from": "2018-01-01", "to": "2018-06-30"}
TO_2018 = {"to": "2018-06-30"}
SERVED = {  # the report's table: people served by region, and in all
    "2017-12-31": ({"polva": 41, "rakvere": 11}, 52),
    "2018": ({"haapsalu": 14, "polva": 11, "rakvere": 8, "viljandi": 20}, 53),
    "2018-06-30": ({"haapsalu": 14, "polva": 52, "rakvere": 19, "viljandi": 20}, 105),
}
ROW = re.compile(r"TV(?:-[0-9A-Z]{4}){4}-[0-9A-Z]")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The demo, as `make run` starts it."""
    whole = Running(tmp_path_factory.mktemp("demo"))
    try:
        whole.start("demo")
        yield whole
    finally:
        whole.stop()
        whole.remove()


@pytest.fixture(scope="module")
def printed(running: Running) -> str:
    """What it printed when it was started first."""
    return running.output.read_text().partition("turvavork is ready")[0]


async def values(running: Running, indicator: str, **asked: str) -> dict[str, Any]:
    async with running.member("programme-officer", purpose="statistics") as officer:
        path = f"/api/indicators/v1/indicators/{indicator}/values"
        answer = await officer.get(path, params={"channel": "official", **asked})
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


def by(answer: dict[str, Any], name: str) -> dict[str, int]:
    return {row[name]: row["value"] for row in answer["rows"] if row["value"]}


@pytest.mark.parametrize(
    ("period", "asked"), [("2017-12-31", TO_2017), ("2018", OF_2018), ("2018-06-30", TO_2018)]
)
async def test_people_served_are_those_of_the_report(
    running: Running, period: str, asked: dict[str, str]
) -> None:
    answer = await values(running, "people-served", by="region", **asked)
    regions, total = SERVED[period]
    assert by(answer, "region") == regions
    assert [line["value"] for line in answer["totals"]] == [total]


async def test_sixteen_of_the_people_of_2018_are_victims(running: Running) -> None:
    answer = await values(running, "people-served", by="role", **OF_2018)
    assert by(answer, "role")["victims"] == 16


async def test_the_answer_shows_that_the_report_counts_a_case_of_polva_more_than_it_lists(
    running: Running, printed: str
) -> None:
    answer = await values(running, "cases", by="region", **TO_2017)
    [claim] = [one for one in answer["claims"] if one["difference"]]
    assert (claim["region"], claim["printed"], claim["recorded"], claim["difference"]) == ("polva", 11, 10, 1)
    assert by(answer, "region")["polva"] == 10
    assert re.search(rf"{claim['id']} +│ 11 +│ 10 ", printed)


def test_it_prints_each_referral_with_what_became_of_it(printed: str) -> None:
    rows = [line.split("│")[1:-1] for line in printed.splitlines() if ROW.search(line)]
    assert len(rows) == len(MESSAGES)
    for row in rows:
        _, sender, region, score, band, status, notices = (cell.strip() for cell in row)
        assert sender in {"POLIS (SOAP)", "STAR (REST)"}
        assert region in SERVED["2018-06-30"][0]
        assert score.isdigit()
        assert (band, status, notices) == ("high", "ACCEPTED", "1 delivered")


def test_it_prints_people_served(printed: str) -> None:
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in printed.splitlines()]
    for region in SERVED["2018-06-30"][0]:
        assert [region, *(str(table.get(region, 0)) for table, _ in SERVED.values())] in rows
    assert ["all", "52", "53", "105"] in rows


async def test_each_sender_has_one_notice_for_each_decision_and_in_order(running: Running) -> None:
    wanted = {message["sender"]["reference"]: message["sender"]["client"] for message in MESSAGES}
    told = defaultdict(list)
    for row in await harvest.received(running):
        if row["senderReference"] in wanted:
            told[row["senderReference"]].append(row)
    assert told.keys() == wanted.keys()
    for reference, rows in told.items():
        assert len({row["id"] for row in rows}) == 1
        assert all(row["sameBytes"] and row["status"] == "ACCEPTED" for row in rows)
        assert {NAMES[row["partner"]] for row in rows} == {wanted[reference]}
        times = [row["occurredAt"] for row in rows]
        assert times == sorted(times)


async def at_rest(running: Running) -> None:
    await asking.until("rest", lambda: harvest.moving(running), lambda left: not left)


def settled(found: Found) -> Found:
    """The same in one order, whatever order the queries had."""
    rows = {name: sorted(getattr(found, name), key=repr) for name in ("inbox", "referrals", "facts")}
    return replace(found, **rows)


async def test_playing_the_samples_again_changes_nothing(running: Running) -> None:
    await at_rest(running)
    before, out = settled(await harvest.found(running)), io.StringIO()
    console = Console(file=out, width=demo.WIDTH)
    tokens = running.data / "keys"
    await demo.run(running.api, running.simulator, tokens, console, lambda _: None)
    assert settled(await harvest.found(running)) == before
    assert out.getvalue().count("1 delivered") == len(MESSAGES)


async def test_the_token_of_a_coordinator_opens_the_own_region_alone(running: Running) -> None:
    token = running.run("token", "--role", "coordinator", "--region", "polva").strip()
    async with running.member("coordinator", "polva") as member:
        member.headers["Authorization"] = f"Bearer {token}"
        page = (await member.get("/api/cases/v1/referrals", params={"limit": "100"})).raise_for_status()
    items = page.json()["items"]
    assert {item["region"] for item in items} == {"polva"}
    assert len(items) >= sum(message["referral"]["region"] == "polva" for message in MESSAGES)


async def test_for_the_coordinator_of_another_region_nothing_of_polva_exists(running: Running) -> None:
    async with running.member("coordinator", "polva") as own:
        listed = await own.get("/api/cases/v1/referrals", params={"status": "ACCEPTED", "limit": "1"})
        [item] = listed.raise_for_status().json()["items"]
        referral = (await own.get(f"/api/cases/v1/referrals/{item['id']}")).raise_for_status().json()
        paths = [
            f"/api/cases/v1/referrals/{item['id']}",
            f"/api/cases/v1/cases/{item['caseId']}",
            f"/api/cases/v1/people/{referral['persons'][0]['personId']}",
        ]
        for path in paths:
            assert (await own.get(path)).status_code == 200, path
    async with running.member("coordinator", "rakvere") as other:
        for path in paths:
            foreign, unknown = await other.get(path), await other.get(f"{path.rpartition('/')[0]}/{uuid4()}")
            assert foreign.status_code == unknown.status_code == 404, path
            assert foreign.json() | {"instance": ""} == unknown.json() | {"instance": ""}, path


async def test_a_sender_is_told_the_status_over_soap(running: Running) -> None:
    message = next(one for one in MESSAGES if one["protocol"] == "soap")
    by_own = await asking.status_over_soap(running, "senderReference", message["sender"]["reference"])
    assert by_own["status"] == "ACCEPTED"
    assert (await asking.status_over_soap(running, "reference", by_own["reference"]))["status"] == "ACCEPTED"
    assert (await asking.status_over_soap(running, "messageId", message["messageId"]))["status"] == "ACCEPTED"


async def test_a_sender_is_told_the_status_over_rest(running: Running) -> None:
    message = next(one for one in MESSAGES if one["protocol"] == "rest")
    by_own = await asking.status_over_rest(running, None, senderReference=message["sender"]["reference"])
    assert (by_own["http"], by_own["status"]) == ("200", "ACCEPTED")
    assert (await asking.status_over_rest(running, by_own["reference"]))["status"] == "ACCEPTED"
    by_id = await asking.status_over_rest(running, None, messageId=message["messageId"])
    assert by_id["reference"] == by_own["reference"]


async def test_nobody_is_told_of_the_referral_of_another(running: Running) -> None:
    message = next(one for one in MESSAGES if one["protocol"] == "soap")
    own = await asking.status_over_soap(running, "senderReference", message["sender"]["reference"])
    foreign = await asking.status_over_rest(running, own["reference"])
    assert foreign["http"] == "404"
    assert foreign["type"] == "urn:turvavork:problem:referral-unknown"


async def test_a_referral_entered_by_a_person_becomes_a_case_and_nobody_is_sent_a_notice(
    running: Running,
) -> None:
    referral = Pen(1).referral(minor=False) | {"referredOn": "2018-09-03", "region": "polva"}
    referral["assessment"]["completedOn"] = "2018-09-03"
    key = {"Idempotency-Key": str(uuid4())}
    async with running.member("coordinator", "polva") as member:
        first = await member.post("/api/cases/v1/referrals", json=referral, headers=key)
        again = await member.post("/api/cases/v1/referrals", json=referral, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["id"] == again.json()["id"]
    reference = first.json()["reference"]
    assert (await asking.screen(running, "polva", reference)).json()["status"] == "ACCEPTED"
    asked = {"from": "2018-09-01", "to": "2018-09-30"}
    await asking.until(
        "counted", lambda: values(running, "cases", by="region", **asked), lambda told: by(told, "region")
    )
    await at_rest(running)
    assert not [row for row in await harvest.received(running) if row["reference"] == reference]


async def test_a_second_start_loses_nothing(running: Running) -> None:
    await at_rest(running)
    before = settled(await harvest.found(running))
    assert running.stop() < 10
    running.start()
    await at_rest(running)
    assert settled(await harvest.found(running)) == before


async def test_a_start_after_everything_was_killed_at_once_loses_nothing_and_goes_on(
    running: Running,
) -> None:
    await at_rest(running)
    before, letter = await harvest.found(running), Pen(2, "KILLED").letter("star", region="polva")
    receipt = await asking.told(running, letter)
    running.kill()
    running.start()
    await at_rest(running)
    after = await harvest.found(running)
    assert set(before.inbox) | set(before.referrals) < set(after.inbox) | set(after.referrals)
    assert receipt["reference"] in {row.reference for row in after.referrals}
    assert (await asking.told(running, letter))["reference"] == receipt["reference"]
    assert (await asking.told(running, Pen(3, "AFTER").letter("polis")))["http"] == "200"
    assert (await asking.screen(running, "polva", receipt["reference"], "decline", reason="other")).is_success
    await asking.until(
        "the sender is told",
        lambda: harvest.received(running, reference=receipt["reference"]),
        lambda rows: [row["status"] for row in rows] == ["DECLINED"],
    )
