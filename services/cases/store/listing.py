"""Pages of referrals and cases as a caller may see them; what is erased is not there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    TableClause,
    and_,
    cast,
    column,
    exists,
    func,
    literal,
    literal_column,
    select,
    table,
    tuple_,
    union,
)

from services.cases.model.codes import Ground, State, Status
from services.cases.model.dossiers import ListedCase, ListedReferral, Withdrawal
from services.cases.model.ids import CaseId, ReferralId
from services.cases.rules.duties import SCREENING
from services.cases.store import bars
from services.cases.store.referrals import state_of
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.paging import Place
from services.kit.policy import Columns


def _table(name: str, columns: str) -> TableClause:
    return table(name, *(column(each) for each in columns.split()))


_R = _table(
    "referral",
    "id reference region referred_on received_at grounds grounds_found state state_reason decided_at"
    " decided_by case_id key_id version withdrawn_at withdrawal_reason redirected_to",
)
_A = _table(
    "assessment",
    "referral_id instrument version content_hash engine score band grounds scored_at replaced_in",
)
_C = _table("marac_case", "id region state opened_on key_id version case_type")
_G = _table("case_agency", "case_id agency region")
_K = _table("data_key", "id wrapped")
_D = _table("duty", "referral_id clock state due_on")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a caller asks a list for; None asks for everything."""

    region: str | None = None
    status: Status | None = None
    since: date | None = None
    until: date | None = None
    is_overdue: bool = False


def _agency_names(case: ColumnElement[Any]) -> ColumnElement[Any]:
    name = cast(_G.c.agency, String) + "@" + cast(_G.c.region, String)
    return func.array(select(name).where(_G.c.case_id == case).scalar_subquery()).label("agencies")


def _kept(of: TableClause) -> ColumnElement[bool]:
    """Its key was not destroyed."""
    return and_(_K.c.id == of.c.key_id, _K.c.wrapped.is_not(None))


def _columns(of: TableClause, case: ColumnElement[Any]) -> Columns:
    def takes_part(values: Sequence[str]) -> ColumnElement[bool]:
        pairs = [tuple(value.split("@")) for value in values]
        found = exists(select(1).where(_G.c.case_id == case, tuple_(_G.c.agency, _G.c.region).in_(pairs)))
        # the region of case_agency is the case's: saying so lets the index of the list serve agencies, too
        return and_(of.c.region.in_(sorted({region for _, region in pairs})), found)

    return {
        "region": of.c.region.in_,
        "agencies": takes_part,
        "excluded": partial(bars.excluded, case),
        "sealed_to": partial(bars.sealed_to, case),
        "opened_to": partial(bars.opened_to, case),
        "assigned_to": partial(bars.assigned_to, case),
    }


_tested = and_(_A.c.referral_id == _R.c.id, _A.c.replaced_in.is_(None))
_waits = and_(_D.c.referral_id == _R.c.id, _D.c.clock == SCREENING, _D.c.state == "open")
_screen_by = select(func.max(_D.c.due_on)).where(_waits).scalar_subquery().label("screen_by")
_REFERRALS = select(
    _R.c.id, _R.c.reference, _R.c.region, _R.c.referred_on, _R.c.received_at, _R.c.grounds,
    _R.c.grounds_found, _R.c.state, _R.c.state_reason, _R.c.decided_at, _R.c.decided_by, _R.c.case_id,
    _R.c.version, _R.c.withdrawn_at, _R.c.withdrawal_reason, _R.c.redirected_to, _screen_by,
    _agency_names(_R.c.case_id), *bars.columns(_R.c.case_id), _A.c.instrument,
    _A.c.version.label("instrument_version"),
    _A.c.content_hash, _A.c.engine, _A.c.score, _A.c.band, _A.c.grounds.label("score_grounds"),
    _A.c.scored_at,
).select_from(_R.join(_K, _kept(_R)).outerjoin(_A, _tested))  # fmt: skip
_CASES = select(
    _C.c.id, _C.c.region, _C.c.state, _C.c.opened_on, _C.c.version, _C.c.case_type, _agency_names(_C.c.id),
    *bars.columns(_C.c.id),
).select_from(_C.join(_K, _kept(_C)))  # fmt: skip


