"""Personal values flow through everything; then nothing at rest, no log and no error holds one of them."""

import asyncio
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from system import samples
from system.pghome import locate
from system.programs import SERVICES
from system.securityserver import referrals
from system.securityserver.partners import NAMES
from tests.system import asking, canaries, harvest, spoiling
from tests.system.canaries import CORE, Finder
from tests.system.letters import SOAP_PATH, Letter
from tests.system.running import Running
from tests.system.senders import client_of

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("system")]
REGION = "polva"
AT_ONCE = 16
CLAIMS = {"X-Road-UserId": f"EE{canaries.coded(90, 'male')}", "X-Road-Issue": canaries.text("toimik")}
TEMPLATE = next(each["referral"] for each in samples.messages() if each["referral"]["region"] == REGION)
ENTRANCE = "/api/cases/v1/referrals"
FLAGS, USAGE = "/xroad/rest/marac/v1/flags", "/xroad/rest/findUsage/v2/findUsage"
TRACKER = "ee-dev/GOV/70006317/datatracker"


@dataclass
class Flow:
    """What went through: valid referrals with their people, and every answer that was no success."""

    letters: list[Letter] = field(default_factory=list)
    references: dict[str, str] = field(default_factory=dict)  # reference → what becomes of it
    shown: list[str] = field(default_factory=list)
    refused: list[httpx.Response] = field(default_factory=list)
    spoilt: int = 0

    @property
    def people(self) -> list[dict[str, Any]]:
        return [one for letter in self.letters for one in letter.referral["persons"]]

    def note(self, answer: httpx.Response) -> None:
        self.spoilt += 1
        if not answer.is_success or b"aultCode>" in answer.content:
            self.refused.append(answer)


def valid() -> list[Letter]:
    """Two referrals of each partner for each outcome, each with people of its own."""
    made = []
    for number in range(6):
        content = canaries.referral(4 * number, TEMPLATE, minor=number % 3 == 2)
        made.append(spoiling.letter_from(("polis", "star")[number % 2], number, content))
    return made


