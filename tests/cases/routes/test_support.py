"""Support persons: the pool of a region, and who stands by the victim of a case."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.kit.calendar import local_date
from services.kit.clock import SystemClock
from tests.cases.statements import heard

Build = Callable[..., Any]
COORDINATOR = "dev:coordinator:polva:"
MODULES = ("module-1", "module-2", "module-3")


def today(days: int = 0) -> str:
    day: date = local_date(SystemClock().now()) + timedelta(days=days)
    return day.isoformat()


class Pool:
    """The pool of Põlva, as its coordinator keeps it."""

    def __init__(self, served: Any) -> None:
        self.served = served

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        answer: httpx.Response = await self.served.ask(path, COORDINATOR, method, json=body, headers=headers)
        return answer

    async def add(self, **changes: Any) -> dict[str, Any]:
        modules = changes.pop("modules", MODULES)
        body = {
            "name": "Mari Maasikas",
            "phone": "+372 555 1234",
            "languages": ["et"],
            "places": 2,
            "contractFrom": today(-300),
            **changes,
        }
        made = await self.ask("POST", "/regions/polva/support-persons", body)
        assert made.status_code == 201, made.text
        for module in modules:
            told = {"module": module, "completedOn": today(-200)}
            done = await self.ask("POST", f"/support-persons/{made.json()['id']}/trainings", told)
            assert done.status_code == 201, done.text
        return dict(made.json())

    async def assign(self, case: str, person: str, **changes: Any) -> httpx.Response:
        body = {"supportPerson": person, "startedOn": today(-1), **changes}
        return await self.ask("POST", f"/cases/{case}/support-assignments", body)

    async def candidates(self, case: str) -> list[dict[str, Any]]:
        answer = await self.ask("GET", f"/cases/{case}/support-candidates")
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])


@pytest_asyncio.fixture
async def pool(served: Any) -> Pool:
    return Pool(served)


@pytest_asyncio.fixture
async def case(served: Any, a_message: Build) -> str:
    opened: str = await served.opened(a_message(), "police")
    return opened


def _codes(answer: httpx.Response) -> set[str]:
    return {error["code"] for error in answer.json()["errors"]}


async def test_who_somebody_is_is_sealed_and_the_code_kept_blind(pool: Pool) -> None:
    made = await pool.add(personalCode="48805042711")
    shown = await pool.ask("GET", f"/support-persons/{made['id']}")
    assert (shown.json()["name"], shown.headers["etag"]) == ("Mari Maasikas", '"1"')
    assert [one["module"] for one in shown.json()["trained"]] == list(MODULES)
    assert "48805042711" not in shown.text
    [kept] = await pool.served.world.rows("select sealed, code, added_by from support_person")
    assert b"Maasikas" not in kept["sealed"]
    assert len(kept["code"]) == 32


async def test_of_two_who_change_somebody_one_is_told_to_look_again(pool: Pool) -> None:
    made = await pool.add()
    body = {"name": "Mari Mets", "languages": ["et", "ru"], "places": 0, "contractFrom": today(-300)}
    path = f"/support-persons/{made['id']}"
    first = await pool.ask("PUT", path, body, **{"If-Match": '"1"'})
    second = await pool.ask("PUT", path, body, **{"If-Match": '"1"'})
    assert (first.status_code, second.status_code) == (200, 412)
    assert (first.json()["name"], first.json()["languages"]) == ("Mari Mets", ["et", "ru"])
    assert (await pool.ask("GET", path)).json()["name"] == "Mari Mets"


async def test_another_region_sees_nobody(pool: Pool) -> None:
    made = await pool.add()
    foreign = await pool.served.ask(f"/support-persons/{made['id']}", "dev:coordinator:rakvere:")
    listed = await pool.served.ask("/regions/polva/support-persons", "dev:coordinator:rakvere:")
    own = await pool.served.ask("/regions/rakvere/support-persons", "dev:coordinator:rakvere:")
    assert (foreign.status_code, listed.status_code) == (404, 404)
    assert own.json()["items"] == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"contractTo": today(-400)}, "not-after-start"),
        ({"contractFrom": None, "contractTo": today()}, "not-after-start"),
        ({"languages": ["et", "et"]}, "twice"),
        ({"personalCode": "48805042712"}, None),
    ],
)
async def test_what_cannot_be_is_refused(pool: Pool, changes: dict[str, Any], code: str | None) -> None:
    body = {"name": "Mari", "languages": ["et"], "places": 1, "contractFrom": today(-300)} | changes
    answer = await pool.ask("POST", "/regions/polva/support-persons", body)
    assert answer.status_code == 422
    assert code is None or _codes(answer) == {code}
    assert await pool.served.world.count("support_person") == 0


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"module": "module-9", "completedOn": "2018-01-01"}, "unknown"),
        ({"module": "module-1", "completedOn": "2018-01-01"}, "twice"),
        ({"module": "module-2", "completedOn": "2099-01-01"}, "future"),
    ],
)
async def test_a_training_is_a_published_module_once(pool: Pool, body: dict[str, Any], code: str) -> None:
    made = await pool.add(modules=["module-1"])
    answer = await pool.ask("POST", f"/support-persons/{made['id']}/trainings", body)
    assert (answer.status_code, _codes(answer)) == (422, {code})


async def test_who_speaks_her_language_and_has_room_is_asked_first(pool: Pool, case: str) -> None:
    russian = await pool.add(name="Vene", languages=["ru"], places=9)
    busy = await pool.add(name="Kitsas", places=1)
    free = await pool.add(name="Vaba", places=3)
    await pool.add(name="Koolitamata", modules=MODULES[:2])
    await pool.add(name="Lepinguta", contractFrom=None)
    await pool.add(name="Täis", places=0)
    found = await pool.candidates(case)
    assert [one["name"] for one in found] == ["Vaba", "Kitsas", "Vene"]
    assert [one["supportPerson"] for one in found] == [free["id"], busy["id"], russian["id"]]
    assert [(one["speaks"], one["freePlaces"]) for one in found] == [(True, 3), (True, 1), (False, 9)]


async def test_nobody_who_is_in_the_case_stands_by_its_victim(
    pool: Pool, served: Any, a_message: Build
) -> None:
    message = a_message()
    case = await served.opened(message, "police")
    codes = [person["personalCode"] for person in message["persons"]]
    party = await pool.add(personalCode=codes[1])
    assert await pool.candidates(case) == []
    refused = await pool.assign(case, party["id"])
    assert (refused.status_code, _codes(refused)) == (422, {"not-available"})


async def test_nobody_from_whom_the_case_is_kept_stands_by_its_victim(pool: Pool, case: str) -> None:
    await pool.add(subject="m-relative")
    await pool.served.world.rows(
        """insert into case_exclusion (id, case_id, subject, kind, state, reason_sealed, recorded_by,
               recorded_at, recorded_on)
           values (gen_random_uuid(), $1, 'm-relative', 'relative', 'in-force', 'x', 'a', now(), now())""",
        case,
    )
    assert await pool.candidates(case) == []


async def test_one_at_a_time_stands_by_a_victim(pool: Pool, case: str) -> None:
    first, second = await pool.add(), await pool.add(name="Teine")
    made = await pool.assign(case, first["id"])
    assert made.status_code == 201, made.text
    again = await pool.assign(case, second["id"])
    assert (again.status_code, _codes(again)) == (409, {"has-support-person"})
    [shown] = made.json()["items"]
    assert (shown["name"], shown["state"]) == ("Mari Maasikas", "active")
    steps = (await pool.ask("GET", f"/cases/{case}/history")).json()["items"]
    assert [(one["machine"], one["action"]) for one in steps] == [("support-assignment", "assign")]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"modules": MODULES[:1]}, "not-trained"),
        ({"contractFrom": None}, "no-contract"),
        ({"places": 0}, "no-place"),
    ],
)
async def test_nobody_is_given_a_case_too_early(
    pool: Pool, case: str, changes: dict[str, Any], code: str
) -> None:
    person = await pool.add(**changes)
    answer = await pool.assign(case, person["id"])
    assert (answer.status_code, _codes(answer)) == (422, {code})
    assert await pool.served.world.count("support_assignment") == 0


async def test_a_hand_over_is_one_step(pool: Pool, case: str) -> None:
    first, second = await pool.add(), await pool.add(name="Teine")
    [one] = (await pool.assign(case, first["id"])).json()["items"]
    path = f"/support-assignments/{one['id']}/ending"
    unfit = await pool.ask(
        "POST",
        path,
        {"endedOn": today(), "reason": "victims-wish", "handOverTo": second["id"]},
        **{"If-Match": '"1"'},
    )
    assert (unfit.status_code, _codes(unfit)) == (422, {"does-not-fit"})
    body = {"endedOn": today(), "reason": "handed-over", "handOverTo": second["id"]}
    done = await pool.ask("POST", path, body, **{"If-Match": '"1"'})
    assert [(each["name"], each["state"]) for each in done.json()["items"]] == [
        ("Teine", "active"),
        ("Mari Maasikas", "ended"),
    ]
    stale = await pool.ask("POST", path, body, **{"If-Match": '"1"'})
    again = await pool.ask("POST", path, body, **{"If-Match": '"2"'})
    assert (stale.status_code, again.status_code) == (412, 409)


async def test_a_hand_over_to_somebody_without_a_place_changes_nothing(pool: Pool, case: str) -> None:
    first, second = await pool.add(), await pool.add(name="Teine", places=0)
    [one] = (await pool.assign(case, first["id"])).json()["items"]
    body = {"endedOn": today(), "reason": "handed-over", "handOverTo": second["id"]}
    refused = await pool.ask("POST", f"/support-assignments/{one['id']}/ending", body, **{"If-Match": '"1"'})
    assert (refused.status_code, _codes(refused)) == (422, {"no-place"})
    [shown] = (await pool.ask("GET", f"/cases/{case}/support-assignments")).json()["items"]
    assert shown["state"] == "active"


async def test_an_agency_knows_that_somebody_stands_by_her_and_not_who(pool: Pool, case: str) -> None:
    await pool.assign(case, (await pool.add())["id"])
    shown = await pool.served.ask(f"/cases/{case}/support-assignments", "dev:agency-member:polva:police")
    assert shown.status_code == 200
    assert "Maasikas" not in shown.text
    other = await pool.served.ask(f"/cases/{case}/support-assignments", "dev:agency-member:polva:probation")
    assert other.status_code == 404


async def test_supervision_is_of_the_regions_own_people(pool: Pool) -> None:
    person = await pool.add()
    body = {"kind": "covision", "heldOn": today(-3), "minutes": 90, "participants": [person["id"]]}
    made = await pool.ask("POST", "/regions/polva/supervisions", body)
    assert made.status_code == 201, made.text
    foreign = await pool.served.ask(
        "/regions/rakvere/supervisions", "dev:coordinator:rakvere:", "POST", json=body
    )
    unknown = await pool.ask("POST", "/regions/polva/supervisions", body | {"kind": "party"})
    future = await pool.ask("POST", "/regions/polva/supervisions", body | {"heldOn": "2099-01-01"})
    assert [_codes(one) for one in (foreign, unknown, future)] == [{"unknown"}, {"unknown"}, {"future"}]
    [shown] = (await pool.ask("GET", "/regions/polva/supervisions")).json()["items"]
    assert {name: shown[name] for name in body} == body


async def test_the_number_of_statements_does_not_grow(pool: Pool, case: str) -> None:
    counts = []
    for _ in range(2):
        await pool.add()
        told: list[Any] = []
        for path in (f"/cases/{case}/support-candidates", "/regions/polva/support-persons"):
            with heard(pool.served.app.state.database) as statements:
                assert (await pool.ask("GET", path)).status_code == 200
            told += statements
        counts.append(len(told))
    assert counts[0] == counts[1]
