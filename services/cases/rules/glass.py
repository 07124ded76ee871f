"""When the glass may be broken, and by whom it is seen."""

from collections.abc import Collection, Iterable
from datetime import datetime

from services.cases.model.closed import FreshLoginRequired
from services.cases.model.glass import GlassRule
from services.cases.model.seals import SealRules
from services.kit.policy import Appointment
from services.kit.problem import FieldError, Malformed


def check_login(authenticated_at: int | None, now: datetime, rule: GlassRule) -> None:
    """Raises FreshLoginRequired for a login that is too long ago, or of which nothing is known."""
    seconds = rule.login_within_seconds
    if authenticated_at is None or now.timestamp() - authenticated_at > seconds:
        raise FreshLoginRequired(seconds)


def check_reason(reason: str, rule: GlassRule) -> None:
    """Raises Malformed for a reason that says nothing."""
    if len("".join(reason.split())) < rule.reason_at_least:
        error = FieldError(
            "/reason", "too-short", f"at least {rule.reason_at_least} characters that are no space"
        )
        raise Malformed(errors=[error])


def own_agencies(offices: Iterable[Appointment], seals: SealRules) -> frozenset[str]:
    """The agencies for which somebody acts, wherever; a role of no agency as for seals."""
    found = {office.attributes.get("agency") or seals.agency_of_role.get(office.role) for office in offices}
    return frozenset(agency for agency in found if agency is not None)


def fallback(own: Collection[str], rule: GlassRule) -> str:
    """The agency that is told where none of the case's can be: the first that is not the actor's own."""
    return next((agency for agency in rule.second_agencies if agency not in own), rule.second_agencies[0])
