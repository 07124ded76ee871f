"""What a sender does about a referral: behind it, once, durable, and never overtaking it."""

import asyncio
import re
from typing import Any

import pytest

from services.exchange.model.inbox import HandedOver, Quarantined, Status

SUBMIT, WITHDRAW = "submitReferral.request.xml", "withdrawReferral.request.xml"
CORRECT = "correctReferral.request.xml"
OLD_ID = b"9f0e7d65-1c3b-4a2d-8e4f-5a6b7c8d9e11"
REASON = {
    "sender": {"client": "ee-dev/GOV/70008747/polis", "reference": "PV-2017-001203", "version": 1},
    "reason": "sent-in-error",
}


async def kept(exchange: Any) -> list[tuple[str, str]]:
    rows = await exchange.rows("select operation, state from inbox order by operation")
    return [(row["operation"], row["state"]) for row in rows]


async def test_a_withdrawal_is_handed_over_and_told(exchange: Any, golden: Any) -> None:
    reference, _ = exchange.told(await exchange.soap(golden(SUBMIT)))
    exchange.cases.status = "WITHDRAWN"
    assert exchange.told(await exchange.soap(golden(WITHDRAW))) == (reference, "WITHDRAWN")
    assert exchange.cases.amended == [("withdrawal", reference, REASON)]
    assert await kept(exchange) == [("submit_referral", "handed-over"), ("withdraw_referral", "handed-over")]


async def test_the_same_withdrawal_again_has_one_effect(exchange: Any, golden: Any) -> None:
    await exchange.soap(golden(SUBMIT))
    exchange.cases.status = "WITHDRAWN"
    first = exchange.told(await exchange.soap(golden(WITHDRAW)))
    assert exchange.told(await exchange.soap(golden(WITHDRAW))) == first
    assert len(exchange.cases.amended) == 1


async def test_many_at_once_are_one_row_and_all_are_answered(exchange: Any, golden: Any) -> None:
    await exchange.soap(golden(SUBMIT))
    exchange.cases.delay = 0.02
    answers = await asyncio.gather(*(exchange.soap(golden(WITHDRAW)) for _ in range(8)))
    assert len({exchange.told(answer)[0] for answer in answers}) == 1
    assert len(await kept(exchange)) == 2


async def test_the_same_id_with_other_content_is_an_incident(exchange: Any, golden: Any) -> None:
    await exchange.soap(golden(SUBMIT))
    await exchange.soap(golden(WITHDRAW))
    other = await exchange.soap(golden(WITHDRAW).replace(b"sent-in-error", b"duplicate"))
    assert b"message_id_reused" in other.content
    assert len(await exchange.rows("select * from incident")) == 1
    assert len(exchange.cases.amended) == 1


async def test_what_was_never_sent_cannot_be_withdrawn(exchange: Any, golden: Any) -> None:
    assert exchange.refused(await exchange.soap(golden(WITHDRAW))) == "referral-unknown"
    await exchange.soap(golden(SUBMIT))
    of_another = golden(WITHDRAW).replace(b"70008747", b"70009770").replace(b">polis<", b">star<")
    assert exchange.refused(await exchange.soap(of_another)) == "referral-unknown"
    assert await kept(exchange) == [("submit_referral", "handed-over")]


async def test_another_version_is_refused_and_reserves_nothing(exchange: Any, golden: Any) -> None:
    await exchange.soap(golden(SUBMIT))
    wrong = golden(WITHDRAW).replace(b"<version>1<", b"<version>2<")
    answer = await exchange.soap(wrong)
    assert exchange.refused(answer) == "referral-version-unexpected"
    assert "<path>/withdrawReferral/version</path>" in answer.text
    assert "version 1 is expected" in answer.text
    exchange.told(await exchange.soap(golden(WITHDRAW)))


async def test_what_the_register_refuses_is_told_and_released(exchange: Any, golden: Any) -> None:
    await exchange.soap(golden(SUBMIT))
    exchange.cases.mode, exchange.cases.conflict = "409", "referral-version-unexpected"
    errors = [{"pointer": "/sender/version", "code": "expected", "reason": "version 2 is expected"}]
    exchange.cases.refusals = {"errors": errors}
    answer = await exchange.soap(golden(WITHDRAW))
    assert exchange.refused(answer) == "referral-version-unexpected"
    assert "<path>/withdrawReferral/version</path>" in answer.text
    assert await kept(exchange) == [("submit_referral", "handed-over"), ("withdraw_referral", "refused")]
    exchange.cases.mode = "ok"
    exchange.told(await exchange.soap(golden(WITHDRAW)))


