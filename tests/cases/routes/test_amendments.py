import json
from collections.abc import Callable
from typing import Any

from services.kit.ids import new_reference

Build = Callable[..., Any]
STAR = "ee-dev/GOV/70009770/star"


async def test_a_withdrawal_is_taken_and_shown_to_the_coordinator(served: Any, a_message: Build) -> None:
    referral = await served.taken(a_message(), sender_reference="A-1")
    reference = (await served.ask(f"/referrals/{referral}")).json()["reference"]
    answer = await served.withdraw(reference)
    assert (answer.status_code, answer.json()["status"]) == (200, "WITHDRAWN")
    shown = (await served.ask(f"/referrals/{referral}")).json()
    assert (shown["status"], shown["reason"]) == ("WITHDRAWN", "sent-in-error")
    assert shown["withdrawal"]["reason"] == "sent-in-error"
    (listed,) = (await served.ask("/referrals?status=WITHDRAWN")).json()["items"]
    assert listed["withdrawal"] == shown["withdrawal"]


async def test_a_withdrawal_after_acceptance_leaves_the_case(served: Any, a_message: Build) -> None:
    referral = await served.taken(a_message(), sender_reference="A-1")
    before = await served.ask(f"/referrals/{referral}")
    decision = {"decision": "accept", "agencies": ["police"]}
    headers = {"If-Match": before.headers["etag"], "Idempotency-Key": "screening-1"}
    path = f"/referrals/{referral}/screening"
    accepted = await served.ask(path, method="POST", json=decision, headers=headers)
    assert accepted.status_code == 200, accepted.text
    answer = await served.withdraw(before.json()["reference"], reason="victim-objects")
    assert (answer.status_code, answer.json()["status"]) == (200, "ACCEPTED")
    (case,) = (await served.ask("/cases")).json()["items"]
    (shown,) = (await served.ask(f"/cases/{case['id']}")).json()["referrals"]
    assert (shown["status"], shown["reason"]) == ("ACCEPTED", None)
    assert shown["withdrawal"]["reason"] == "victim-objects"


async def test_a_withdrawal_of_another_version_says_which_is_expected(served: Any, a_message: Build) -> None:
    reference = (await served.put(a_message(), sender_reference="A-1")).json()["reference"]
    answer = await served.withdraw(reference, version=3)
    assert (answer.status_code, answer.json()["type"]) == (
        409,
        "urn:turvavork:problem:referral-version-unexpected",
    )
    assert answer.json()["errors"][0]["reason"] == "version 1 is expected"


async def test_a_withdrawal_under_a_wrong_reference_is_malformed(served: Any) -> None:
    answer = await served.withdraw("TV-AAAA-AAAA-AAAA-AAAA-A")
    assert answer.json()["errors"][0]["pointer"] == "path:reference"


async def test_only_the_sender_withdraws(served: Any, a_message: Build) -> None:
    reference = (await served.put(a_message(), sender_reference="A-1")).json()["reference"]
    foreign = await served.withdraw(reference, client=STAR)
    unknown = await served.withdraw(new_reference())
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.json() | {"instance": ""} == unknown.json() | {"instance": ""}


async def test_a_correction_is_taken_and_shown(served: Any, a_message: Build) -> None:
    referral = await served.taken(a_message(), sender_reference="A-1")
    before = (await served.ask(f"/referrals/{referral}")).json()
    assert (before["senderVersion"], before["correctedAt"]) == (1, None)
    changed = a_message(victimWishes="muu", persons=a_message()["persons"][:1])
    answer = await served.correct(before["reference"], changed)
    assert (answer.status_code, answer.json()["status"]) == (200, "AWAITING_SCREENING")
    again = await served.correct(before["reference"], changed)
    assert again.json() == answer.json()
    shown = (await served.ask(f"/referrals/{referral}")).json()
    assert shown["senderVersion"] == 2
    assert shown["correctedAt"] is not None
    assert shown["narrative"]["victimWishes"] == "muu"
    assert [person["role"] for person in shown["persons"]] == ["victim"]
    assert shown["persons"][0]["personId"] == before["persons"][0]["personId"]
    (part,) = (await served.ask(f"/people/{shown['persons'][0]['personId']}")).json()["items"]
    assert part["participant"]["id"] == shown["persons"][0]["id"]


