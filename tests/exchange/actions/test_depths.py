"""Figures of what waits: by partner, with the age of the oldest, and none that are old."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY

from services.exchange.actions.depths import Depths
from services.exchange.model.outbox import Draft, Envelope, Sealed
from services.exchange.store import queueing
from services.kit.db import Database
from services.kit.ids import new_id, new_reference
from services.kit.policy import Caller
from services.kit.problem import UpstreamUnavailable

AT = datetime(2017, 5, 4, 12, 0, tzinfo=UTC)
POLIS, STAR = "ee-dev/GOV/70008747/polis", "ee-dev/GOV/70009770/star"
REQUEST = "submitReferral.request.xml"


def figure(name: str, partner: str | None = None) -> float | None:
    return REGISTRY.get_sample_value(f"turvavork_{name}", {"partner": partner} if partner else {})


def a_notice(partner: str) -> Draft:
    sealed = Sealed(uuid4(), b"wrapped", bytes(32), b"bytes")
    return Draft(
        id=new_id(),
        event_id=new_id(),
        partner=partner,
        stream=new_id(),
        kind="caseNotice",
        reference=new_reference(),
        envelope=Envelope("soap", "POST", "/", "text/xml", sealed),
        reason=None,
    )


async def enqueue(exchange: Any, *notices: Draft) -> None:
    permit = exchange.app.state.policy.permit(
        Caller.system("worker:feed", "exchange"), "apply_event", "delivery"
    )
    async with exchange.app.state.database.work(permit, str(uuid4())) as work:
        await queueing.enqueue(work, notices)


async def test_partners_for_whom_nothing_waits_are_told_too(exchange: Any) -> None:
    await exchange.app.state.depths.measure()
    assert (figure("inbox_waiting"), figure("inbox_oldest_seconds")) == (0, 0)
    assert [figure("outbox_waiting", each) for each in (POLIS, STAR)] == [0, 0]


async def test_what_waits_is_counted_by_partner_with_the_age_of_the_oldest(
    exchange: Any, golden: Any
) -> None:
    exchange.cases.mode = "down"
    await exchange.soap(golden(REQUEST))
    await enqueue(exchange, a_notice(POLIS), a_notice(POLIS), a_notice(STAR))
    await exchange.rows("update inbox set received_at = now() - interval '90 seconds'")
    await exchange.rows("update outbox set created_at = now() - interval '60 seconds'")
    await exchange.rows("update outbox set state = 'quarantined', reason = 'x' where partner = $1", STAR)
    await exchange.app.state.depths.measure()
    assert figure("inbox_waiting") == 1
    assert figure("inbox_oldest_seconds") == pytest.approx(90, abs=30)
    assert (figure("outbox_waiting", POLIS), figure("outbox_quarantined", POLIS)) == (2, 0)
    assert figure("outbox_oldest_seconds", POLIS) == pytest.approx(60, abs=30)
    assert (figure("outbox_waiting", STAR), figure("outbox_quarantined", STAR)) == (0, 1)
    assert figure("outbox_oldest_seconds", STAR) == 0


async def test_tries_and_failures_are_counted_with_few_codes(exchange: Any) -> None:
    """What a partner calls its errors makes no series of its own."""
    notice = a_notice(POLIS)
    await enqueue(exchange, notice)
    told = [
        ("transport", "timeout"),
        ("partner", "my-own-1"),
        ("partner", "my-own-2"),
        ("security-server", "server.serverproxy.unknown_service"),
        (None, None),
    ]
    for number, (origin, code) in enumerate(told, 1):
        await exchange.rows(
            """insert into outbox_try
                   (message_id, number, ended_at, duration_ms, outcome, origin, code, fence)
               values ($1, $2, $3, 5, $4, $5, $6, 1)""",
            notice.id, number, AT - timedelta(seconds=number),
            "failed" if code else "delivered", origin, code,
        )  # fmt: skip
    for _ in range(2):  # each try is counted once, however often one looks
        await exchange.app.state.depths.measure()
        assert (figure("delivery_tries_total", POLIS), figure("delivery_tries_total", STAR)) == (5, 0)
        assert failed("partner", "other") == 2
        assert failed("security-server", "unknown-any") == 1
        assert failed("transport", "timeout") == 1
        assert failed("", "") is None


def failed(origin: str, code: str) -> float | None:
    labels = {"partner": POLIS, "origin": origin, "code": code}
    return REGISTRY.get_sample_value("turvavork_delivery_failures_total", labels)


async def test_the_counters_only_grow_whoever_looks_and_however_many_at_once(exchange: Any) -> None:
    notice = a_notice(POLIS)
    await enqueue(exchange, notice)
    first, second = (
        Depths(exchange.app.state.database, exchange.app.state.policy, (POLIS, STAR)) for _ in range(2)
    )
    seen = 0.0
    for begun in range(0, 60, 20):
        await exchange.rows(
            """insert into outbox_try
                   (message_id, number, ended_at, duration_ms, outcome, origin, code, fence)
               select $1, $2::int + n, now(), 5, 'failed', 'transport', 'timeout', 1
               from generate_series(1, 20) n""",
            notice.id, begun,
        )  # fmt: skip
        await asyncio.gather(*(each.measure() for each in (first, second, first, second)))
        told = figure("delivery_tries_total", POLIS)
        assert told is not None
        assert told >= seen
        seen = told
    await first.measure()
    assert (figure("delivery_tries_total", POLIS), failed("transport", "timeout")) == (60, 60)
    assert await exchange.rows("select 1 from outbox_try_uncounted") == []


async def test_they_are_counters_to_prometheus(exchange: Any) -> None:
    await exchange.app.state.depths.measure()
    told = (await exchange.http.get("/metrics")).text
    assert "# TYPE turvavork_delivery_tries_total counter" in told
    assert "# TYPE turvavork_delivery_failures_total counter" in told


async def test_a_paused_partner_is_told_as_such(exchange: Any) -> None:
    await exchange.rows(
        """insert into partner_pause (id, partner, reason, paused_at, paused_by)
           values ($1, $2, 'our-maintenance', now(), 'op')""",
        uuid4(), STAR,
    )  # fmt: skip
    await exchange.app.state.depths.measure()
    assert (figure("partner_paused", POLIS), figure("partner_paused", STAR)) == (0, 1)
    await exchange.rows("delete from partner_pause")


async def test_without_the_database_no_old_figure_is_told(
    exchange: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await exchange.app.state.depths.measure()

    def work(*_: Any) -> Any:
        raise UpstreamUnavailable

    monkeypatch.setattr(Database, "work", work)
    with pytest.raises(UpstreamUnavailable):
        await exchange.app.state.depths.measure()
    assert figure("outbox_waiting", POLIS) is None
    assert figure("delivery_tries_total", POLIS) is None
    assert figure("inbox_waiting") != figure("inbox_waiting")  # not a number
