"""However much there is, an operation asks the database the same number of questions."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from services.kit.clock import SystemClock
from tests.cases.statements import heard

Build = Callable[..., Any]
COORDINATOR = "dev:coordinator:polva:"
DOCUMENT = Path(__file__).resolve().parents[4] / "openapi" / "cases.json"
PREFIX = "/api/cases/v1"
MORE = 19
#: Lists that hold more here in the end; the others are one for each case, or are made by others.
GROWING = {
    "list_accesses",
    "list_actions",
    "list_case_actions",
    "list_case_people",
    "list_case_steps",
    "list_cases",
    "list_duties",
    "list_entries",
    "list_incidents",
    "list_referrals",
}
_ACTION = {"what": "Vahetab lukud.", "outcomeWanted": "Keegi ei pääse sisse."}


def _operations() -> dict[str, tuple[str, bool]]:
    """Path of each operation that reads, and whether it is cut into pages."""
    paths = json.loads(DOCUMENT.read_text())["paths"]
    return {
        found["get"]["operationId"]: (
            path.removeprefix(PREFIX),
            any(one["name"] == "limit" for one in found["get"].get("parameters", ())),
        )
        for path, found in paths.items()
        if "get" in found
    }


class Growing:
    """A case to which more and more is added."""

    def __init__(self, served: Any, message: dict[str, Any], case: str, known: dict[str, str]) -> None:
        self.served, self.message, self.case, self.known = served, message, case, known

    async def add(self, path: str, **body: Any) -> None:
        answer = await self.served.ask(path, COORDINATOR, "POST", json=body)
        assert answer.status_code == 201, (path, answer.text)

    async def one_more(self, number: int) -> None:
        """One of everything that a coordinator can add."""
        case, person = f"/cases/{self.case}", self.known["person_id"]
        now = SystemClock().now()
        await self.served.opened({**self.message, "region": "polva"}, "police", "probation")
        await self.add(
            f"{case}/entries",
            personId=person,
            role="victim",
            category="phone",
            source="victim",
            value={"phone": f"+372 555 {number:04d}"},
        )
        await self.add(f"{case}/actions", **_ACTION, dueOn=(now + timedelta(days=7)).date().isoformat())
        await self.add(
            f"{case}/people",
            role="other",
            relationToVictim="other",
            sex="female",
            givenName="Leida",
            familyName=f"Tamm{number}",
            confidence="told",
            source="victim",
        )
        await self.add(
            f"{case}/incidents",
            kind="threat",
            occurredAt=(now - timedelta(hours=1)).isoformat(),
            description="Ähvardas.",
        )

    async def read(self, operations: dict[str, tuple[str, bool]]) -> dict[str, tuple[int, int, int]]:
        """Of each operation the status, how many questions it asked, and how many items it shows."""
        found = {}
        for operation, (path, paged) in operations.items():
            whole = path.format_map(_Known(self.known)) + ("?limit=100" if paged else "")
            with heard(self.served.app.state.database) as told:
                answer = await self.served.ask(whole)
            body = answer.json() if "json" in answer.headers.get("content-type", "") else {}
            items = body.get("items", ()) if isinstance(body, dict) else ()
            found[operation] = (answer.status_code, len(told), len(items))
        return found


class _Known(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "1" if name in {"version", "number"} else str(uuid4())


@pytest.mark.slow
async def test_twenty_items_ask_no_more_questions_than_one(served: Any, a_message: Build) -> None:
    message = a_message()
    case = await served.opened(message, "police")
    [row] = await served.world.rows("select id from referral")
    [victim] = await served.world.rows("select person_id from participation where role = 'victim'")
    known = {"case_id": case, "referral_id": str(row["id"]), "person_id": str(victim["person_id"])}
    growing = Growing(served, message, case, {**known, "code": "polva"})
    await growing.one_more(0)
    operations = _operations()
    few = await growing.read(operations)
    for number in range(1, MORE + 1):
        await growing.one_more(number)
    many = await growing.read(operations)
    assert {name: (status, asked) for name, (status, asked, _) in many.items()} == {
        name: (status, asked) for name, (status, asked, _) in few.items()
    }
    assert len([name for name, (status, _, _) in many.items() if status == 200]) > 40
    grown = {name for name, (_, _, items) in many.items() if items >= few[name][2] + MORE}
    assert grown >= GROWING
