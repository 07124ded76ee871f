"""The control address of the simulator: rules of misbehaviour, the ledger, and pushes by POLIS and STAR."""

import dataclasses
from datetime import date
from typing import Any, Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from system.securityserver import referrals
from system.securityserver.behaviour import Behaviour, Effect, Rule
from system.securityserver.callouts import CallOutRegister
from system.securityserver.children import ChildRegister
from system.securityserver.faults import Generation
from system.securityserver.ledger import Ledger
from system.securityserver.partners import NAMES
from system.securityserver.provider import Outcome, ProviderSide


class _Words(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)


class RuleIn(_Words):
    """A rule as it is told: see :class:`Rule`."""

    partner: str
    effect: Effect
    code: str = "server.serverproxy.service_failed.internal_error"
    generation: Generation = Generation.NEW
    milliseconds: int = 0
    status: int = 500
    retry_after: int | None = None
    reference: str | None = None
    kind: str | None = None
    times: int | None = None


class CallOutsIn(_Words):
    """The call-outs that there are about two people."""

    victim: str
    threatening_person: str
    days: list[date]


class SoapPush(_Words):
    """A SOAP message that POLIS shall send; ``copies`` > 1 sends the same bytes again."""

    envelope: str
    copies: int = 1


class RestPush(_Words):
    """A REST message that STAR shall send; ``path`` follows the service code."""

    method: str = "POST"
    path: str = "/v1/referrals"
    body: str | None = None
    id: str | None = None
    headers: dict[str, str] = {}
    copies: int = 1


class Referral(_Words):
    """A referral to be sent, corrected or withdrawn by its sender, in the words of ``system.samples``."""

    protocol: Literal["soap", "rest"]
    message_id: str
    sender: dict[str, Any]
    referral: dict[str, Any] | None = None
    operation: Literal["submit", "correct", "withdraw"] = "submit"
    reason: str | None = None
    user_id: str | None = None
    copies: int = 1


class Control:
    """Routes under ``/control``."""

    def __init__(
        self,
        behaviour: Behaviour,
        ledger: Ledger,
        provider: ProviderSide,
        children: ChildRegister,
        callouts: CallOutRegister,
    ) -> None:
        self._behaviour = behaviour
        self._callouts = callouts
        self._children = children
        self._ledger = ledger
        self._provider = provider

    def routes(self) -> list[Route]:
        """All routes, relative to ``/control``."""
        return [
            Route("/received", self.received),
            Route("/children", self.children),
            Route("/callouts", self.callouts, methods=["GET", "POST"]),
            Route("/rules", self.rules, methods=["GET", "POST", "DELETE"]),
            Route("/partners/{partner}", self.partner, methods=["PUT"]),
            Route("/push/polis", self.push_soap, methods=["POST"]),
            Route("/push/star", self.push_rest, methods=["POST"]),
            Route("/refer", self.refer, methods=["POST"]),
        ]

    async def received(self, request: Request) -> Response:
        """What partners received, in order; ``?partner=&reference=`` narrow it."""
        query = request.query_params
        rows = self._ledger.rows(query.get("partner"), query.get("reference"))
        return JSONResponse({"items": [row.public() for row in rows], "totals": self._ledger.totals()})

    async def children(self, request: Request) -> Response:
        """The notices about children that STAR received, in order; ``?reference=`` narrows it."""
        rows = self._children.rows(request.query_params.get("reference"))
        return JSONResponse({"items": [row.public() for row in rows]})

    async def callouts(self, request: Request) -> Response:
        """Tell which call-outs there are about two people; answers how often POLIS was asked."""
        if request.method == "POST":
            told = CallOutsIn.model_validate_json(await request.body())
            self._callouts.put(told.victim, told.threatening_person, told.days)
        return JSONResponse({"asked": self._callouts.asked})

    async def rules(self, request: Request) -> Response:
        """Read, add or take away rules of misbehaviour."""
        if request.method == "DELETE":
            self._behaviour.clear(request.query_params.get("partner"))
        if request.method == "POST":
            told = RuleIn.model_validate_json(await request.body())
            self._behaviour.add(Rule(**told.model_dump()))
        return JSONResponse({"items": [dataclasses.asdict(rule) for rule in self._behaviour.rules]})

    async def partner(self, request: Request) -> Response:
        """``{"up": false}`` makes a partner unreachable, ``{"up": true}`` brings it back."""
        name = request.path_params["partner"]
        wish: dict[str, Any] = await request.json()
        if name not in NAMES or not isinstance(wish.get("up"), bool):
            return JSONResponse({"error": 'say {"up": true} or {"up": false} for polis or star'}, 422)
        self._behaviour.clear(name, Effect.DOWN)
        if not wish["up"]:
            self._behaviour.rules.insert(0, Rule(name, Effect.DOWN))
        return JSONResponse({"partner": name, "up": wish["up"]})

    async def push_soap(self, request: Request) -> Response:
        """POLIS sends a message; answers what POLIS got back, one item per copy."""
        told = SoapPush.model_validate_json(await request.body())
        outcomes = [await self._provider.push_soap(told.envelope.encode()) for _ in range(told.copies)]
        return JSONResponse({"items": [_public(outcome) for outcome in outcomes]})

    async def push_rest(self, request: Request) -> Response:
        """STAR sends a message; answers what STAR got back, one item per copy."""
        told = RestPush.model_validate_json(await request.body())
        message_id = told.id or str(uuid4())
        body = None if told.body is None else told.body.encode()
        outcomes = [
            await self._provider.push_rest(
                told.method,
                told.path,
                client=NAMES["star"],
                message_id=message_id,
                body=body,
                headers=told.headers,
            )
            for _ in range(told.copies)
        ]
        return JSONResponse({"items": [_public(outcome) for outcome in outcomes]})

    async def refer(self, request: Request) -> Response:
        """POLIS or STAR sends a referral; answers what the sender got back, one item per copy."""
        told = Referral.model_validate_json(await request.body())
        message = told.model_dump(by_alias=True)
        outcomes = [await self._refer(message) for _ in range(told.copies)]
        return JSONResponse({"items": [_public(outcome) for outcome in outcomes]})

    async def _refer(self, message: dict[str, Any]) -> Outcome:
        operation, user_id = message["operation"], message["userId"]
        if message["protocol"] == "soap":
            envelope = referrals.soap_message(message, user_id=user_id, operation=operation)
            return await self._provider.push_soap(envelope)
        return await self._provider.push_rest(
            "POST",
            referrals.REST_PATHS[operation],
            client=message["sender"]["client"],
            message_id=message["messageId"],
            body=referrals.rest_message(message),
            headers={} if user_id is None else {"X-Road-UserId": user_id},
        )


def _public(outcome: Outcome) -> dict[str, object]:
    body = outcome.body.decode("utf-8", "replace")
    return {"status": outcome.status, "code": outcome.code, "headers": dict(outcome.headers), "body": body}


async def refuse_wish(request: Request, error: Exception) -> Response:  # noqa: ARG001 - Starlette's signature
    """A wish that cannot be read is answered with the places that are wrong."""
    if not isinstance(error, ValidationError):
        raise error
    return JSONResponse({"errors": [{"at": list(e["loc"]), "why": e["msg"]} for e in error.errors()]}, 422)
