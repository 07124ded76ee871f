"""Who may act: offices for other services, and the caller's own."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.kit.calendar import local_date
from services.kit.clock import SystemClock

TODAY = local_date(SystemClock().now())
ONE_DAY = timedelta(days=1)
SERVICES = ("exchange", "indicators", "riskscore")


async def _appoint(served: Any, subject: str, *spans: tuple[Any, Any]) -> None:
    member = uuid4()
    await served.world.rows("insert into member values ($1, $2, now())", member, subject)
    for start, end in spans:
        await served.world.rows(
            "insert into appointment values ($1, $2, 'coordinator', 'polva', null, $3, $4, 'test', now())",
            uuid4(), member, start, end,
        )  # fmt: skip


async def _offices(
    served: Any, subject: str, service: str = "indicators", purpose: str = "accountability"
) -> Any:
    headers = served.headers(f"service:{service}", service, purpose)
    return await served.http.get("/api/cases/v1/offices", params={"subject": subject}, headers=headers)


async def test_i_am_told_who_i_am_and_which_offices_i_hold(served: Any) -> None:
    answer = await served.ask("/me", "dev:agency-member:polva:police", purpose="supervision")
    assert answer.json() == {
        "subject": "dev:agency-member:polva:police",
        "offices": [
            {
                "role": "agency-member",
                "region": "polva",
                "agency": "police",
                "validFrom": "2016-12-01",
                "validTo": None,
                "principal": None,
            }
        ],
    }


async def test_a_member_without_an_office_is_nobody_here(served: Any) -> None:
    assert (await served.ask("/me", "m-unheard-of")).status_code == 403


@pytest.mark.parametrize("service", SERVICES)
async def test_services_ask_for_the_offices_of_today(served: Any, service: str) -> None:
    past, ends_today = (TODAY - 9 * ONE_DAY, TODAY - ONE_DAY), (TODAY - ONE_DAY, TODAY)
    last_day, first_day = (TODAY - 2 * ONE_DAY, TODAY + ONE_DAY), (TODAY, None)
    await _appoint(served, "m-1", past, ends_today, last_day, first_day, (TODAY + ONE_DAY, None))
    answer = await _offices(served, "m-1", service)
    assert answer.status_code == 200
    assert [(each["validFrom"], each["validTo"]) for each in answer.json()["items"]] == [
        (str(TODAY - 2 * ONE_DAY), str(TODAY + ONE_DAY)),
        (str(TODAY), None),
    ]


async def test_an_unknown_member_has_no_office(served: Any) -> None:
    assert (await _offices(served, "m-unheard-of")).json()["items"] == []


async def test_an_answer_about_offices_leaves_a_row_without_the_subject(served: Any) -> None:
    answer = await _offices(served, "m-unheard-of")
    [row] = await served.world.rows(
        "select * from audit where request_id = $1", answer.headers["x-request-id"]
    )
    assert (row["actor"], row["action"], row["rule_id"]) == ("service:indicators", "read", "rights-ask")
    assert "unheard" not in str(tuple(row))


@pytest.mark.parametrize("subject", ["dev:coordinator:polva:", "dev:operator::", "dev:auditor::"])
async def test_people_do_not_ask_about_others(served: Any, subject: str) -> None:
    answer = await served.ask("/offices?subject=m-1", subject, purpose="accountability")
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("service", "purpose", "status"), [("indicators", "statistics", 403), ("exchange", "delivery", 403)]
)
async def test_services_ask_for_that_purpose_alone(
    served: Any, service: str, purpose: str, status: int
) -> None:
    assert (await _offices(served, "m-1", service, purpose)).status_code == status


async def test_a_service_does_not_ask_in_anybody_elses_name(served: Any) -> None:
    headers = served.headers("dev:coordinator:polva:", "indicators", "accountability")
    answer = await served.http.get("/api/cases/v1/offices?subject=m-1", headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize("query", ["", "?subject=", "?subject=" + "x" * 256])
async def test_a_question_without_a_subject_is_malformed(served: Any, query: str) -> None:
    headers = served.headers("service:indicators", "indicators", "accountability")
    answer = await served.http.get(f"/api/cases/v1/offices{query}", headers=headers)
    assert answer.status_code == 422
