"""Who holds which office: read for every request, seeded for development, appointed by the operator."""

from collections.abc import Sequence
from datetime import date

from services.cases.catalog import Catalog
from services.cases.model.members import DEVELOPMENT_ROLES, Office, development_subject
from services.cases.store import members
from services.cases.store.members import Appointed
from services.kit.calendar import local_date
from services.kit.clock import Clock
from services.kit.db import Database, Work
from services.kit.ids import new_id
from services.kit.policy import Appointment, Caller, Policy
from services.kit.tokens import Identity

FIRST_DAY = date(2016, 12, 1)  # of the first meeting of a network (Põlva)


async def appointments_of(work: Work, subject: str) -> Sequence[Appointed]:
    """The appointments that a member holds today."""
    today = local_date(work.now)
    return [each for each in await members.appointments(work, subject) if each.holds(today)]


async def appoint(work: Work, offices: Sequence[tuple[str, Appointed]]) -> int:
    """Appoints members; how many appointments are new."""
    made = await members.appoint(work, offices, author=work.permit.caller.subject)
    work.audit("create", [*made], ["technical"])
    return len(made)


async def end(work: Work, subject: str, office: Appointed, day: date) -> int:
    """Ends an office on a day; how many appointments ended."""
    ended = await members.end(work, subject, office, day)
    work.audit("update", [*ended], ["technical"])
    return len(ended)


def development_offices(catalog: Catalog) -> Sequence[tuple[str, Appointed]]:
    """One development member for each office that there is: every role in every region and agency."""
    found = []
    for role in DEVELOPMENT_ROLES:
        regions = list(catalog.regions) if role.in_region else [None]
        agencies = list(catalog.agencies) if role.in_agency else [None]
        for region in regions:
            for agency in agencies:
                office = Office(role.code, region, agency)
                appointed = Appointed(role.code, region, agency, FIRST_DAY, None)
                found.append((development_subject(office), appointed))
    return found


class LocalAppointments:
    """The appointments that hold today, from this service's own tables: read anew for each request."""

    def __init__(self, database: Database, policy: Policy, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._permit = policy.permit(
            Caller.system("service:cases", "cases"), "check_rights", "accountability"
        )

    async def of(self, identity: Identity) -> tuple[Appointment, ...]:
        """The offices that the subject of a token holds today."""
        async with self._database.work(self._permit, str(new_id())) as work:
            found = await members.appointments(work, identity.subject)
        today = local_date(self._clock.now())
        return tuple(as_appointment(each) for each in found if each.holds(today))


def as_appointment(office: Appointed) -> Appointment:
    """The office as the policy table knows it."""
    attributes = {"region": office.region, "agency": office.agency}
    return Appointment(office.role, {name: value for name, value in attributes.items() if value is not None})


async def seed_development(database: Database, policy: Policy, catalog: Catalog) -> int:
    """Appoints the development members; those who hold their office are left alone. How many are new."""
    permit = policy.permit(Caller.system("service:cases", "cases"), "seed_members", "operations")
    async with database.work(permit, str(new_id())) as work:
        return await appoint(work, development_offices(catalog))
