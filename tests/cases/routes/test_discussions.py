"""What a meeting said of a case: written by the coordinator, closed by the chair, read by who has signed."""

from datetime import timedelta
from typing import Any

import pytest

from tests.cases.routes.network import CHAIR, COORDINATOR, ELSEWHERE, POLICE, PROBATION, Network, slug

SAID = {
    "wishes": "Soovib jääda koju.",
    "facts": [{"agency": "police", "text": "Kolm väljakutset."}],
    "risks": {"victim": "Kõrge.", "children": "Näevad pealt.", "staff": None, "others": None},
    "decisions": "Politsei kontrollib.",
}


async def _item(network: Network, *signed: str) -> Any:
    """A case that is discussed today, by members who have signed."""
    meeting = await network.meeting("2017-05-04")
    item = await network.put(meeting, await network.case("police"))
    for by in signed:
        assert (await network.sign(meeting, by)).status_code == 201
    return item


async def _write(network: Network, item: Any, version: int | None = None, **changes: Any) -> Any:
    path = f"/agenda-items/{item['id']}/discussion"
    return await network.do(path, {**SAID, **changes}, version, method="PUT")


async def test_a_record_is_written_in_versions_and_closed_by_the_chair(network: Network) -> None:
    item = await _item(network, COORDINATOR, CHAIR, POLICE)
    path = f"/agenda-items/{item['id']}/discussion"
    first = await _write(network, item)
    assert (first.status_code, first.json()["state"], first.headers["etag"]) == (200, "draft", '"1"')
    assert slug(await _write(network, item)) == "precondition-required"
    assert slug(await _write(network, item, 9)) == "stale-version"
    second = await _write(network, item, 1, decisions="Politsei kontrollib iga nädal.")
    assert (second.json()["version"], second.json()["decisions"]) == (2, "Politsei kontrollib iga nädal.")
    earlier = (await network.get(f"{path}?version=1")).json()
    assert (earlier["version"], earlier["lastVersion"], earlier["decisions"]) == (
        1,
        2,
        "Politsei kontrollib.",
    )
    told = {"outcome": "review", "reviewOn": "2017-06-01"}
    assert (await network.do(f"{path}/close", told, 2)).status_code == 403  # the coordinator does not close
    closed = await network.do(f"{path}/close", told, 2, by=CHAIR)
    assert (closed.status_code, closed.json()["state"]) == (200, "closed")
    assert slug(await _write(network, item, 2)) == "transition-refused"
    [shown] = (await network.get(f"/meetings/{item['meetingId']}/agenda")).json()["items"]
    assert (shown["state"], shown["outcome"], shown["reviewOn"]) == ("discussed", "review", "2017-06-01")
    seen = (await network.get(path, POLICE)).json()
    assert (seen["wishes"], seen["risks"]["children"]) == ("Soovib jääda koju.", "Näevad pealt.")


async def test_a_closed_record_is_corrected_with_a_reason(network: Network) -> None:
    item = await _item(network, COORDINATOR, CHAIR)
    path = f"/agenda-items/{item['id']}/discussion"
    await _write(network, item)
    await network.do(f"{path}/close", {"outcome": "finish"}, 1, by=CHAIR)
    assert (await network.do(f"{path}/reopen", {"reason": "no-such"}, 1, by=CHAIR)).status_code == 422
    opened = await network.do(f"{path}/reopen", {"reason": "mistake"}, 1, by=CHAIR)
    assert (opened.status_code, opened.json()["state"], opened.json()["closedAt"]) == (200, "draft", None)
    assert (await _write(network, item, 1, wishes="Soovib lahkuda.")).status_code == 200
    again = await network.do(f"{path}/close", {"outcome": "review"}, 2, by=CHAIR)
    assert (again.status_code, again.json()["wishes"]) == (200, "Soovib lahkuda.")
    steps = (await network.get(f"/cases/{item['caseId']}/history")).json()["items"]
    taken = [(step["machine"], step["action"]) for step in reversed(steps)]
    assert taken == [
        ("agenda-item", "put-on"), ("discussion", "write"), ("agenda-item", "discuss"),
        ("discussion", "close"),
        ("discussion", "reopen"), ("discussion", "close"),
    ]  # fmt: skip


async def test_who_has_not_signed_reads_and_writes_nothing(network: Network) -> None:
    item = await _item(network, COORDINATOR)
    path = f"/agenda-items/{item['id']}/discussion"
    await _write(network, item)
    for by in (CHAIR, POLICE):
        answer = await network.get(path, by)
        assert (answer.status_code, slug(answer)) == (409, "confidentiality-unsigned"), by
    for by in (PROBATION, ELSEWHERE):
        assert (await network.get(path, by)).status_code == 404, by
    other = await network.put(
        await network.meeting("2017-05-04"), await network.case("police", region="polva")
    )
    assert slug(await _write(network, other)) == "confidentiality-unsigned"  # signed, but for another meeting


async def test_the_database_shows_nothing_either_without_a_signature(network: Network) -> None:
    item = await _item(network, COORDINATOR)
    await _write(network, item)
    world = network.served.world
    for signer, count in ((COORDINATOR, 1), (CHAIR, 0)):
        permit = world.permit_of("coordinator", "get_discussion", region="polva")
        async with world.work(permit) as work:
            await work.fetch("select set_config('turvavork.actor', $1, true)", signer)
            assert len(await work.fetch("select version from discussion_version")) == count


async def test_the_case_that_comes_back_is_proposed_by_its_day(network: Network) -> None:
    item = await _item(network, COORDINATOR, CHAIR)
    path = f"/agenda-items/{item['id']}/discussion"
    await _write(network, item)
    await network.do(f"{path}/close", {"outcome": "review", "reviewOn": "2017-06-01"}, 1, by=CHAIR)
    for day, proposed in (("2017-05-25", []), ("2017-06-01", [(item["caseId"], "review")])):
        meeting = await network.meeting(day)
        found = (await network.get(f"/meetings/{meeting['id']}/proposals")).json()["items"]
        assert [(each["caseId"], each["why"]) for each in found] == proposed, day


@pytest.mark.parametrize(
    ("told", "pointer"),
    [
        ({"outcome": "finish", "reviewOn": "2017-06-01"}, "/reviewOn"),
        ({"outcome": "review", "reviewOn": "2017-05-04"}, "/reviewOn"),
    ],
)
async def test_a_closing_says_what_it_must(network: Network, told: dict[str, str], pointer: str) -> None:
    item = await _item(network, COORDINATOR, CHAIR)
    await _write(network, item)
    answer = await network.do(f"/agenda-items/{item['id']}/discussion/close", told, 1, by=CHAIR)
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_nothing_is_said_before_the_day_of_the_meeting(network: Network) -> None:
    meeting = await network.meeting("2017-05-05")
    item = await network.put(meeting, await network.case())
    await network.sign(meeting, COORDINATOR)
    assert slug(await _write(network, item)) == "meeting-not-yet"
    network.served.world.clock.advance(timedelta(days=1))
    wrong = await _write(network, item, facts=[{"agency": "cosmonauts", "text": "x"}])
    assert [error["pointer"] for error in wrong.json()["errors"]] == ["/facts/0/agency"]
    assert (await _write(network, item)).status_code == 200


async def test_what_was_said_is_sealed(network: Network) -> None:
    item = await _item(network, COORDINATOR)
    await _write(network, item)
    rows = await network.served.world.rows("select cast(v as text) as row from discussion_version v")
    assert b"koju".hex() not in rows[0]["row"]
