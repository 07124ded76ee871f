"""May this service be offered to somebody, and what becomes of the offer?"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date

from services.cases.model.codes import Role
from services.cases.model.lifecycle import Lifecycle, Step
from services.cases.model.offers import NewOffer, Offer, OfferAction, OfferRules, OfferState
from services.cases.rules import lifecycle as machines
from services.kit.problem import FieldError, Malformed

STOP = "stop"
_OPEN = frozenset({OfferState.OFFERED, OfferState.ACCEPTED})


def check(rules: OfferRules, new: NewOffer, roles: Collection[Role], today: date) -> None:
    """Raises Malformed with every broken rule; ``roles``: the person's in the case, none if not in it."""
    errors = [*_what(rules, new, roles)]
    if new.offered_on > today:
        errors.append(FieldError("/offeredOn", "future", "the day has not come yet"))
    if new.entry is None and not (new.words.need or "").strip():
        errors.append(FieldError("/need", "required", "name the record of the need, or say what is needed"))
    if errors:
        raise Malformed(errors=errors)


def _what(rules: OfferRules, new: NewOffer, roles: Collection[Role]) -> Iterator[FieldError]:
    if not roles:
        yield FieldError("/personId", "not-in-case", "the person takes no part in the case")
    service = rules.services.get(new.service)
    if service is None:
        yield FieldError("/service", "unknown", f"one of: {', '.join(rules.services)}")
        return
    if roles and not service.roles & set(roles):
        yield FieldError("/service", "not-for-role", "the service is not for people in this role")
    if new.agency not in service.agencies:
        yield FieldError("/agency", "does-not-give", f"given by: {', '.join(service.agencies)}")


def moved(  # noqa: PLR0913, PLR0917 - the facts of one step
    rules: OfferRules,
    machine: Lifecycle,
    offer: Offer,
    action: OfferAction,
    day: date,
    reason: str | None,
    today: date,
) -> tuple[Offer, Step]:
    """The offer after an action on a day; raises TransitionRefused, Malformed."""
    step = machines.step(machine, offer.id, offer.state.value, action.value, reason)
    errors = []
    words = rules.reasons.get(action)
    if words is not None and reason not in words:
        errors.append(FieldError("/reason", "unknown", f"one of: {', '.join(words)}"))
    if day > today:
        errors.append(FieldError("/on", "future", "the day has not come yet"))
    if day < offer.last_on:
        errors.append(FieldError("/on", "before-start", "not before what happened last"))
    if errors:
        raise Malformed(errors=errors)
    return _after(offer, OfferState(step.target), day, reason), step


def _after(offer: Offer, state: OfferState, day: date, reason: str | None) -> Offer:
    after = replace(offer, state=state, reason=reason, version=offer.version + 1)
    if state in {OfferState.ACCEPTED, OfferState.REFUSED}:
        return replace(after, answered_on=day)
    return replace(after, begun_on=day) if state is OfferState.GIVEN else replace(after, ended_on=day)


def stopped(machine: Lifecycle, offer: Offer, today: date) -> tuple[Offer, Step] | None:
    """OAS § 7(5): an offer that nothing was given by yet is stopped; None for any other.

    What is given already, the person takes by her own will, and ends by her own word.
    """
    if offer.state not in _OPEN:
        return None
    step = machines.step(machine, offer.id, offer.state.value, STOP)
    return replace(offer, state=OfferState(step.target), ended_on=today, version=offer.version + 1), step
