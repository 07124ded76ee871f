"""A region comes to its first meeting item by item; the national team advises, and has no right to a case."""

from typing import Any

import pytest

from services.cases.catalog import PACKAGE
from services.kit.calendar import local_date
from services.kit.clock import SystemClock
from services.kit.policy import Policy

TODAY = str(local_date(SystemClock().now()))
COORDINATOR, TEAM = "dev:coordinator:polva:", "dev:national-team::"
OBLIGATORY = 13


async def start(served: Any, subject: str = COORDINATOR, region: str = "polva", **rest: Any) -> Any:
    return await served.ask(f"/regions/{region}/start", subject, **rest)


async def move(served: Any, last: str, body: Any = None, version: int = 1, subject: str = COORDINATOR) -> Any:
    headers = {"If-Match": f'"{version}"'}
    return await served.ask(f"/regions/polva/start/{last}", subject, "POST", json=body, headers=headers)


async def confirm(served: Any, item: str, version: int, **rest: Any) -> Any:
    return await move(served, f"items/{item}/confirm", {"evidence": "Leping nr 4-2/17"}, version, **rest)


async def everything(served: Any) -> int:
    """Confirms all that is obligatory; the version after it."""
    version = 1
    for item in (await start(served)).json()["missing"]:
        done = await confirm(served, item, version)
        assert done.status_code == 200, done.text
        version = done.json()["version"]
    return version


async def test_a_region_begins_with_everything_missing(served: Any) -> None:
    read = await start(served)
    body = read.json()
    assert (read.headers["etag"], body["version"], len(body["missing"])) == ('"1"', 1, OBLIGATORY)
    assert [part["reachedOn"] for part in body["milestones"]] == [None] * 4
    assert body["firstMeeting"] is None


async def test_an_item_is_confirmed_by_somebody_on_evidence(served: Any) -> None:
    done = (await confirm(served, "members-trained", 1)).json()
    [item] = [
        each for part in done["milestones"] for each in part["items"] if each["code"] == "members-trained"
    ]
    assert (item["confirmedBy"], item["evidence"]) == (COORDINATOR, "Leping nr 4-2/17")
    assert "members-trained" not in done["missing"]
    twice = await confirm(served, "members-trained", 2)
    assert (twice.status_code, twice.json()["type"]) == (409, "urn:turvavork:problem:start-settled")
    assert (await confirm(served, "chair-appointed", 1)).status_code == 412
    back = await move(served, "items/members-trained/withdraw", version=2)
    assert "members-trained" in back.json()["missing"]
    again = (await confirm(served, "members-trained", back.json()["version"])).json()
    assert again["version"] == 4
    rows = await served.world.rows("select withdrawn_by from region_start_item order by confirmed_at")
    assert [row["withdrawn_by"] for row in rows] == [COORDINATOR, None]


async def test_the_first_meeting_waits_for_what_is_obligatory(served: Any) -> None:
    early = await move(served, "first-meeting", {"heldOn": TODAY})
    assert (early.status_code, early.json()["type"]) == (409, "urn:turvavork:problem:region-not-ready")
    assert len(early.json()["errors"]) == OBLIGATORY
    met = await move(served, "first-meeting", {"heldOn": TODAY}, await everything(served))
    assert met.status_code == 200, met.text
    assert met.json()["firstMeeting"]["heldOn"] == TODAY
    assert [part["reachedOn"] for part in met.json()["milestones"]] == [TODAY] * 4
    late = await move(served, "items/members-trained/withdraw", version=met.json()["version"])
    assert late.json()["type"] == "urn:turvavork:problem:start-settled"


async def test_a_first_meeting_that_does_not_wait_says_why(served: Any) -> None:
    missing = (await start(served)).json()["missing"]
    why = [{"item": item, "why": "Kannatanu ei saanud oodata."} for item in missing]
    met = await move(served, "first-meeting", {"heldOn": TODAY, "missing": why})
    assert [one["item"] for one in met.json()["firstMeeting"]["missing"]] == missing
    assert len(met.json()["missing"]) == OBLIGATORY


