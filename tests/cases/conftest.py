"""Builders: things that are valid and dull until a test says otherwise."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio

from services.cases import catalog as published
from services.cases.actions.callouts import CallOutAsker
from services.cases.actions.casework import Casework
from services.cases.actions.correcting import Correcting
from services.cases.actions.disclosures import Discloser
from services.cases.actions.intake import Intake, Taken
from services.cases.actions.scoring import Rescorer
from services.cases.actions.screening import Screener
from services.cases.app import LOGS
from services.cases.catalog import Catalog
from services.cases.model.codes import Answer, Consent, Decision, Ground, Relation, Role, Sex
from services.cases.model.referral import (
    AssessmentFacts,
    Incoming,
    Occurrence,
    PersonFacts,
    ReferralFacts,
    Referrer,
    Sender,
)
from services.cases.model.states import Screening
from services.cases.outbound import Police, RiskScore
from services.cases.store.referrals import Stored
from services.kit import keys, personal_code
from services.kit.client import ServiceClient
from services.kit.clock import FixedClock
from services.kit.db import Database, Work
from services.kit.ids import new_reference
from services.kit.policy import Appointment, Caller, Permit, Policy
from services.kit.sealed import BlindIndex, KeyRing, Pseudonyms
from services.kit.sequencer import Sequencer
from tests.cases.doubles import FakeExchange, FakeScorer

AT = datetime(2017, 5, 4, 12, 0, tzinfo=UTC)
_RELATIONS = {
    Role.VICTIM: None,
    Role.THREATENING_PERSON: Relation.PARTNER,
    Role.CHILD: Relation.CHILD,
    Role.OTHER: Relation.OTHER,
}
_BIRTHS = {Role.CHILD: date(2009, 3, 1)}

Build = Callable[..., Any]


@pytest.fixture(scope="session")
def at() -> datetime:
    """The moment at which the tests take place."""
    return AT


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return published.load()


@pytest.fixture(scope="session")
def a_person() -> Build:
    def make(
        role: Role = Role.VICTIM, *, serial: int = 1, born: date | None = None, **changes: Any
    ) -> PersonFacts:
        birth = born or _BIRTHS.get(role, date(1984, 6, 15))
        sex = Sex.MALE if role is Role.THREATENING_PERSON else Sex.FEMALE
        person = PersonFacts(
            role=role,
            relation=_RELATIONS[role],
            personal_code=personal_code.make(birth, "male" if sex is Sex.MALE else "female", serial),
            birth_date=birth,
            given_name=f"Eesnimi{serial}",
            family_name="Perenimi",
            sex=sex,
            municipality="0698",
            address=f"Salajane tänav {serial}",
            phone=f"+372 555 00{serial:02d}",
            safe_contact="sõbranna juures",
            language="et",
        )
        return replace(person, **changes)

    return make


@pytest.fixture(scope="session")
def an_assessment() -> Build:
    def make(yes: int = 15, **changes: Any) -> AssessmentFacts:
        answers = {f"item-{number}": Answer.YES for number in range(yes)}
        return replace(AssessmentFacts("dash", date(2017, 3, 2), answers), **changes)

    return make


@pytest.fixture(scope="session")
def a_referral(a_person: Build, an_assessment: Build) -> Build:
    def make(*persons: PersonFacts, **changes: Any) -> ReferralFacts:
        facts = ReferralFacts(
            referred_on=date(2017, 3, 2),
            region="polva",
            occurrence=Occurrence(datetime(2017, 3, 1, 20, 30, tzinfo=UTC), "Lõi ja ähvardas."),
            persons=persons
            or (a_person(), a_person(Role.THREATENING_PERSON, serial=2), a_person(Role.CHILD, serial=3)),
            assessment=an_assessment(),
            grounds=(Ground.VISIBLE_HIGH_RISK,),
            judgement_reason=None,
            consent=Consent.GIVEN,
            victim_informed=True,
            victim_wishes="Soovib lahkuda.",
            referrer=Referrer("Kalle Kask", "Lõuna prefektuur"),
        )
        return replace(facts, **changes)

    return make


@pytest.fixture(scope="session")
def a_message(a_referral: Build) -> Build:
    """The same referral as JSON."""

    def make(**changes: Any) -> dict[str, Any]:
        facts = a_referral()
        assessment = facts.assessment
        return {
            "referredOn": facts.referred_on.isoformat(),
            "region": facts.region,
            "event": {
                "occurredAt": "2017-03-01T20:30:00Z",
                "description": facts.occurrence.description,
            },
            "persons": [_person(person) for person in facts.persons],
            "assessment": {
                "instrument": assessment.instrument,
                "completedOn": assessment.completed_on.isoformat(),
                "answers": {key: answer.value for key, answer in assessment.answers.items()},
            },
            "grounds": [ground.value for ground in facts.grounds],
            "judgementReason": facts.judgement_reason,
            "consent": facts.consent.value,
            "victimInformed": facts.victim_informed,
            "victimWishes": facts.victim_wishes,
            "referrer": {"name": facts.referrer.name, "unit": facts.referrer.unit},
            **changes,
        }

    return make


def _person(person: PersonFacts) -> dict[str, Any]:
    return {
        "role": person.role.value,
        "relationToVictim": person.relation.value if person.relation else None,
        "personalCode": person.personal_code,
        "birthDate": person.birth_date.isoformat() if person.birth_date else None,
        "givenName": person.given_name,
        "familyName": person.family_name,
        "sex": person.sex.value,
        "municipality": person.municipality,
        "address": person.address,
        "phone": person.phone,
        "safeContact": person.safe_contact,
        "language": person.language,
    }


POLIS = "ee-dev/GOV/70008747/polis"
STAR = "ee-dev/GOV/70009770/star"


class _Signer:
    def token(self, audience: str, subject: str, purpose: str) -> str:
        return "token"


def client_of(scorer: FakeScorer) -> RiskScore:
    transport = httpx.MockTransport(scorer)
    return RiskScore(
        ServiceClient(
            base_url="http://riskscore", audience="riskscore", signer=_Signer(), transport=transport
        )
    )


@pytest.fixture(scope="session")
def key_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    keys.ensure(folder)
    return folder


@dataclass
class World:
    """Everything that actions need, on a fresh database."""

    database: Database
    owner_url: str
    admin_url: str
    catalog: Catalog
    policy: Policy
    ring: KeyRing
    index: BlindIndex
    pseudonyms: Pseudonyms
    discloser: Discloser
    scorer: FakeScorer
    clock: FixedClock
    riskscore: RiskScore = field(init=False)
    exchange: FakeExchange = field(default_factory=FakeExchange)
    police: Police = field(init=False)

    def __post_init__(self) -> None:
        self.riskscore = client_of(self.scorer)
        transport = httpx.MockTransport(self.exchange)
        self.police = Police(
            ServiceClient(
                base_url="http://exchange", audience="exchange", signer=_Signer(), transport=transport
            )
        )

    @property
    def asker(self) -> CallOutAsker:
        return CallOutAsker(self.database, self.policy, self.police, self.ring, self.catalog, self.discloser)

    @property
    def intake(self) -> Intake:
        return Intake(self.database, self.catalog, self.riskscore, self.ring, self.index, 1.0)

    @property
    def correcting(self) -> Correcting:
        return Correcting(self.intake, self.pseudonyms)

    @property
    def screener(self) -> Screener:
        return Screener(self.catalog, self.ring, self.pseudonyms)

    @property
    def casework(self) -> Casework:
        return Casework(self.catalog, self.ring)

    async def open_case(self, facts: ReferralFacts, *agencies: str) -> UUID:
        """A case: a referral that was taken, and accepted in its region with these agencies."""
        taken = await self.take(facts)
        permit = self.permit_of("coordinator", "screen_referral", region=facts.region)
        async with self.work(permit) as work:
            await self.screener.screen(work, taken.id, Screening(Decision.ACCEPT, None, None, agencies), 1)
        return UUID(str((await self.rows("select case_id from referral where id = $1", taken.id))[0][0]))

    @property
    def rescorer(self) -> Rescorer:
        return Rescorer(self.database, self.policy, self.riskscore, self.ring, self.catalog.transitions)

    def permit(self, operation: str, purpose: str, subject: str = POLIS, service: str = "exchange") -> Permit:
        return self.policy.permit(Caller.system(subject, service), operation, purpose)

    def permit_of(self, role: str, operation: str, **attributes: str) -> Permit:
        caller = Caller.member(f"{role}-1", (Appointment(role, attributes),))
        return self.policy.permit(caller, operation, "case-work")

    async def take(self, facts: ReferralFacts, **changes: Any) -> Taken:
        """Takes a referral as ``exchange`` hands it over; without ``intake`` each in a process of its own."""
        intake: Intake = changes.pop("intake", None) or self.intake
        client = changes.pop("client", POLIS)
        incoming = Incoming(
            reference=changes.pop("reference", None) or new_reference(),
            sender=Sender(client, changes.pop("sender_reference", str(uuid4())), 1),
            content=changes.pop("content", b"the same"),
            facts=facts,
        )
        permit = self.permit("take_referral", "intake", client)

        async def answer(work: Work, taken: Taken, decision: object) -> Taken:
            return taken

        return await intake.take(permit, str(uuid4()), incoming, answer)

    @asynccontextmanager
    async def work(self, permit: Permit) -> AsyncIterator[Work]:
        async with self.database.work(permit, str(uuid4())) as work:
            yield work

    async def correct(self, reference: str, facts: ReferralFacts, **changes: Any) -> Stored:
        """Corrects a referral as ``exchange`` hands it over."""
        client = changes.pop("client", POLIS)
        sender = Sender(client, changes.pop("sender_reference", "A-1"), changes.pop("version", 2))
        content = changes.pop("content", f"version {sender.version}".encode())
        permit = self.permit("correct_referral", "intake", changes.pop("subject", client))

        async def answer(work: Work, stored: Stored, decision: object) -> Stored:
            return stored

        incoming = Incoming(reference, sender, content, facts)
        return await self.correcting.correct(permit, str(uuid4()), incoming, sender, answer)

    async def rows(self, query: str, *args: object) -> list[asyncpg.Record]:
        """What is in the database, past row-level security."""
        connection = await asyncpg.connect(self.admin_url)
        try:
            return list(await connection.fetch(query, *args))
        finally:
            await connection.close()

    async def count(self, table: str) -> int:
        return int((await self.rows(f"select count(*) from {table}"))[0][0])  # noqa: S608 - a test's own word

    async def sequence(self) -> None:
        """Gives what is committed its positions."""
        await Sequencer(self.database, LOGS).drain()

    async def referral_id(self, reference: str) -> UUID:
        found = await self.rows("select id from referral where reference = $1", reference)
        return UUID(str(found[0][0]))


@pytest.fixture(scope="session")
def place(service_database: Build) -> Any:
    """One database for all tests of the service; each finds it empty."""
    return service_database("cases")


async def _empty(admin_url: str) -> None:
    connection = await asyncpg.connect(admin_url)
    try:
        tables = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
        names = {row["tablename"] for row in tables} - {"alembic_version", "log_epoch"}
        deletions = "".join(f"delete from {name};" for name in names)  # noqa: S608 - the catalogue's names
        await connection.execute(f"set session_replication_role = replica; {deletions}")
    finally:
        await connection.close()


@pytest_asyncio.fixture
async def world(place: Any, key_folder: Path, catalog: Catalog) -> AsyncIterator[World]:
    await _empty(place.admin_url)
    clock = FixedClock(AT)
    audit_key = keys.load_secret(key_folder, "cases.audit")
    database = Database(place.url, service="cases", clock=clock, audit_key=audit_key)
    await database.open()
    made = World(
        database=database,
        owner_url=place.owner_url,
        admin_url=place.admin_url,
        catalog=catalog,
        policy=Policy.load("services.cases"),
        ring=KeyRing.from_file(key_folder / "cases.kek.json"),
        index=BlindIndex(keys.load_secret(key_folder, "cases.blind-index")),
        pseudonyms=Pseudonyms(keys.load_secret(key_folder, "cases.pseudonym")),
        discloser=Discloser(catalog.disclosures, BlindIndex(keys.load_secret(key_folder, keys.DISCLOSURES))),
        scorer=FakeScorer(),
        clock=clock,
    )
    try:
        yield made
    finally:
        await made.riskscore.aclose()
        await made.police.aclose()
        await database.close()
