"""Consent, objection and legal basis over HTTP: recorded once, never changed, and at once in force."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio

from services.cases.actions.consent import may_offer
from services.cases.model.ids import PersonId
from services.cases.model.problems import OffersStopped
from services.cases.store.consent import offers_stopped
from tests.cases.statements import heard

Build = Callable[..., Any]
POLICE, PROBATION = "dev:agency-member:polva:police", "dev:agency-member:polva:probation"


class Opened:
    """A case, and the people in it by role."""

    def __init__(self, served: Any, case: str, people: dict[str, str]) -> None:
        self.served, self.case, self.people = served, case, people

    def fact(self, kind: str, value: str, who: str = "victim", **changes: Any) -> dict[str, Any]:
        person, said = self.people[who], "2026-03-02T10:00:00Z"
        return {"personId": person, "kind": kind, "value": value, "saidAt": said, **changes}

    async def record(self, fact: dict[str, Any], subject: str = POLICE, **rest: Any) -> httpx.Response:
        answer: httpx.Response = await self.served.ask(
            f"/cases/{self.case}/consent-facts", subject, "POST", json=fact, **rest
        )
        return answer

    async def stands(self, who: str = "victim") -> dict[str, Any]:
        items = (await self.served.ask(f"/cases/{self.case}/consent")).json()["items"]
        return next((each for each in items if each["personId"] == self.people[who]), {})

    async def stopped(self, who: str = "victim") -> datetime | None:
        permit = self.served.world.permit_of("coordinator", "get_consent", region="polva")
        async with self.served.world.work(permit) as work:
            return await offers_stopped(work, UUID(self.case), PersonId(UUID(self.people[who])))


@pytest_asyncio.fixture
async def opened(served: Any, a_message: Build) -> Opened:
    case = await served.opened(a_message(), "police")
    rows = await served.world.rows("select role, person_id from participation")
    return Opened(served, case, {row["role"]: str(row["person_id"]) for row in rows})


CONSENT = {"scope": ["sharing", "services"], "manner": "in-person", "capacity": "able", "note": "Jagage."}


async def test_a_fact_is_kept_with_when_it_was_said_and_when_it_was_recorded(opened: Opened) -> None:
    answer = await opened.record(opened.fact("consent", "given", **CONSENT))
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert answer.headers["location"] == f"/api/cases/v1/consent-facts/{body['id']}"
    assert (body["saidAt"], body["note"], body["scope"]) == (
        "2026-03-02T10:00:00Z",
        "Jagage.",
        ["sharing", "services"],
    )
    assert body["recordedAt"] > body["saidAt"]
    assert (await opened.served.ask(f"/consent-facts/{body['id']}")).json() == body
    (row,) = await opened.served.world.rows("select * from consent_fact")
    assert "Jagage" not in str(dict(row))


async def test_an_objection_stops_offers_at_once_for_its_person_alone(opened: Opened) -> None:
    assert await opened.stopped() is None
    assert (await opened.record(opened.fact("objection", "objects"))).status_code == 201
    stopped = await opened.stopped()
    assert stopped is not None
    assert (await opened.stands())["objectsSince"] == "2026-03-02T10:00:00Z"
    assert await opened.stopped("child") is None
    permit = opened.served.world.permit_of("coordinator", "get_consent", region="polva")
    async with opened.served.world.work(permit) as work:
        on = await opened.served.world.casework.seen(work, UUID(opened.case))
        await may_offer(work, on, PersonId(UUID(opened.people["child"])))
        with pytest.raises(OffersStopped) as refused:
            await may_offer(work, on, PersonId(UUID(opened.people["victim"])))
    assert "OAS § 7(5)" in refused.value.errors[0].reason
    lifted = opened.fact("objection", "lifted") | {"saidAt": "2026-03-09T10:00:00Z"}
    assert (await opened.record(lifted)).status_code == 201
    assert await opened.stopped() is None


async def test_each_step_is_in_the_history_the_feed_and_the_audit_log(opened: Opened) -> None:
    await opened.record(opened.fact("consent", "given", **CONSENT))
    await opened.record(opened.fact("consent", "withdrawn", **CONSENT))
    await opened.record(opened.fact("objection", "objects"))
    steps = (await opened.served.ask(f"/cases/{opened.case}/history")).json()["items"]
    assert [(step["machine"], step["action"]) for step in steps if step["machine"] != "case"] == [
        ("objection", "object"),
        ("consent", "withdraw"),
        ("consent", "give"),
    ]
    assert {step["objectId"] for step in steps if step["machine"] != "case"} == {opened.people["victim"]}
    rows = await opened.served.world.rows(
        "select action, fields from audit where operation = 'record_consent_fact' and action <> 'read'"
    )
    assert sorted(row["action"] for row in rows) == ["create"] * 3 + ["update"] * 3


async def test_a_mistake_is_taken_back_and_stays_to_be_read(opened: Opened) -> None:
    wrong = (await opened.record(opened.fact("objection", "objects"))).json()["id"]
    path = f"/consent-facts/{wrong}/void"
    reason = {"reason": "wrong-person", "note": "Teine inimene."}
    bad = await opened.served.ask(path, POLICE, "POST", json={"reason": "not-safe"})
    assert bad.json()["errors"][0]["pointer"] == "/reason"
    void = await opened.served.ask(path, POLICE, "POST", json=reason)
    assert (void.status_code, void.json()["voids"]) == (201, wrong)
    assert await opened.stopped() is None
    again = await opened.served.ask(path, POLICE, "POST", json=reason)
    assert (again.status_code, again.json()["errors"][0]["code"]) == (422, "void")
    kept = (await opened.served.ask(f"/consent-facts/{wrong}")).json()
    assert kept["voided"] is True
    assert kept["value"] == "objects"


async def test_the_case_shows_codes_alone(opened: Opened) -> None:
    basis = {"necessity": "oht elule", "proportionality": "vaid vajalik"}
    await opened.record(opened.fact("basis", "oas-10-1", **basis))
    await opened.record(opened.fact("informed", "not-told", reason="not-safe", note="Kuuleb kõike."))
    body = (await opened.served.ask(f"/cases/{opened.case}")).json()
    (stands,) = body["consent"]
    assert (stands["informed"], stands["reason"], stands["bases"]) == ("not-told", "not-safe", ["oas-10-1"])
    assert "oht elule" not in str(body)
    assert "Kuuleb" not in str(body)


async def test_lists_are_by_pages_and_by_person_and_kind(opened: Opened) -> None:
    for value in ("wants-help", "undecided", "no-help"):
        await opened.record(opened.fact("wish", value))
    await opened.record(opened.fact("wish", "wants-help", "child"))
    base = f"/cases/{opened.case}/consent-facts?limit=2"
    first = (await opened.served.ask(base)).json()
    rest = (await opened.served.ask(f"{base}&cursor={first['next']}")).json()
    assert [one["value"] for one in first["items"] + rest["items"]] == [
        "wants-help",
        "no-help",
        "undecided",
        "wants-help",
    ]
    mine = (await opened.served.ask(f"{base}&personId={opened.people['child']}")).json()
    assert len(mine["items"]) == 1
    assert (await opened.served.ask(f"{base}&kind=objection")).json()["items"] == []


async def test_who_may_not_see_the_case_hears_of_nothing(opened: Opened) -> None:
    made = (await opened.record(opened.fact("wish", "wants-help"))).json()["id"]
    for path, method, body in (
        (f"/cases/{opened.case}/consent", "GET", None),
        (f"/cases/{opened.case}/consent-facts", "GET", None),
        (f"/cases/{opened.case}/consent-facts", "POST", opened.fact("objection", "objects")),
        (f"/consent-facts/{made}", "GET", None),
        (f"/consent-facts/{made}/void", "POST", {"reason": "wrong-person"}),
    ):
        unknown = path.replace(opened.case, str(uuid4())).replace(made, str(uuid4()))
        told = [await opened.served.ask(one, PROBATION, method, json=body) for one in (path, unknown)]
        kept = [{**one.json(), "instance": None} for one in told]
        assert [one.status_code for one in told] == [404, 404], path
        assert kept[0] == kept[1]
    assert await opened.served.world.count("consent_fact") == 1


async def test_a_broken_rule_names_field_and_rule_and_changes_nothing(opened: Opened) -> None:
    stranger = opened.fact("wish", "wants-help") | {"personId": str(uuid4())}
    answer = await opened.record(stranger)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "not-in-case")
    answer = await opened.record(opened.fact("consent", "withdrawn", **CONSENT))
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/scope/0", "/scope/1"]
    assert await opened.served.world.count("consent_fact") == 0


async def test_the_same_key_records_once(opened: Opened) -> None:
    fact, key = opened.fact("wish", "wants-help"), {"Idempotency-Key": "one"}
    answers = [await opened.record(fact, headers=key) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert await opened.served.world.count("consent_fact") == 1


async def test_the_number_of_statements_does_not_grow(opened: Opened) -> None:
    counts = []
    for _ in range(2):
        for _ in range(3):
            await opened.record(opened.fact("wish", "wants-help"))
        with heard(opened.served.app.state.database) as told:
            await opened.served.ask(f"/cases/{opened.case}/consent-facts")
            await opened.served.ask(f"/cases/{opened.case}/consent")
            await opened.served.ask(f"/cases/{opened.case}")
        counts.append(len(told))
    assert counts[0] == counts[1]


async def test_facts_are_written_once(opened: Opened) -> None:
    rows = await opened.served.world.rows(
        """select privilege_type from information_schema.role_table_grants
           where grantee = 'cases_app' and table_name = 'consent_fact'"""
    )
    assert {row[0] for row in rows} == {"SELECT", "INSERT"}
