"""The log of contacts, written once a version, and reports; words under the key of the case."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from services.cases.model.contacts import Contact, Report, ReportState
from services.cases.model.ids import CaseId
from services.cases.store import contents
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.paging import Place
from services.kit.sealed import Aad, DataKey

_CONTACT: Final = (
    "c.id, c.version, c.case_id, c.assignment_id, c.happened_on, c.channel, c.kind, c.outcome, c.minutes, "
    "c.retracted, c.recorded_by, c.recorded_at, c.sealed"
)
_LAST: Final = "not exists (select from support_contact n where n.id = c.id and n.version > c.version)"
_KEEP: Final = """
    insert into support_contact (id, version, case_id, assignment_id, happened_on, channel, kind, outcome,
        minutes, retracted, recorded_by, recorded_at, sealed)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
"""
_ONE: Final = f"select {_CONTACT} from support_contact c where c.id = $1 and {_LAST}"  # noqa: S608
_CASE_OF: Final = "select case_id from support_contact where id = $1 limit 1"
_LOG: Final = f"""
    select {_CONTACT} from support_contact c where c.case_id = $1 and {_LAST}
    and ($2::date is null or (c.happened_on, c.id) < ($2, $3::uuid))
    order by c.happened_on desc, c.id desc limit $4
"""  # noqa: S608 - constants
_VERSIONS: Final = f"""
    select {_CONTACT} from support_contact c where c.id = $1 order by c.version desc limit 100
"""  # noqa: S608 - constants
_COUNT: Final = f"""
    select count(*) as contacts, coalesce(sum(c.minutes), 0) as minutes from support_contact c
    where c.case_id = $1 and c.assignment_id = $2 and c.happened_on between $3 and $4
    and c.retracted is null and {_LAST}
"""  # noqa: S608 - constants
_REPORT: Final = (
    "id, case_id, assignment_id, since, until, state, contacts, minutes, reason, version, content_version, "
    "submitted_by, submitted_at, decided_by, decided_at, sealed"
)
_SUBMIT: Final = f"""
    insert into support_report ({_REPORT})
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
"""  # noqa: S608 - constants
_CHANGE: Final = """
    update support_report set state = $2, contacts = $3, minutes = $4, reason = $5, version = $6,
        content_version = $7, submitted_by = $8, submitted_at = $9, decided_by = $10, decided_at = $11,
        sealed = $12
    where id = $1
"""
_REPORT_OF: Final = "select case_id from support_report where id = $1"
_REPORTS: Final = f"""
    select {_REPORT} from support_report where case_id = $1 order by until desc, id desc limit 200
"""  # noqa: S608 - constants


async def keep(work: Work, contact: Contact, key: DataKey) -> None:
    """Writes a version of a contact; an earlier one stays."""
    sealed = None
    if contact.retracted is None:
        sealed = contents.sealed(key, {"note": contact.note}, _contact_place(contact.id, contact.version))
    await work.fetch(
        _KEEP,
        contact.id,
        contact.version,
        contact.case,
        contact.assignment,
        contact.happened_on,
        contact.channel,
        contact.kind,
        contact.outcome,
        contact.minutes,
        contact.retracted,
        contact.recorded_by,
        contact.recorded_at,
        sealed,
    )


async def case_of(work: Work, contact: UUID) -> CaseId | None:
    """Of which case a contact is; None for one that the caller may not see."""
    rows = await work.fetch(_CASE_OF, contact)
    return CaseId(rows[0]["case_id"]) if rows else None


async def contact(work: Work, contact_id: UUID, key: DataKey) -> Contact | None:
    """A contact as it holds."""
    rows = await work.fetch(_ONE, contact_id)
    return _contact(rows[0], key) if rows else None


async def versions(work: Work, contact_id: UUID, key: DataKey) -> Sequence[Contact]:
    """All that was told of a contact, the last first."""
    return [_contact(row, key) for row in await work.fetch(_VERSIONS, contact_id)]


async def log(work: Work, case: CaseId, key: DataKey, before: Place | None, most: int) -> Sequence[Contact]:
    """The contacts of a case, the newest first."""
    day, last = (None, None) if before is None else (before.day, before.id)
    return [_contact(row, key) for row in await work.fetch(_LOG, case, day, last, most)]


async def counted(work: Work, case: CaseId, assignment: UUID, since: date, until: date) -> tuple[int, int]:
    """How many contacts and minutes there were by an assignment from a day until another."""
    [row] = await work.fetch(_COUNT, case, assignment, since, until)
    return int(row["contacts"]), int(row["minutes"])


async def report_of(work: Work, report: UUID) -> CaseId | None:
    """Of which case a report is; None for one that the caller may not see."""
    rows = await work.fetch(_REPORT_OF, report)
    return CaseId(rows[0]["case_id"]) if rows else None


async def reports(work: Work, case: CaseId, key: DataKey) -> Sequence[Report]:
    """The reports of a case, the newest first."""
    return [_report(row, key) for row in await work.fetch(_REPORTS, case)]


async def submit(work: Work, report: Report, key: DataKey) -> None:
    """Writes a new report."""
    await work.fetch(
        _SUBMIT,
        report.id,
        report.case,
        report.assignment,
        report.since,
        report.until,
        report.state.value,
        report.contacts,
        report.minutes,
        report.reason,
        report.version,
        report.content_version,
        report.submitted_by,
        report.submitted_at,
        report.decided_by,
        report.decided_at,
        _sealed(report, key),
    )


async def change(work: Work, report: Report, key: DataKey) -> None:
    """Writes a report of a held case as it is now."""
    await work.fetch(
        _CHANGE,
        report.id,
        report.state.value,
        report.contacts,
        report.minutes,
        report.reason,
        report.version,
        report.content_version,
        report.submitted_by,
        report.submitted_at,
        report.decided_by,
        report.decided_at,
        _sealed(report, key),
    )


def _contact_place(row: UUID, version: int) -> Aad:
    return Aad("support_contact", "sealed", row, version)


def _report_place(row: UUID, version: int) -> Aad:
    return Aad("support_report", "sealed", row, version)


def _sealed(report: Report, key: DataKey) -> bytes:
    told = {"summary": report.summary, "worries": report.worries}
    return contents.sealed(key, told, _report_place(report.id, report.content_version))


def _contact(row: Row, key: DataKey) -> Contact:
    note = None
    if row["sealed"] is not None:
        note = contents.opened(key, row["sealed"], _contact_place(row["id"], row["version"]))["note"]
    return Contact(
        id=row["id"],
        version=row["version"],
        case=CaseId(row["case_id"]),
        assignment=row["assignment_id"],
        happened_on=row["happened_on"],
        channel=row["channel"],
        kind=row["kind"],
        outcome=row["outcome"],
        minutes=row["minutes"],
        retracted=row["retracted"],
        note=note,
        recorded_by=row["recorded_by"],
        recorded_at=row["recorded_at"],
    )


def _report(row: Row, key: DataKey) -> Report:
    place = _report_place(row["id"], row["content_version"])
    told = contents.opened(key, row["sealed"], place)
    return Report(
        id=row["id"],
        case=CaseId(row["case_id"]),
        assignment=row["assignment_id"],
        since=row["since"],
        until=row["until"],
        state=ReportState(row["state"]),
        contacts=row["contacts"],
        minutes=row["minutes"],
        reason=row["reason"],
        version=row["version"],
        content_version=row["content_version"],
        submitted_by=row["submitted_by"],
        submitted_at=row["submitted_at"],
        decided_by=row["decided_by"],
        decided_at=row["decided_at"],
        summary=told["summary"],
        worries=told["worries"],
    )
