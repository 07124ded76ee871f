"""Incidents that agencies report: written down where there is a case, and answered alike everywhere."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest_asyncio

from services.kit.clock import SystemClock
from services.kit.ids import new_reference
from tests.cases.routes.test_flags import SEAL_CASE
from tests.cases.statements import heard

Build = Callable[..., Any]
POLIS, STAR = "ee-dev/GOV/70008747/polis", "ee-dev/GOV/70009770/star"
UNKNOWN = "60001017869"


def day(ago: int) -> str:
    """Some days ago."""
    return (SystemClock().now() - timedelta(days=ago)).date().isoformat()


class Reporting:
    """A case of some days ago, and an agency that reports."""

    def __init__(self, served: Any, case: str, people: dict[str, str]) -> None:
        self.served, self.case, self.people = served, case, people

    def said(self, **changes: Any) -> dict[str, Any]:
        client = changes.pop("client", POLIS)
        return {
            "occurredAt": f"{day(10)}T20:30:00Z",
            "kind": "threat",
            "description": "Ähvardas ukse taga.",
            "victim": self.people["victim"],
            "threateningPersons": [self.people["threatening-person"]],
            "reporter": {"name": "Tiit Tamm", "unit": "Põlva jaoskond"},
            "sender": {"client": client, "reference": changes.pop("named", "VK-1"), "version": 1},
            **changes,
        }

    async def report(self, reference: str | None = None, **changes: Any) -> httpx.Response:
        answer: httpx.Response = await self.served.http.put(
            f"/api/cases/v1/intake/incidents/{reference or new_reference()}",
            json=self.said(**changes),
            headers=self.served.headers("worker:intake", "exchange", "intake"),
        )
        return answer

    async def written(self) -> list[dict[str, Any]]:
        answer = await self.served.ask(f"/cases/{self.case}/incidents")
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def proposed(self) -> int:
        return int(await self.served.world.count("repeat_proposal"))


async def made(served: Any, message: dict[str, Any], ago: int) -> Reporting:
    message["referredOn"] = message["assessment"]["completedOn"] = day(ago)
    message["event"]["occurredAt"] = f"{day(ago + 1)}T20:30:00Z"
    people = {person["role"]: person["personalCode"] for person in message["persons"]}
    return Reporting(served, await served.opened(message, "police"), people)


@pytest_asyncio.fixture
async def house(served: Any, a_message: Build) -> Reporting:
    return await made(served, a_message(), 300)


async def test_it_is_written_down_in_the_case_and_proposed_to_be_referred_again(house: Reporting) -> None:
    reference = new_reference()
    answer = await house.report(reference)
    assert (answer.status_code, answer.json()) == (200, {"reference": reference, "status": "RECEIVED"})
    [shown] = await house.written()
    assert (shown["kind"], shown["recordedBy"], shown["state"]) == ("threat", POLIS, "recorded")
    assert shown["description"] == "Ähvardas ukse taga.\n\n(Tiit Tamm, Põlva jaoskond)"
    [proposal] = (await house.served.ask(f"/cases/{house.case}/repeat-proposals")).json()["items"]
    assert (proposal["id"], proposal["state"]) == (shown["id"], "proposed")
    waits = await house.served.world.rows("select state from duty where clock = 'repeat-referral'")
    assert len(waits) == 1
    steps = (await house.served.ask(f"/cases/{house.case}/history")).json()["items"]
    assert [step["machine"] for step in steps[:2]] == ["repeat-proposal", "incident"]


async def test_who_is_not_known_is_answered_alike_and_nothing_is_kept_of_them(house: Reporting) -> None:
    reference = new_reference()
    answer = await house.report(reference, victim=UNKNOWN, threateningPersons=None)
    assert (answer.status_code, answer.json()) == (200, {"reference": reference, "status": "RECEIVED"})
    assert await house.written() == []
    [row] = await house.served.world.rows("select * from reported_incident")
    assert (row["case_id"], row["incident_id"], row["sender"]) == (None, None, POLIS)
    assert UNKNOWN not in str(row)
    await house.report(named="VK-2", threateningPersons=[UNKNOWN])  # somebody else did it: no repeat
    assert (len(await house.written()), await house.proposed()) == (1, 0)
    await house.report(named="VK-3", threateningPersons=None)
    assert (len(await house.written()), await house.proposed()) == (2, 1)


async def test_what_breaks_a_rule_or_comes_past_the_worker_is_refused_and_nothing_is_kept(
    house: Reporting,
) -> None:
    answer = await house.report(victim="48406150001", kind="quarrel", occurredAt="2099-01-01T00:00:00Z")
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:turvavork:problem:incident-invalid"
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/kind", "/occurredAt", "/victim"]
    assert "48406150001" not in answer.text
    assert await house.served.world.count("reported_incident") == 0
    answer = await house.served.http.put(
        f"/api/cases/v1/intake/incidents/{new_reference()}",
        json=house.said(),
        headers=house.served.headers(POLIS, "exchange", "intake"),
    )
    assert answer.status_code == 403


async def test_the_same_again_has_one_effect_other_words_are_refused_and_each_takes_as_many_statements(
    house: Reporting,
) -> None:
    reference = new_reference()
    first = await house.report(reference)
    assert (await house.report(reference)).json() == first.json()
    assert (await house.report()).json() == first.json()  # the sender's own reference tells it as well
    other = await house.report(description="Muu.")
    assert (other.status_code, other.json()["type"]) == (409, "urn:turvavork:problem:incident-exists")
    same_reference = await house.report(reference, named="VK-2")
    assert same_reference.json()["reference"] == reference
    assert len(await house.written()) == 1
    counts = []
    for number in range(2, 5):
        with heard(house.served.app.state.database) as told:
            await house.report(client=STAR, named=f"VK-{number}", occurredAt=f"{day(number)}T08:00:00Z")
        counts.append(len(told))
    assert len(set(counts)) == 1
    assert len(await house.written()) == 4


async def test_a_case_long_ended_is_not_written_to(served: Any, a_message: Build) -> None:
    house = await made(served, a_message(), 380)
    await served.world.rows("update marac_case set state = 'ended'")
    await house.report(occurredAt=f"{day(5)}T08:00:00Z")
    assert await served.world.count("incident") == 0
    await house.report(named="VK-2", occurredAt=f"{day(30)}T08:00:00Z")
    assert await served.world.count("incident") == 1


async def test_a_sealed_case_hears_of_it_and_nobody_else_does(house: Reporting) -> None:
    await house.served.world.rows(SEAL_CASE, "dev:coordinator:polva:")
    answer = await house.report()
    assert answer.json()["status"] == "RECEIVED"
    assert len(await house.written()) == 1
    hidden = await house.served.ask(f"/cases/{house.case}/incidents", "dev:agency-member:polva:police")
    assert hidden.status_code == 404