async def test_a_notice_about_a_child_that_a_correction_left_out_still_leaves(
    served: Any, a_message: Build
) -> None:
    referral = await served.taken(a_message(), sender_reference="A-1")
    reference = (await served.ask(f"/referrals/{referral}")).json()["reference"]
    answer = await served.correct(reference, a_message(persons=a_message()["persons"][:1]))
    assert answer.status_code == 200
    path = "select id, data from event where type = 'referral.child-notice'"
    ((event, data),) = await served.world.rows(path)
    number = json.loads(data)["notices"][0]["number"]
    told = await served.get(f"/notices/{event}/children/{number}", "worker:delivery", "exchange", "delivery")
    assert (told.status_code, told.json()["role"]) == (200, "child")


async def test_refused_corrections_say_why_and_change_nothing(served: Any, a_message: Build) -> None:
    reference = (await served.put(a_message(), sender_reference="A-1")).json()["reference"]
    gap = await served.correct(reference, a_message(), version=3)
    assert (gap.status_code, gap.json()["errors"][0]["reason"]) == (409, "version 2 is expected")
    elsewhere = await served.correct(reference, a_message(region="rakvere"))
    assert (elsewhere.status_code, elsewhere.json()["errors"][0]["code"]) == (422, "not-correctable")
    await served.withdraw(reference)
    withdrawn = await served.correct(reference, a_message())
    assert (withdrawn.status_code, withdrawn.json()["type"]) == (
        409,
        "urn:turvavork:problem:referral-withdrawn",
    )
    foreign = await served.correct(reference, a_message(), client=STAR)
    unknown = await served.correct(new_reference(), a_message())
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.json() | {"instance": ""} == unknown.json() | {"instance": ""}
    rows = await served.world.rows("select problem from audit where decision = 'deny' order by problem")
    assert [row[0] for row in rows] == [
        "not-found",
        "not-found",
        "referral-invalid",
        "referral-version-unexpected",
        "referral-withdrawn",
    ]


async def test_what_was_said_before_a_correction_is_shown_as_it_was(served: Any, a_message: Build) -> None:
    referral = await served.taken(a_message(), sender_reference="A-1")
    path = f"/referrals/{referral}/versions"
    before = (await served.ask(f"/referrals/{referral}")).json()
    assert (await served.ask(f"{path}/1")).status_code == 404
    await served.correct(
        before["reference"], a_message(victimWishes="muu", persons=a_message()["persons"][:1])
    )
    await served.correct(before["reference"], a_message(referredOn="2017-03-03"), version=3)
    first, second = [(await served.ask(f"{path}/{version}")).json() for version in (1, 2)]
    same = ("referredOn", "occurredAt", "status", "reason", "decidedAt", "assessment", "narrative", "grounds")
    assert {name: first[name] for name in same} == {name: before[name] for name in same}
    assert first["persons"] == before["persons"]
    assert (first["referralId"], first["version"]) == (referral, 1)
    assert (second["version"], second["narrative"]["victimWishes"]) == (2, "muu")
    assert [person["role"] for person in second["persons"]] == ["victim"]
    assert first["replacedAt"] <= second["replacedAt"]
    assert (await served.ask(f"{path}/3")).status_code == 404


async def test_an_earlier_version_shows_no_more_than_the_referral_and_leaves_its_row(
    served: Any, a_message: Build
) -> None:
    referral = await served.taken(a_message(), sender_reference="A-1")
    reference = (await served.ask(f"/referrals/{referral}")).json()["reference"]
    await served.correct(reference, a_message(victimWishes="muu"))
    path = f"/referrals/{referral}/versions/1"
    of_chair = (await served.ask(path, "dev:chair:polva:")).json()
    assert "contact" not in of_chair["persons"][0]
    assert of_chair["persons"][0]["identity"]["givenName"]
    for asker in ("dev:coordinator:rakvere:", "dev:agency-member:polva:police"):
        assert (await served.ask(path, asker)).status_code == 404
    assert (await served.ask(path, "dev:support-person:polva:")).status_code == 403
    rows = await served.world.rows(
        "select decision, fields, cardinality(objects) from audit where operation = 'get_referral_version'"
        " order by decision, recorded_at"
    )
    assert [tuple(row) for row in rows] == [
        ("allow", ["basic", "identity", "narrative", "risk"], 2 + len(of_chair["persons"])),
        *[("deny", [], 1)] * 3,  # which one they asked for
    ]
