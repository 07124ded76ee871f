"""No refusal without its row in the audit log: written after the refused work was rolled back."""

from collections.abc import Sequence
from typing import Final, Protocol
from uuid import UUID

from starlette.requests import Request

from services.kit.policy import Caller
from services.kit.problem import Problem

OUR_FAULT: Final = 500
UNKNOWN: Final = "unknown"


class RefusalLog(Protocol):
    """What keeps the rows: ``kit.db.Database``."""

    async def audit_refusal(  # noqa: PLR0913 - the words of one row
        self,
        caller: Caller,
        operation: str,
        purpose: str,
        problem_slug: str,
        *,
        rule_id: str | None,
        request_id: str,
        client: str | None = None,
        objects: Sequence[str] = (),
    ) -> None:
        """Commits one row, or raises UpstreamUnavailable."""


class RefusalAuditor:
    """Records every 4xx that a known caller gets; ``kit.web`` calls it (``app.state.refusals``) first.

    A caller that proved nothing about itself leaves no row (anybody could fill the disk). If the row cannot
    be written the answer is UpstreamUnavailable (503), which this raises.
    """

    def __init__(self, refusal_log: RefusalLog) -> None:
        self._log = refusal_log

    async def __call__(self, request: Request, problem: Problem, request_id: str | None = None) -> None:
        """Writes the row of one refused request, under its own id where it came in another's call."""
        caller: Caller | None = getattr(request.state, "caller", None)
        if caller is None or problem.status >= OUR_FAULT:
            return
        await self._log.audit_refusal(
            caller,
            getattr(request.state, "operation", UNKNOWN),
            getattr(request.state, "purpose", UNKNOWN),
            problem.slug,
            rule_id=getattr(problem, "rule_id", None),
            request_id=request_id or request.state.request_id,
            objects=_asked_for(request),
        )


def _asked_for(request: Request) -> Sequence[str]:
    """The ids in the address, in one spelling; the row keeps handles of them."""
    return [str(found) for text in request.path_params.values() if (found := _id(str(text))) is not None]


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
