"""Doors of services by need; nothing is offered in the house, so that nothing changes."""

from collections.abc import Iterator

from services.cases import catalog as published
from services.cases.model.offers import OfferAction
from services.cases.schemas.casetypes import CaseTypesView
from services.cases.schemas.offers import ServicesView
from tests.cases.routes.access.doors_networks import word_of
from tests.cases.routes.access.doors_plan import nothing
from tests.cases.routes.access.full import Full, Wanted
from tests.cases.routes.access.knock import NOTHING, Door, Knock, Purpose, empty_list, on_each_case, refused
from tests.cases.routes.access.oracle import Asker

_STEPS = {
    OfferAction.ACCEPT: ("accept_service", "acceptance"),
    OfferAction.REFUSE: ("refuse_service", "refusal"),
    OfferAction.BEGIN: ("begin_service", "beginning"),
    OfferAction.END: ("end_service", "ending"),
    OfferAction.WITHDRAW: ("withdraw_service", "withdrawal"),
}
_DAY = "2018-03-02"
_UNKNOWN = {
    "personId": str(NOTHING),
    "service": "no-such-service",
    "agency": "police",
    "offeredOn": _DAY,
    "need": "-",
}


def _services(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    body = ServicesView.of(published.load().offers).model_dump(by_alias=True)
    yield Knock("/services", Wanted(word_of(asker, "list_services", purpose), body))


def _step(action: OfferAction) -> Door:
    operation, verb = _STEPS[action]
    why = {"reason": "not-now"} if action in published.load().offers.reasons else {}
    return nothing(operation, f"/service-offers/{NOTHING}/{verb}", "POST", {"on": _DAY, **why})


def _types(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    body = CaseTypesView.of(published.load().case_types).model_dump(mode="json", by_alias=True)
    yield Knock("/case-types", Wanted(word_of(asker, "list_case_types", purpose), body))


OFFERS: dict[str, Door] = {
    "list_case_types": _types,
    "list_services": _services,
    "list_service_offers": on_each_case(
        "list_service_offers", lambda kept: f"/cases/{kept.case}/service-offers", empty_list
    ),
    "offer_service": on_each_case(
        "offer_service",
        lambda kept: f"/cases/{kept.case}/service-offers",
        refused(422, "malformed"),
        method="POST",
        json=_UNKNOWN,
    ),
    "get_service_offer": nothing("get_service_offer", f"/service-offers/{NOTHING}"),
    **{_STEPS[action][0]: _step(action) for action in OfferAction},
}
