"""Which duty follows from a fact, and for whom of those who ask something waits."""

from collections.abc import Iterable
from datetime import date
from typing import Final
from uuid import UUID

from services.cases.model.clocks import Clocks, Term
from services.cases.model.duties import About, DutyStanding, NewDuty, Seats, Thing, Waits
from services.cases.model.ids import ParticipationId
from services.cases.model.referral import Head
from services.cases.rules.clocks import standing, term
from services.kit.policy import Caller

COORDINATOR: Final = "coordinator"
SCREENING: Final = "screening"
CHILD_RESIDENCE: Final = "child-residence"
SAFETY_PLAN: Final = "safety-plan"


def follows(  # noqa: PLR0913 - the facts of one duty
    clocks: Clocks, clock: str, about: About, waits: Waits, *, happened_on: date, recorded_on: date
) -> NewDuty:
    """The duty that a fact begins; KeyError, a programmer's error, for a clock that is not published."""
    return NewDuty(
        clock, about, waits, recorded_on, term(clocks.rules[clock], happened_on, recorded_on, clocks)
    )


def stands(of: Term, today: date, settled_on: date | None) -> DutyStanding:
    """How a duty stands on a day."""
    return DutyStanding.DONE if settled_on is not None else DutyStanding(standing(of, today).value)


def escalated(of: Term, today: date, settled_on: date | None) -> bool:
    """Whether what waits for somebody else has come to the coordinator."""
    return settled_on is None and of.escalate_on is not None and of.escalate_on <= today


def seats(caller: Caller) -> Seats:
    """The offices of a caller in regions, as the store asks for them."""
    held = [
        (each.role, each.attributes["region"], each.attributes.get("agency"))
        for each in caller.appointments
        if "region" in each.attributes
    ]
    return Seats(
        subject=caller.subject,
        roles=tuple(role for role, _, _ in held),
        places=tuple(region for _, region, _ in held),
        agencies=tuple(agency for _, _, agency in held),
        regions=tuple(sorted({region for role, region, _ in held if role == COORDINATOR})),
    )


def of_receipt(
    clocks: Clocks, head: Head, today: date, *, waits: bool, unplaced: Iterable[ParticipationId]
) -> list[NewDuty]:
    """What a referral that was told today, or told anew, lets the coordinator of its region do.

    ``waits``: a person must screen it; ``unplaced``: children whose municipality nobody knows.
    """
    days = {"happened_on": head.referred_on, "recorded_on": today}
    coordinator = Waits(COORDINATOR)

    def about(thing: Thing, row: UUID) -> About:
        return About(thing, row, head.region, referral=head.id)

    screening = [follows(clocks, SCREENING, about(Thing.REFERRAL, head.id), coordinator, **days)]
    return (screening if waits else []) + [
        follows(clocks, CHILD_RESIDENCE, about(Thing.CHILD_NOTICE, row), coordinator, **days)
        for row in unplaced
    ]
