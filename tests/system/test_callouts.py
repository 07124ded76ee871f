"""Call-outs of the police, all the way: referral in, question out, a ground that a person sees."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import pytest

from tests.system import asking
from tests.system.letters import Letter, Pen
from tests.system.running import Running

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("system")]
REGION = "polva"
GROUND = "potential-escalation"
SECONDS = 90.0  # the question waits its turn behind those of other tests


@pytest.fixture(scope="module")
def pen() -> Pen:
    return Pen(20180630, "C")


@pytest.fixture(autouse=True)
async def fair_weather(running: Running) -> AsyncIterator[None]:
    """Whatever a test did to the partners is taken back."""
    yield
    await asking.control(running, "DELETE", "/rules")


def letter_of(pen: Pen, partner: str) -> tuple[Letter, str, str]:
    """A referral of a grown-up, and the personal codes of victim and threatening person."""
    while True:
        referral = pen.referral(minor=False)
        codes = {one["role"]: one["personalCode"] for one in referral["persons"]}
        victim, threatening = codes.get("victim"), codes.get("threatening-person")
        if victim and threatening and GROUND not in referral["grounds"]:
            letter = pen.letter(partner, **referral | {"region": REGION})
            return letter, victim, threatening


async def know(running: Running, letter: Letter, victim: str, threatening: str, count: int) -> list[str]:
    """POLIS knows of so many call-outs within the window, and of two just outside."""
    on = date.fromisoformat(letter.referral["referredOn"])
    within = [(on - timedelta(days=10 * number)).isoformat() for number in range(count)]
    outside = [(on - timedelta(days=367)).isoformat(), (on + timedelta(days=1)).isoformat()]
    told = {"victim": victim, "threateningPerson": threatening, "days": within + outside}
    await asking.control(running, "POST", "/callouts", told)
    return sorted(within)


async def shown(running: Running, reference: str) -> dict[str, Any]:
    """The referral as its coordinator reads it."""
    found = await asking.referral_of(running, REGION, reference)
    async with running.member("coordinator", REGION) as member:
        answer = await member.get(f"/api/cases/v1/referrals/{found['id']}")
    return dict(answer.raise_for_status().json())


async def until_state(running: Running, reference: str, state: str) -> dict[str, Any]:
    return await asking.until(
        f"call-outs about {reference} are {state}",
        lambda: shown(running, reference),
        lambda told: told["callOuts"]["state"] == state,
        SECONDS,
    )


async def taken(running: Running, letter: Letter) -> str:
    receipt = await asking.told(running, letter)
    reference: str = receipt["reference"]
    await asking.until(
        f"{reference} is here",
        lambda: asking.status(running, letter.partner, reference),
        lambda told: told == "AWAITING_SCREENING",
    )
    return reference


@pytest.mark.parametrize("partner", ["polis", "star"])
async def test_a_victim_with_three_call_outs_gets_the_ground(
    running: Running, pen: Pen, partner: str
) -> None:
    letter, victim, threatening = letter_of(pen, partner)
    days = await know(running, letter, victim, threatening, 3)
    reference = await taken(running, letter)
    referral = await until_state(running, reference, "known")
    assert GROUND in referral["grounds"]
    [about] = referral["callOuts"]["about"]
    assert (about["count"], about["days"]) == (3, days)
    assert about["source"] == "ee-dev/GOV/70008747/polis"
    async with running.database("cases") as database:
        query = "select count(*) from event where type = $2 and data ->> 'reference' = $1"
        assert await database.fetchval(query, reference, "referral.ground-found") == 1
    assert (await asking.screen(running, REGION, reference)).is_success


async def test_two_call_outs_are_shown_and_are_no_ground(running: Running, pen: Pen) -> None:
    letter, victim, threatening = letter_of(pen, "polis")
    await know(running, letter, victim, threatening, 2)
    referral = await until_state(running, await taken(running, letter), "known")
    assert GROUND not in referral["grounds"]
    assert referral["callOuts"]["about"][0]["count"] == 2


async def test_while_polis_is_away_the_referral_goes_on_and_the_ground_comes_later(
    running: Running, pen: Pen
) -> None:
    letter, victim, threatening = letter_of(pen, "star")
    await know(running, letter, victim, threatening, 3)
    await asking.control(running, "PUT", "/partners/polis", {"up": False})
    reference = await taken(running, letter)
    referral = await asking.until(
        f"{reference} was asked about in vain",
        lambda: shown(running, reference),
        lambda told: told["callOuts"]["tries"] > 0,
        SECONDS,
    )
    assert (referral["callOuts"]["state"], referral["callOuts"]["about"]) == ("waiting", [])
    assert (await asking.screen(running, REGION, reference)).is_success
    await asking.control(running, "PUT", "/partners/polis", {"up": True})
    referral = await until_state(running, reference, "known")
    assert (referral["status"], GROUND in referral["grounds"]) == ("ACCEPTED", True)


async def test_a_refusal_of_the_police_is_shown(running: Running, pen: Pen) -> None:
    letter, victim, threatening = letter_of(pen, "polis")
    await know(running, letter, victim, threatening, 3)
    rule = {"partner": "polis", "kind": "getCallouts", "effect": "business", "code": "NO_BASIS"}
    await asking.control(running, "POST", "/rules", rule)
    referral = await until_state(running, await taken(running, letter), "refused")
    assert GROUND not in referral["grounds"]
