"""Regions, agencies, and who sits in which network."""

from typing import Any
from uuid import uuid4

import pytest

from tests.cases.statements import heard

CONTACT = {"name": "Mari Mets", "email": "polva@politsei.example", "phone": "+372 799 0000"}
MEMBER = {"agency": "police", "seat": "core", "validFrom": "2017-01-01", "contact": CONTACT}
COORDINATOR = "dev:coordinator:polva:"


async def add(served: Any, **changes: Any) -> Any:
    headers = changes.pop("headers", {})
    region, subject = changes.pop("region", "polva"), changes.pop("subject", COORDINATOR)
    return await served.ask(
        f"/regions/{region}/members", subject, "POST", json={**MEMBER, **changes}, headers=headers
    )


async def members(served: Any, subject: str = COORDINATOR, query: str = "on=2017-06-01") -> Any:
    return await served.ask(f"/regions/polva/members?{query}", subject)


async def test_regions_are_those_of_a_day(served: Any) -> None:
    every = (await served.ask("/regions")).json()["items"]
    assert len(every) == 20
    assert len((await served.ask("/regions?on=2018-12-31")).json()["items"]) == 9
    rakvere = next(each for each in every if each["code"] == "rakvere")
    assert rakvere["otherNames"] == ["Lääne-Virumaa"]
    assert rakvere["label"] == {"et": "Rakvere", "ru": "Раквере", "en": "Rakvere"}
    assert (rakvere["validFrom"], rakvere["validTo"]) == ("2017-01-01", None)


async def test_a_region_is_read_by_its_code(served: Any) -> None:
    one = await served.ask("/regions/saaremaa")
    assert (one.status_code, one.json()["otherNames"]) == (200, ["Kuressaare"])
    assert (await served.ask("/regions/atlantis")).status_code == 404


async def test_sets_keep_the_names_that_are_printed(served: Any) -> None:
    sets = {each["code"]: each for each in (await served.ask("/region-sets")).json()["items"]}
    assert [len(sets[code]["rows"]) for code in ("2018", "2019")] == [9, 19]
    assert [row["printed"] for row in sets["2019"]["rows"]].count("Tartumaa") == 2


async def test_agencies_say_where_they_usually_sit(served: Any) -> None:
    found = (await served.ask("/agencies?on=2017-01-01")).json()["items"]
    assert {each["code"]: each["seat"] for each in found}["prosecutor"] == "core"
    assert (await served.ask("/agencies?on=2016-01-01")).json()["items"] == []


async def test_a_coordinator_seats_an_agency(served: Any) -> None:
    made = await add(served, unit="Põlva politseijaoskond")
    assert made.status_code == 201, made.text
    body = made.json()
    assert made.headers["etag"] == '"1"'
    assert made.headers["location"] == f"/api/cases/v1/network-members/{body['id']}"
    assert (body["region"], body["agency"], body["unit"]) == ("polva", "police", "Põlva politseijaoskond")
    assert body["contact"] == CONTACT
    assert (await members(served)).json()["items"] == [body]
    assert (await served.ask(f"/network-members/{body['id']}")).json() == body


async def test_the_same_key_seats_once(served: Any) -> None:
    first = await add(served, headers={"Idempotency-Key": "k-1"})
    again = await add(served, headers={"Idempotency-Key": "k-1"})
    assert (again.status_code, again.json()) == (201, first.json())
    assert await served.world.count("network_member") == 1


async def test_no_unit_sits_twice_at_a_time(served: Any) -> None:
    await add(served, validTo="2018-01-01")
    twice = await add(served, validFrom="2017-12-31")
    assert (twice.status_code, twice.json()["type"]) == (409, "urn:turvavork:problem:network-member-exists")
    assert (await add(served, validFrom="2018-01-01")).status_code == 201
    assert (await add(served, unit="Räpina")).status_code == 201
    assert await served.world.count("data_key") == 3


async def test_who_sits_depends_on_the_day(served: Any) -> None:
    await add(served, validTo="2018-01-01")
    await add(served, validFrom="2018-01-01", unit="Uus")

    async def units(query: str) -> list[Any]:
        return [each["unit"] for each in (await members(served, query=query)).json()["items"]]

    assert await units("on=2016-12-31") == []
    assert await units("on=2017-12-31") == [None]
    assert await units("on=2018-01-01") == ["Uus"]
    assert await units("ever=true") == ["Uus", None]


async def test_pages_follow_one_another(served: Any) -> None:
    for number in range(3):
        await add(served, unit=f"Üksus {number}")
    first = (await members(served, query="ever=true&limit=2")).json()
    rest = (await members(served, query=f"ever=true&limit=2&cursor={first['next']}")).json()
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (2, 1, None)
    assert len({each["id"] for each in first["items"] + rest["items"]}) == 3


