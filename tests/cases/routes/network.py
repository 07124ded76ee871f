"""A network at work: what its coordinator and members do around a meeting, in few words."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

COORDINATOR, CHAIR = "dev:coordinator:polva:", "dev:chair:polva:"
ELSEWHERE = "dev:coordinator:rakvere:"
POLICE, PROBATION = "dev:agency-member:polva:police", "dev:agency-member:polva:probation"
ROOM = {"startsAt": "13:00", "minutes": 60, "minutesPerCase": 30, "place": "Põlva"}
STATEMENT = "2026-11-29"


def slug(answer: Any) -> str:
    """The problem of an answer."""
    return str(answer.json()["type"]).rpartition(":")[2]


@dataclass
class Network:
    """The service as a network uses it; its day is that of the test's clock."""

    served: Any
    a_message: Callable[..., Any]

    async def do(self, path: str, told: Any = None, version: int | None = None, **how: Any) -> Any:
        """Asks for something to be done, as the coordinator if nothing else is said."""
        headers = {} if version is None else {"If-Match": f'"{version}"'}
        subject, method = how.get("by", COORDINATOR), how.get("method", "POST")
        return await self.served.ask(path, subject, method, json=told, headers=headers)

    async def get(self, path: str, by: str = COORDINATOR) -> Any:
        """Reads."""
        return await self.served.ask(path, by)

    async def made(self, path: str, told: Any, by: str = COORDINATOR) -> Any:
        """Makes something, and gives what came of it."""
        answer = await self.do(path, told, by=by)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def meeting(self, meets_on: str = "2017-06-01", region: str = "polva", kind: str = "extra") -> Any:
        """A meeting beside the series."""
        told = {"region": region, "meetsOn": meets_on, "kind": kind, **ROOM}
        return await self.made("/meetings", told, f"dev:coordinator:{region}:")

    async def case(self, *agencies: str, **changes: Any) -> str:
        """A case with these agencies, the police if nothing is said."""
        reference = f"A-{len(await self.served.world.rows('select from referral')) + 1}"
        sender = {"client": "ee-dev/GOV/70008747/polis", "reference": reference, "version": 1}
        message = self.a_message(sender=sender, **changes)
        return str(await self.served.opened(message, *(agencies or ("police",))))

    async def put(self, meeting: Any, case: str, **told: Any) -> Any:
        """A case on the agenda; the item."""
        return await self.made(f"/meetings/{meeting['id']}/agenda", {"caseId": case, **told})

    async def sign(self, meeting: Any, by: str) -> Any:
        """Somebody signs for a meeting."""
        told = {"statement": STATEMENT}
        return await self.do(f"/meetings/{meeting['id']}/confidentiality", told, by=by)
