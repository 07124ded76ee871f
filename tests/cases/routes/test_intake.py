import asyncio
from collections.abc import Callable, Iterable
from itertools import repeat
from typing import Any
from uuid import uuid4

import pytest

from services.kit.ids import new_reference

Build = Callable[..., Any]
STAR = "ee-dev/GOV/70009770/star"
POLIS = "ee-dev/GOV/70008747/polis"


async def test_first_201_then_200_with_the_first_reference(served: Any, a_message: Build) -> None:
    first = await served.put(a_message(), sender_reference="A-1")
    again = await served.put(a_message(), sender_reference="A-1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["status"] == "AWAITING_SCREENING"
    assert first.json()["band"] == "high"


async def test_the_same_reference_again_is_the_same_referral(served: Any, a_message: Build) -> None:
    reference = new_reference()
    first = await served.put(a_message(), sender_reference="A-1", reference=reference)
    again = await served.put(a_message(), sender_reference="A-1", reference=reference)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["reference"] == reference


async def test_other_content_is_a_conflict(served: Any, a_message: Build) -> None:
    await served.put(a_message(), sender_reference="A-1")
    other = await served.put(a_message(victimWishes="muu"), sender_reference="A-1")
    assert other.status_code == 409
    assert other.json()["type"] == "urn:turvavork:problem:referral-version-exists"


async def test_a_burst_of_the_same_message_has_one_effect(served: Any, a_message: Build) -> None:
    answers = await asyncio.gather(*(served.put(a_message(), sender_reference="A-1") for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [201]
    assert len({answer.json()["reference"] for answer in answers}) == 1


async def test_a_broken_rule_is_told_where_and_nothing_is_echoed(served: Any, a_message: Build) -> None:
    message = a_message(region="atlantis-unknown")
    message["persons"][0]["personalCode"] = "48406150001"
    answer = await served.put(message)
    assert answer.status_code == 422
    body = answer.json()
    assert body["type"] == "urn:turvavork:problem:referral-invalid"
    assert [(error["pointer"], error["code"]) for error in body["errors"]] == [
        ("/region", "unknown"),
        ("/persons/0/personalCode", "check-digit"),
    ]
    assert "atlantis" not in answer.text
    assert "48406150001" not in answer.text
    assert await served.world.count("referral") == 0


async def test_a_refusal_leaves_its_row(served: Any, a_message: Build) -> None:
    await served.put(a_message(region="atlantis"))
    (row,) = await served.world.rows("select operation, problem, actor from audit where decision = 'deny'")
    assert tuple(row) == ("take_referral", "referral-invalid", POLIS)


async def test_a_message_that_does_not_fit_is_malformed(served: Any, a_message: Build) -> None:
    answer = await served.put(a_message(consent="maybe"))
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:turvavork:problem:malformed")


@pytest.mark.parametrize("reference", ["TV-1", "TV-AAAA-AAAA-AAAA-AAAA-A"])
async def test_a_wrong_reference_is_malformed(served: Any, a_message: Build, reference: str) -> None:
    answer = await served.put(a_message(), reference=reference)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "path:reference"


async def test_without_the_scorer_the_answer_is_received(served: Any, a_message: Build) -> None:
    served.world.scorer.mode = "away"
    answer = await served.put(a_message())
    assert (answer.status_code, answer.json()["status"]) == (201, "RECEIVED")
    assert answer.json()["band"] is None


async def test_nobody_hands_over_in_the_name_of_another(served: Any, a_message: Build) -> None:
    answer = await served.put(a_message(), client=POLIS, subject=STAR)
    assert answer.status_code == 404
    assert await served.world.count("referral") == 0


async def test_the_worker_hands_over_for_everybody(served: Any, a_message: Build) -> None:
    answer = await served.put(a_message(), client=POLIS, subject="worker:intake")
    assert answer.status_code == 201


@pytest.mark.parametrize("service", ["indicators", "riskscore"])
async def test_no_other_service_hands_over(served: Any, a_message: Build, service: str) -> None:
    answer = await served.http.put(
        f"/api/cases/v1/intake/{new_reference()}",
        json=a_message(),
        headers=served.headers(f"service:{service}", service, "intake"),
    )
    assert answer.status_code == 403


async def test_without_a_token_nothing(served: Any, a_message: Build) -> None:
    answer = await served.http.put(f"/api/cases/v1/intake/{new_reference()}", json=a_message())
    assert answer.status_code == 401


async def test_the_status_is_the_senders_to_ask(served: Any, a_message: Build) -> None:
    reference = (await served.put(a_message())).json()["reference"]
    path = f"/intake/{reference}"
    own = await served.get(path, POLIS, "exchange", "intake")
    assert own.status_code == 200
    assert own.json().keys() == {"reference", "status", "changedAt"}
    foreign = await served.get(path, STAR, "exchange", "intake")
    unknown = await served.get(f"/intake/{new_reference()}", POLIS, "exchange", "intake")
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.json() | {"instance": ""} == unknown.json() | {"instance": ""}


async def handed(
    served: Any,
    *messages: Any,
    subject: str = "worker:intake",
    requests: Iterable[str | None] = repeat(None),  # as many as there are
) -> Any:
    """Several referrals in one call; each with the sender's reference of its place."""
    items = [
        {
            "reference": new_reference(),
            "referral": {**message, "sender": {"client": POLIS, "reference": f"B-{n}", "version": 1}},
        }
        | ({} if request is None else {"requestId": request})
        for n, (message, request) in enumerate(zip(messages, requests, strict=False))
    ]
    headers = served.headers(subject, "exchange", "intake")
    return items, await served.http.post("/api/cases/v1/intake", json={"items": items}, headers=headers)


async def test_several_are_taken_each_by_itself(served: Any, a_message: Build) -> None:
    items, answer = await handed(served, a_message(), a_message(region="atlantis"), a_message())
    assert answer.status_code == 200, answer.text
    first, second, third = answer.json()["items"]
    told = {"reference": items[0]["reference"], "status": "AWAITING_SCREENING", "band": "high"}
    assert first == {"taken": told}
    assert third == {"taken": told | {"reference": items[2]["reference"]}}
    assert second["refused"]["type"] == "urn:turvavork:problem:referral-invalid"
    assert [(e["pointer"], e["code"]) for e in second["refused"]["errors"]] == [("/region", "unknown")]
    assert await served.world.count("referral") == 2
    rows = await served.world.rows(
        "select operation, decision, count(*) from audit where operation like 'take_%' group by 1, 2"
    )
    assert {(row[0], row[1]): row[2] for row in rows} == {
        ("take_referral", "allow"): 4,
        ("take_referrals", "deny"): 1,
    }


async def test_of_several_each_is_audited_under_the_request_that_it_names(
    served: Any, a_message: Build
) -> None:
    requests = [str(uuid4()), str(uuid4()), None]
    _, answer = await handed(
        served, a_message(), a_message(region="atlantis"), a_message(), requests=requests
    )
    rows = await served.world.rows(
        "select decision, request_id from audit where operation like 'take_%' group by 1, 2"
    )
    assert {(row[0], row[1]) for row in rows} == {
        ("allow", requests[0]),
        ("deny", requests[1]),
        ("allow", answer.headers["x-request-id"]),
    }


async def test_several_share_one_question_to_the_scorer(served: Any, a_message: Build) -> None:
    await handed(served, *(a_message() for _ in range(5)))
    (asked,) = served.world.scorer.asked
    assert len(asked["items"]) == 5


async def test_several_again_have_one_effect(served: Any, a_message: Build) -> None:
    items, first = await handed(served, a_message(), a_message())
    headers = served.headers("worker:intake", "exchange", "intake")
    again = await served.http.post("/api/cases/v1/intake", json={"items": items}, headers=headers)
    assert again.json() == first.json()
    assert await served.world.count("referral") == 2


async def test_a_wrong_one_of_several_is_named_and_nothing_is_taken(served: Any, a_message: Build) -> None:
    _, answer = await handed(served, a_message(), a_message(consent="maybe"))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/items/1/referral/consent"
    assert await served.world.count("referral") == 0


async def test_a_client_hands_over_several_of_its_own_alone(served: Any, a_message: Build) -> None:
    _, answer = await handed(served, a_message(), subject=STAR)
    assert answer.status_code == 404
    assert await served.world.count("referral") == 0
