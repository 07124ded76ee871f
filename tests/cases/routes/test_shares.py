"""Shares over HTTP: a gate, a receipt, its readers, and agencies that come and go by it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest_asyncio

from services.cases.actions.casework import Casework
from services.cases.actions.shares import Expiry, Sharing
from services.kit.clock import FixedClock, SystemClock
from tests.cases.statements import heard

Build = Callable[..., Any]
POLICE, PROBATION = "dev:agency-member:polva:police", "dev:agency-member:polva:probation"
SUPPORT = "dev:agency-member:polva:victim-support"
NECESSITY = "Politsei peab teadma, kus ohver viibib."


class Opened:
    """A case in which police and victim support take part, and the people in it by role."""

    def __init__(self, served: Any, case: str, people: dict[str, str]) -> None:
        self.served, self.case, self.people = served, case, people

    def share(self, **changes: Any) -> dict[str, Any]:
        plain = {
            "basis": "oas-10-5",
            "purpose": "safety",
            "agencies": ["police"],
            "persons": [self.people["victim"]],
            "classes": ["identity", "risk"],
            "necessity": NECESSITY,
            "expiresOn": (SystemClock().now() + timedelta(days=90)).date().isoformat(),
        }
        return plain | changes

    async def post(self, what: str, body: dict[str, Any], subject: str = "", **rest: Any) -> httpx.Response:
        who = [subject] if subject else []
        path = f"/cases/{self.case}/{what}"
        answer: httpx.Response = await self.served.ask(path, *who, method="POST", json=body, **rest)
        return answer

    async def bring_in(self, agency: str = "probation", **changes: Any) -> httpx.Response:
        body = {"agency": agency, "basis": "oas-10-5", "necessity": "Ohustav isik on hoolduse all."}
        return await self.post("agencies", body | changes)

    async def etag(self) -> str:
        return str((await self.served.ask(f"/cases/{self.case}")).headers["etag"])

    async def shares(self, subject: str = "dev:coordinator:polva:", query: str = "") -> list[Any]:
        answer = await self.served.ask(f"/cases/{self.case}/shares{query}", subject)
        items: list[Any] = answer.json()["items"]
        return items


@pytest_asyncio.fixture
async def opened(served: Any, a_message: Build) -> Opened:
    case = await served.opened(a_message(), "police", "victim-support")
    rows = await served.world.rows("select role, person_id from participation")
    return Opened(served, case, {row["role"]: str(row["person_id"]) for row in rows})


async def test_a_share_leaves_a_receipt_and_no_data(opened: Opened) -> None:
    answer = await opened.post("shares", opened.share(contentDigest="ab" * 32), SUPPORT)
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert answer.headers["location"] == f"/api/cases/v1/shares/{body['id']}"
    assert (body["sharer"], body["recipients"], body["state"]) == (
        "victim-support@polva",
        ["police@polva"],
        "in-force",
    )
    assert (body["contentDigest"], body["necessity"]) == ("ab" * 32, NECESSITY)
    (row,) = await opened.served.world.rows("select * from share where kind = 'handover'")
    assert row["digest"].hex() == body["digest"]
    assert NECESSITY not in str(dict(row))
    steps = (await opened.served.ask(f"/cases/{opened.case}/history")).json()["items"]
    assert (steps[0]["machine"], steps[0]["toState"]) == ("share", "in-force")


async def test_without_a_basis_nothing_is_shared(opened: Opened) -> None:
    before = await opened.served.world.count("share")
    answer = await opened.post("shares", opened.share(basis="consent"))
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:turvavork:problem:basis-missing")
    assert answer.json()["errors"][0]["code"] == "no-consent"
    assert await opened.served.world.count("share") == before


async def test_consent_opens_the_gate_and_its_withdrawal_closes_it(opened: Opened) -> None:
    fact = {
        "personId": opened.people["victim"],
        "kind": "consent",
        "saidAt": "2026-03-02T10:00:00Z",
        "scope": ["sharing"],
        "manner": "in-person",
        "capacity": "able",
    }
    assert (await opened.post("consent-facts", fact | {"value": "given"})).status_code == 201
    assert (await opened.post("shares", opened.share(basis="consent"))).status_code == 201
    assert (await opened.post("consent-facts", fact | {"value": "withdrawn"})).status_code == 201
    assert (await opened.post("shares", opened.share(basis="consent"))).status_code == 409


async def test_an_objection_stops_offers_and_names_the_rule(opened: Opened) -> None:
    said = {"personId": opened.people["victim"], "kind": "objection", "saidAt": "2026-03-02T10:00:00Z"}
    await opened.post("consent-facts", said | {"value": "objects"})
    offer = opened.share(purpose="service-offer", basis="consent")
    answer = await opened.post("shares", offer)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:turvavork:problem:offers-stopped")
    child = offer | {"persons": [opened.people["child"]], "basis": "lasteks-27"}
    assert (await opened.post("shares", child)).status_code == 201


async def test_receipts_are_read_by_their_parties_and_who_answers_for_the_region(opened: Opened) -> None:
    await opened.bring_in()
    made = (await opened.post("shares", opened.share(agencies=["prosecutor"]), SUPPORT)).json()["id"]
    for subject, status in ((SUPPORT, 200), (POLICE, 404), (PROBATION, 404), ("dev:chair:polva:", 200)):
        answer = await opened.served.ask(f"/shares/{made}", subject)
        assert answer.status_code == status, subject
    assert [one["recipients"] for one in await opened.shares(POLICE)] == [["police@polva"]]
    assert len(await opened.shares()) == 4
    assert len(await opened.shares(SUPPORT)) == 2
    assert len(await opened.shares(query="?state=ended")) == 0


async def test_the_agencies_of_the_screening_have_receipts(opened: Opened) -> None:
    items = await opened.shares()
    assert {tuple(one["recipients"]) for one in items} == {("police@polva",), ("victim-support@polva",)}
    assert {(one["basis"], one["purpose"], one["kind"]) for one in items} == {
        ("oas-10-5", "case-work", "taking-part")
    }


async def test_an_agency_comes_by_a_share_and_reads_and_is_let_go_and_reads_nothing(opened: Opened) -> None:
    path = f"/cases/{opened.case}"
    before = await opened.etag()
    assert (await opened.served.ask(path, PROBATION)).status_code == 404
    assert (await opened.bring_in()).status_code == 201
    assert (await opened.served.ask(path, PROBATION)).status_code == 200
    assert await opened.etag() != before
    again = await opened.bring_in()
    assert (again.status_code, again.json()["errors"][0]["code"]) == (422, "takes-part")
    reason = {"reason": "no-longer-needed"}
    stale = await opened.post("agencies/probation/release", reason, headers={"If-Match": before})
    assert stale.status_code == 412
    seen = {"If-Match": await opened.etag()}
    gone = await opened.post("agencies/probation/release", reason, headers=seen)
    assert gone.json()["agencies"] == ["police", "victim-support"]
    assert gone.headers["etag"] == await opened.etag()
    assert (await opened.served.ask(path, PROBATION)).status_code == 404
    [ended] = await opened.shares(query="?state=ended")
    assert (ended["recipients"], ended["endReason"]) == (["probation@polva"], "no-longer-needed")
    once_more = await opened.post("agencies/probation/release", reason, headers={"If-Match": '"9"'})
    assert once_more.status_code == 404


async def test_an_agency_that_the_law_does_not_name_needs_a_reason(opened: Opened) -> None:
    answer = await opened.bring_in("school")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/recipientReason")
    assert (await opened.bring_in("school", recipientReason="Laps õpib seal.")).status_code == 201


async def test_a_share_ends_once_and_its_agency_goes_with_it(opened: Opened) -> None:
    made = (await opened.bring_in()).json()
    path = f"/shares/{made['id']}/end"
    bad = await opened.served.ask(path, method="POST", json={"reason": "mood"}, headers={"If-Match": '"1"'})
    assert bad.json()["errors"][0]["pointer"] == "/reason"
    body = {"reason": "agency-asks"}
    missing = await opened.served.ask(path, method="POST", json=body)
    assert missing.status_code == 428
    done = await opened.served.ask(path, method="POST", json=body, headers={"If-Match": '"1"'})
    assert (done.json()["state"], done.json()["version"]) == ("ended", 2)
    assert (await opened.served.ask(f"/cases/{opened.case}", PROBATION)).status_code == 404
    again = await opened.served.ask(path, method="POST", json=body, headers={"If-Match": '"2"'})
    assert again.json()["type"] == "urn:turvavork:problem:transition-refused"


async def test_what_leaves_the_network_is_told_to_the_data_tracker(opened: Opened, a_message: Build) -> None:
    outside = {
        "outside": {"code": "70009770", "system": "star"},
        "agencies": [],
        "recipientReason": "Teenus.",
    }
    made = (await opened.post("shares", opened.share(**outside))).json()
    (row,) = await opened.served.world.rows("select * from disclosure where source like 'share/%'")
    code = next(one["personalCode"] for one in a_message()["persons"] if one["role"] == "victim")
    assert row["subject"] == opened.served.world.discloser.subject(code)
    assert (row["receiver_code"], row["receiver_system"]) == ("70009770", "star")
    assert row["source"] == f"share/{made['id']}/{opened.people['victim']}"
    (audit,) = await opened.served.world.rows(
        "select client from audit where action = 'disclose' and operation = 'share_data'"
    )
    assert audit["client"] == "70009770"


async def test_who_may_not_hears_of_nothing(opened: Opened) -> None:
    made = (await opened.post("shares", opened.share())).json()["id"]
    for path, method, body in (
        (f"/cases/{opened.case}/shares", "GET", None),
        (f"/cases/{opened.case}/shares", "POST", opened.share()),
        (f"/shares/{made}", "GET", None),
    ):
        unknown = path.replace(opened.case, str(uuid4())).replace(made, str(uuid4()))
        told = [await opened.served.ask(one, PROBATION, method, json=body) for one in (path, unknown)]
        assert [one.status_code for one in told] == [404, 404]
        assert {**told[0].json(), "instance": None} == {**told[1].json(), "instance": None}


async def test_the_last_day_ends_a_share_and_the_agencys_part(opened: Opened) -> None:
    soon = (SystemClock().now() + timedelta(days=30)).date().isoformat()
    await opened.bring_in(expiresOn=soon)
    world = opened.served.world
    later = replace_clock(world, days=31)
    sharing = Sharing(world.catalog, Casework(world.catalog, world.ring), world.discloser)
    assert await Expiry(later, world.policy, sharing).round() == 1
    assert await Expiry(later, world.policy, sharing).round() == 0
    [ended] = await opened.shares(query="?state=expired")
    assert ended["recipients"] == ["probation@polva"]
    assert (await opened.served.ask(f"/cases/{opened.case}", PROBATION)).status_code == 404


def replace_clock(world: Any, *, days: int) -> Any:
    """The database as it is some days from now."""
    world.database.clock = FixedClock(SystemClock().now() + timedelta(days=days))
    return world.database


async def test_the_number_of_statements_does_not_grow(opened: Opened) -> None:
    counts = []
    for _ in range(2):
        for _ in range(3):
            await opened.post("shares", opened.share())
        with heard(opened.served.app.state.database) as told:
            await opened.shares()
            await opened.post("shares", opened.share())
        counts.append(len(told))
    assert counts[0] == counts[1]
