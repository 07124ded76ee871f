from datetime import date
from uuid import UUID

import pytest

from services.cases import catalog as published
from services.cases.model.clocks import Term
from services.cases.model.duties import ADDRESSES, About, DutyStanding, Thing, Waits
from services.cases.model.ids import CaseId, ParticipationId, ReferralId
from services.cases.model.referral import Head
from services.cases.rules.duties import escalated, follows, of_receipt, seats, stands
from services.kit.policy import Appointment, Caller

CLOCKS = published.load().clocks
ONE = UUID(int=1)
HEAD = Head(ReferralId(ONE), "TV-1", None, "polva", date(2026, 11, 2), CaseId(UUID(int=2)))
TERM = Term(date(2026, 12, 10), date(2026, 12, 8), date(2026, 12, 14))


def test_every_thing_has_an_address() -> None:
    assert set(ADDRESSES) == set(Thing)


@pytest.mark.parametrize("both", [(None, None), (ReferralId(ONE), CaseId(ONE))])
def test_a_duty_is_about_a_referral_or_a_case(both: tuple[ReferralId | None, CaseId | None]) -> None:
    with pytest.raises(ValueError, match="referral, or about a case"):
        About(Thing.CASE, ONE, "polva", *both)


def test_a_clock_that_nobody_published_is_a_mistake() -> None:
    about = About(Thing.CASE, ONE, "polva", case=CaseId(ONE))
    with pytest.raises(KeyError):
        follows(
            CLOCKS, "tea", about, Waits("chair"), happened_on=HEAD.referred_on, recorded_on=HEAD.referred_on
        )


@pytest.mark.parametrize(
    ("waits", "unplaced", "clocks"),
    [
        (True, [], ["screening"]),
        (False, [], []),
        (True, [ParticipationId(ONE)], ["screening", "child-residence"]),
        (False, [ParticipationId(ONE)], ["child-residence"]),
    ],
)
def test_what_follows_from_a_receipt(
    *, waits: bool, unplaced: list[ParticipationId], clocks: list[str]
) -> None:
    found = of_receipt(CLOCKS, HEAD, date(2026, 11, 4), waits=waits, unplaced=unplaced)
    assert [one.clock for one in found] == clocks
    assert all((one.waits, one.about.referral) == (Waits("coordinator"), HEAD.id) for one in found)
    assert all(one.recorded_on == date(2026, 11, 4) for one in found)


@pytest.mark.parametrize(
    ("day", "settled", "standing", "late"),
    [
        (7, None, DutyStanding.DUE, False),
        (8, None, DutyStanding.SOON, False),
        (11, None, DutyStanding.OVERDUE, False),
        (14, None, DutyStanding.OVERDUE, True),
        (14, date(2026, 12, 13), DutyStanding.DONE, False),
    ],
)
def test_how_a_duty_stands(*, day: int, settled: date | None, standing: DutyStanding, late: bool) -> None:
    today = date(2026, 12, day)
    assert (stands(TERM, today, settled), escalated(TERM, today, settled)) == (standing, late)


def test_seats_are_offices_in_regions() -> None:
    held = (
        Appointment("coordinator", {"region": "polva"}),
        Appointment("agency-member", {"region": "rakvere", "agency": "police"}),
        Appointment("auditor"),
    )
    found = seats(Caller.member("m-1", held))
    assert (found.roles, found.places) == (("coordinator", "agency-member"), ("polva", "rakvere"))
    assert (found.agencies, found.regions) == ((None, "police"), ("polva",))
