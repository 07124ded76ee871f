import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from services.cases.model.codes import Decision
from services.cases.model.problems import TransitionRefused
from services.cases.model.states import Accepted, Declined, Redirected, Screening
from services.cases.store import contents
from services.kit.problem import NotFound, StaleVersion
from services.kit.sealed import unseal

Build = Callable[..., Any]
ACCEPT = Screening(Decision.ACCEPT, None, "Koostame turvaplaani.", ("police", "victim-support"))
DECLINE = Screening(Decision.DECLINE, "criteria-not-met", None, ())
REDIRECT = Screening(Decision.REDIRECT, "other-region", None, (), "haapsalu")


@pytest.fixture
def screen(world: Any) -> Build:
    async def run(referral: Any, screening: Screening, version: int = 1, region: str = "polva") -> Any:
        permit = world.permit_of("coordinator", "screen_referral", region=region)
        async with world.work(permit) as work:
            return await world.screener.screen(work, referral, screening, version)

    return run


async def test_acceptance_makes_a_case(world: Any, a_referral: Build, screen: Build) -> None:
    taken = await world.take(a_referral())
    stored = await screen(taken.id, ACCEPT)
    assert isinstance(stored.state, Accepted)
    assert stored.version == 2
    (case,) = await world.rows("select id, region, state, opened_on::text from marac_case")
    assert tuple(case) == (stored.head.case, "polva", "open", "2017-05-04")
    agencies = await world.rows("select agency, region from case_agency order by agency")
    assert [tuple(row) for row in agencies] == [("police", "polva"), ("victim-support", "polva")]
    assert {row["case_id"] for row in await world.rows("select case_id from participation")} == {case["id"]}


async def test_acceptance_tells_pseudonyms(world: Any, a_referral: Build, screen: Build) -> None:
    taken = await world.take(a_referral())
    await screen(taken.id, ACCEPT)
    (event,) = await world.rows("select stream_version, data from event where type = 'referral.accepted'")
    data = json.loads(event["data"])
    assert event["stream_version"] == 4
    assert data["band"] == "high"
    assert [person["role"] for person in data["persons"]] == ["victim", "child", "threatening-person"]
    people = await world.rows("select person_id from participation where role = 'victim'")
    assert data["persons"][0]["pseudonym"] == world.pseudonyms.of(people[0]["person_id"])
    assert str(people[0]["person_id"]) not in event["data"]


@pytest.mark.parametrize(
    ("screening", "kind", "event"),
    [(DECLINE, Declined, "referral.declined"), (REDIRECT, Redirected, "referral.redirected")],
)
async def test_a_refusal_tells_its_reason(  # noqa: PLR0913, PLR0917 - fixtures
    world: Any, a_referral: Build, screen: Build, screening: Screening, kind: type, event: str
) -> None:
    taken = await world.take(a_referral())
    stored = await screen(taken.id, screening)
    assert isinstance(stored.state, kind)
    (told,) = await world.rows("select data ->> 'reason' from event where type = $1", event)
    assert told[0] == screening.reason
    assert await world.count("marac_case") == 0


async def test_the_note_is_sealed(world: Any, a_referral: Build, screen: Build) -> None:
    taken = await world.take(a_referral())
    await screen(taken.id, ACCEPT)
    (row,) = await world.rows(
        "select r.id, r.note_sealed, r.key_id, k.wrapped from referral r join data_key k on k.id = r.key_id"
    )
    key = world.ring.unwrap(row["key_id"], row["wrapped"])
    opened = unseal(key, row["note_sealed"], contents.note_place(row["id"]))
    assert json.loads(opened) == {"note": "Koostame turvaplaani."}


async def test_another_region_does_not_see_it(world: Any, a_referral: Build, screen: Build) -> None:
    taken = await world.take(a_referral())
    with pytest.raises(NotFound):
        await screen(taken.id, ACCEPT, region="rakvere")
    assert await world.count("marac_case") == 0


async def test_an_old_version_is_refused(world: Any, a_referral: Build, screen: Build) -> None:
    taken = await world.take(a_referral())
    with pytest.raises(StaleVersion):
        await screen(taken.id, ACCEPT, version=7)


async def test_what_is_decided_is_not_decided_again(world: Any, a_referral: Build, screen: Build) -> None:
    taken = await world.take(a_referral())
    await screen(taken.id, DECLINE)
    with pytest.raises(TransitionRefused):
        await screen(taken.id, ACCEPT, version=2)


async def test_what_waits_for_its_score_is_not_screened(world: Any, a_referral: Build, screen: Build) -> None:
    world.scorer.mode = "away"
    taken = await world.take(a_referral())
    with pytest.raises(TransitionRefused):
        await screen(taken.id, ACCEPT)


async def test_of_two_who_screen_at_the_same_moment_one_wins(
    world: Any, a_referral: Build, screen: Build
) -> None:
    taken = await world.take(a_referral())
    done = await asyncio.gather(screen(taken.id, ACCEPT), screen(taken.id, DECLINE), return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) == ["StaleVersion", "Stored"]
    versions = await world.rows("select stream_version from event order by stream_version")
    assert [row[0] for row in versions] == [1, 2, 3, 4]
