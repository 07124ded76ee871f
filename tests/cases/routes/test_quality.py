"""Meetings are observed against the ten principles; what is recommended waits until the region answers."""

from datetime import timedelta
from typing import Any

from services.cases.catalog import PACKAGE
from services.kit import datafile
from services.kit.calendar import local_date
from services.kit.clock import SystemClock
from services.kit.policy import Policy
from tests.cases.routes.network import slug
from tests.cases.statements import heard

COORDINATOR, CHAIR, TEAM = "dev:coordinator:polva:", "dev:chair:polva:", "dev:national-team::"
OFFICER, POLICE = "dev:programme-officer::", "dev:agency-member:polva:police"
_NOW = local_date(SystemClock().now())
TODAY, SOON = str(_NOW), str(_NOW + timedelta(days=7))
SCHOOL = "Kanaarilind: kutsuge kool tuumikusse."
_SCHEME = datafile.load(PACKAGE, "quality.yaml", "quality.schema.json")
PRINCIPLES = [row["code"] for row in _SCHEME["principles"]]


def told(**changes: Any) -> dict[str, Any]:
    """An observation that rates everything but one principle, and recommends one thing to each owner."""
    findings: list[dict[str, Any]] = [
        {"principle": code, "rating": place % 4, "evidence": f"Nähtud: {code}."}
        for place, code in enumerate(PRINCIPLES)
    ]
    findings[0] = {"principle": PRINCIPLES[0]}
    findings[2]["recommendation"] = {"text": SCHOOL, "owner": "coordinator", "dueOn": SOON}
    findings[9]["recommendation"] = {"text": "Juhataja võtab kokku.", "owner": "chair", "dueOn": SOON}
    return {"metOn": TODAY, "observer": "national-team", "findings": findings, **changes}


async def observe(served: Any, region: str = "polva", by: str = TEAM, **changes: Any) -> Any:
    path = f"/regions/{region}/observations"
    return await served.ask(path, by, "POST", purpose="supervision", json=told(**changes))


async def clocks(served: Any, by: str) -> list[tuple[str, str]]:
    items = (await served.ask("/duties", by)).json()["items"]
    return [(duty["clock"], duty["thing"]["href"]) for duty in items]


async def test_an_observation_is_read_by_who_observes_who_leads_and_the_programme(served: Any) -> None:
    made = await observe(served)
    assert made.status_code == 201, made.text
    seen = made.json()
    assert [each["rating"] for each in seen["findings"]][:3] == [None, 1, 2]
    assert {each["owner"] for each in seen["recommendations"]} == {"coordinator", "chair"}
    path = f"/observations/{seen['id']}"
    for by, purpose, status in (
        (COORDINATOR, "case-work", 200),
        (CHAIR, "case-work", 200),
        (OFFICER, "supervision", 200),
        (POLICE, "case-work", 403),
        ("dev:coordinator:rakvere:", "case-work", 404),
    ):
        answer = await served.ask(path, by, purpose=purpose)
        assert answer.status_code == status, by
        assert status != 200 or answer.json() == seen
    assert (await observe(served, by=OFFICER)).status_code == 403
    assert (await observe(served, "atlantis")).status_code == 404
    listed = (await served.ask("/regions/polva/observations", CHAIR)).json()
    assert listed == {"items": [seen], "next": None}
    every = "select sealed from observation union all select sealed from recommendation"
    rows = await served.world.rows(every)
    assert not any(b"Kanaarilind" in bytes(row["sealed"]) or b"tud:" in bytes(row["sealed"]) for row in rows)


