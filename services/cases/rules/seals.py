"""Whose word counts when a seal is taken off: two persons of two agencies."""

from collections.abc import Iterable

from services.cases.model.closed import SecondAgencyNeeded
from services.cases.model.seals import Proposal, SealRules
from services.kit.policy import Appointment


def agencies_of(offices: Iterable[Appointment], region: str, rules: SealRules) -> tuple[str, ...]:
    """The agencies for which somebody acts in a region, in a fixed order."""
    here = [office for office in offices if office.attributes.get("region") == region]
    found = {office.attributes.get("agency") or rules.agency_of_role.get(office.role) for office in here}
    return tuple(sorted(agency for agency in found if agency is not None))


def proposing(agencies: tuple[str, ...]) -> str:
    """For which agency the first of the two speaks; SecondAgencyNeeded when for none."""
    if not agencies:
        raise SecondAgencyNeeded
    return agencies[0]


def agreeing(agencies: tuple[str, ...], who: str, proposal: Proposal) -> str:
    """For which agency the second speaks: another person, another agency; else SecondAgencyNeeded."""
    others = [agency for agency in agencies if agency != proposal.agency]
    if who == proposal.by or not others:
        raise SecondAgencyNeeded
    return others[0]
