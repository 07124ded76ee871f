"""What people read: the whole of it for who may see the whole."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

Build = Callable[..., Any]
Read = Callable[..., Awaitable[httpx.Response]]
COORDINATOR, CHAIR = "dev:coordinator:polva:", "dev:chair:polva:"
POLICE, PROBATION = "dev:agency-member:polva:police", "dev:agency-member:polva:probation"
ACCEPT = {"decision": "accept", "note": "Koostame turvaplaani.", "agencies": ["victim-support", "police"]}
#: What a referral says of call-outs before the worker has asked.
NOTHING_WAITS = {"redirectedTo": None, "screenBy": None}
NOT_ASKED_YET = {
    "state": "waiting",
    "tries": 0,
    **dict.fromkeys(("settledAt", "rule", "since", "until")),
    "about": [],
}


@pytest.fixture
def take(served: Any, a_message: Build) -> Build:
    """Hands a referral over; its internal id."""

    async def run(**changes: Any) -> str:
        return str(await served.taken(a_message(**changes), sender_reference="A-1"))

    return run


@pytest.fixture
def ask(served: Any) -> Read:
    read: Read = served.ask
    return read


@pytest.fixture
def accept(ask: Read) -> Build:
    async def run(referral: str) -> dict[str, Any]:
        done = await ask(
            f"/referrals/{referral}/screening", method="POST", json=ACCEPT, headers={"If-Match": '"1"'}
        )
        assert done.status_code == 200, done.text
        return dict(done.json())

    return run


def _participant(told: dict[str, Any], shown: dict[str, Any], band: str) -> dict[str, Any]:
    return {
        "id": shown["id"],
        "personId": shown["personId"],
        "role": told["role"],
        "relationToVictim": told["relationToVictim"],
        "sex": told["sex"],
        "ageBand": band,
        "municipality": told["municipality"],
        "identity": {name: told[name] for name in ("personalCode", "birthDate", "givenName", "familyName")},
        "contact": {name: told[name] for name in ("address", "phone", "safeContact", "language")},
    }


ASSESSMENT = {
    "instrument": "dash",
    "version": "2026-11",
    "contentHash": "sha256:00",
    "engine": "fake/1",
    "score": 15,
    "band": "high",
    "grounds": ["visible-high-risk"],
    "range": {"lowest": 15, "highest": 24, "lowestBand": "high", "highestBand": "high"},
    "unanswered": [],
    "items": [],
    "scoredAt": None,
}


async def test_a_coordinator_reads_what_was_told(
    ask: Read, take: Build, accept: Build, a_message: Build
) -> None:
    referral, message = await take(), a_message()
    case = (await accept(referral))["caseId"]
    answer = await ask(f"/referrals/{referral}")
    body = answer.json()
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    persons = body.pop("persons")
    victim, partner, child = message["persons"]
    told = zip((victim, child, partner), persons, ("25-34", "7-13", "25-34"), strict=True)
    assert persons == [_participant(person, shown, band) for person, shown, band in told]
    assert body.pop("callOuts") == NOT_ASKED_YET
    assert body.pop("repeats") == {"state": "waiting", "settledAt": None, "found": []}
    assert body.pop("narrative") == {
        "description": message["event"]["description"],
        "judgementReason": None,
        "consent": "given",
        "victimInformed": True,
        "victimWishes": "Soovib lahkuda.",
        "referrer": {"name": "Kalle Kask", "unit": "Lõuna prefektuur"},
        "screeningNote": "Koostame turvaplaani.",
    }
    assert body.pop("assessment") | {"scoredAt": None} == ASSESSMENT
    changing = {name: body.pop(name) for name in ("reference", "receivedAt", "changedAt", "decidedAt")}
    assert all(changing.values())
    assert body == {
        "id": referral,
        "region": "polva",
        "referredOn": "2017-03-02",
        "status": "ACCEPTED",
        "reason": None,
        "caseId": case,
        "withdrawal": None,
        **NOTHING_WAITS,
        "version": 2,
        "score": 15,
        "band": "high",
        "grounds": ["visible-high-risk"],
        "sender": "ee-dev/GOV/70008747/polis",
        "senderReference": "A-1",
        "senderVersion": 1,
        "correctedAt": None,
        "occurredAt": "2017-03-01T20:30:00Z",
    }


async def test_a_case_shows_its_referrals_agencies_and_people(ask: Read, take: Build, accept: Build) -> None:
    referral = await take()
    whole = await accept(referral)
    answer = await ask(f"/cases/{whole['caseId']}")
    body = answer.json()
    assert (answer.status_code, answer.headers["etag"]) == (200, '"1"')
    assert body["agencies"] == ["police", "victim-support"]
    assert body["state"] == "open"
    assert [each["id"] for each in body["referrals"]] == [referral]
    assert body["persons"] == whole["persons"]
    listed = (await ask("/cases")).json()
    shown = ("id", "region", "caseType", "state", "openedOn", "agencies", "version")
    assert listed == {"items": [{name: body[name] for name in shown}], "next": None}


async def test_a_person_is_shown_by_parts(ask: Read, take: Build, accept: Build) -> None:
    whole = await accept(await take())
    victim = whole["persons"][0]
    answer = await ask(f"/people/{victim['personId']}")
    assert answer.json() == {
        "id": victim["personId"],
        "items": [{"referralId": whole["id"], "caseId": whole["caseId"], "participant": victim}],
    }
    assert "etag" not in answer.headers  # a person is no thing that is changed under a version


async def test_contact_is_absent_for_the_chair_not_null(ask: Read, take: Build, accept: Build) -> None:
    whole = await accept(await take())
    referral = (await ask(f"/referrals/{whole['id']}", CHAIR)).json()
    case = (await ask(f"/cases/{whole['caseId']}", CHAIR)).json()
    person = (await ask(f"/people/{whole['persons'][0]['personId']}", CHAIR)).json()
    shown = [*referral["persons"], *case["persons"], *(each["participant"] for each in person["items"])]
    assert len(shown) == 7
    for each in shown:
        assert each.keys() == {
            "id", "personId", "role", "relationToVictim", "sex", "ageBand", "identity"
        }  # fmt: skip
    assert referral["narrative"] == whole["narrative"]


async def test_an_agency_sees_a_case_from_its_acceptance_on(ask: Read, take: Build, accept: Build) -> None:
    referral = await take()
    assert (await ask(f"/referrals/{referral}", POLICE)).status_code == 404
    whole = await accept(referral)
    assert (await ask(f"/referrals/{referral}", POLICE)).json() == whole
    assert (await ask("/referrals", POLICE)).json()["items"] != []
    for path in (f"/referrals/{referral}", f"/cases/{whole['caseId']}"):
        assert (await ask(path, PROBATION)).status_code == 404
    assert (await ask("/cases", PROBATION)).json()["items"] == []


async def test_without_a_score_there_is_none_and_the_senders_grounds_stand(
    served: Any, ask: Read, take: Build
) -> None:
    served.world.scorer.mode = "away"
    body = (await ask(f"/referrals/{await take(grounds=['potential-escalation'])}")).json()
    assert body["status"] == "RECEIVED"
    assert (body["score"], body["band"], body["assessment"]) == (None, None, None)
    assert body["grounds"] == ["potential-escalation"]
    assert body["decidedAt"] is None


async def test_a_list_shows_no_person(ask: Read, take: Build) -> None:
    await take()
    answer = await ask("/referrals")
    [item] = answer.json()["items"]
    assert item["score"] == 15
    for word in ("Eesnimi", "Perenimi", "Salajane", "persons", "narrative"):
        assert word not in answer.text


async def test_an_appointment_that_ends_today_opens_nothing_from_the_next_request_on(
    served: Any, ask: Read, take: Build
) -> None:
    referral = await take()
    assert (await ask(f"/referrals/{referral}")).status_code == 200
    await served.world.rows(
        """update appointment set valid_to = (now() at time zone 'Europe/Tallinn')::date
           where member_id = (select id from member where subject = $1)""",
        COORDINATOR,
    )
    assert (await ask(f"/referrals/{referral}")).status_code == 403
    assert (await ask("/me")).status_code == 403