async def test_what_is_recommended_waits_for_its_owner_until_it_is_answered(served: Any) -> None:
    seen = (await observe(served)).json()
    mine = next(one for one in seen["recommendations"] if one["owner"] == "coordinator")
    path = f"/recommendations/{mine['id']}"
    assert await clocks(served, COORDINATOR) == [("recommendation", path)]
    assert [clock for clock, _ in await clocks(served, CHAIR)] == ["recommendation"]
    assert (await served.ask("/duties/counts", COORDINATOR)).json()["items"][0]["open"] == 2
    assert await clocks(served, "dev:coordinator:rakvere:") == []

    async def answer(by: str = COORDINATOR, version: int = 1, **said: Any) -> Any:
        headers = {"If-Match": f'"{version}"'}
        return await served.ask(f"{path}/answer", by, "POST", json=said, headers=headers)

    done = {"state": "done", "outcome": "Kool osaleb."}
    assert (await answer("dev:coordinator:rakvere:", **done)).status_code == 404
    assert (await answer(TEAM, **done)).status_code == 403
    assert (await answer(version=3, **done)).status_code == 412
    for wrong, pointer in (
        ({**done, "reason": "other"}, "/reason"),
        ({"state": "declined", "outcome": "x"}, "/reason"),
        ({"state": "declined", "reason": "weather", "outcome": "x"}, "/reason"),
        ({**done, "outcome": "Mari, 48805042711"}, "/outcome"),
    ):
        refused = await answer(**wrong)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
    answered = await answer(**done)
    assert (answered.status_code, answered.json()["state"]) == (200, "done")
    assert (answered.json()["text"], answered.json()["outcome"]) == (SCHOOL, "Kool osaleb.")
    assert answered.headers["etag"] == '"2"'
    assert slug(await answer(version=2, **done)) == "transition-refused"
    assert await clocks(served, COORDINATOR) == []
    open_ones = (await served.ask("/regions/polva/recommendations?state=open", CHAIR)).json()["items"]
    assert [one["owner"] for one in open_ones] == ["chair"]


async def test_the_programme_counts_what_was_seen_region_by_region(served: Any) -> None:
    await observe(served)
    again = told()["findings"]
    again[1]["rating"] = 3
    again[2].pop("recommendation")
    await observe(served, findings=again)
    await observe(served, "rakvere")
    await served.world.rows("update recommendation set due_on = '2018-01-01' where region = 'rakvere'")

    async def figures(by: str, purpose: str, query: str = "") -> Any:
        answer = await served.ask(f"/observation-figures{query}", by, purpose=purpose)
        assert answer.status_code == 200, answer.text
        return {(one["region"], one["principle"]): one for one in answer.json()["items"]}

    found = await figures(OFFICER, "supervision")
    assert len(found) == 2 * len(PRINCIPLES)
    second, third = found["polva", PRINCIPLES[1]], found["polva", PRINCIPLES[2]]
    assert (second["observations"], second["rated"], second["points"]) == (2, 2, 4)
    assert (third["open"], third["overdue"]) == (1, 0)
    assert found["rakvere", PRINCIPLES[2]]["overdue"] == 1
    assert (found["polva", PRINCIPLES[0]]["rated"], found["polva", PRINCIPLES[0]]["points"]) == (0, 0)
    assert {region for region, _ in await figures(CHAIR, "case-work")} == {"polva"}
    assert await figures(OFFICER, "supervision", "?to=2017-01-01") == {}


async def test_what_is_wrong_is_told_where(served: Any) -> None:
    def with_finding(place: int, **changes: Any) -> dict[str, Any]:
        findings = told()["findings"]
        findings[place] |= changes
        return {"findings": findings}

    late = {"text": "x", "owner": "coordinator", "dueOn": "2150-01-01"}
    for change, pointer in (
        ({"metOn": "2150-01-01"}, "/metOn"),
        ({"observer": "anybody"}, "/observer"),
        ({"findings": told()["findings"][1:]}, "/findings"),
        ({"findings": told()["findings"] + told()["findings"][:1]}, "/findings"),
        (with_finding(1, rating=7), "/findings/1/rating"),
        (with_finding(1, evidence=None), "/findings/1/evidence"),
        (with_finding(1, evidence="Mari, 48805042711"), "/findings/1/evidence"),
        (with_finding(1, recommendation=late), "/findings/1/recommendation/dueOn"),
        (with_finding(1, recommendation={**late, "owner": "police"}), "/findings/1/recommendation/owner"),
    ):
        answer = await observe(served, **change)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert await served.world.count("observation") == 0


async def test_lists_take_as_many_statements_however_many_there_are(served: Any) -> None:
    counts = []
    for _ in range(2):
        await observe(served)
        with heard(served.app.state.database) as statements:
            for path in ("/regions/polva/observations", "/regions/polva/recommendations"):
                assert (await served.ask(path)).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_who_observes_has_no_right_to_a_case() -> None:
    policy = Policy.load(PACKAGE)
    denied = {
        operation
        for rule in policy.rules
        if rule.effect == "deny" and rule.fields is None
        for operation in rule.operations
    }
    held = {
        operation
        for rule in policy.rules
        if rule.effect == "allow" and "national-team" in (rule.roles or ())
        for operation in rule.operations
    }
    assert held
    assert not held & denied
