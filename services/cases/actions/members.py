"""Who holds which office: read for every request, seeded for development."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from services.cases.actions.sessions import ESTONIA, member_subject
from services.cases.catalog import Catalog
from services.cases.model.members import Appointed, HeldIn, Office, development_subject
from services.cases.store import members
from services.kit.calendar import add_months, local_date
from services.kit.db import Database, Work
from services.kit.ids import new_id
from services.kit.personal_code import PersonalCode
from services.kit.policy import Appointment, Caller, Policy
from services.kit.problem import Unauthenticated
from services.kit.sealed import BlindIndex
from services.kit.tokens import Identity

FIRST_ROLE = "programme-officer"
AT_FIRST = 2
FIRST_DAY = date(2016, 12, 1)  # of the first meeting of a network (Põlva)


async def offices_of(work: Work, subject: str) -> Sequence[Appointed]:
    """The offices that a member holds today."""
    return await members.held(work, subject, local_date(work.now))


async def offices_in(work: Work, subject: str, session: UUID) -> Sequence[Appointed] | None:
    """The same for who comes in a session; None when the session has ended."""
    return await members.held_in(work, subject, local_date(work.now), session)


class LocalAppointments:
    """The appointments that hold today, from this service's own tables: read anew for each request."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, identity: Identity) -> tuple[Appointment, ...]:
        """The offices that the subject of a token holds today; Unauthenticated when its session has ended."""
        now, session = self._database.clock.now(), identity.session
        held = await members.held_before_permit(
            self._database, identity.subject, local_date(now), None if session is None else session.id, now
        )
        if held is None:
            raise Unauthenticated
        return tuple(as_appointment(each) for each in held)


def as_appointment(office: Appointed) -> Appointment:
    """The office as the policy table knows it; in whose place it is held stands in the audit log by it."""
    attributes = {"region": office.region, "agency": office.agency, "principal": office.principal}
    return Appointment(office.role, {name: value for name, value in attributes.items() if value is not None})


def development_offices(catalog: Catalog) -> Sequence[tuple[str, Appointed]]:
    """One development member for each office that there is: every role in every region and agency."""
    found = []
    for role, rule in catalog.offices.offices.items():
        regions = [None] if rule.held_in is HeldIn.NOWHERE else list(catalog.regions)
        agencies = list(catalog.agencies) if rule.held_in is HeldIn.AGENCY else [None]
        for region in regions:
            for agency in agencies:
                office = Office(role, region, agency)
                appointed = Appointed(role, region, agency, FIRST_DAY, None)
                found.append((development_subject(office), appointed))
    return found


async def seed_development(database: Database, policy: Policy, catalog: Catalog) -> int:
    """Appoints the development members; those who hold their office are left alone. How many are new."""
    permit = policy.permit(Caller.system("service:cases", "cases"), "seed_members", "operations")
    async with database.work(permit, str(new_id())) as work:
        made = await members.appoint(work, development_offices(catalog), author=permit.caller.subject)
        if made:
            work.audit("create", [*made], ["technical"])
        return len(made)


class AlreadyFoundedError(PermissionError):
    """Somebody holds an office already: whoever does appoints the next ones."""


async def found_offices(
    database: Database, policy: Policy, catalog: Catalog, index: BlindIndex, people: Sequence[PersonalCode]
) -> int:
    """Appoints the first programme officers, by whom, two at a time, everybody else is appointed.

    It is done once, by who operates the installation, while nobody holds an office: two persons at the least,
    for one alone could approve nothing. How many were appointed. Raises ValueError when one person stands
    there twice or is alone, AlreadyFoundedError when an office is held.
    """
    if len(people) < AT_FIRST or len({code.value for code in people}) < len(people):
        raise ValueError("the first offices are for at least two different persons")
    permit = policy.permit(Caller.system("service:cases", "cases"), "seed_members", "operations")
    async with database.work(permit, str(new_id())) as work:
        today = local_date(work.now)
        if await members.is_any_office_held(work, today):
            raise AlreadyFoundedError("an office is held already: whoever holds one appoints the next")
        office = Appointed(FIRST_ROLE, None, None, today, add_months(today, catalog.offices.most_months))
        new = [(member_subject(index, f"{ESTONIA}{code.value}"), office) for code in people]
        made = await members.appoint(work, new, author=permit.caller.subject)
        work.audit("create", [*made], ["technical"])
        return len(made)
