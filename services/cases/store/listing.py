"""Referrals, cases and people as a caller may see them: one page, by a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    String,
    TableClause,
    and_,
    cast,
    column,
    exists,
    func,
    literal,
    or_,
    select,
    table,
    tuple_,
)

from services.cases.model.codes import State
from services.kit.db import Work
from services.kit.policy import Columns


def _table(name: str, columns: str) -> TableClause:
    return table(name, *(column(each) for each in columns.split()))


_R = _table(
    "referral",
    "id reference sender sender_reference region referred_on occurred_at received_at changed_at grounds state"
    " state_reason decided_at score_state case_id key_id content_version sealed note_sealed version",
)
_A = _table(
    "assessment",
    "id referral_id instrument version content_hash engine score band grounds scored_at result_sealed",
)
_C = _table("marac_case", "id region state opened_on version")
_G = _table("case_agency", "case_id agency region")
_P = _table(
    "participation",
    "id person_id referral_id case_id role relation sex age_band municipality sealed key_id version",
)

Found = Row[*tuple[Any, ...]]
"""A row of one of the queries here, by the names of its columns."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: behind the row with this day and id (lists run from the newest to the oldest)."""

    day: date
    id: UUID


@dataclass(frozen=True, slots=True)
class Filters:
    """What a caller asks a list for; None asks for everything."""

    region: str | None = None
    state: State | None = None
    since: date | None = None
    until: date | None = None


def _agency() -> ColumnElement[str]:
    return cast(_G.c.agency, String) + "@" + cast(_G.c.region, String)


def _agency_names(case: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.array(select(_agency()).where(_G.c.case_id == case).scalar_subquery())


def _columns(of: TableClause, case: ColumnElement[Any]) -> Columns:
    def takes_part(values: Sequence[str]) -> ColumnElement[bool]:
        return exists(select(_G.c.agency).where(_G.c.case_id == case, _agency().in_(values)))

    return {"region": of.c.region.in_, "agencies": takes_part}


_REFERRALS = select(
    *_R.c, _agency_names(_R.c.case_id).label("agencies"), _A.c.id.label("assessment_id"), _A.c.instrument,
    _A.c.version.label("instrument_version"), _A.c.content_hash, _A.c.engine, _A.c.score,
    _A.c.band, _A.c.grounds.label("score_grounds"), _A.c.scored_at, _A.c.result_sealed,
).select_from(_R.outerjoin(_A, _A.c.referral_id == _R.c.id))  # fmt: skip
_CASES = select(*_C.c, _agency_names(_C.c.id).label("agencies"))


def _page(
    query: Select[Any], day: ColumnElement[Any], row: ColumnElement[Any], after: Place | None
) -> Select[Any]:
    if after is not None:
        query = query.where(tuple_(day, row) < tuple_(literal(after.day), literal(after.id)))
    return query.order_by(day.desc(), row.desc())


async def referrals(work: Work, filters: Filters, after: Place | None, most: int) -> Sequence[Found]:
    """One page of referrals that the permit covers, the newest day of referral first."""
    wanted = and_(
        work.permit.sql(_columns(_R, _R.c.case_id), _R.c.state),
        _equal(_R.c.region, filters.region),
        _equal(_R.c.state, filters.state),
        *_between(_R.c.referred_on, filters),
    )
    query = _page(_REFERRALS.where(wanted), _R.c.referred_on, _R.c.id, after)
    return list(await work.conn.execute(query.limit(most)))


async def cases(work: Work, filters: Filters, after: Place | None, most: int) -> Sequence[Found]:
    """One page of cases that the permit covers, the newest first."""
    wanted = and_(
        work.permit.sql(_columns(_C, _C.c.id), _C.c.state),
        _equal(_C.c.region, filters.region),
        *_between(_C.c.opened_on, filters),
    )
    query = _page(_CASES.where(wanted), _C.c.opened_on, _C.c.id, after)
    return list(await work.conn.execute(query.limit(most)))


async def referral(work: Work, referral_id: UUID) -> Found | None:
    """One referral with its assessment and the agencies of its case; row-level security has its say."""
    return (await work.conn.execute(_REFERRALS.where(_R.c.id == referral_id))).one_or_none()


async def case(work: Work, case_id: UUID) -> Found | None:
    """One case with its agencies."""
    return (await work.conn.execute(_CASES.where(_C.c.id == case_id))).one_or_none()


async def referrals_of(work: Work, case_id: UUID) -> Sequence[Found]:
    """The referrals that belong to a case, the oldest first."""
    query = _REFERRALS.where(_R.c.case_id == case_id).order_by(_R.c.referred_on, _R.c.id)
    return (await work.conn.execute(query)).all()


async def participations(
    work: Work, *, referral_ids: Sequence[UUID] = (), person_id: UUID | None = None
) -> Sequence[Found]:
    """People's parts in referrals, or one person's parts, with what the policy asks about each referral."""
    joined = _P.join(_R, _R.c.id == _P.c.referral_id)
    chosen = or_(_P.c.referral_id.in_(referral_ids), _P.c.person_id == person_id)
    query = (
        select(*_P.c, _R.c.region, _R.c.state, _agency_names(_R.c.case_id).label("agencies"))
        .select_from(joined)
        .where(chosen)
        .order_by(_P.c.role != "victim", _P.c.role, _P.c.id)
    )
    return (await work.conn.execute(query)).all()


def _equal(of: ColumnElement[Any], value: str | None) -> ColumnElement[bool]:
    return literal(True) if value is None else of == value


def _between(day: ColumnElement[Any], filters: Filters) -> Sequence[ColumnElement[bool]]:
    bounds = []
    if filters.since is not None:
        bounds.append(day >= filters.since)
    if filters.until is not None:
        bounds.append(day <= filters.until)
    return bounds
