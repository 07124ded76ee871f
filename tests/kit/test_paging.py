from collections.abc import Sequence
from datetime import date
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from services.kit.paging import MOST, USUAL, Cursor, Limit, Page, Place, page_of
from services.kit.problem import Malformed
from services.kit.web import ServiceRouter, ServiceSpec, create_service

DAY, ROW = date(2017, 3, 2), UUID("0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11")
CURSOR = f"2017-03-02.{ROW}"
places = st.builds(Place, st.dates(date(1800, 1, 1), date(2199, 12, 31)), st.uuids())
router = ServiceRouter()


class Asked(BaseModel):
    limit: int
    place: str | None


@router.get("/things")
async def list_things(limit: Limit = USUAL, cursor: Cursor = None) -> Asked:
    return Asked(limit=limit, place=str(Place.parse(cursor)) if cursor is not None else None)


@given(places)
def test_a_cursor_names_its_place(place: Place) -> None:
    assert Place.parse(str(place)) == place


def test_a_cursor_is_day_and_id() -> None:
    assert str(Place(DAY, ROW)) == CURSOR


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        ".",
        "2017-03-02",
        "2017-03-02.",
        f".{ROW}",
        f"2017-02-30.{ROW}",
        f"2017-3-2.{ROW}",
        f"0017-03-02.{ROW}",
        f"2017-03-02.{str(ROW).upper()}",
        f"2017-03-02.{ROW.hex}",
        f"2017-03-02.{{{ROW}}}",
        f"2017-03-02.urn:uuid:{ROW}",
        f"2017-03-02.{str(ROW)[:-1]}_",
        f" {CURSOR}",
        f"{CURSOR}\n",
        f"{CURSOR}.{ROW}",
        CURSOR.replace("2017", "٢٠١٧"),
    ],
)
def test_what_is_no_cursor_of_ours_is_malformed_and_not_repeated(cursor: str) -> None:
    with pytest.raises(Malformed) as refused:
        Place.parse(cursor)
    [error] = refused.value.errors
    assert (error.pointer, error.code) == ("query:cursor", "unknown")
    assert "0b8f7a52" not in error.reason


@given(st.lists(places, max_size=6), st.integers(1, 6))
def test_a_page_ends_with_the_cursor_of_its_last_row_while_the_list_goes_on(
    rows: Sequence[Place], most: int
) -> None:
    page = page_of(rows, most, lambda row: row)
    assert page.items == rows[:most]
    assert page.next == (str(rows[most - 1]) if len(rows) > most else None)


@given(st.lists(places, unique=True, max_size=30), st.integers(1, 7))
def test_the_pages_of_a_list_are_the_list(rows: Sequence[Place], most: int) -> None:
    ordered = sorted(rows, key=lambda row: (row.day, row.id), reverse=True)
    found: list[Place] = []
    page: Page[Place] = Page((), "first")
    while page.next is not None:
        after = None if page.next == "first" else Place.parse(page.next)
        behind = [row for row in ordered if after is None or (row.day, row.id) < (after.day, after.id)]
        page = page_of(behind[: most + 1], most, lambda row: row)
        found.extend(page.items)
    assert found == ordered


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 200),
        ("limit=1", 200),
        (f"limit={MOST}&cursor={CURSOR}", 200),
        ("limit=0", 422),
        (f"limit={MOST + 1}", 422),
        ("limit=all", 422),
        (f"cursor={CURSOR}x", 422),
        ("cursor=", 422),
    ],
)
async def test_over_the_wire(query: str, status: int) -> None:
    app = create_service(ServiceSpec(name="kit", title="Things", description="", routers=[router]))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://kit") as client:
        answer = await client.get(f"/api/kit/v1/things?{query}")
    assert answer.status_code == status
