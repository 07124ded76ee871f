"""Two persons of two agencies."""

from datetime import UTC, datetime

import pytest

from services.cases.model.closed import SecondAgencyNeeded
from services.cases.model.seals import Proposal, SealRules
from services.cases.rules.seals import agencies_of, agreeing, proposing
from services.kit.policy import Appointment

RULES = SealRules({"coordinator": "victim-support"})
ASKED = Proposal("m-first", "police", datetime(2017, 5, 4, tzinfo=UTC))


def office(role: str, region: str = "polva", **more: str) -> Appointment:
    return Appointment(role, {"region": region, **more})


@pytest.mark.parametrize(
    ("offices", "agencies"),
    [
        ([office("coordinator")], ("victim-support",)),
        ([office("agency-member", agency="police")], ("police",)),
        ([office("chair")], ()),
        ([office("chair"), office("agency-member", agency="police")], ("police",)),
        ([office("agency-member", "rakvere", agency="police")], ()),
        ([office("agency-member", agency="police"), office("coordinator")], ("police", "victim-support")),
        ([Appointment("auditor", {})], ()),
    ],
)
def test_for_whom_somebody_speaks_is_told_by_offices_of_the_region(
    offices: list[Appointment], agencies: tuple[str, ...]
) -> None:
    assert agencies_of(offices, "polva", RULES) == agencies


def test_who_speaks_for_no_agency_proposes_nothing() -> None:
    assert proposing(("police", "probation")) == "police"
    with pytest.raises(SecondAgencyNeeded):
        proposing(())


def test_another_person_of_another_agency_agrees() -> None:
    assert agreeing(("probation",), "m-second", ASKED) == "probation"
    assert agreeing(("police", "probation"), "m-second", ASKED) == "probation"


@pytest.mark.parametrize(
    ("agencies", "who"), [(("probation",), "m-first"), (("police",), "m-second"), ((), "m-second")]
)
def test_nobody_else_does(agencies: tuple[str, ...], who: str) -> None:
    with pytest.raises(SecondAgencyNeeded):
        agreeing(agencies, who, ASKED)