async def test_contacts_are_told_to_who_works_in_the_network(served: Any) -> None:
    await add(served)
    for subject in (COORDINATOR, "dev:chair:polva:", "dev:agency-member:polva:probation"):
        assert (await members(served, subject)).json()["items"][0]["contact"] == CONTACT
    path = "/regions/polva/members?ever=true"
    seen = await served.ask(path, "dev:programme-officer::", purpose="supervision")
    assert seen.json()["items"][0]["agency"] == "police"
    assert "contact" not in seen.json()["items"][0]


async def test_another_region_is_not_there(served: Any) -> None:
    made = (await add(served)).json()
    foreign = "dev:coordinator:rakvere:"
    assert (await members(served, foreign)).status_code == 404
    assert (await served.ask(f"/network-members/{made['id']}", foreign)).status_code == 404
    assert (await add(served, subject=foreign)).status_code == 404
    assert (await add(served, region="atlantis")).status_code == 404
    assert (await add(served, subject="dev:chair:polva:")).status_code == 403


async def test_of_two_writers_one_is_told_to_look_again(served: Any) -> None:
    made = (await add(served)).json()
    path, change = f"/network-members/{made['id']}", {"seat": "by-case", "contact": {"phone": "+372 1000"}}
    missing = await served.ask(path, method="PUT", json=change)
    assert missing.status_code == 428
    done = await served.ask(path, method="PUT", json=change, headers={"If-Match": '"1"'})
    assert done.status_code == 200, done.text
    assert (done.json()["seat"], done.json()["version"]) == ("by-case", 2)
    assert done.json()["contact"] == {"name": None, "email": None, "phone": "+372 1000"}
    stale = await served.ask(path, method="PUT", json=change, headers={"If-Match": '"1"'})
    assert stale.status_code == 412


async def test_an_agency_leaves_with_a_reason(served: Any) -> None:
    made = (await add(served)).json()
    path, end = f"/network-members/{made['id']}/end", {"validTo": "2017-06-01", "reason": "replaced"}
    left = await served.ask(path, method="POST", json=end, headers={"If-Match": '"1"'})
    assert (left.status_code, left.json()["leaveReason"]) == (200, "replaced")
    assert left.json()["contact"] == CONTACT
    assert (await members(served)).json()["items"] == []
    later = end | {"validTo": "2018-06-01"}
    moved = await served.ask(path, method="POST", json=later, headers={"If-Match": '"2"'})
    assert moved.json()["errors"][0]["code"] == "later-than-end"


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"agency": "cosmonauts"}, "/agency"),
        ({"validTo": "2016-01-01"}, "/validTo"),
        ({"validFrom": "2016-06-30"}, "/validFrom"),
        ({"contact": {"email": "no address"}}, "/contact/email"),
        ({"contact": {"phone": "call me"}}, "/contact/phone"),
        ({"seat": "throne"}, "/seat"),
    ],
)
async def test_what_is_wrong_is_told_where_and_changes_nothing(
    served: Any, wrong: dict[str, Any], pointer: str
) -> None:
    answer = await add(served, **wrong)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert await served.world.count("network_member") == await served.world.count("data_key") == 0


async def test_contacts_are_sealed_and_every_change_is_traced(served: Any) -> None:
    made = await add(served)
    [row] = await served.world.rows("select * from network_member")
    assert "politsei" not in str(tuple(row))
    traces = await served.world.rows(
        "select action, fields, rule_id from audit where request_id = $1 order by action",
        made.headers["x-request-id"],
    )
    assert [tuple(each) for each in traces] == [
        ("create", ["basic", "contact"], "network-keep"),
        ("read", ["basic", "contact"], "network-keep"),
    ]


async def test_a_list_takes_as_many_questions_however_long_it_is(served: Any) -> None:
    counts = []
    for number in (1, 5):
        for each in range(number):
            await add(served, unit=f"{number}-{each}")
        with heard(served.app.state.database) as told:
            await members(served)
        counts.append(len(told))
    assert counts[0] == counts[1]


async def test_the_database_alone_shows_no_other_region(served: Any) -> None:
    made = (await add(served)).json()
    world = served.world
    for region, seen in (("polva", 1), ("rakvere", 0)):
        permit = world.permit_of("coordinator", "end_network_member", region=region)
        async with world.work(permit) as work:
            found = await work.fetch("select id from network_member")
            assert len(found) == seen
            ended = await work.fetch(
                "update network_member set valid_to = $2, left_reason = 'left' where id = $1 returning id",
                *(uuid4() if seen else made["id"], world.clock.now().date()),
            )
            assert ended == []
