"""Offices: proposed by one person, approved by another, ended, and held by a deputy during an absence."""

from datetime import timedelta
from typing import Any

import pytest

from services.kit.calendar import add_months, local_date
from services.kit.clock import SystemClock
from tests.cases.statements import heard

TODAY = local_date(SystemClock().now())
DAY = timedelta(days=1)
COORDINATOR, CHAIR = "dev:coordinator:polva:", "dev:chair:polva:"
OFFICER, OPERATOR = "dev:programme-officer::", "dev:operator::"
SUPERVISION = {"purpose": "supervision"}
NEW = {
    "member": "m-mari",
    "name": "Mari-Liis Männik",
    "role": "agency-member",
    "region": "polva",
    "agency": "police",
    "validFrom": str(TODAY),
}


async def propose(served: Any, subject: str = COORDINATOR, **changes: Any) -> Any:
    options = changes.pop("options", {})
    body = {name: value for name, value in {**NEW, **changes}.items() if value is not None}
    return await served.ask("/appointments", subject, "POST", json=body, **options)


async def act(served: Any, verb: str, made: Any, subject: str = CHAIR, **rest: Any) -> Any:
    headers = {"If-Match": f'"{rest.pop("version", made["version"])}"', **rest.pop("headers", {})}
    path = f"/appointments/{made['id']}/{verb}"
    return await served.ask(path, subject, "POST", headers=headers, **rest)


async def approved(served: Any, **changes: Any) -> Any:
    made = (await propose(served, **changes)).json()
    done = await act(served, "approve", made)
    assert done.status_code == 200, done.text
    return done.json()


async def offices(served: Any, subject: str = "m-mari") -> list[dict[str, Any]]:
    """What the member may now, as other services hear it."""
    answer = await served.get(f"/offices?subject={subject}", "service:exchange", "exchange", "accountability")
    return list(answer.json()["items"])


async def test_an_office_is_held_once_a_second_person_approves(served: Any) -> None:
    made = await propose(served)
    assert made.status_code == 201, made.text
    body = made.json()
    assert (body["state"], body["name"], body["decided"]) == ("proposed", "Mari-Liis Männik", None)
    assert made.headers["location"] == f"/api/cases/v1/appointments/{body['id']}"
    assert await offices(served) == []
    assert (await served.ask("/me", "m-mari")).status_code == 403
    done = (await act(served, "approve", body)).json()
    assert (done["state"], done["proposed"]["by"], done["decided"]["by"]) == ("approved", COORDINATOR, CHAIR)
    assert done["validTo"] == str(add_months(TODAY, 12))
    [held] = await offices(served)
    assert (held["role"], held["region"], held["agency"]) == ("agency-member", "polva", "police")
    assert (await served.ask("/me", "m-mari")).status_code == 200


async def test_nobody_gives_an_office_alone(served: Any) -> None:
    made = (await propose(served, OFFICER, options=SUPERVISION)).json()
    alone = await act(served, "approve", made, OFFICER, **SUPERVISION)
    assert (alone.status_code, alone.json()["type"]) == (409, "urn:turvavork:problem:two-persons")
    itself = (await propose(served, member=CHAIR, agency="school")).json()
    assert (await act(served, "approve", itself)).status_code == 409
    assert (await propose(served, member=COORDINATOR)).status_code == 409
    assert (
        await act(served, "refuse", made, OFFICER, json={"reason": "not-needed"}, **SUPERVISION)
    ).status_code == 409


async def test_whose_office_does_not_give_it_is_refused(served: Any) -> None:
    wrong = await propose(served, CHAIR)
    assert (wrong.status_code, wrong.json()["type"]) == (403, "urn:turvavork:problem:office-not-yours")
    made = (await propose(served)).json()
    assert (await act(served, "approve", made, COORDINATOR)).status_code == 403
    assert (await act(served, "approve", made, OPERATOR, purpose="operations")).status_code == 403
    assert (await propose(served, "dev:agency-member:polva:police")).status_code == 403


async def test_another_region_is_not_there(served: Any) -> None:
    assert (await propose(served, "dev:coordinator:voru:")).status_code == 404
    made = (await propose(served)).json()
    assert (await act(served, "approve", made, "dev:chair:voru:")).status_code == 404
    assert (await served.ask(f"/appointments/{made['id']}", "dev:chair:voru:")).status_code == 404


async def test_the_same_office_is_not_given_twice_at_a_time(served: Any) -> None:
    made = (await propose(served)).json()
    assert (await propose(served)).json()["type"] == "urn:turvavork:problem:appointment-exists"
    refused = await act(served, "refuse", made, json={"reason": "not-suitable"})
    assert (refused.json()["state"], refused.json()["decided"]["reason"]) == ("refused", "not-suitable")
    assert (await propose(served)).status_code == 201
    assert await offices(served) == []


