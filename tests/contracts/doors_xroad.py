"""Doors of the case work that the systems of agencies do over X-Road REST."""

from collections.abc import Sequence

from tests.contracts.contract import MARAC
from tests.contracts.door import CANARY, SENT, Body, Call, Door
from tests.contracts.doors_meetings import asked
from tests.contracts.doors_plan import planned
from tests.contracts.together import POLIS, Together

NOBODY_S = "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"
_NAMED = {"x-road-userid": "EE38501170364"}


async def _research(house: Together) -> Call:
    """The police are asked: the message names the question."""
    SENT[MARAC, "submit_research"] = (await asked(house))["id"]
    return Call("/xroad/rest/marac/v1/research", lambda: house.xroad(POLIS) | _NAMED)


async def _report(house: Together) -> Call:
    """The police have an action: the message names it."""
    SENT[MARAC, "report_action"] = (await planned(house, assigned=True))["id"]
    return Call("/xroad/rest/marac/v1/actions", lambda: house.xroad(POLIS) | _NAMED)


def _answer(_: Together) -> Body:
    return {
        "request": SENT.get((MARAC, "submit_research"), NOBODY_S),
        "version": 1,
        "known": "relevant",
        "text": CANARY,
        "relevant": True,
        "necessary": True,
        "proportionate": True,
    }


def _done(_: Together) -> Body:
    named = SENT.get((MARAC, "report_action"), NOBODY_S)
    return {"action": named, "version": 2, "result": "done", "reason": None, "outcome": CANARY}


#: A message names what it is about, of which each version is told once: no place takes one after another.
XROAD: Sequence[Door] = (
    Door(MARAC, "submit_research", "POST", _research, _answer, ()),
    Door(MARAC, "report_action", "POST", _report, _done, ()),
)
