"""Figures of what waits: by partner, with the age of the oldest, and none that are old."""

from typing import Any
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY

from services.exchange.model.outbox import Draft, Envelope, Sealed
from services.exchange.store import queueing
from services.kit.db import Database
from services.kit.ids import new_id, new_reference
from services.kit.policy import Caller
from services.kit.problem import UpstreamUnavailable

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
    assert figure("inbox_waiting") != figure("inbox_waiting")  # not a number
