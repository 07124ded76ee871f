"""Who may give an office to whom, and who may stand in: no one alone, and no one for oneself."""

from collections.abc import Iterable, Mapping
from datetime import date

from services.cases.model.members import Appointed, HeldIn, Office, OfficeRule, OfficeRules
from services.cases.model.problems import OfficeNotYours, TwoPersons
from services.kit.calendar import add_months
from services.kit.problem import FieldError, Malformed

#: An office as the caller's appointment tells it: the role, and the attributes that bound it.
Held = tuple[str, Mapping[str, str]]


def check_office(office: Office, rules: OfficeRules, regions: Iterable[str], agencies: Iterable[str]) -> None:
    """Raises Malformed when there is no such role, region or agency, or one is missing or too much."""
    rule = rules.offices.get(office.role)
    if rule is None:
        raise Malformed(errors=[FieldError("/role", "unknown", "there is no such role")])
    errors = [
        *_place("region", office.region, set(regions), is_needed=rule.held_in is not HeldIn.NOWHERE),
        *_place("agency", office.agency, set(agencies), is_needed=rule.held_in is HeldIn.AGENCY),
    ]
    if errors:
        raise Malformed(errors=errors)


def _place(name: str, code: str | None, known: set[str], *, is_needed: bool) -> Iterable[FieldError]:
    if code is None:
        if is_needed:
            yield FieldError(f"/{name}", "required", f"the role is held in a {name}")
    elif not is_needed:
        yield FieldError(f"/{name}", "not-for-role", f"the role is held in no {name}")
    elif code not in known:
        yield FieldError(f"/{name}", "unknown", f"there is no such {name}")


def term(start: date, end: date | None, rules: OfficeRules, today: date) -> date:
    """The end (exclusive) of an office: after the longest time where none is said; Malformed."""
    latest = add_months(start, rules.most_months)
    errors = []
    if start < today:
        errors.append(FieldError("/validFrom", "in-the-past", "an office begins today or later"))
    if end is not None and end <= start:
        errors.append(FieldError("/validTo", "not-after-start", "the end is later than the first day"))
    if end is not None and end > latest:
        reason = f"an office is given for {rules.most_months} months at the most"
        errors.append(FieldError("/validTo", "too-long", reason))
    if errors:
        raise Malformed(errors=errors)
    return end or latest


def check_propose(caller: str, held: Iterable[Held], member: str, office: Office, rule: OfficeRule) -> None:
    """Raises OfficeNotYours for an office that the caller does not give, TwoPersons for the caller's own."""
    if not _gives(held, rule.propose, office):
        raise OfficeNotYours
    if caller == member:
        raise TwoPersons


def check_approve(  # noqa: PLR0913, PLR0917 - who, by which right, whom, what, whose proposal
    caller: str, held: Iterable[Held], member: str, office: Office, rule: OfficeRule, proposed_by: str
) -> None:
    """The same for who approves, who is also not the one who proposed."""
    if not _gives(held, rule.approve, office):
        raise OfficeNotYours
    if caller in {member, proposed_by}:
        raise TwoPersons


def gives(held: Iterable[Held], office: Office, rule: OfficeRule) -> bool:
    """Whether the caller proposes or approves this office, and so may end it and name deputies for it."""
    return _gives(held, rule.propose | rule.approve, office)


def _gives(held: Iterable[Held], roles: frozenset[str], office: Office) -> bool:
    return any(role in roles and bounds.get("region") in {None, office.region} for role, bounds in held)


def may_stand_in(offices: Iterable[Appointed], absent: Office, rule: OfficeRule) -> bool:
    """Whether somebody with these offices of their own may stand in for an office."""
    return any(
        one.principal is None
        and any(
            one.role == deputy.role
            and ("region" not in deputy.same or one.region == absent.region)
            and ("agency" not in deputy.same or one.agency == absent.agency)
            for deputy in rule.deputies
        )
        for one in offices
    )


def check_end(start: date, end: date | None, last: date, today: date, place: str = "/validTo") -> None:
    """Raises Malformed for a day (exclusive) that is past, before the office, or later than its end."""
    error = None
    if last < today:
        error = FieldError(place, "in-the-past", "what was held was held: an office ends today or later")
    elif last < start:
        error = FieldError(place, "before-start", "the end is not before the first day")
    elif end is not None and last > end:
        error = FieldError(place, "later-than-end", "an end is only ever moved forward in time")
    if error is not None:
        raise Malformed(errors=[error])
