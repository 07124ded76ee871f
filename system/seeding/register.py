"""The register as the invented country fills it: day by day, by the actions that people and partners use."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Final, TypeVar
from uuid import UUID, uuid4

import httpx

from services.cases.actions.casework import Casework
from services.cases.actions.duties import Duties
from services.cases.actions.exclusions import Exclusions
from services.cases.actions.intake import Intake, Taken
from services.cases.actions.monitoring import Monitoring, Why
from services.cases.actions.records import Records
from services.cases.actions.screening import Screener
from services.cases.app.names import NAME
from services.cases.app.parts import Parts
from services.cases.model.codes import Role
from services.cases.model.exclusions import ExclusionKind, NewExclusion
from services.cases.model.records import About
from services.cases.model.referral import Incoming, Sender
from services.cases.outbound import RiskScore
from services.cases.settings import Settings
from services.cases.store import dossiers
from services.kit import keys
from services.kit.client import ServiceClient
from services.kit.clock import Clock
from services.kit.db import Database, Work
from services.kit.policy import Appointment, Caller
from services.kit.policy import Decision as Allowed
from services.kit.sealed import BlindIndex, Pseudonyms
from services.kit.tokens import ServiceSigner
from services.riskscore.app import create_app as create_riskscore
from services.riskscore.settings import Settings as ScoreSettings
from system.seeding import facts
from system.seeding.nation import Fate, Plant, Story

SENDER: Final = "ee-dev/GOV/70008747/polis"
AT_ONCE: Final = 16
#: After how many days a case is closed, and its monitoring ends.
CLOSES, ENDS = timedelta(days=60), timedelta(days=90)
_OPERATIONS: Final = {"close": "close_case", "end": "end_monitoring"}
_PATIENCE: Final = 30.0
_One = TypeVar("_One")
_Other = TypeVar("_Other")


@dataclass(slots=True)
class Calendar:
    """The day on which the country is; a clock."""

    day: date

    def now(self) -> datetime:
        """Noon in the east of Europe."""
        return datetime.combine(self.day, time(10), UTC)


@dataclass(frozen=True, slots=True)
class Made:
    """A case that was made: of which story, and its id."""

    story: Story
    case: UUID


@dataclass
class Register:
    """Tells the stories to the register."""

    parts: Parts
    database: Database
    calendar: Calendar
    intake: Intake
    screener: Screener
    monitoring: Monitoring
    exclusions: Exclusions
    records: Records
    _later: dict[date, list[tuple[str, Made]]] = field(default_factory=lambda: defaultdict(list))

    async def tell(self, stories: Sequence[Story]) -> AsyncIterator[int]:
        """Day by day; yields how many referrals are told so far."""
        told, rest = 0, iter(stories)
        story = next(rest, None)
        while story is not None or self._later:
            day = min([*self._later, *([story.day] if story else [])])
            self.calendar.day = day
            today = []
            while story is not None and story.day == day:
                today.append(story)
                story = next(rest, None)
            await self._each(self._later.pop(day, []), self._goes_on)
            for some in _batches(today):
                taken = await asyncio.gather(*(self._take(one) for one in some))
                await self._each(list(zip(some, taken, strict=True)), self._screen)
            told += len(today)
            yield told

    async def is_used(self) -> bool:
        """Whether anything was ever told to the register."""
        [row] = await self.database.look("select exists (select from stream) as used")
        return bool(row["used"])

    async def _each(
        self, things: Sequence[tuple[_One, _Other]], what: Callable[[_One, _Other], Awaitable[None]]
    ) -> None:
        for some in _batches(things):
            await asyncio.gather(*(what(*one) for one in some))

    async def _take(self, story: Story) -> UUID:
        permit = self.parts.policy.permit(Caller.system(SENDER, "exchange"), "take_referral", "intake")
        sender = Sender(SENDER, story.reference, 1)
        incoming = Incoming(story.reference, sender, story.reference.encode(), facts.referral(story))
        taken = await self.intake.take(permit, str(uuid4()), incoming, _as_it_is)
        return taken.id

    async def _screen(self, story: Story, referral: UUID) -> None:
        if story.fate is Fate.WAITING:
            return
        async with self._as(story, "coordinator", "screen_referral") as work:
            done = await self.screener.screen(work, referral, facts.screening(story), 1)
        if story.fate.is_case:
            await self._work_on(Made(story, done.head.case))

    async def _work_on(self, made: Made) -> None:
        story = made.story
        if Plant.PROTECTED in story.plants:
            async with self._as(story, "coordinator", "record_entry") as work:
                [victim] = [
                    part for part in await dossiers.in_case(work, made.case) if part.role is Role.VICTIM
                ]
                about = About(victim.person, Role.VICTIM, "address")
                await self.records.record(work, made.case, about, facts.hidden(story))
        if Plant.CONFLICT in story.plants:
            async with self._as(story, "agency-member", "declare_conflict", agency="police") as work:
                new = NewExclusion(work.permit.caller.subject, ExclusionKind.RELATIVE, "Sugulane.", None)
                await self.exclusions.declare(work, made.case, new)
        if story.fate in {Fate.MONITORED, Fate.ENDED}:
            self._later[story.day + CLOSES].append(("close", made))
        if story.fate is Fate.ENDED:
            self._later[story.day + ENDS].append(("end", made))

    async def _goes_on(self, what: str, made: Made) -> None:
        async with self._as(made.story, "coordinator", _OPERATIONS[what]) as work:
            case = await dossiers.case(work, made.case)
            if case is None:
                raise LookupError("a case that was made is not there")
            if what == "close":
                why = Why("protected", None)
                await self.monitoring.close(work, made.case, self.calendar.day, why, case.version)
            else:
                await self.monitoring.end(work, made.case, Why("moved-abroad", None), case.version)

    @asynccontextmanager
    async def _as(self, story: Story, role: str, operation: str, **more: str) -> AsyncIterator[Work]:
        """A transaction of somebody who holds an office in the story's region."""
        subject = f"dev:{role}:{story.region}:{more.get('agency', '')}"
        caller = Caller.member(subject, (Appointment(role, {"region": story.region, **more}),))
        permit = self.parts.policy.permit(caller, operation, "case-work")
        async with self.database.work(permit, str(uuid4())) as work:
            yield work


