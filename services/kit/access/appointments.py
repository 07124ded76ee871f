"""Where a person's appointments are found: asked of the service that keeps them, remembered for seconds."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

from services.kit.client import ServiceClient
from services.kit.policy import Appointment, Caller
from services.kit.problem import UpstreamUnavailable
from services.kit.tokens import Identity

FRESH: Final = 5.0  # seconds: so long may an appointment that has ended still open doors elsewhere
_REMEMBERED: Final = 5_000
_OK: Final = 200
_NO_BOUNDS: Final = frozenset({"role", "validFrom", "validTo"})


class AppointmentSource(Protocol):
    """Tells the appointments that a person has now."""

    async def of(self, identity: Identity) -> tuple[Appointment, ...]:
        """Those in force now; none for an unknown person. UpstreamUnavailable when it cannot tell."""
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
        self._known: OrderedDict[str, tuple[float, tuple[Appointment, ...]]] = OrderedDict()
        self._asking: dict[str, asyncio.Task[tuple[Appointment, ...]]] = {}

    async def of(self, identity: Identity) -> tuple[Appointment, ...]:
        """Those that the other service tells; UpstreamUnavailable or UpstreamWrong when it does not."""
        known = self._known.get(identity.subject)
        if known is not None and self._monotonic() < known[0] + FRESH:
            return known[1]
        asking = self._asking.get(identity.subject)
        if asking is None:
            asking = asyncio.create_task(self._ask(identity.subject))
            self._asking[identity.subject] = asking
            asking.add_done_callback(partial(self._answered, identity.subject))
        # shielded: the caller that began the question may hang up while others wait for its answer
        return await asyncio.shield(asking)

    def _answered(self, subject: str, asked: "asyncio.Task[tuple[Appointment, ...]]") -> None:
        self._asking.pop(subject, None)
        if not asked.cancelled():
            asked.exception()  # seen, also when everybody who waited has hung up

    async def _ask(self, subject: str) -> tuple[Appointment, ...]:
        began = self._monotonic()
        answer = await self._client.request(
            "GET", self._path, act_for=self._caller, purpose=self._purpose, params={"subject": subject}
        )
        if answer.status_code != _OK:
            raise UpstreamUnavailable
        try:
            found = tuple(_appointment(item) for item in answer.json()["items"])
        except (ValueError, KeyError, TypeError, AttributeError):
            raise UpstreamUnavailable from None
        self._known[subject] = (began, found)
        self._known.move_to_end(subject)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return found


def _appointment(item: dict[str, str | None]) -> Appointment:
    """All but the role and the dates bounds the appointment; the dates are the source's business."""
    bounds = {name: value for name, value in item.items() if name not in _NO_BOUNDS and value is not None}
    return Appointment(item["role"] or "", bounds)
