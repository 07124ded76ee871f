from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import httpx
import pytest
from fastapi import FastAPI

from services.indicators import catalog
from services.indicators.actions.consuming import Consumer
from services.indicators.app import NAME, PERSONAL, create_app
from services.indicators.catalog import Catalog
from services.indicators.model import CaseFact, PersonFact
from services.indicators.outbound import MOST, Batch, EpochEndedError, read_batch
from services.indicators.settings import Settings
from services.kit import keys
from services.kit.calendar import age_on
from services.kit.clock import FixedClock
from services.kit.db import Database
from services.kit.personal_code import parse
from services.kit.policy import Appointment, Caller, Permit, Policy
from services.kit.tokens import AccessTokenIssuer, Identity
from services.kit.tokens.signing import DEVELOPMENT_ISSUER
from system.samples import messages

NOW = datetime(2018, 9, 15, 12, 0, tzinfo=UTC)
AUDIT_KEY = bytes(range(32))
POLICY = Policy.load("services.indicators")
OFFICES = {
    "olga": (Appointment("programme-officer"),),
    "maret": (Appointment("coordinator", {"region": "polva"}),),
    "rein": (Appointment("coordinator", {"region": "rakvere"}),),
    "anu": (Appointment("agency-member", {"region": "polva", "agency": "police"}),),
    "nobody": (),
}

SPACE = UUID("00000000-0000-5000-8000-000000000000")
BANDS = {0: "0-6", 7: "7-13", 14: "14-17", 18: "18-24", 25: "25-34", 35: "35-49", 50: "50-64", 65: "65+"}


@pytest.fixture(scope="session")
def published() -> Catalog:
    return catalog.load()


@pytest.fixture(scope="session")
def a_case() -> Callable[..., CaseFact]:
    def make(name: str = "case", **given: Any) -> CaseFact:
        return CaseFact(
            stream=uuid5(SPACE, name),
            version=given.get("version", 3),
            region=given.get("region", "polva"),
            referred_on=given.get("on", date(2017, 3, 2)),
            accepted=given.get("accepted", True),
            happened_at=datetime.fromisoformat("2017-03-05T10:00:00+00:00"),
            persons=given.get("persons", (PersonFact(f"{name}-victim", "victim", None, "female", "25-34"),)),
        )

    return make


def _age_band(person: dict[str, Any], on: str) -> str:
    code = person["personalCode"]
    born = date.fromisoformat(person["birthDate"]) if code is None else parse(code).birth_date
    age = age_on(born, date.fromisoformat(on))
    return BANDS[max(first for first in BANDS if first <= age)]


