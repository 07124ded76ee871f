"""A case goes to another network when that one takes it, and not before."""

import json
from typing import Any

import pytest

from services.cases.actions.repeats import RepeatFinder
from services.cases.model.transfers import PACKAGE_TYPE
from services.kit import detached, keys
from tests.cases.routes.network import COORDINATOR, ELSEWHERE, POLICE, Network, slug
from tests.cases.statements import heard

ADDRESS = "Kanaarilinnu tee 7, Rakvere"
NOTE = "Kolis lastega; algatame üleandmise."
MOVE = {
    "to": "rakvere",
    "kind": "permanent",
    "reason": "moved",
    "movesOn": "2017-05-02",
    "note": NOTE,
    "address": ADDRESS,
}
THERE_POLICE = "dev:agency-member:rakvere:police"
THIRD = "dev:coordinator:voru:"


async def proposed(network: Network, case: str, version: int = 1, **changes: Any) -> Any:
    answer = await network.do(f"/cases/{case}/transfers", {**MOVE, **changes}, version)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def answered(  # noqa: PLR0913, PLR0917 - each is one part of the request
    network: Network, transfer: Any, verb: str, told: Any, by: str, version: int = 1
) -> Any:
    return await network.do(f"/transfers/{transfer['id']}/{verb}", told, version, by=by)


async def accepted(network: Network, transfer: Any, *agencies: str) -> Any:
    answer = await answered(network, transfer, "accept", {"agencies": list(agencies)}, ELSEWHERE)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def waiting(network: Network, by: str) -> list[str]:
    return [duty["clock"] for duty in (await network.get("/duties", by)).json()["items"]]


async def events(network: Network, kind: str) -> list[Any]:
    rows = await network.served.world.rows("select data::text as data from event where type = $1", kind)
    return [json.loads(row["data"]) for row in rows]


async def test_until_it_is_taken_the_other_network_sees_an_outline_and_nothing_else(network: Network) -> None:
    case = await network.case("police", "probation")
    transfer = await proposed(network, case)
    assert (transfer["fromRegion"], transfer["toRegion"]) == ("polva", "rakvere")
    assert (transfer["note"], transfer["address"]) == (NOTE, ADDRESS)
    read = await network.get(f"/transfers/{transfer['id']}", ELSEWHERE)
    seen = read.json()
    assert (seen["note"], seen["address"]) == (NOTE, None)
    assert seen["outline"]["agencies"] == ["police", "probation"]
    assert (seen["outline"]["children"], seen["outline"]["caseState"]) == (1, "open")
    assert (await network.get("/transfers?direction=in", ELSEWHERE)).json()["items"] == [seen]
    assert (await network.get("/transfers?direction=out", ELSEWHERE)).json()["items"] == []
    assert await waiting(network, ELSEWHERE) == ["transfer-decision"]
    for path in (f"/cases/{case}", f"/cases/{case}/history", f"/cases/{case}/transfers"):
        assert (await network.get(path, ELSEWHERE)).status_code == 404, path
    assert (await network.get(f"/transfers/{transfer['id']}/package", ELSEWHERE)).status_code == 404
    for by in (THIRD, POLICE):
        assert (await network.get(f"/transfers/{transfer['id']}", by)).status_code in {403, 404}, by
    assert (await network.get("/transfers", THIRD)).json()["items"] == []
    kept = (await network.served.world.rows("select * from transfer"))[0]
    assert not any(word.encode() in bytes(kept["sealed"]) for word in (NOTE, ADDRESS))


async def test_on_acceptance_the_case_is_the_other_networks_at_once(network: Network) -> None:
    case = await network.case("police")
    version = (await network.get(f"/cases/{case}")).headers["etag"]
    taken = await accepted(network, await proposed(network, case), "police", "victim-support")
    assert (taken["state"], taken["address"], taken["decidedBy"]) == ("accepted", ADDRESS, ELSEWHERE)
    for by, status in ((COORDINATOR, 404), (POLICE, 404), (ELSEWHERE, 200), (THERE_POLICE, 200)):
        assert (await network.get(f"/cases/{case}", by)).status_code == status, by
        assert len((await network.get("/cases", by)).json()["items"]) == (status == 200), by
        assert len((await network.get("/referrals", by)).json()["items"]) == (status == 200), by
    read = await network.get(f"/cases/{case}", ELSEWHERE)
    assert read.headers["etag"] != version
    assert read.json()["region"] == "rakvere"
    assert sorted(read.json()["agencies"]) == ["police", "victim-support"]
    old = (await network.get(f"/transfers/{taken['id']}")).json()
    assert (old["state"], old["note"], old["address"], old["decidedOn"]) == (
        "accepted",
        None,
        None,
        "2017-05-04",
    )
    assert await waiting(network, COORDINATOR) == []
    assert "risk-after-move" in await waiting(network, ELSEWHERE)
    assert "transfer-decision" not in await waiting(network, ELSEWHERE)
    [told] = await events(network, "case.transferred")
    assert (told["fromRegion"], told["toRegion"], told["on"]) == ("polva", "rakvere", "2017-05-04")
    assert {each["region"] for each in await events(network, "case.step")} == {"polva"}
    again = await answered(network, taken, "accept", {"agencies": []}, ELSEWHERE, version=2)
    assert slug(again) == "transition-refused"