async def several(calls: Iterable[Any]) -> None:
    """Make the calls, some at once."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(call: Any) -> None:
        async with gate:
            await call

    await asyncio.gather(*map(one, calls))


@pytest.fixture(scope="module")
async def flow(running: Running) -> Flow:
    """Referrals taken, screened, told, read; wrong ones refused."""
    made = Flow(letters=valid())
    async with client_of(running.xroad) as http:
        for letter in made.letters:
            headers = letter.headers | (CLAIMS if letter.partner == "star" else {})
            answer = await http.post(letter.path, content=letter.body, headers=_sendable(headers))
            told = asking.words(answer)
            made.references[told["reference"]] = told["status"]
        await _refuse_partners(http, made)
    await _work(running, made)
    await _asked_about(running, made)
    await _refuse_members(running, made)
    await asking.until("rest", lambda: harvest.moving(running), lambda left: not left)
    return made


async def _work(running: Running, made: Flow) -> None:
    """A coordinator enters, reads and decides, with notes."""
    note = canaries.text("otsus")
    async with running.member("coordinator", REGION) as member:
        entered = await member.post(ENTRANCE, json=canaries.referral(60, TEMPLATE))
        made.references[entered.raise_for_status().json()["reference"]] = "AWAITING_SCREENING"
        decisions = (("accept", None), ("decline", "other"))
        for number, reference in enumerate(made.references):
            if made.references[reference] == "REDIRECTED":
                continue
            decision, reason = decisions[number % 2]
            answer = await asking.screen(running, REGION, reference, decision, reason=reason, note=note)
            whole = answer.raise_for_status().json()
            made.shown.append(answer.text)
            if whole["caseId"]:
                made.shown.append((await member.get(f"/api/cases/v1/cases/{whole['caseId']}")).text)
            person = whole["persons"][0]["personId"]
            made.shown.append((await member.get(f"/api/cases/v1/people/{person}")).text)


async def _asked_about(running: Running, made: Flow) -> None:
    """The police ask for flags of people, and the Data Tracker for the usage of their data."""
    codes = [one["personalCode"] for one in made.letters[0].referral["persons"] if one["personalCode"]]
    asker, issue = CLAIMS["X-Road-UserId"], CLAIMS["X-Road-Issue"]
    async with client_of(running.xroad) as http:
        for code in codes:
            soap = referrals.flag_query(NAMES["polis"], f"flag-{code[-3:]}", asker, issue, code)
            answers = [await http.post(SOAP_PATH, content=soap, headers={"Content-Type": "text/xml"})]
            road = {"X-Road-Client": NAMES["polis"], "X-Road-Id": f"flag-{code[-3:]}"}
            said = _sendable({**road, **CLAIMS})
            answers.append(await http.post(FLAGS, json={"personalCode": code}, headers=said))
            road = {"X-Road-Client": TRACKER, "X-Road-Id": "usage", "X-Road-UserId": f"EE{code}"}
            answers.append(await http.get(USAGE, params={"userCode": f"EE{code}"}, headers=road))
            assert [answer.status_code for answer in answers] == [200] * 3, answers
            assert b"aultCode>" not in answers[0].content, answers[0].text


async def _refuse_partners(http: httpx.AsyncClient, made: Flow) -> None:
    async def post(letter: Letter, body: bytes, more: dict[str, str]) -> None:
        headers = httpx.Headers(letter.headers)
        headers.update(more)
        made.note(await http.post(letter.path, content=body, headers=headers))

    content = canaries.referral(80, TEMPLATE)
    star, polis = (spoiling.letter_from(partner, 900, content) for partner in ("star", "polis"))
    over_rest = {"senderReference": "CANARY-0901", "version": 1, **content}
    ids = (f"spoilt-{number}" for number in range(10_000))
    await several(post(star, body, {"X-Road-Id": next(ids)}) for body in spoiling.spoilt(over_rest))
    soap = (spoiling.with_new_id(polis, body) for body in spoiling.spoilt_xml(polis))
    await several(post(polis, body, {}) for body in soap)
    for letter in (star, polis):
        await several(post(letter, b"" + letter.body, more) for more in spoiling.headers())
    for query in (f"senderReference={CORE}", f"messageId={CORE}", f"{CORE}={CORE}", f"version={CORE}"):
        made.note(await http.get(f"{star.path}?{query}", headers=star.headers))


async def _refuse_members(running: Running, made: Flow) -> None:
    content = canaries.referral(84, TEMPLATE)
    screening = {"decision": "accept", "reason": CORE, "note": CORE, "agencies": [CORE]}
    async with running.member("coordinator", REGION) as member:

        async def ask(method: str, path: str, **request: Any) -> None:
            made.note(await member.request(method, path, **request))

        json_type = {"Content-Type": "application/json"}
        await several(
            ask("POST", ENTRANCE, content=body, headers=json_type) for body in spoiling.spoilt(content)
        )
        page = (await member.get(ENTRANCE, params={"limit": "1"})).json()["items"][0]
        door = f"{ENTRANCE}/{page['id']}/screening"
        match = json_type | {"If-Match": f'"{page["version"]}"'}
        await several(ask("POST", door, content=body, headers=match) for body in spoiling.spoilt(screening))
        await several(ask("GET", ENTRANCE, headers=more) for more in spoiling.headers())
        for name in ("region", "status", "since", "cursor", "limit", CORE):
            await ask("GET", ENTRANCE, params={name: CORE})
        for service in SERVICES:
            await ask("GET", f"/api/{service}/v1/{CORE}/{canaries.coded(90, 'male')}")
        for path in (
            f"{ENTRANCE}/{CORE}",
            f"/api/cases/v1/people/{CORE}",
            f"/{CORE}",
            f"{ENTRANCE}/{CORE}/x",
        ):
            await ask("GET", path)
        answers = {"instrument": CORE, "answers": {CORE: CORE}, "onDate": CORE}
        await several(
            ask("POST", "/api/riskscore/v1/scores", content=body, headers=json_type)
            for body in spoiling.spoilt(answers)
        )


def _sendable(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers.items()]


@pytest.fixture(scope="module")
def finder(flow: Flow) -> Finder:
    return Finder([*canaries.values(flow.people), canaries.coded(90, "male")])


@pytest.fixture(scope="module")
def dumps(running: Running, flow: Flow) -> dict[str, bytes]:
    """Each database as SQL."""
    binaries = locate(running.data / "postgres").bin
    found = {}
    for service in ("cases", "exchange", "indicators"):
        command = [binaries / "pg_dump", "--dbname", running.database_url(service)]
        found[service] = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout  # noqa: S603 - our own binaries
    return found


@pytest.fixture(scope="module")
async def at_rest(running: Running, flow: Flow) -> Path:
    """PostgreSQL's folder, with everything written to it."""
    async with running.database("cases") as database:
        await database.execute("checkpoint")
    return locate(running.data / "postgres").folder