async def referrals(work: Work, filters: Filters, after: Place | None, most: int) -> list[ListedReferral]:
    """The first referrals behind a place that the permit covers, the newest day of referral first."""
    asked = _asked(_R, _R.c.referred_on, filters)
    if filters.is_overdue:
        asked.append(exists(select(1).where(_waits, _D.c.due_on < local_date(work.now))))
    allowed = work.permit.branches(_columns(_R, _R.c.case_id), _R.c.state)
    query = _page(_REFERRALS, _R, _R.c.referred_on, [and_(each, *asked) for each in allowed], after, most)
    return [listed(row) for row in (await work.conn.execute(query)).mappings()]


async def cases(work: Work, filters: Filters, after: Place | None, most: int) -> list[ListedCase]:
    """The first cases behind a place that the permit covers, the newest first."""
    asked = _asked(_C, _C.c.opened_on, filters)
    allowed = work.permit.branches(_columns(_C, _C.c.id), _C.c.state)
    query = _page(_CASES, _C, _C.c.opened_on, [and_(each, *asked) for each in allowed], after, most)
    return [listed_case(row) for row in (await work.conn.execute(query)).mappings()]


def listed(row: Row) -> ListedReferral:
    """A referral from its row joined with its assessment and the agencies of its case."""
    return ListedReferral(
        id=ReferralId(row["id"]),
        reference=row["reference"],
        region=row["region"],
        referred_on=row["referred_on"],
        received_at=row["received_at"],
        state=state_of(row),
        grounds_told=tuple(map(Ground, row["grounds"])),
        grounds_found=tuple(map(Ground, row["grounds_found"])),
        case=CaseId(row["case_id"]),
        agencies=frozenset(row["agencies"]),
        version=row["version"],
        withdrawal=_withdrawal(row),
        redirected_to=row["redirected_to"],
        screen_by=row["screen_by"],
        bars=bars.of(row),
    )


def _withdrawal(row: Row) -> Withdrawal | None:
    at = row["withdrawn_at"]
    return None if at is None else Withdrawal(at, row["withdrawal_reason"])


def listed_case(row: Row) -> ListedCase:
    """A case from its row and its agencies."""
    return ListedCase(
        id=CaseId(row["id"]),
        region=row["region"],
        state=row["state"],
        opened_on=row["opened_on"],
        taking_part=frozenset(row["agencies"]),
        version=row["version"],
        bars=bars.of(row),
        case_type=row["case_type"],
    )


def _page(  # noqa: PLR0913, PLR0917 - the parts of one statement
    whole: Select[Any],
    of: TableClause,
    day: ColumnElement[Any],
    branches: Sequence[ColumnElement[bool]],
    after: Place | None,
    most: int,
) -> Select[Any]:
    """The first rows of each branch are found first, each along its index; the first of all are then read."""
    found = [_first(of, day, branch, after, most).subquery() for branch in branches]
    all_found = union(*(select(each.c.day, each.c.id) for each in found)).subquery()
    picked = select(all_found).order_by(all_found.c.day.desc(), all_found.c.id.desc()).limit(most).subquery()
    return whole.join(picked, picked.c.id == of.c.id).order_by(picked.c.day.desc(), picked.c.id.desc())


def _first(
    of: TableClause, day: ColumnElement[Any], branch: ColumnElement[bool], after: Place | None, most: int
) -> Select[Any]:
    query = select(day.label("day"), of.c.id).select_from(of.join(_K, _kept(of))).where(branch)
    if after is not None:
        query = query.where(tuple_(day, of.c.id) < tuple_(literal(after.day), literal(after.id)))
    return query.order_by(day.desc(), of.c.id.desc()).limit(most)


def _asked(of: TableClause, day: ColumnElement[Any], filters: Filters) -> list[ColumnElement[bool]]:
    bounds = []
    if filters.region is not None:
        bounds.append(of.c.region == filters.region)
    if filters.status is not None:
        # a literal, so that the index of those that wait serves
        bounds.append(of.c.state == literal_column(f"'{State[filters.status.name].value}'"))
    if filters.since is not None:
        bounds.append(day >= filters.since)
    if filters.until is not None:
        bounds.append(day <= filters.until)
    return bounds
