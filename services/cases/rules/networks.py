"""What can be said of an agency that sits in a network."""

from collections.abc import Container, Iterator, Mapping
from datetime import date

from services.cases.model.networks import Agency, NetworkMember, Sitting
from services.cases.model.published import Region
from services.kit.problem import FieldError, Malformed


def check_sitting(sitting: Sitting, region: Region, agencies: Mapping[str, Agency]) -> None:
    """Raises Malformed when there is no such agency on that day, or the dates do not follow each other.

    A network names its members before it takes referrals, so the beginning of the region is no border.
    """
    errors = [*_agency(sitting, agencies), *_days(sitting, region)]
    if errors:
        raise Malformed(errors=errors)


def _agency(sitting: Sitting, agencies: Mapping[str, Agency]) -> Iterator[FieldError]:
    agency = agencies.get(sitting.agency)
    if agency is None:
        yield FieldError("/agency", "unknown", "there is no such agency")
    elif not agency.at_work(sitting.valid_from):
        yield FieldError("/validFrom", "not-in-force", "the agency is in no network on that day")


def _days(sitting: Sitting, region: Region) -> Iterator[FieldError]:
    if sitting.valid_to is not None and sitting.valid_to <= sitting.valid_from:
        yield FieldError("/validTo", "not-after-start", "the end is later than the first day")
    if region.valid_to is not None and sitting.valid_from >= region.valid_to:
        yield FieldError("/validFrom", "not-in-force", "the network has ended by that day")


def check_end(member: NetworkMember, last: date, reason: str, reasons: Container[str]) -> None:
    """Raises Malformed when the seat cannot end on that day (exclusive), or for an unknown reason."""
    errors = []
    start, end = member.sitting.valid_from, member.sitting.valid_to
    if last < start:
        errors.append(FieldError("/validTo", "before-start", "the end is not before the first day"))
    elif end is not None and last > end:
        errors.append(FieldError("/validTo", "later-than-end", "an end is only ever moved forward in time"))
    if reason not in reasons:
        errors.append(FieldError("/reason", "unknown", "there is no such reason"))
    if errors:
        raise Malformed(errors=errors)
