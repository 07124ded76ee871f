from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

import pytest

from services.indicators import catalog
from services.indicators.catalog import Catalog
from services.indicators.model import CaseFact, PersonFact
from services.kit.calendar import age_on
from services.kit.personal_code import parse
from system.samples import messages

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