async def test_the_same_key_proposes_once(served: Any) -> None:
    first = await propose(served, options={"headers": {"Idempotency-Key": "k-1"}})
    again = await propose(served, options={"headers": {"Idempotency-Key": "k-1"}})
    assert (again.status_code, again.json()) == (201, first.json())


async def test_who_proposed_takes_it_back_and_nobody_else(served: Any) -> None:
    made = (await propose(served)).json()
    why = {"reason": "entered-in-error"}
    assert (await act(served, "withdraw", made, json=why)).status_code == 403
    done = await act(served, "withdraw", made, COORDINATOR, json=why)
    assert done.json()["state"] == "withdrawn"
    late = await act(served, "approve", done.json())
    assert (late.status_code, late.json()["type"]) == (409, "urn:turvavork:problem:transition-refused")


async def test_of_two_who_decide_one_is_told_to_look_again(served: Any) -> None:
    made = (await propose(served)).json()
    await act(served, "approve", made)
    assert (await act(served, "approve", made)).status_code == 412
    missing = await served.ask(f"/appointments/{made['id']}/approve", CHAIR, "POST")
    assert missing.status_code == 428


async def test_an_office_that_ends_opens_nothing_from_the_next_request_on(served: Any) -> None:
    made = await approved(served)
    assert (await served.ask("/me", "m-mari")).status_code == 200
    done = await act(served, "end", made, json={"reason": "left-employment"})
    assert (done.json()["state"], done.json()["validTo"]) == ("ended", str(TODAY))
    assert done.json()["ended"]["reason"] == "left-employment"
    assert (await served.ask("/me", "m-mari")).status_code == 403
    assert await offices(served) == []


async def test_an_office_that_ends_later_is_held_until_then(served: Any) -> None:
    made = await approved(served)
    later = {"reason": "other-duties", "validTo": str(TODAY + DAY)}
    assert (await act(served, "end", made, json=later)).status_code == 200
    assert [one["validTo"] for one in await offices(served)] == [str(TODAY + DAY)]


async def test_an_office_that_ends_before_it_began_was_never_held(served: Any) -> None:
    made = await approved(served, validFrom=str(TODAY + 5 * DAY))
    done = await act(served, "end", made, json={"reason": "entered-in-error"})
    assert (done.json()["validFrom"], done.json()["validTo"]) == (str(TODAY + 5 * DAY), str(TODAY + 5 * DAY))


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"role": "duke"}, "/role"),
        ({"region": "atlantis"}, "/region"),
        ({"agency": None}, "/agency"),
        ({"validFrom": str(TODAY - DAY)}, "/validFrom"),
        ({"validTo": str(TODAY + 400 * DAY)}, "/validTo"),
        ({"identity": "EE60001019906"}, "/member"),
        ({"member": None}, "/member"),
        ({"member": "xroad/client"}, "/member"),
        ({"name": " "}, "/name"),
    ],
)
async def test_what_is_wrong_is_told_where_and_changes_nothing(
    served: Any, wrong: dict[str, Any], pointer: str
) -> None:
    before = await served.world.count("appointment")
    answer = await propose(served, **wrong)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert await served.world.count("appointment") == before


async def test_who_never_logged_in_is_named_by_the_code_and_it_is_not_kept(served: Any) -> None:
    made = (await propose(served, member=None, identity="EE60001019906")).json()
    again = (await propose(served, member=None, identity="EE60001019906", agency="school")).json()
    assert made["member"].startswith("m-")
    assert made["member"] == again["member"]
    for table in ("member", "appointment", "audit"):
        rows = await served.world.rows(f"select * from {table}")  # noqa: S608 - a test's own word
        assert not any(word in str(row) for row in rows for word in ("60001019906", "Männik"))


async def test_lists_are_of_the_own_region_of_all_or_of_oneself(served: Any) -> None:
    made = await approved(served)
    here = (await served.ask("/appointments?member=m-mari", COORDINATOR)).json()["items"]
    assert here == [made]
    assert (await served.ask("/appointments?member=m-mari", "dev:coordinator:voru:")).json()["items"] == []
    mine = (await served.ask("/appointments", "m-mari")).json()["items"]
    assert mine == [made]
    every = await served.ask("/appointments?role=operator", OFFICER, **SUPERVISION)
    assert [one["member"] for one in every.json()["items"]] == [OPERATOR]
    chairs = await served.ask(f"/appointments?role=chair&on={TODAY}", COORDINATOR)
    assert [one["member"] for one in chairs.json()["items"]] == [CHAIR]
    assert (await served.ask("/appointments?state=proposed", COORDINATOR)).json()["items"] == []