def test_what_flows_are_canaries(flow: Flow, finder: Finder) -> None:
    """Those who may read them see them: the search below is for what is really there."""
    told = " ".join(finder.of("".join(flow.shown).encode()))
    for value in (canaries.CORE, canaries.ACCENTED, canaries.PHONE, canaries.BORN.isoformat()):
        assert value in told
    assert set(flow.references.values()) == {"AWAITING_SCREENING", "REDIRECTED"}
    assert flow.spoilt > 1000
    assert len(flow.refused) > 0.8 * flow.spoilt


def test_no_database_holds_one(dumps: dict[str, bytes], flow: Flow, finder: Finder) -> None:
    reference = next(iter(flow.references)).encode()
    assert reference in dumps["cases"]
    assert reference in dumps["exchange"]
    assert {service: told for service, dump in dumps.items() if (told := finder.of_dump(dump))} == {}


def test_no_file_of_postgresql_holds_one(at_rest: Path, flow: Flow, finder: Finder) -> None:
    """Tables, indexes, the write-ahead log, what is temporary."""
    reference = Finder([next(iter(flow.references))]).of_folder(at_rest)
    assert any("pg_wal" in name for name in reference), "the write-ahead log is searched"
    assert any("/base/" in name for name in reference), "tables are searched"
    assert finder.of_folder(at_rest) == {}


def test_no_log_and_no_other_file_holds_one(running: Running, flow: Flow, finder: Finder) -> None:
    logs = sorted(path.name for path in (running.data / "log").iterdir() if path.stat().st_size)
    assert {"gateway.log", "cases.log", "exchange.log", "exchange-worker.log", "postgres.log"} <= set(logs)
    assert finder.of_folder(running.data) == {}
    assert finder.of(running.output.read_bytes()) == []


def test_no_error_says_one(flow: Flow, finder: Finder) -> None:
    for answer in flow.refused:
        assert answer.status_code < 500 or "xml" in answer.headers["content-type"], answer.text
        said = {name: value for name, value in answer.headers.items() if name != "x-road-id"}
        assert finder.of(answer.content + repr(said).encode()) == [], answer.text[:2000]


async def test_no_metric_says_one(running: Running, flow: Flow, finder: Finder) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        for service in SERVICES:
            answer = await http.get(f"{running.programs()[service]['url']}/metrics")
            assert "http_request_seconds_count" in answer.text, service
            assert finder.of(answer.content) == [], service


async def test_no_notice_says_one(running: Running, flow: Flow, finder: Finder) -> None:
    rows = [row for row in await harvest.received(running) if row["reference"] in flow.references]
    assert len(rows) == len(flow.letters)
    assert finder.of(repr(rows).encode()) == []
