"""What the systems of agencies do in the case work, done by the case register in their name.

``RELIES_ON`` lists what we rely on; a test looks it up in the provider's committed document.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from services.exchange.model.case_problems import AnswerInvalid, AnswerOvertaken, AnswerSettled, NotAsked
from services.exchange.model.casework import (
    PURPOSE,
    ActionList,
    ActionQuestion,
    ActionReport,
    ActionState,
    AgencyAction,
    ResearchAnswer,
    Result,
    Settled,
)
from services.exchange.model.problems import BusinessRefusal, MessageIdReused
from services.exchange.outbound.breaker import Breaker
from services.kit import log
from services.kit.calendar import parse_date
from services.kit.client import Response, ServiceClient
from services.kit.policy import Caller
from services.kit.problem import FieldError, UpstreamUnavailable, UpstreamWrong

_STANDS: Final = ("id", "state", "version")
RELIES_ON: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "cases": {
        "answer_research_request": _STANDS,
        "complete_action": _STANDS,
        "fail_action": _STANDS,
        "list_actions": ("items", "next"),
    }
}
PAGE: Final = 50
_BASE: Final = "/api/cases/v1"
_OK: Final = 200
_TYPE: Final = "urn:turvavork:problem:"
_REUSED: Final = "idempotency-key-reused"
_REFUSALS: Final[Mapping[str, type[BusinessRefusal]]] = {
    "not-found": NotAsked,
    "forbidden": NotAsked,  # the client works for no agency
    "stale-version": AnswerOvertaken,
    "transition-refused": AnswerSettled,
    "malformed": AnswerInvalid,
}
_LAST: Final[Mapping[Result, str]] = {Result.DONE: "complete", Result.NOT_DONE: "fail"}
_log = log.get_logger(__name__)


class CaseWork:
    """The case register, as the system of an agency works in it."""

    def __init__(self, client: ServiceClient, breaker: Breaker) -> None:
        self._client, self._breaker = client, breaker

    async def answer(self, caller: Caller, message_id: str, answer: ResearchAnswer) -> Settled:
        """Tells what an agency knows, once for a message.

        Raises a BusinessRefusal for what the register refuses, MessageIdReused for an id that told something
        else before, and UpstreamUnavailable: then it may be sent again.
        """
        told = {
            "known": answer.known,
            "text": answer.text,
            "relevant": answer.relevant,
            "necessary": answer.necessary,
            "proportionate": answer.proportionate,
        }
        path = f"/research-requests/{answer.request}/answer"
        return _settled(await self._tell(caller, message_id, path, answer.version, told))

    async def report(self, caller: Caller, message_id: str, report: ActionReport) -> Settled:
        """Tells what became of an action, as :meth:`answer` does."""
        told = {"outcome": report.outcome}
        if report.result is Result.NOT_DONE:
            told["reason"] = report.reason
        path = f"/actions/{report.action}/{_LAST[report.result]}"
        return _settled(await self._tell(caller, message_id, path, report.version, told))

    async def actions(self, caller: Caller, question: ActionQuestion) -> ActionList:
        """The actions that the caller's agency has, what is due first first; raises what others raise."""
        asked: dict[str, str | int] = {"mine": "true", "limit": PAGE}
        if question.state is not None:
            asked["state"] = question.state.value
        if question.cursor is not None:
            asked["cursor"] = question.cursor
        told = await self._ask(caller, "GET", "/actions", params=asked)
        try:
            return ActionList([_action(item) for item in told["items"]], told["next"])
        except (KeyError, TypeError, ValueError) as error:
            raise _misunderstood(error) from None

    async def _tell(
        self, caller: Caller, message_id: str, path: str, version: int, told: Mapping[str, object]
    ) -> Mapping[str, Any]:
        headers = {
            "If-Match": f'"{version}"',
            # ids of messages may hold what a header cannot
            "Idempotency-Key": hashlib.sha256(message_id.encode()).hexdigest(),
        }
        return await self._ask(caller, "POST", path, json=told, headers=headers)

    async def _ask(
        self,
        caller: Caller,
        method: str,
        path: str,
        **rest: Any,  # noqa: ANN401 - what else a call has
    ) -> Mapping[str, Any]:
        if not self._breaker.closed():
            raise UpstreamUnavailable
        try:
            answer = await self._client.request(
                method, f"{_BASE}{path}", act_for=caller, purpose=PURPOSE, **rest
            )
            told = _understood(answer)
        except UpstreamUnavailable:
            self._breaker.failed()
            raise
        except UpstreamWrong:
            self._breaker.failed()
            raise UpstreamUnavailable from None
        self._breaker.succeeded()
        return told


def _understood(answer: Response) -> Mapping[str, Any]:
    told = answer.json()
    if answer.status_code == _OK and isinstance(told, dict):
        return told
    try:
        slug = str(told["type"]).removeprefix(_TYPE)
        errors = [FieldError(_place(e["pointer"]), e["code"], e["reason"]) for e in told.get("errors", ())]
    except (KeyError, TypeError, AttributeError) as error:
        raise _misunderstood(error) from None
    if slug == _REUSED:
        raise MessageIdReused
    if slug not in _REFUSALS:
        _log.error("case-register-refused-us", status=answer.status_code)
        raise UpstreamWrong
    raise _REFUSALS[slug](errors=errors)


def _place(pointer: str) -> str:
    """Where it is in the message: parameters of ours are fields there."""
    return f"/{pointer.partition(':')[2]}" if pointer.startswith("query:") else pointer


def _settled(told: Mapping[str, Any]) -> Settled:
    try:
        return Settled(UUID(told["id"]), str(told["state"]), int(told["version"]))
    except (KeyError, TypeError, ValueError) as error:
        raise _misunderstood(error) from None


def _action(item: Mapping[str, Any]) -> AgencyAction:
    return AgencyAction(
        id=UUID(item["id"]),
        version=int(item["version"]),
        state=ActionState(item["state"]),
        due_on=parse_date(item["dueOn"]),
        what=item.get("what"),
        outcome_wanted=item.get("outcomeWanted"),
    )


def _misunderstood(error: Exception) -> UpstreamUnavailable:
    _log.error("case-register-not-understood", exc_info=error)
    return UpstreamUnavailable()