@asynccontextmanager
async def opened(settings: Settings | None = None) -> AsyncIterator[Register]:
    """The register that the settings name, with the scorer in this process."""
    parts = Parts.of(settings or Settings())
    calendar = Calendar(date(2016, 7, 1))
    own = parts.settings
    database = Database(
        own.database_url,
        service=NAME,
        clock=calendar,
        audit_key=keys.load_secret(own.keys, f"{NAME}.audit"),
        pool_size=AT_ONCE,
    )
    try:
        await database.open()
        async with _scorer(own, parts.clock) as scorer:
            yield _register(parts, database, calendar, scorer)
    finally:
        await database.close()
        await parts.riskscore.aclose()
        await parts.police.aclose()
        await parts.database.close()


def _register(parts: Parts, database: Database, calendar: Calendar, scorer: RiskScore) -> Register:
    own, catalog, ring = parts.settings, parts.catalog, parts.ring
    index = BlindIndex(keys.load_secret(own.keys, "cases.blind-index"))
    pseudonyms = Pseudonyms(keys.load_secret(own.keys, "cases.pseudonym"))
    casework = Casework(catalog, ring)
    return Register(
        parts=parts,
        database=database,
        calendar=calendar,
        intake=Intake(database, catalog, scorer, ring, index, _PATIENCE),
        screener=Screener(catalog, ring, pseudonyms),
        monitoring=Monitoring(catalog, casework, Duties(catalog.clocks)),
        exclusions=Exclusions(catalog, casework),
        records=Records(casework, catalog, index),
    )


@asynccontextmanager
async def _scorer(own: Settings, clock: Clock) -> AsyncIterator[RiskScore]:
    app = create_riskscore(ScoreSettings(keys=own.keys))
    signer = ServiceSigner(NAME, keys.load_signing(own.keys, NAME), clock)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        client = ServiceClient(
            base_url="http://riskscore",
            audience="riskscore",
            signer=signer,
            read_timeout=_PATIENCE,
            transport=transport,
        )
        scorer = RiskScore(client)
        try:
            yield scorer
        finally:
            await scorer.aclose()


async def _as_it_is(_: Work, taken: Taken, __: Allowed) -> Taken:
    return taken


def _batches(things: Iterable[_One]) -> Iterator[Sequence[_One]]:
    rest = iter(things)
    while some := list(islice(rest, AT_ONCE)):
        yield some