def _events(message: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    referral = message["referral"]
    common = {
        "referralId": str(uuid5(SPACE, f"referral {message['key']}")),
        "reference": "TV-0000-0000-0000-0000-0",
        "sender": message["sender"]["client"],
        "region": referral["region"],
        "referredOn": referral["referredOn"],
    }
    yield "referral.received", common | {"status": "RECEIVED"}
    score = {"instrument": "dash", "version": "2026-11-21", "score": 14, "band": "high"}
    yield "referral.scored", common | {"status": "AWAITING_SCREENING"} | score
    accepted = {
        "status": "ACCEPTED",
        "caseId": str(uuid5(SPACE, message["key"])),
        "decidedOn": referral["referredOn"],
        "band": "high",
        "persons": [
            {
                "pseudonym": uuid5(SPACE, f"{message['key']} {number}").hex,
                "role": person["role"],
                "relationToVictim": person["relationToVictim"],
                "sex": person["sex"],
                "ageBand": _age_band(person, referral["referredOn"]),
            }
            for number, person in enumerate(referral["persons"])
        ],
    }
    yield "referral.accepted", common | accepted


@pytest.fixture(scope="session")
def sample_events() -> list[dict[str, Any]]:
    """The feed as it is when all sample referrals were received, scored and accepted."""
    events = []
    for message in messages():
        stream = str(uuid5(SPACE, message["key"]))
        for version, (kind, data) in enumerate(_events(message), start=1):
            events.append(
                {
                    "specversion": "1.0",
                    "id": str(uuid5(SPACE, f"{stream} {version}")),
                    "source": "/api/cases/v1",
                    "type": kind,
                    "subject": stream,
                    "time": f"{message['referral']['referredOn']}T12:00:00Z",
                    "sequence": f"0123456789ab.{len(events)}",
                    "streamversion": version,
                    "datacontenttype": "application/json",
                    "data": data,
                }
            )
    return events


class FakeFeed:
    """The feed as ``cases`` gives it: events after a cursor, of one epoch."""

    def __init__(self, events: Sequence[dict[str, Any]] = (), most: int = MOST) -> None:
        self.events = list(events)
        self.most = most
        self.asked: list[tuple[str | None, int]] = []

    async def after(self, cursor: str | None, wait: int) -> Batch:
        self.asked.append((cursor, wait))
        epoch = self.events[0]["sequence"].split(".")[0] if self.events else "0123456789ab"
        if cursor is not None and cursor.split(".")[0] != epoch:
            raise EpochEndedError
        position = -1 if cursor is None else int(cursor.split(".")[1])
        found = [event for event in self.events if int(event["sequence"].split(".")[1]) > position]
        batch = read_batch(found[: self.most], cursor)
        return Batch(batch.news, batch.cursor, len(found) < self.most)


@pytest.fixture(scope="session")
def a_feed() -> type[FakeFeed]:
    return FakeFeed


@pytest.fixture(scope="session")
def permit_of() -> Callable[..., Permit]:
    def make(subject: str, operation: str) -> Permit:
        if subject == "worker:feed":
            return POLICY.permit(Caller.system(subject, NAME), operation, "statistics")
        return POLICY.permit(Caller.member(subject, OFFICES[subject]), operation, "statistics")

    return make


@pytest.fixture
async def database(service_database: Any) -> AsyncIterator[Database]:
    """An empty database, for one test."""
    url = service_database(NAME).url
    opened = Database(url, service=NAME, clock=FixedClock(NOW), audit_key=AUDIT_KEY, personal=PERSONAL)
    await opened.open()
    yield opened
    await opened.close()


class Offices:
    """Appointments as another service would tell them."""

    async def of(self, identity: Identity) -> tuple[Appointment, ...]:
        return OFFICES.get(identity.subject, ())


@pytest.fixture(scope="session")
def key_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("indicators-keys")
    keys.ensure(folder)
    return folder


@pytest.fixture(scope="session")
def as_person(key_folder: Path) -> Callable[..., dict[str, str]]:
    key = keys.load_issuer(key_folder, "development")
    issuer = AccessTokenIssuer(DEVELOPMENT_ISSUER, key, FixedClock(NOW))

    def headers(subject: str, purpose: str = "statistics") -> dict[str, str]:
        return {"Authorization": f"Bearer {issuer.issue(subject)}", "X-Purpose": purpose}

    return headers


@pytest.fixture(scope="session")
def a_service(key_folder: Path) -> Callable[[str], FastAPI]:
    def make(url: str) -> FastAPI:
        settings = Settings(keys=key_folder, development=True, database_url=url)
        return create_app(settings, FixedClock(NOW))

    return make


@pytest.fixture(scope="session")
async def app(
    a_service: Callable[[str], FastAPI],
    service_database: Any,
    sample_events: list[dict[str, Any]],
    permit_of: Callable[..., Permit],
) -> AsyncIterator[FastAPI]:
    """The service over a database that has read the feed of all samples; tests only read it."""
    made = a_service(service_database(NAME).url)
    async with made.router.lifespan_context(made):
        made.state.appointments = Offices()
        permit = permit_of("worker:feed", "apply_events")
        await Consumer(made.state.database, FakeFeed(sample_events), permit).step()
        yield made


@pytest.fixture(scope="session")
def sampled(app: FastAPI) -> Database:
    """The database of that service."""
    found: Database = app.state.database
    return found


@pytest.fixture(scope="session")
async def api(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    base = "http://indicators/api/indicators/v1"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base) as client:
        yield client
