"""What a referral shows of itself follows from its state."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from services.cases.model.codes import Band, Ground, Status
from services.cases.model.dossiers import Contact, Identity, ListedCase, ListedReferral, Reach
from services.cases.model.ids import CaseId, ReferralId
from services.cases.model.states import (
    Accepted,
    AwaitingScreening,
    Declined,
    Received,
    Redirected,
    ReferralState,
    Score,
    Withdrawn,
)

AT = datetime(2017, 5, 4, 12, tzinfo=UTC)
ID, CASE = ReferralId(UUID(int=1)), CaseId(UUID(int=2))
SCORE = Score("dash", "1", "sha256:00", "e/1", 15, Band.HIGH, (Ground.VISIBLE_HIGH_RISK,), AT)


def a_referral(state: ReferralState, **changes: Any) -> ListedReferral:
    given: dict[str, Any] = {
        "id": ID,
        "reference": "TV-0000-0000-0000-0001-1",
        "region": "polva",
        "referred_on": date(2017, 3, 2),
        "received_at": AT,
        "state": state,
        "grounds_told": (Ground.REPEAT,),
        "grounds_found": (),
        "case": CASE,
        "agencies": frozenset({"police@polva"}),
        "version": 1,
        "withdrawal": None,
    }
    return ListedReferral(**(given | changes))


@pytest.mark.parametrize(
    ("state", "status", "reason", "case", "decided"),
    [
        (Received(), Status.RECEIVED, None, None, None),
        (AwaitingScreening(SCORE), Status.AWAITING_SCREENING, None, None, None),
        (Accepted(SCORE, CASE, AT, "anna"), Status.ACCEPTED, None, CASE, AT),
        (Declined(SCORE, "other", AT, "anna"), Status.DECLINED, "other", None, AT),
        (Redirected(SCORE, "victim-under-18", AT, "anna"), Status.REDIRECTED, "victim-under-18", None, AT),
        (Withdrawn(SCORE, "sent-in-error", AT), Status.WITHDRAWN, "sent-in-error", None, None),
    ],
)
def test_status_reason_case_and_decision_follow_from_the_state(
    state: ReferralState, status: Status, reason: str | None, case: CaseId | None, decided: datetime | None
) -> None:
    referral = a_referral(state)
    assert (referral.status, referral.reason, referral.case_id, referral.decided_at) == (
        status, reason, case, decided
    )  # fmt: skip


def test_the_score_tells_its_grounds() -> None:
    referral = a_referral(AwaitingScreening(SCORE))
    assert (referral.score, referral.band, referral.grounds) == (15, Band.HIGH, SCORE.grounds)


@pytest.mark.parametrize("state", [Received(), AwaitingScreening(None), Accepted(None, CASE, AT, "anna")])
def test_without_a_score_the_senders_grounds_stand(state: ReferralState) -> None:
    referral = a_referral(state)
    assert (referral.score, referral.band, referral.grounds) == (None, None, (Ground.REPEAT,))


def test_what_the_table_asks_about() -> None:
    assert a_referral(Received()).reach.resource() == {
        "region": "polva",
        "agencies": {"police@polva"},
        "state": "received",
        "excluded": frozenset(),
        "sealed_to": frozenset(),
        "opened_to": frozenset(),
        "assigned_to": frozenset(),
    }
    case = ListedCase(CASE, "polva", "open", date(2017, 5, 4), frozenset({"police@polva", "b@polva"}), 1)
    assert case.reach == Reach("polva", frozenset({"police@polva", "b@polva"}), "open")
    assert case.agencies == ["b", "police"]


def test_who_somebody_is_does_not_print() -> None:
    person = Identity("48406150001", date(1984, 6, 15), "Mari-Liis", "Männik")
    contact = Contact("Salajane 1", "+372 555", "õde", "et")
    for secret in ("48406150001", "Mari", "Männik", "Salajane", "555"):
        assert secret not in f"{person!r}{contact!r}{person}{contact}"