@pytest.mark.parametrize(
    ("last", "body", "pointer"),
    [
        ("items/members-trained/confirm", {"evidence": "48805042711"}, "/evidence"),
        ("items/members-trained/confirm", {"evidence": " "}, "/evidence"),
        ("first-meeting", {"heldOn": "2199-01-01"}, "/heldOn"),
        (
            "first-meeting",
            {"heldOn": TODAY, "missing": [{"item": "trial-meeting", "why": "x"}]},
            "/missing/0/item",
        ),
        (
            "first-meeting",
            {"heldOn": TODAY, "missing": [{"item": "secure-room", "why": "x"}] * 2},
            "/missing",
        ),
    ],
)
async def test_what_is_wrong_is_told_where(served: Any, last: str, body: Any, pointer: str) -> None:
    answer = await move(served, last, body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert (await start(served)).json()["version"] == 1


async def test_the_start_is_the_regions_own(served: Any) -> None:
    assert (await start(served, region="rakvere")).status_code == 404
    assert (await start(served, region="atlantis")).status_code == 404
    assert (await confirm(served, "no-such-item", 1)).status_code == 404
    assert (await confirm(served, "members-trained", 1, subject="dev:coordinator:voru:")).status_code == 404
    assert (await confirm(served, "members-trained", 1, subject="dev:chair:polva:")).status_code == 403
    assert (await start(served, TEAM, purpose="supervision")).status_code == 200


# Advice


async def advise(served: Any, text: str = "Kutsuge kool põhiliikmeks.", **rest: Any) -> Any:
    body = {"topic": rest.pop("topic", "composition"), "text": text}
    subject = rest.pop("subject", TEAM)
    return await served.ask(
        "/regions/polva/advice", subject, "POST", purpose="supervision", json=body, **rest
    )


async def test_the_national_team_advises_a_region(served: Any) -> None:
    made = await advise(served, headers={"Idempotency-Key": "k-1"})
    assert (made.status_code, made.json()["writtenBy"]) == (201, TEAM)
    again = await advise(served, headers={"Idempotency-Key": "k-1"})
    assert again.json() == made.json()
    read = await served.ask("/regions/polva/advice", COORDINATOR)
    assert read.json() == {"items": [made.json()], "next": None}
    assert (await served.ask("/regions/polva/advice", "dev:coordinator:voru:")).status_code == 404
    assert (await served.ask("/regions/polva/advice", "dev:agency-member:polva:police")).status_code == 403
    assert (await advise(served, subject=COORDINATOR)).status_code == 403
    assert (await advise(served, "Vt 48805042711")).json()["errors"][0]["code"] == "personal-code"
    assert (await advise(served, topic="weather")).json()["errors"][0]["pointer"] == "/topic"


async def test_texts_are_sealed(served: Any) -> None:
    await advise(served)
    await confirm(served, "members-trained", 1)
    await move(served, "first-meeting", {"heldOn": TODAY, "missing": []}, 2)
    for table in ("region_advice", "region_start_item", "audit"):
        for row in await served.world.rows(f"select * from {table}"):  # noqa: S608 - a test's own word
            assert not any(word in str(tuple(row)) for word in ("Kutsuge", "Leping"))


def test_the_national_team_has_no_right_to_anything_about_a_case() -> None:
    """The denies of exclusions and seals name every operation about a case (tests/house/test_routes.py)."""
    rules = Policy.load(PACKAGE).rules
    about_cases = {
        operation
        for rule in rules
        if rule.effect == "deny" and rule.fields is None
        for operation in rule.operations
    }
    of_team = {
        operation for rule in rules if "national-team" in (rule.roles or ()) for operation in rule.operations
    }
    assert len(about_cases) > 20
    assert "write_advice" in of_team
    assert of_team & about_cases == set()


async def test_the_national_team_is_turned_away_from_cases(served: Any) -> None:
    for path in ("/cases", "/referrals"):
        for purpose in ("case-work", "supervision"):
            assert (await served.ask(path, TEAM, purpose=purpose)).status_code == 403
