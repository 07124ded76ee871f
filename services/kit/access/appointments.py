"""Where a person's appointments are found: asked of the service that keeps them, remembered for seconds."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Final, Protocol
from uuid import UUID

from services.kit.client import ServiceClient
from services.kit.policy import Appointment, Caller
from services.kit.problem import Unauthenticated, UpstreamUnavailable
from services.kit.tokens import Identity

FRESH: Final = 5.0  # seconds: so long may an appointment that has ended still open doors elsewhere
_REMEMBERED: Final = 5_000
_OK: Final = 200
#: A person, and the session in which she comes; None through a service, which has looked itself.
_Whose = tuple[str, UUID | None]
#: Appointments; None: the session has ended.
_Told = tuple[Appointment, ...] | None
_NO_BOUNDS: Final = frozenset({"role", "validFrom", "validTo"})


class AppointmentSource(Protocol):
    """Tells the appointments that a person has now."""

    async def of(self, identity: Identity) -> tuple[Appointment, ...]:
        """Those in force now; none for an unknown person. UpstreamUnavailable when it cannot tell.

        Unauthenticated when the session in which the person comes has ended.
        """
        ...


class NoAppointments:
    """For a service none of whose rules names a role of persons."""

    async def of(self, identity: Identity) -> tuple[Appointment, ...]:  # noqa: ARG002 - nobody has any
        """None."""
        return ()


class RemoteAppointments:
    """Asks another service (``GET <path>?subject=…``) and remembers the answer for at most 5 s."""

    def __init__(
        self,
        client: ServiceClient,
        *,
        service: str,
        path: str,
        purpose: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """``service`` is the one that asks, for itself and for ``purpose``."""
        self._client = client
        self._caller = Caller.system(f"service:{service}", service)
        self._path, self._purpose = path, purpose
        self._monotonic = monotonic
        self._known: OrderedDict[_Whose, tuple[float, _Told]] = OrderedDict()
        self._asking: dict[_Whose, asyncio.Task[_Told]] = {}

    async def of(self, identity: Identity) -> tuple[Appointment, ...]:
        """Those that the other service tells; UpstreamUnavailable or UpstreamWrong when it does not.

        Unauthenticated when it says that the session has ended.
        """
        told = await self._told((identity.subject, None if identity.session is None else identity.session.id))
        if told is None:
            raise Unauthenticated
        return told

    async def _told(self, whose: _Whose) -> _Told:
        known = self._known.get(whose)
        if known is not None and self._monotonic() < known[0] + FRESH:
            return known[1]
        asking = self._asking.get(whose)
        if asking is None:
            asking = asyncio.create_task(self._ask(whose))
            self._asking[whose] = asking
            asking.add_done_callback(partial(self._answered, whose))
        # shielded: the caller that began the question may hang up while others wait for its answer
        return await asyncio.shield(asking)

    def _answered(self, whose: _Whose, asked: "asyncio.Task[_Told]") -> None:
        self._asking.pop(whose, None)
        if not asked.cancelled():
            asked.exception()  # seen, also when everybody who waited has hung up

    async def _ask(self, whose: _Whose) -> _Told:
        began, (subject, session) = self._monotonic(), whose
        question = {"subject": subject} | ({} if session is None else {"session": str(session)})
        answer = await self._client.request(
            "GET", self._path, act_for=self._caller, purpose=self._purpose, params=question
        )
        if answer.status_code != _OK:
            raise UpstreamUnavailable
        try:
            body = answer.json()
            ended = bool(body.get("sessionEnded", False))
            found = None if ended else tuple(_appointment(item) for item in body["items"])
        except (ValueError, KeyError, TypeError, AttributeError):
            raise UpstreamUnavailable from None
        self._known[whose] = (began, found)
        self._known.move_to_end(whose)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return found


def _appointment(item: dict[str, str | None]) -> Appointment:
    """All but the role and the dates bounds the appointment; the dates are the source's business."""
    bounds = {name: value for name, value in item.items() if name not in _NO_BOUNDS and value is not None}
    return Appointment(item["role"] or "", bounds)