async def test_a_withdrawal_waits_for_a_register_that_is_away(exchange: Any, golden: Any) -> None:
    reference, _ = exchange.told(await exchange.soap(golden(SUBMIT)))
    exchange.cases.mode = "down"
    assert exchange.told(await exchange.soap(golden(WITHDRAW))) == (reference, "RECEIVED")
    exchange.cases.mode, exchange.cases.status = "ok", "WITHDRAWN"
    await exchange.make_due()
    (settled,) = await exchange.work_off()
    assert settled.reference == reference
    assert isinstance(settled.progress, HandedOver)
    assert settled.progress.status is Status.WITHDRAWN
    assert exchange.cases.amended == [("withdrawal", reference, REASON)]


async def test_a_withdrawal_does_not_overtake_its_referral(exchange: Any, golden: Any) -> None:
    """Both came while the register was away; the worker may take the withdrawal only behind the referral."""
    exchange.cases.mode = "down"
    reference, _ = exchange.told(await exchange.soap(golden(SUBMIT)))
    assert exchange.told(await exchange.soap(golden(WITHDRAW))) == (reference, "RECEIVED")
    assert [method for method, _ in exchange.cases.calls] == ["PUT"]  # nobody asked about the withdrawal
    exchange.cases.mode = "ok"
    await exchange.make_due()
    assert [each.reference for each in await exchange.work_off()] == [reference]
    assert exchange.cases.amended == []
    assert [each.reference for each in await exchange.work_off()] == [reference]
    assert [beneath for beneath, *_ in exchange.cases.amended] == ["withdrawal"]
    assert await exchange.work_off() == []


async def test_what_waits_behind_another_delays_no_other(exchange: Any, golden: Any) -> None:
    exchange.cases.mode = "down"
    await exchange.soap(golden(SUBMIT))
    await exchange.soap(golden(WITHDRAW))
    await exchange.rows("update inbox set next_attempt_at = now() + interval '1 h' where about is null")
    other = golden(SUBMIT).replace(b"3e5d1f2a6b80", b"000000000002").replace(b"PV-2017-001203", b"PV-2")
    reference, _ = exchange.told(await exchange.soap(other))
    exchange.cases.mode = "ok"
    await exchange.rows("update inbox set next_attempt_at = now() where sender_reference = 'PV-2'")
    assert [each.reference for each in await exchange.work_off()] == [reference]


async def test_behind_a_referral_that_waits_for_a_person_it_waits_for_one_too(
    exchange: Any, golden: Any
) -> None:
    """It was acknowledged, so it is kept, whatever the register says of it."""
    exchange.cases.mode = "down"
    reference, _ = exchange.told(await exchange.soap(golden(SUBMIT)))
    exchange.cases.mode = "422"
    await exchange.make_due()
    await exchange.work_off()
    assert exchange.told(await exchange.soap(golden(WITHDRAW))) == (reference, "RECEIVED")
    (settled,) = await exchange.work_off()
    assert settled.progress == Quarantined("referral-unknown")
    assert len(await exchange.states()) == 2


async def test_the_status_is_of_the_referral_by_every_name(exchange: Any, golden: Any) -> None:
    reference, _ = exchange.told(await exchange.soap(golden(SUBMIT)))
    exchange.cases.status, exchange.cases.changed_at = "WITHDRAWN", "2017-05-05T08:00:00Z"
    await exchange.soap(golden(WITHDRAW))
    for name in ("messageId", "reference", "senderReference"):
        asked = golden(f"getReferralStatus.by-{name}.request.xml")
        asked = asked.replace(b"TV-0000-0000-0000-0000-0", reference.encode())
        assert exchange.told(await exchange.soap(asked)) == (reference, "WITHDRAWN")
    by_own_message = golden("getReferralStatus.by-messageId.request.xml")
    by_own_message = by_own_message.replace(b"4c2b8a1e-0d6f-4f0a-9b7c-3e5d1f2a6b80", OLD_ID)
    assert exchange.told(await exchange.soap(by_own_message)) == (reference, "WITHDRAWN")


async def test_who_withdraws_is_named(exchange: Any, golden: Any) -> None:
    nameless = golden(WITHDRAW).replace(b"<xrd:userId>EE38501170364</xrd:userId>", b"")
    answer = await exchange.soap(nameless)
    assert answer.status_code == 500
    assert "missing_header_field" in answer.text
    assert "userId" in answer.text


async def test_what_is_kept_is_sealed_and_every_message_is_in_the_log(exchange: Any, golden: Any) -> None:
    await exchange.soap(golden(SUBMIT))
    await exchange.soap(golden(WITHDRAW))
    (row,) = await exchange.rows("select * from inbox where about is not null")
    assert b"sent-in-error" not in row["message_sealed"]
    canonical = [each["canonical"] for each in await exchange.rows("select canonical from message_log")]
    assert sum(b"withdraw_referral" in each for each in canonical) == 2
    audited = await exchange.rows("select action from audit where operation = 'withdraw_referral'")
    assert {"receive", "disclose"} <= {each["action"] for each in audited}