async def test_what_the_old_network_had_under_way_ends_or_is_handed_over(network: Network) -> None:
    meeting = await network.meeting()
    case = await network.case("police", "probation")
    item = await network.put(meeting, case)
    asked = await network.do(f"/agenda-items/{item['id']}/research", {"agencies": ["probation"]})
    [question] = asked.json()["items"]
    words = {"what": "Kontrollib.", "outcomeWanted": "Rahulik.", "dueOn": "2017-05-20"}
    action = await network.made(f"/cases/{case}/actions", {**words, "agency": "police"})
    taken = await network.do(f"/actions/{action['id']}/volunteer", {"agency": "police"}, 1, by=POLICE)
    assert taken.status_code == 200, taken.text
    await accepted(network, await proposed(network, case), "police")

    assert (await network.get(f"/research-requests/{question['id']}", "dev:agency-member:polva:probation")
            ).status_code == 404  # fmt: skip
    rows = network.served.world.rows
    [kept] = await rows("select state, reason from agenda_item")
    assert (kept["state"], kept["reason"]) == ("taken-off", "transferred")
    found = (await network.get(f"/actions/{action['id']}", ELSEWHERE)).json()
    assert (found["state"], found["agency"]) == ("proposed", None)
    earlier = (await network.get(f"/actions/{action['id']}/versions", ELSEWHERE)).json()["items"]
    assert [each["state"] for each in earlier] == ["volunteered", "proposed"]
    shares = (await network.get(f"/cases/{case}/shares", ELSEWHERE)).json()["items"]
    assert [(each["state"], each["recipients"]) for each in shares] == [
        ("in-force", ["police@rakvere"]),
        ("ended", ["probation@polva"]),
        ("ended", ["police@polva"]),
    ]
    assert await waiting(network, POLICE) == []
    assert set(await waiting(network, ELSEWHERE)) == {"safety-plan", "risk-after-move"}
    steps = (await network.get(f"/cases/{case}/history?limit=100", ELSEWHERE)).json()["items"]
    taken_off = {("agenda-item", "take-off"), ("action", "hand-over"), ("share", "end")}
    assert taken_off < {(step["machine"], step["action"]) for step in steps}
    there = await network.meeting("2017-06-02", "rakvere")
    [new] = (await network.get(f"/meetings/{there['id']}/proposals", ELSEWHERE)).json()["items"]
    assert (new["caseId"], new["why"]) == (case, "new")


async def test_what_was_known_is_taken_along_as_one_signed_document(network: Network) -> None:
    case = await network.case("police")
    taken = await accepted(network, await proposed(network, case))
    path = f"/transfers/{taken['id']}/package"
    answer = await network.get(path, ELSEWHERE)
    assert answer.status_code == 200
    public = keys.load_jwks(network.served.folder, keys.PACKAGES_JWKS)
    signature = answer.headers["x-jws-signature"]
    assert detached.verify(answer.content, signature, public, PACKAGE_TYPE) == keys.PACKAGES
    with pytest.raises(detached.SignatureWrong):
        detached.verify(answer.content.replace(b"polva", b"rapla"), signature, public, PACKAGE_TYPE)
    told = answer.json()
    assert told["format"] == "turvavork-transfer/1"
    assert (told["case"]["region"], told["transfer"]["address"]) == ("polva", ADDRESS)
    assert len(told["referral"]["persons"]) == 3
    assert {"transfer"} == {step["step"]["machine"] for step in told["history"]}
    [kept] = await network.served.world.rows("select package_sealed from transfer")
    assert b"turvavork-transfer" not in kept["package_sealed"]
    for by in (COORDINATOR, THIRD):
        assert (await network.get(path, by)).status_code == 404, by


