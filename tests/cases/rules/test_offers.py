"""What becomes of an offer, whatever is done with it in whichever order."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from services.cases import catalog as published
from services.cases.model.ids import CaseId, PersonId
from services.cases.model.offers import MACHINE, Offer, OfferAction, OfferState
from services.cases.model.problems import TransitionRefused
from services.cases.rules import offers as rules

CATALOG = published.load()
LIFECYCLE = CATALOG.lifecycles[MACHINE]
DAY = date(2018, 3, 2)
ENDED = {OfferState.REFUSED, OfferState.ENDED, OfferState.WITHDRAWN, OfferState.STOPPED}


def an_offer() -> Offer:
    return Offer(
        id=uuid4(),
        case=CaseId(uuid4()),
        person=PersonId(uuid4()),
        service="crisis-help",
        agency="victim-support",
        entry=None,
        state=OfferState.OFFERED,
        offered_on=DAY,
        answered_on=None,
        begun_on=None,
        ended_on=None,
        reason=None,
        version=1,
        recorded_by="anna",
        recorded_at=datetime(2018, 3, 2, tzinfo=UTC),
    )


@given(st.lists(st.sampled_from([*OfferAction, rules.STOP]), max_size=8))
def test_what_has_ended_stays_ended_and_what_was_given_was_accepted(actions: list[str]) -> None:
    offer, day = an_offer(), DAY
    for action in actions:
        day += timedelta(days=1)
        before = offer
        if action == rules.STOP:
            stopped = rules.stopped(LIFECYCLE, offer, day)
            offer = offer if stopped is None else stopped[0]
        else:
            reasons = CATALOG.offers.reasons.get(OfferAction(action))
            reason = None if reasons is None else next(iter(reasons))
            try:
                offer, _ = rules.moved(
                    CATALOG.offers, LIFECYCLE, offer, OfferAction(action), day, reason, day
                )
            except TransitionRefused:
                assert offer == before
        assert before.state not in ENDED or offer == before
        assert (offer.begun_on is not None) == (offer.state in {OfferState.GIVEN, OfferState.ENDED})
        assert offer.begun_on is None or offer.answered_on is not None


def test_every_service_is_given_by_somebody_to_somebody() -> None:
    for service in CATALOG.offers.services.values():
        assert service.roles
        assert set(service.agencies) <= set(CATALOG.agencies)
