"""Who is invited to a meeting, who comes, and who has signed."""

from datetime import timedelta
from typing import Any

import pytest

from tests.cases.routes.network import (
    CHAIR,
    COORDINATOR,
    ELSEWHERE,
    POLICE,
    PROBATION,
    STATEMENT,
    Network,
    slug,
)


async def _sits(network: Network, agency: str, seat: str, **more: Any) -> None:
    told = {"agency": agency, "seat": seat, "validFrom": "2017-01-01", **more}
    assert (await network.do("/regions/polva/members", told)).status_code == 201


async def _invited(network: Network, meeting: Any) -> list[dict[str, Any]]:
    answer = await network.do(f"/meetings/{meeting['id']}/invitations")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_the_core_is_invited_and_whom_a_case_needs(network: Network) -> None:
    for agency, seat in (("police", "core"), ("health-care", "core"), ("school", "by-case")):
        await _sits(network, agency, seat)
    await _sits(network, "prosecutor", "core", validTo="2017-06-01")  # has left by the day of the meeting
    meeting = await network.meeting()
    first = await _invited(network, meeting)
    assert [(each["agency"], each["seat"]) for each in first] == [("health-care", "core"), ("police", "core")]
    await network.put(meeting, await network.case("police", "school", "probation"))
    again = await _invited(network, meeting)
    assert again[:1] == [first[0]]  # who was invited stays so
    assert [(each["agency"], each["seat"]) for each in again] == [
        ("health-care", "core"), ("police", "core"), ("probation", "by-case"), ("school", "by-case"),
    ]  # fmt: skip
    seen = await network.get(f"/meetings/{meeting['id']}/invitations", PROBATION)
    assert seen.json()["items"] == again


async def test_an_agency_replies_for_itself_and_the_coordinator_for_any(network: Network) -> None:
    await _sits(network, "police", "core")
    meeting = await network.meeting()
    [invitation] = await _invited(network, meeting)
    path = f"/invitations/{invitation['id']}/reply"
    for by, status in ((POLICE, 200), (COORDINATOR, 200), (PROBATION, 404), (ELSEWHERE, 404), (CHAIR, 403)):
        answer = await network.do(
            path, {"reply": "coming" if by == POLICE else "not-coming"}, by=by, method="PUT"
        )
        assert answer.status_code == status, by
    [after] = (await network.get(f"/meetings/{meeting['id']}/invitations")).json()["items"]
    assert (after["reply"], after["version"]) == ("not-coming", 3)


async def test_attendance_is_recorded_from_the_day_on(network: Network) -> None:
    await _sits(network, "police", "core")
    meeting = await network.meeting("2017-05-05")
    [invitation] = await _invited(network, meeting)
    path, told = f"/invitations/{invitation['id']}/attendance", {"presence": "present", "people": 2}
    early = await network.do(path, told, 1, method="PUT")
    assert (early.status_code, slug(early)) == (409, "meeting-not-yet")
    network.served.world.clock.advance(timedelta(days=1))
    for wrong in ({"presence": "present", "people": 0}, {"presence": "absent", "people": 1}):
        assert (await network.do(path, wrong, 1, method="PUT")).status_code == 422
    answer = await network.do(path, told, 1, method="PUT")
    assert (answer.json()["presence"], answer.json()["people"], answer.headers["etag"]) == (
        "present",
        2,
        '"2"',
    )
    assert slug(await network.do(path, told, 1, method="PUT")) == "stale-version"


async def test_a_member_signs_once_for_each_meeting(network: Network) -> None:
    await _sits(network, "police", "core")
    meeting = await network.meeting()
    await _invited(network, meeting)
    path = f"/meetings/{meeting['id']}/confidentiality"
    before = (await network.get(path, POLICE)).json()
    assert (before["statement"], before["signedAt"], set(before["text"])) == (
        STATEMENT, None, {"et", "ru", "en"}
    )  # fmt: skip
    old = await network.do(path, {"statement": "2016-01-01"}, by=POLICE)
    assert [error["pointer"] for error in old.json()["errors"]] == ["/statement"]
    first = await network.sign(meeting, POLICE)
    network.served.world.clock.advance(timedelta(days=1))
    again = await network.sign(meeting, POLICE)
    assert (first.status_code, again.json()) == (201, first.json())
    [invited] = (await network.get(f"/meetings/{meeting['id']}/invitations")).json()["items"]
    assert invited["signed"] == 1
    assert (await network.get(path, CHAIR)).json()["signedAt"] is None
    assert (await network.sign(meeting, ELSEWHERE)).status_code == 404


@pytest.mark.parametrize("action", ["invitations", "reply"])
async def test_after_a_cancelled_meeting_nothing_is_asked(network: Network, action: str) -> None:
    await _sits(network, "police", "core")
    meeting = await network.meeting()
    [invitation] = await _invited(network, meeting)
    await network.do(f"/meetings/{meeting['id']}/steps/cancel", {"reason": "other"}, 1)
    answer = (
        await network.do(f"/meetings/{meeting['id']}/invitations")
        if action == "invitations"
        else await network.do(f"/invitations/{invitation['id']}/reply", {"reply": "coming"}, method="PUT")
    )
    assert (answer.status_code, slug(answer)) == (409, "transition-refused")
