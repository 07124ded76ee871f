"""The dependency that a route asks for its permit."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fastapi import Request

from services.kit.policy import Caller, Permit, Policy, subject_kind
from services.kit.problem import FieldError, Forbidden, PurposeRequired, Unauthenticated
from services.kit.tokens import Identity, TokenVerifier

if TYPE_CHECKING:
    from services.kit.access.appointments import AppointmentSource

PURPOSE_HEADER: Final = "X-Purpose"
_CREDENTIALS: Final = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9._-]+)")


@dataclass(frozen=True)
class PermitFor:
    """The dependency; guards read ``permit_operation``: every route has one, and a row speaks of it."""

    permit_operation: str

    async def __call__(self, request: Request) -> Permit:
        """The permit; Unauthenticated, PurposeRequired, Forbidden, UpstreamUnavailable without a source."""
        request.state.operation = self.permit_operation
        verifier: TokenVerifier = request.app.state.verifier
        policy: Policy = request.app.state.policy
        identity = await verifier.verify(_token(request))
        request.state.identity = identity
        caller = await self._caller(request, identity, policy)
        request.state.caller = caller
        purpose = self._purpose(request, policy)
        request.state.purpose = purpose
        if identity.purpose not in {None, purpose}:
            raise Forbidden
        permit = policy.permit(caller, self.permit_operation, purpose)
        request.state.permit = permit
        return permit

    def _purpose(self, request: Request, policy: Policy) -> str:
        given = request.headers.getlist(PURPOSE_HEADER)
        if len(given) == 1 and given[0] in policy.purposes():
            return given[0]
        allowed = ", ".join(sorted(policy.purposes(self.permit_operation)))
        code = "unknown" if given else "missing"
        raise PurposeRequired(errors=[FieldError(f"header:{PURPOSE_HEADER}", code, f"one of: {allowed}")])

    async def _caller(self, request: Request, identity: Identity, policy: Policy) -> Caller:
        if identity.service is not None and subject_kind(identity.subject) != "member":
            bounds = policy.asks_for_bounds(self.permit_operation)
            works_for = request.app.state.works_for(identity.subject) if bounds else ()
            return Caller.system(identity.subject, identity.service, works_for)
        if not policy.asks_for_members(self.permit_operation):
            return Caller.member(identity.subject, (), identity.service)
        source: AppointmentSource = request.app.state.appointments
        held, session = await source.of(identity), identity.session
        if session is None:
            return Caller.member(identity.subject, held, identity.service)
        return Caller.member(
            identity.subject,
            held,
            identity.service,
            session=session.id,
            authenticated_at=session.authenticated_at,
        )


def permit(operation: str) -> PermitFor:
    """The dependency for an operation; two of the same operation are one, so it runs once a request."""
    return PermitFor(operation)


def _token(request: Request) -> str:
    given = request.headers.getlist("authorization")
    match = _CREDENTIALS.fullmatch(given[0]) if len(given) == 1 else None
    if match is None:
        raise Unauthenticated
    return match[1]
