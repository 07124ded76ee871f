"""A status is told to the sender alone; when cases cannot be asked, the last that is known, with its time."""

from typing import Any

import pytest
from lxml import etree

from services.exchange.store import inbox
from services.kit.problem import UpstreamUnavailable

REQUEST = "submitReferral.request.xml"
PUT_AT = "2017-05-04T12:00:00Z"


async def sent(exchange: Any, golden: Any) -> str:
    answer = await exchange.soap(golden(REQUEST))
    (payload,) = etree.fromstring(answer.content)[1]
    return str(payload.findtext("reference"))


async def asked(exchange: Any, golden: Any, by: str = "senderReference", **replaced: str) -> dict[str, str]:
    body = golden(f"getReferralStatus.by-{by}.request.xml").decode()
    for old, new in replaced.items():
        body = body.replace(old.replace("_", "-"), new)
    answer = await exchange.soap(body.encode())
    assert answer.status_code == 200, answer.text
    (payload,) = etree.fromstring(answer.content)[1]
    return {child.tag: child.text for child in payload}


async def test_the_registers_status_is_told_with_its_time(exchange: Any, golden: Any) -> None:
    reference = await sent(exchange, golden)
    exchange.cases.status, exchange.cases.changed_at = "ACCEPTED", "2017-05-06T08:00:00Z"
    assert await asked(exchange, golden) == {
        "reference": reference,
        "status": "ACCEPTED",
        "statusAt": "2017-05-06T08:00:00Z",
        "current": "true",
    }


@pytest.mark.parametrize("by", ["reference", "senderReference", "messageId"])
async def test_every_name_leads_to_it(exchange: Any, golden: Any, by: str) -> None:
    reference = await sent(exchange, golden)
    told = await asked(exchange, golden, by, TV_0000_0000_0000_0000_0=reference)
    assert told["reference"] == reference


@pytest.mark.parametrize("mode", ["down", "wrong"])
async def test_without_the_register_the_last_known_status_is_told(
    exchange: Any, golden: Any, mode: str
) -> None:
    await sent(exchange, golden)
    exchange.cases.mode = mode
    told = await asked(exchange, golden)
    assert (told["status"], told["statusAt"], told["current"]) == ("AWAITING_SCREENING", PUT_AT, "false")


async def test_a_newer_status_is_kept_for_such_a_time(exchange: Any, golden: Any) -> None:
    await sent(exchange, golden)
    exchange.cases.status, exchange.cases.changed_at = "DECLINED", "2017-05-06T08:00:00Z"
    await asked(exchange, golden)
    exchange.cases.mode = "down"
    told = await asked(exchange, golden)
    assert (told["status"], told["statusAt"], told["current"]) == (
        "DECLINED",
        "2017-05-06T08:00:00Z",
        "false",
    )


@pytest.mark.parametrize("mode", ["down", "ok"])
async def test_what_waits_here_is_received(exchange: Any, golden: Any, mode: str) -> None:
    exchange.cases.mode = "down"
    reference = await sent(exchange, golden)
    exchange.cases.mode = mode
    told = await asked(exchange, golden)
    assert told == {"reference": reference, "status": "RECEIVED", "statusAt": PUT_AT, "current": "true"}


async def test_what_the_register_has_is_told_before_it_is_written_down(
    exchange: Any, golden: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: Any, **__: Any) -> None:
        raise UpstreamUnavailable

    monkeypatch.setattr(inbox, "hand_over", gone)
    assert (await exchange.soap(golden(REQUEST))).status_code == 500
    monkeypatch.undo()
    assert await exchange.states() == ["received"]
    assert (await asked(exchange, golden))["status"] == "AWAITING_SCREENING"


async def test_the_latest_version_is_told_when_none_is_named(exchange: Any, golden: Any) -> None:
    first = await sent(exchange, golden)
    later = golden(REQUEST).replace(b"<version>1<", b"<version>3<").replace(b"3e5d1f2a6b80", b"3e5d1f2a6b81")
    assert (await exchange.soap(later)).status_code == 200
    assert (await asked(exchange, golden))["reference"] == first
    told = await asked(exchange, golden, **{"      <version>1</version>\n": ""})
    assert told["reference"] not in {first, None}


@pytest.mark.parametrize("by", ["reference", "senderReference", "messageId"])
async def test_foreign_and_unknown_referrals_answer_with_the_same_bytes(
    exchange: Any, golden: Any, by: str
) -> None:
    body = golden(f"getReferralStatus.by-{by}.request.xml").decode()
    body = body.replace("70008747", "70009770").replace(">polis<", ">star<")
    unknown = await exchange.soap(body.encode())
    reference = await sent(exchange, golden)
    exchange.cases.calls.clear()
    foreign = await exchange.soap(body.replace("TV-0000-0000-0000-0000-0", reference).encode())
    assert foreign.content == unknown.content
    assert b"<faultCode>referral-unknown</faultCode>" in foreign.content
    assert exchange.cases.calls == []
    audit = await exchange.rows(
        "select actor, action, problem from audit where operation = 'get_referral_status'"
    )
    assert [tuple(row.values()) for row in audit] == [
        ("ee-dev/GOV/70009770/star", "refuse", "referral-unknown")
    ] * 2


async def test_an_answer_leaves_a_row(exchange: Any, golden: Any) -> None:
    await sent(exchange, golden)
    await asked(exchange, golden)
    (row,) = await exchange.rows("select * from audit where operation = 'get_referral_status'")
    assert (row["action"], row["fields"], row["rule_id"]) == ("disclose", ["basic"], "xroad-own-messages")