@pytest.mark.parametrize("reason", ["just-because", ""])
async def test_a_reason_is_of_the_list(exchange: Any, golden: Any, reason: str) -> None:
    await exchange.soap(golden(SUBMIT))
    answer = await exchange.soap(golden(WITHDRAW).replace(b"sent-in-error", reason.encode()))
    assert "schema_violation" in answer.text
    assert "/withdrawReferral/reason" in answer.text


async def test_a_correction_is_handed_over_and_told(exchange: Any, golden: Any) -> None:
    reference, _ = exchange.told(await exchange.soap(golden(SUBMIT)))
    assert exchange.told(await exchange.soap(golden(CORRECT)))[0] == reference
    ((beneath, about, body),) = exchange.cases.amended
    assert (beneath, about, body["sender"]["version"]) == ("correction", reference, 2)
    assert body.keys() == exchange.cases.taken[reference].keys()
    exchange.told(await exchange.soap(golden(WITHDRAW).replace(b"<version>1<", b"<version>2<")))
    assert [each[0] for each in exchange.cases.amended] == ["correction", "withdrawal"]


async def test_a_correction_with_a_gap_or_a_broken_rule_is_refused_where_it_is(
    exchange: Any, golden: Any
) -> None:
    assert exchange.refused(await exchange.soap(golden(CORRECT))) == "referral-unknown"
    await exchange.soap(golden(SUBMIT))
    gap = await exchange.soap(golden(CORRECT).replace(b"<version>2<", b"<version>4<"))
    assert exchange.refused(gap) == "referral-version-unexpected"
    assert "<path>/correctReferral/version</path>" in gap.text
    assert "version 2 is expected" in gap.text
    early = golden(CORRECT).replace(b"<referredOn>2017-03-02<", b"<referredOn>2017-02-01<")
    broken = await exchange.soap(early)
    assert exchange.refused(broken) == "referral-invalid"
    assert "<path>/correctReferral/referral/referredOn</path>" in broken.text
    assert await kept(exchange) == [("submit_referral", "handed-over")]


@pytest.mark.parametrize("slug", ["referral-version-exists", "referral-withdrawn"])
async def test_what_the_register_says_of_a_correction_is_told(exchange: Any, golden: Any, slug: str) -> None:
    await exchange.soap(golden(SUBMIT))
    exchange.cases.mode, exchange.cases.conflict = "409", slug
    assert exchange.refused(await exchange.soap(golden(CORRECT))) == slug


async def test_the_worker_hands_over_version_by_version(exchange: Any, golden: Any) -> None:
    """Submission, two corrections and a withdrawal came while the register was away: one at a time."""
    exchange.cases.mode = "down"
    reference, _ = exchange.told(await exchange.soap(golden(SUBMIT)))
    third = golden(CORRECT).replace(b"<version>2<", b"<version>3<").replace(b"8d9e21", b"8d9e22")
    withdrawal = golden(WITHDRAW).replace(b"<version>1<", b"<version>3<")
    for body in (golden(CORRECT), third, withdrawal):
        assert exchange.told(await exchange.soap(body)) == (reference, "RECEIVED")
    exchange.cases.mode = "ok"
    for _ in range(4):
        await exchange.make_due()
        assert [each.reference for each in await exchange.work_off()] == [reference]
    assert list(exchange.cases.taken) == [reference]
    told = [(each[0], each[2]["sender"]["version"]) for each in exchange.cases.amended]
    assert told == [("correction", 2), ("correction", 3), ("withdrawal", 3)]
    assert await exchange.work_off() == []


async def test_a_correction_waits_while_its_referral_is_being_handed_over(exchange: Any, golden: Any) -> None:
    """The request that brings the referral is not through yet: the correction is not asked about."""
    exchange.cases.delay = 0.25
    submitting = asyncio.create_task(exchange.soap(golden(SUBMIT)))
    while not await exchange.rows("select 1 from inbox"):  # noqa: ASYNC110 - it is a row that is waited for
        await asyncio.sleep(0.01)
    reference, status = exchange.told(await exchange.soap(golden(CORRECT)))
    assert status == "RECEIVED"
    assert exchange.told(await submitting)[0] == reference
    exchange.cases.delay = 0
    (settled,) = await exchange.work_off()
    assert settled.reference == reference
    assert [each[0] for each in exchange.cases.amended] == ["correction"]


async def test_the_status_of_a_version_is_of_its_message(exchange: Any, golden: Any) -> None:
    reference, _ = exchange.told(await exchange.soap(golden(SUBMIT)))
    await exchange.soap(golden(CORRECT))
    body = golden("getReferralStatus.by-senderReference.request.xml")
    for version in (b"1", b"2"):
        asked = re.sub(rb"<version>\d+</version>", b"<version>" + version + b"</version>", body)
        assert exchange.told(await exchange.soap(asked))[0] == reference
