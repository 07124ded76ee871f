"""A sender submits, corrects and withdraws, over real processes and both protocols."""

import json
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from lxml import etree

from services.kit import personal_code
from tests.system import asking, harvest
from tests.system.letters import PROTOCOLS, Letter, Pen
from tests.system.running import Running

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("system")]
REGION = "polva"
OFFICER = "EE38501170364"


@pytest.fixture(scope="module")
def pen() -> Pen:
    return Pen(20180701, "A")


def letter_of(pen: Pen, partner: str) -> Letter:
    """A referral of a grown-up with an assessment, without children."""
    while True:
        referral = pen.referral(minor=False)
        persons = [one for one in referral["persons"] if one["role"] != "child"]
        if referral["assessment"] is not None:
            return pen.letter(partner, **referral | {"region": REGION, "persons": persons})


def with_child(letter: Letter) -> dict[str, Any]:
    """The same referral, and a child that was forgotten."""
    [victim] = [one for one in letter.referral["persons"] if one["role"] == "victim"]
    code = personal_code.make(date(2012, 1, 1), "female", 321)
    child = victim | {
        "role": "child",
        "relationToVictim": "child",
        "personalCode": code,
        "birthDate": None,
        "sex": "female",
        "givenName": "Laps",
        "municipality": "0698",
    }
    return {**letter.referral, "persons": [*letter.referral["persons"], child]}


async def amend(
    running: Running, letter: Letter, operation: str, version: int, **said: Any
) -> dict[str, str]:
    """What the sender reads when its security server brings a correction or a withdrawal."""
    wish = {
        "protocol": PROTOCOLS[letter.partner],
        "operation": operation,
        "messageId": str(uuid4()),
        "sender": {"client": letter.client, "reference": letter.sender_reference, "version": version},
        "userId": OFFICER,
        **said,
    }
    [outcome] = (await asking.control(running, "POST", "/refer", wish))["items"]
    if letter.partner == "star":
        return dict(json.loads(outcome["body"]))
    elements = etree.fromstring(outcome["body"].encode()).iter("{*}*")
    return {etree.QName(one).localname: one.text or "" for one in elements}


async def until_status(running: Running, letter: Letter, reference: str, wanted: str) -> None:
    await asking.until(
        f"{reference} is {wanted}",
        lambda: asking.status(running, letter.partner, reference),
        lambda told: told == wanted,
    )


async def children_told(running: Running, reference: str) -> list[Any]:
    return list((await asking.control(running, "GET", f"/children?reference={reference}"))["items"])


@pytest.mark.parametrize("partner", ["polis", "star"])
async def test_submitted_corrected_withdrawn(running: Running, pen: Pen, partner: str) -> None:
    letter = letter_of(pen, partner)
    reference = (await asking.told(running, letter))["reference"]
    await until_status(running, letter, reference, "AWAITING_SCREENING")

    gap = await amend(running, letter, "correct", 3, referral=with_child(letter))
    assert "referral-version-unexpected" in json.dumps(gap)
    assert "version 2 is expected" in json.dumps(gap)
    corrected = await amend(running, letter, "correct", 2, referral=with_child(letter))
    assert corrected["reference"] == reference
    await until_status(running, letter, reference, "AWAITING_SCREENING")
    await asking.until(
        "child protection is told", lambda: children_told(running, reference), lambda told: len(told) == 1
    )

    withdrawn = await amend(running, letter, "withdraw", 2, reason="sent-in-error")
    assert withdrawn["reference"] == reference
    await until_status(running, letter, reference, "WITHDRAWN")
    found = await asking.referral_of(running, REGION, reference)
    assert (found["status"], found["withdrawal"]["reason"]) == ("WITHDRAWN", "sent-in-error")
    assert list(await harvest.received(running, reference=reference)) == []  # it did that itself
    assert len(await children_told(running, reference)) == 1


@pytest.mark.parametrize("partner", ["polis", "star"])
async def test_what_came_while_the_register_was_away_is_handed_over_in_its_order(
    running: Running, pen: Pen, partner: str
) -> None:
    letter = letter_of(pen, partner)
    with running.frozen("cases"):
        receipt = await asking.told(running, letter)
        assert receipt["status"] == "RECEIVED"
        for operation, version, said in (
            ("correct", 2, {"referral": with_child(letter)}),
            ("withdraw", 2, {"reason": "duplicate"}),
        ):
            told = await amend(running, letter, operation, version, **said)
            assert (told["reference"], told["status"]) == (receipt["reference"], "RECEIVED")
    await until_status(running, letter, receipt["reference"], "WITHDRAWN")
    found = await asking.referral_of(running, REGION, receipt["reference"])
    assert found["withdrawal"]["reason"] == "duplicate"
    await asking.until(
        "child protection is told",
        lambda: children_told(running, receipt["reference"]),
        lambda told: len(told) == 1,
    )