async def test_it_is_refused_or_taken_back_for_a_published_reason(network: Network) -> None:
    case = await network.case()
    transfer = await proposed(network, case)
    second = await network.do(f"/cases/{case}/transfers", MOVE, 1)
    assert slug(second) == "transfer-pending"
    wrong = await answered(network, transfer, "refuse", {"reason": "weather"}, ELSEWHERE)
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/reason")
    assert (await answered(network, transfer, "refuse", {"reason": "other"}, COORDINATOR)).status_code == 404
    assert (await answered(network, transfer, "withdraw", {"reason": "stays"}, ELSEWHERE)).status_code == 404
    assert (await answered(network, transfer, "accept", {"agencies": []}, COORDINATOR)).status_code == 404
    stale = await answered(network, transfer, "refuse", {"reason": "other"}, ELSEWHERE, version=7)
    assert stale.status_code == 412
    refused = await answered(network, transfer, "refuse", {"reason": "lives-elsewhere"}, ELSEWHERE)
    assert (refused.status_code, refused.json()["note"]) == (200, None)
    assert await waiting(network, ELSEWHERE) == []
    back = await proposed(network, case, reason="moving")
    withdrawn = await answered(network, back, "withdraw", {"reason": "stays"}, COORDINATOR)
    assert (withdrawn.json()["state"], withdrawn.json()["decisionReason"]) == ("withdrawn", "stays")
    assert (await answered(network, back, "accept", {"agencies": []}, ELSEWHERE, 2)).status_code == 409
    assert (await network.get(f"/cases/{case}")).json()["region"] == "polva"
    listed = (await network.get(f"/cases/{case}/transfers")).json()["items"]
    assert sorted(each["state"] for each in listed) == ["refused", "withdrawn"]
    steps = (await network.get(f"/cases/{case}/history")).json()["items"]
    assert [step["action"] for step in steps] == ["withdraw", "propose", "refuse", "propose"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"to": "atlantis"}, "/to"),
        ({"to": "polva"}, "/to"),
        ({"kind": "holiday"}, "/kind"),
        ({"reason": "weather"}, "/reason"),
        ({"movesOn": "2019-01-01"}, "/movesOn"),
        ({"note": "Mari, 48805042711"}, "/note"),
        ({"note": " "}, "/note"),
    ],
)
async def test_what_is_wrong_is_told_where(network: Network, change: Any, pointer: str) -> None:
    answer = await network.do(f"/cases/{await network.case()}/transfers", {**MOVE, **change}, 1)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert await network.served.world.count("transfer") == 0


async def test_a_coordinator_there_from_whom_the_case_is_kept_is_not_asked(network: Network) -> None:
    case = await network.case()
    transfer = await proposed(network, case)
    told = {"member": ELSEWHERE, "kind": "relative", "reason": "Õde."}
    kept = await network.do(f"/cases/{case}/exclusions", told)
    assert kept.status_code == 201, kept.text
    assert (await network.get(f"/transfers/{transfer['id']}", ELSEWHERE)).status_code == 404
    assert (await network.get("/transfers", ELSEWHERE)).json()["items"] == []
    assert await waiting(network, ELSEWHERE) == []
    answer = await answered(network, transfer, "accept", {"agencies": []}, ELSEWHERE)
    assert answer.status_code == 404


async def test_a_sealed_case_does_not_move(network: Network) -> None:
    case = await network.case()
    sealed = await network.do(f"/cases/{case}/seal", {"reason": "Avalik huvi.", "members": [COORDINATOR]})
    assert sealed.status_code in {200, 201}, sealed.text
    answer = await network.do(f"/cases/{case}/transfers", MOVE, 1)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "sealed")


async def test_the_number_of_statements_is_the_same_however_much_there_is(network: Network) -> None:
    counts = []
    for actions in (1, 3):
        case = await network.case("police")
        for _ in range(actions):
            words = {"what": "x", "outcomeWanted": "y", "dueOn": "2017-05-20"}
            await network.made(f"/cases/{case}/actions", {**words, "agency": "police"})
        transfer = await proposed(network, case)
        with heard(network.served.app.state.database) as told:
            await accepted(network, transfer, "police")
        counts.append(len(told))
    assert counts[0] == counts[1]


async def test_a_correction_by_the_sender_is_taken_where_the_case_is_now(network: Network) -> None:
    case = await network.case()
    await accepted(network, await proposed(network, case))
    [row] = await network.served.world.rows("select reference, sender_reference from referral")
    message = network.a_message()
    answer = await network.served.correct(row["reference"], message, sender_reference=row["sender_reference"])
    assert answer.status_code == 200, answer.text
    [kept] = await network.served.world.rows("select region, referred_in from referral")
    assert (kept["region"], kept["referred_in"]) == ("rakvere", "polva")


async def test_there_it_is_new_and_a_further_referral_within_the_year_is_a_repeat(network: Network) -> None:
    case = await network.case()
    meeting = await network.meeting("2017-05-04")
    await network.put(meeting, case, lateReason="urgent")
    world = network.served.world
    await world.rows("update agenda_item set state = 'discussed', outcome = 'finish'")
    await accepted(network, await proposed(network, case))
    there = await network.meeting("2017-06-01", "rakvere")
    [new] = (await network.get(f"/meetings/{there['id']}/proposals", ELSEWHERE)).json()["items"]
    assert (new["caseId"], new["why"], new["discussedOn"]) == (case, "new", None)
    path = f"/meetings/{there['id']}/agenda"
    assert (await network.made(path, {"caseId": case}, ELSEWHERE))["why"] == "new"
    later = {"occurredAt": "2017-04-20T20:30:00Z", "description": None}
    told = network.a_message(region="rakvere", referredOn="2017-04-21", event=later)
    again = await network.served.taken(told)
    finder = RepeatFinder(world.database, world.policy, world.catalog.repeats)
    while await finder.round():
        pass
    read = (await network.get(f"/referrals/{again}", ELSEWHERE)).json()
    current = next(each for each in read["repeats"]["found"] if each["definition"] == "safelives-current")
    assert (current["verdict"], current["earlierReference"] is None) == ("yes", False)
