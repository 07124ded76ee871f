"""A list is exactly the filter of the single reads, however it is cut into pages."""

import pytest

from tests.cases.routes.access.full import Full
from tests.cases.routes.access.house import HOME, MEMBERS, House
from tests.cases.routes.access.oracle import Asker, expected

pytestmark = pytest.mark.xdist_group("access")
LISTS = {"/referrals": "list_referrals", "/cases": "list_cases"}
READERS = [
    (each, path)
    for path, operation in LISTS.items()
    for each in MEMBERS
    if expected(each, operation, "case-work", None).status == 404
]
COORDINATOR = next(each for each in MEMBERS if each.name == "last-day")  # of HOME alone


async def _walked(house: House, asker: Asker, path: str, limit: int) -> list[str]:
    found: list[str] = []
    cursor = ""
    while True:
        page = (await house.ask(asker, f"{path}?limit={limit}{cursor}")).body
        assert len(page["items"]) <= limit
        found += [item["id"] for item in page["items"]]
        if page["next"] is None:
            return found
        assert len(page["items"]) == limit
        cursor = f"&cursor={page['next']}"


@pytest.mark.parametrize("limit", [1, 3])
@pytest.mark.parametrize(("asker", "path"), READERS, ids=str)
async def test_the_list_is_the_filter_of_the_gets(house: House, asker: Asker, path: str, limit: int) -> None:
    every = [kept.case if path == "/cases" else kept.id for kept in house.kept]
    opened = {each for each in every if (await house.ask(asker, f"{path}/{each}")).status == 200}
    listed = await _walked(house, asker, path, limit)
    assert len(listed) == len(set(listed))
    assert set(listed) == opened


async def test_filters_narrow_what_is_seen(house: House, full: Full) -> None:
    mine = [
        full.referrals[kept.id]
        for kept in house.kept
        if expected(COORDINATOR, "list_referrals", "case-work", kept.thing).status == 200 and not kept.erased
    ]

    async def ids(query: str) -> list[str]:
        return [each["id"] for each in (await house.ask(COORDINATOR, f"/referrals?{query}")).body["items"]]

    newest_first = sorted(mine, key=lambda each: each["referredOn"], reverse=True)
    assert await ids("") == [each["id"] for each in newest_first]
    for status in ("ACCEPTED", "DECLINED", "AWAITING_SCREENING", "REDIRECTED", "RECEIVED"):
        assert await ids(f"status={status}") == [
            each["id"] for each in newest_first if each["status"] == status
        ]
    within = [each["id"] for each in newest_first if "2017-03-11" <= each["referredOn"] <= "2017-03-14"]
    assert await ids("since=2017-03-11&until=2017-03-14") == within
    assert len(within) == 3
    assert await ids(f"region={HOME}") == await ids("")
    assert await ids("since=2017-03-14&until=2017-03-11") == []


@pytest.mark.parametrize(
    "query",
    [
        "status=accepted",
        "since=yesterday",
        "until=2017-02-30",
        "limit=101",
        "cursor=1",
        "cursor=2017-03-01.x",
    ],
)
async def test_what_is_no_filter_is_malformed(house: House, query: str) -> None:
    answer = await house.ask(COORDINATOR, f"/referrals?{query}")
    assert (answer.status, answer.slug) == (422, "malformed")


async def test_a_row_that_comes_between_two_pages_moves_nobody_else(house: House) -> None:
    """The cursor names the last row shown; a newer row stands before it and shows on the first page alone."""
    first = (await house.ask(COORDINATOR, "/referrals?limit=2")).body
    cursor = first["next"]
    day, row = first["items"][-1]["referredOn"], first["items"][-1]["id"]
    assert cursor == f"{day}.{row}"
    behind = (await house.ask(COORDINATOR, f"/referrals?limit=2&cursor={cursor}")).body
    assert {each["id"] for each in first["items"]}.isdisjoint(each["id"] for each in behind["items"])
    assert all(each["referredOn"] <= day for each in behind["items"])
