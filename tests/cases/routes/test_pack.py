"""What somebody takes to a meeting: after signing, of the own cases, with the own returns."""

from typing import Any

from tests.cases.routes.network import CHAIR, COORDINATOR, ELSEWHERE, POLICE, PROBATION, Network, slug
from tests.cases.statements import heard

KNOWN = {"known": "relevant", "text": "Kolm.", "relevant": True, "necessary": True, "proportionate": True}


async def _meeting(network: Network) -> tuple[Any, Any]:
    """Two cases, one of them with the police; the probation has told about that one, too."""
    meeting = await network.meeting()
    shared = await network.put(meeting, await network.case("police", "probation"))
    await network.put(meeting, await network.case("probation"))
    asked = {"agencies": ["police", "probation"]}
    questions = (await network.do(f"/agenda-items/{shared['id']}/research", asked)).json()["items"]
    told = next(each for each in questions if each["agency"] == "probation")
    await network.do(f"/research-requests/{told['id']}/answer", KNOWN, 1, by=PROBATION)
    return meeting, shared


async def test_the_contents_open_by_a_signature(network: Network) -> None:
    meeting, _ = await _meeting(network)
    path = f"/meetings/{meeting['id']}/pack"
    for by in (COORDINATOR, CHAIR, POLICE):
        assert slug(await network.get(path, by)) == "confidentiality-unsigned", by
        await network.sign(meeting, by)
        assert (await network.get(path, by)).status_code == 200, by
    assert (await network.get(path, ELSEWHERE)).status_code == 404


async def test_each_copy_holds_what_its_reader_may_see(network: Network) -> None:
    meeting, shared = await _meeting(network)
    copies = {}
    for by in (COORDINATOR, POLICE, PROBATION):
        await network.sign(meeting, by)
        copies[by] = (await network.get(f"/meetings/{meeting['id']}/pack", by)).json()["items"]
    assert {by: len(items) for by, items in copies.items()} == {COORDINATOR: 2, POLICE: 1, PROBATION: 2}
    own = copies[POLICE][0]
    assert own["id"] == shared["id"]
    assert [person["role"] for person in own["people"]] == ["victim", "child", "threatening-person"]
    assert set(own["people"][0]) == {
        "personId", "role", "relationToVictim", "givenName", "familyName", "birthDate"
    }  # fmt: skip
    told = {
        by: [(each["agency"], each["text"]) for each in items[0]["returns"]] for by, items in copies.items()
    }
    assert told == {
        COORDINATOR: [("police", None), ("probation", "Kolm.")],
        POLICE: [("police", None)],
        PROBATION: [("probation", "Kolm.")],
    }


async def test_the_database_shows_no_agenda_either_without_a_signature(network: Network) -> None:
    meeting, _ = await _meeting(network)
    world = network.served.world
    await network.sign(meeting, CHAIR)
    permit = world.permit_of("chair", "get_agenda_pack", region="polva")
    for signer, count in ((COORDINATOR, 0), (CHAIR, 2)):
        async with world.work(permit) as work:
            await work.fetch("select set_config('turvavork.actor', $1, true)", signer)
            assert len(await work.fetch("select id from agenda_item")) == count


async def test_a_longer_agenda_takes_no_more_statements(network: Network) -> None:
    meeting, _ = await _meeting(network)
    await network.sign(meeting, COORDINATOR)
    counts = []
    for _ in range(2):
        with heard(network.served.app.state.database) as told:
            await network.get(f"/meetings/{meeting['id']}/pack")
        counts.append(len(told))
        await network.put(meeting, await network.case())
    assert counts[0] == counts[1]


async def test_who_declares_a_conflict_finds_the_case_on_no_agenda(network: Network) -> None:
    meeting, shared = await _meeting(network)
    for by in (COORDINATOR, POLICE):
        await network.sign(meeting, by)
    told = {"kind": "relative", "reason": "Sugulane."}
    declared = await network.do(f"/cases/{shared['caseId']}/conflicts", told, by=POLICE)
    assert declared.status_code == 201, declared.text
    for path in (f"/meetings/{meeting['id']}/pack", f"/meetings/{meeting['id']}/agenda"):
        assert (await network.get(path, POLICE)).json()["items"] == []
        assert len((await network.get(path, COORDINATOR)).json()["items"]) == 2
    assert (await network.get("/research-requests", POLICE)).json()["items"] == []
