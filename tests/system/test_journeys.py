"""What becomes of referrals and notices when a part of the world is away, slow, or refuses."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.kit import personal_code
from tests.system import asking, harvest
from tests.system.letters import Letter, Pen, write
from tests.system.running import Running

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("system")]
REGION = "polva"
PARTNERS = ("polis", "star")
REFUSED_BY_SOAP = "server.serverproxy.access_denied"


@pytest.fixture(scope="module")
def pen() -> Pen:
    return Pen(20180630, "J")


@pytest.fixture(autouse=True)
async def fair_weather(running: Running) -> AsyncIterator[None]:
    """Whatever a test did to the partners is taken back."""
    yield
    await asking.control(running, "DELETE", "/rules")


def letter_of(pen: Pen, partner: str) -> Letter:
    """A referral of a grown-up with an assessment."""
    while True:
        referral = pen.referral(minor=False)
        if referral["assessment"] is not None:
            return pen.letter(partner, **referral | {"region": REGION})


async def waiting(running: Running, letter: Letter) -> str:
    """Sent and taken: its reference, once it waits for a coordinator."""
    receipt = await asking.told(running, letter)
    await until_status(running, letter, receipt["reference"], "AWAITING_SCREENING")
    return receipt["reference"]


async def until_status(running: Running, letter: Letter, reference: str, wanted: str) -> None:
    await asking.until(
        f"{reference} is {wanted}",
        lambda: asking.status(running, letter.partner, reference),
        lambda told: told == wanted,
    )


async def notices(running: Running, reference: str) -> list[Mapping[str, Any]]:
    return list(await harvest.received(running, reference=reference))


async def until_told(running: Running, reference: str, *statuses: str) -> list[Mapping[str, Any]]:
    """The notices about a referral, once there are as many as expected."""
    return await asking.until(
        f"the sender of {reference} is told {statuses}",
        lambda: notices(running, reference),
        lambda rows: [row["status"] for row in rows if not row["duplicate"]] == list(statuses),
    )


async def outgoing(running: Running, reference: str) -> dict[str, Any]:
    """The notice as the operator of exchange sees it."""
    async with running.member("operator", purpose="operations") as operator:
        asked = {"direction": "out", "reference": reference}
        page = (await operator.get("/api/exchange/v1/messages", params=asked)).raise_for_status().json()
    found = [item for item in page["items"] if item["kind"] == "caseNotice"]
    return dict(found[0]) if found else {"state": "none"}


async def until_state(running: Running, reference: str, wanted: str) -> dict[str, Any]:
    return await asking.until(
        f"the notice about {reference} is {wanted}",
        lambda: outgoing(running, reference),
        lambda message: message["state"] == wanted,
    )


@pytest.mark.parametrize("partner", PARTNERS)
async def test_while_riskscore_is_away_a_referral_is_received_and_scored_later(
    running: Running, pen: Pen, partner: str
) -> None:
    letter = letter_of(pen, partner)
    with running.frozen("riskscore"):
        receipt = await asking.told(running, letter)
        assert receipt["status"] == "RECEIVED"
        assert (await asking.told(running, letter))["reference"] == receipt["reference"]
    await until_status(running, letter, receipt["reference"], "AWAITING_SCREENING")
    found = await asking.referral_of(running, REGION, receipt["reference"])
    assert isinstance(found["score"], int)
    assert found["band"] in {"standard", "medium", "high"}


@pytest.mark.parametrize("partner", PARTNERS)
async def test_while_cases_is_away_a_referral_is_received_and_handed_over_later(
    running: Running, pen: Pen, partner: str
) -> None:
    letter = letter_of(pen, partner)
    with running.frozen("cases"):
        receipt = await asking.told(running, letter)
        assert receipt["status"] == "RECEIVED"
        assert (await asking.told(running, letter))["reference"] == receipt["reference"]
        assert await asking.status(running, partner, receipt["reference"]) == "RECEIVED"
    await until_status(running, letter, receipt["reference"], "AWAITING_SCREENING")


async def test_while_star_is_away_polis_is_told_and_star_is_told_all_in_order_when_it_is_back(
    running: Running, pen: Pen
) -> None:
    await asking.control(running, "PUT", "/partners/star", {"up": False})
    of_star = [await waiting(running, letter_of(pen, "star")) for _ in range(3)]
    of_polis = await waiting(running, letter_of(pen, "polis"))
    for reference in (*of_star, of_polis):
        assert (await asking.screen(running, REGION, reference)).is_success
    await until_told(running, of_polis, "ACCEPTED")
    for reference in of_star:
        message = await asking.until(
            "tried in vain", lambda r=reference: outgoing(running, r), lambda one: one.get("tries", 0) > 0
        )
        assert (message["state"], message["code"]) == ("waiting", "server.serverproxy.network_error")
        assert await notices(running, reference) == []
    await asking.control(running, "PUT", "/partners/star", {"up": True})
    for reference in of_star:
        [notice] = await until_told(running, reference, "ACCEPTED")
        assert (notice["partner"], notice["duplicate"]) == ("star", False)


async def test_child_protection_of_each_childs_municipality_is_told_once(running: Running, pen: Pen) -> None:
    """Two children in two municipalities: two notices, though STAR is away first and answers break off."""
    referral = pen.referral(minor=False)
    persons = [one for one in referral["persons"] if one["role"] != "child"]
    template = {**persons[0], "role": "child", "relationToVictim": "child", "personalCode": None}
    birth = str(date.fromisoformat(referral["referredOn"]) - timedelta(days=3000))
    children = [
        {**template, "birthDate": birth, "givenName": name, "municipality": municipality}
        for name, municipality in (("Mari", "0698"), ("Juhan", "0184"))
    ]
    changes = {"region": REGION, "persons": [*persons, *children], "consent": "refused"}
    await asking.control(running, "PUT", "/partners/star", {"up": False})
    letter = pen.letter("polis", **referral | changes)
    reference = (await asking.told(running, letter))["reference"]
    again = await asking.told(running, letter)
    assert again["reference"] == reference
    cut = {"partner": "star", "reference": reference, "effect": "cut-after", "times": 1}
    await asking.control(running, "POST", "/rules", cut)

    async def told() -> list[Mapping[str, Any]]:
        answer = await asking.control(running, "GET", f"/children?reference={reference}")
        return list(answer["items"])

    async def queued() -> list[Mapping[str, Any]]:
        async with running.member("operator", purpose="operations") as operator:
            asked = {"direction": "out", "reference": reference}
            page = (await operator.get("/api/exchange/v1/messages", params=asked)).json()
        return [one for one in page["items"] if one["kind"] == "submitChildNotice"]

    def in_vain(found: Sequence[Mapping[str, Any]]) -> bool:
        return len(found) == 2 and all(one["tries"] and one["state"] == "waiting" for one in found)

    await asking.until("both were tried in vain", queued, in_vain)
    assert await told() == []
    await asking.control(running, "PUT", "/partners/star", {"up": True})
    await asking.until(
        "both are there", queued, lambda found: [one["state"] for one in found] == ["delivered"] * 2
    )
    rows = await told()
    assert sorted(row["municipality"] for row in rows if not row["duplicate"]) == ["0184", "0698"]
    assert [row["duplicate"] for row in rows].count(True) == 1
    assert all(row["sameBytes"] for row in rows)


async def test_an_answer_that_breaks_off_makes_the_same_notice_come_again_under_its_id(
    running: Running, pen: Pen
) -> None:
    for partner in PARTNERS:
        reference = await waiting(running, letter_of(pen, partner))
        rule = {"partner": partner, "effect": "cut-after", "reference": reference, "times": 2}
        rule["kind"] = "caseNotice"
        await asking.control(running, "POST", "/rules", rule)
        assert (await asking.screen(running, REGION, reference)).is_success
        await until_state(running, reference, "delivered")
        rows = await notices(running, reference)
        assert [row["duplicate"] for row in rows] == [False, True, True]
        assert all(row["sameBytes"] for row in rows)
        assert len({row["id"] for row in rows}) == 1


async def test_a_notice_refused_for_good_is_put_aside_with_a_reason_and_can_be_sent_again(
    running: Running, pen: Pen
) -> None:
    reference = await waiting(running, letter_of(pen, "polis"))
    rule = {"partner": "polis", "effect": "fault", "code": REFUSED_BY_SOAP, "reference": reference}
    await asking.control(running, "POST", "/rules", rule)
    assert (await asking.screen(running, REGION, reference)).is_success
    aside = await until_state(running, reference, "quarantined")
    assert (aside["reason"]["code"], aside["code"], aside["tries"]) == ("access-denied", REFUSED_BY_SOAP, 1)
    assert all(aside["reason"][language] for language in ("et", "ru", "en"))
    other = await waiting(running, letter_of(pen, "polis"))
    assert (await asking.screen(running, REGION, other, "decline", reason="other")).is_success
    await until_told(running, other, "DECLINED")
    await asking.control(running, "DELETE", "/rules")
    async with running.member("operator", purpose="operations") as operator:
        path = f"/api/exchange/v1/messages/{aside['id']}/redrive"
        again = await operator.post(path, headers={"Idempotency-Key": str(uuid4())})
        assert again.is_success
        assert (await operator.post(path)).status_code == 409
    await until_state(running, reference, "delivered")
    [notice] = await until_told(running, reference, "ACCEPTED")
    assert notice["id"] == aside["id"]


@pytest.mark.parametrize("partner", PARTNERS)
async def test_a_victim_under_18_is_redirected_at_once_and_the_sender_is_told(
    running: Running, pen: Pen, partner: str
) -> None:
    referral = pen.referral(minor=True) | {"region": REGION}
    letter = pen.letter(partner, **referral)
    receipt = await asking.told(running, letter)
    assert receipt["status"] == "REDIRECTED"
    await until_told(running, receipt["reference"], "REDIRECTED")
    found = await asking.referral_of(running, REGION, receipt["reference"])
    assert (found["status"], found["reason"], found["caseId"]) == ("REDIRECTED", "victim-under-18", None)


@pytest.mark.parametrize(("days", "status"), [(0, "AWAITING_SCREENING"), (1, "REDIRECTED")])
async def test_the_eighteenth_birthday_divides_victims(
    running: Running, pen: Pen, days: int, status: str
) -> None:
    [victim] = [one for one in pen.referral(minor=False)["persons"] if one["role"] == "victim"]
    born = date(2000, 5, 14) + timedelta(days=days)
    code = personal_code.make(born, victim["sex"], 123)
    letter = pen.letter(
        "star",
        region=REGION,
        referredOn="2018-05-14",
        event={"occurredAt": "2018-05-13T20:00:00Z", "description": None},
        persons=[victim | {"personalCode": code}],
        assessment=None,
    )
    receipt = await asking.told(running, letter)
    assert receipt["http"] == "200", receipt
    await until_status(running, letter, receipt["reference"], status)


@pytest.mark.parametrize("partner", PARTNERS)
async def test_the_same_id_with_other_bytes_is_refused_and_the_first_stays_as_it_is(
    running: Running, pen: Pen, partner: str
) -> None:
    first = letter_of(pen, partner)
    reference = await waiting(running, first)
    other = write(
        partner, first.message_id, f"{first.sender_reference}-B", first.referral | {"consent": "refused"}
    )
    refused = await asking.told(running, other)
    if partner == "polis":
        assert (refused["http"], refused["faultcode"]) == ("500", "env:Client.message_id_reused")
    else:
        assert (refused["http"], refused["type"]) == ("409", "urn:turvavork:problem:message-id-reused")
    assert (await asking.told(running, first))["reference"] == reference
    assert await asking.status(running, partner, reference) == "AWAITING_SCREENING"
    async with running.database("exchange") as database:
        rows = await database.fetch("select digest from inbox where message_id = $1", first.message_id)
        assert [row["digest"].hex() for row in rows] == [first.digest]
        incidents = await database.fetch("select * from incident where message_id = $1", first.message_id)
        assert [(row["kind"], row["digest"].hex()) for row in incidents] == [
            ("message-id-reused", other.digest)
        ]
    async with running.database("cases") as database:
        query = "select count(*) from referral where sender_reference = $1"
        assert await database.fetchval(query, other.sender_reference) == 0


@pytest.mark.parametrize("partner", PARTNERS)
async def test_the_senders_version_under_a_new_message_id_has_the_same_reference_and_one_effect(
    running: Running, pen: Pen, partner: str
) -> None:
    first = letter_of(pen, partner)
    reference = await waiting(running, first)
    again = write(partner, str(uuid4()), first.sender_reference, first.referral)
    receipt = await asking.told(running, again)
    assert (receipt["reference"], receipt["status"]) == (reference, "AWAITING_SCREENING")
    assert (await asking.screen(running, REGION, reference)).is_success
    await until_told(running, reference, "ACCEPTED")
    assert await asking.status(running, partner, reference) == "ACCEPTED"
    async with running.database("cases") as database:
        query = "select count(*) from referral where sender_reference = $1"
        assert await database.fetchval(query, first.sender_reference) == 1


async def test_the_senders_version_with_another_content_is_refused(running: Running, pen: Pen) -> None:
    first = letter_of(pen, "star")
    await waiting(running, first)
    other = first.referral | {"victimInformed": not first.referral["victimInformed"]}
    refused = await asking.told(running, write("star", str(uuid4()), first.sender_reference, other))
    assert refused["type"] == "urn:turvavork:problem:referral-version-exists"
    newer = await asking.told(running, write("star", str(uuid4()), first.sender_reference, other, version=2))
    assert (newer["http"], newer["type"]) == ("409", "urn:turvavork:problem:referral-version-exists")