async def test_the_database_alone_keeps_foreign_appointments_and_rights_for_oneself(served: Any) -> None:
    made = (await propose(served)).json()
    world = served.world
    for region, seen in (("polva", True), ("voru", False)):
        async with world.work(world.permit_of("coordinator", "list_appointments", region=region)) as work:
            found = await work.fetch("select 1 from appointment where id = $1", made["id"])
            assert bool(found) is seen
    decide = "update appointment set state = 'approved', decided_by = $2, decided_at = now() where id = $1"
    [row] = await world.rows("select author from appointment where id = $1", made["id"])
    for actor, operation in (("chair-2", "approve_appointment"), ("chair-1", "end_appointment")):
        with pytest.raises(Exception, match="row-level security"):
            async with world.work(world.permit_of("chair", operation, region="polva")) as work:
                await work.fetch(decide, made["id"], actor)  # not the caller; or not the operation that may
    assert row["author"] == COORDINATOR


# Absences


AWAY = {"deputy": "dev:agency-member:voru:police", "absentFrom": str(TODAY), "absentTo": str(TODAY + 7 * DAY)}


async def away(served: Any, made: Any, subject: str = "m-mari", **changes: Any) -> Any:
    path = f"/appointments/{made['id']}/absences"
    return await served.ask(path, subject, "POST", json={**AWAY, **changes})


async def test_a_deputy_holds_the_office_too_and_everything_says_in_whose_place(served: Any) -> None:
    made = await approved(served)
    named = await away(served, made)
    assert named.status_code == 201, named.text
    deputy = AWAY["deputy"]
    mine = (await served.ask("/me", deputy)).json()["offices"]
    assert [(one["region"], one["principal"]) for one in mine] == [("polva", "m-mari"), ("voru", None)]
    assert mine[0]["validTo"] == str(TODAY + 7 * DAY)
    assert [one["principal"] for one in await offices(served, deputy)] == ["m-mari", None]
    answer = await served.ask("/regions/polva/members", deputy)
    assert answer.status_code == 200
    [row] = await served.world.rows(
        "select attributes from audit where request_id = $1", answer.headers["x-request-id"]
    )
    assert "principal=m-mari" in row["attributes"]
    assert (await served.ask("/me", "m-mari")).json()["offices"][0]["principal"] is None


async def test_a_deputyship_ends_with_the_absence_the_office_or_the_own_office(served: Any) -> None:
    made = await approved(served)
    deputy = AWAY["deputy"]
    [absence] = (await away(served, made)).json()["absences"]
    back = await served.ask(
        f"/absences/{absence['id']}/end",
        "m-mari",
        "POST",
        json={"absentTo": str(TODAY)},
        headers={"If-Match": '"1"'},
    )
    assert (back.status_code, back.json()["absences"][0]["endedBy"]) == (200, "m-mari")
    assert len(await offices(served, deputy)) == 1
    await away(served, made)
    assert len(await offices(served, deputy)) == 2
    await served.world.rows(
        "update appointment set valid_to = $1 from member m where m.id = member_id and m.subject = $2",
        TODAY, deputy,
    )  # fmt: skip
    assert await offices(served, deputy) == []


@pytest.mark.parametrize(
    ("changes", "subject", "slug"),
    [
        ({"deputy": "m-mari"}, "m-mari", "deputy-unsuitable"),
        ({"deputy": "dev:agency-member:voru:school"}, "m-mari", "deputy-unsuitable"),
        ({"deputy": "m-nobody"}, "m-mari", "deputy-unsuitable"),
        ({"absentTo": str(TODAY)}, "m-mari", "malformed"),
        ({"absentFrom": str(TODAY - DAY)}, "m-mari", "malformed"),
        ({"absentTo": str(TODAY + 800 * DAY)}, "m-mari", "malformed"),
        ({}, "dev:agency-member:polva:school", "not-found"),
        ({}, "dev:coordinator:voru:", "not-found"),
    ],
)
async def test_who_cannot_stand_in_or_name_is_refused(
    served: Any, changes: dict[str, Any], subject: str, slug: str
) -> None:
    made = await approved(served)
    answer = await away(served, made, subject, **changes)
    assert answer.json()["type"].rpartition(":")[2] == slug
    assert await served.world.count("absence") == 0


async def test_the_coordinator_names_a_deputy_but_never_oneself_and_never_two(served: Any) -> None:
    made = await approved(served)
    assert (await away(served, made, COORDINATOR)).status_code == 201
    twice = await away(served, made, COORDINATOR)
    assert twice.json()["type"] == "urn:turvavork:problem:absence-exists"
    [chair] = (await served.ask("/appointments?role=chair", COORDINATOR)).json()["items"]
    itself = await away(served, chair, COORDINATOR, deputy=COORDINATOR)
    assert itself.json()["type"] == "urn:turvavork:problem:deputy-unsuitable"


async def test_a_list_takes_as_many_questions_however_long_it_is(served: Any) -> None:
    counts = []
    for agency in ("police", "school", "probation"):
        await approved(served, agency=agency)
        with heard(served.app.state.database) as told:
            await served.ask("/appointments?member=m-mari", COORDINATOR)
        counts.append(len(told))
    assert counts[0] == counts[-1]
