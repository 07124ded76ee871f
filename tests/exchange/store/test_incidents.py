from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.kit.policy import Caller


async def test_an_incident_stays(exchange: Any, golden: Any) -> None:
    body = golden("submitReferral.request.xml")
    await exchange.soap(body)
    await exchange.soap(body.replace(b"Naabrid", b"Keegi"))
    assert len(await exchange.rows("select 1 from incident")) == 1
    caller = Caller.system("worker:intake", "exchange")
    permit = exchange.app.state.policy.permit(caller, "hand_over_referral", "intake")
    with pytest.raises(DBAPIError, match="permission denied"):
        async with exchange.app.state.database.work(permit, str(uuid4())) as work:
            await work.conn.execute(text("update incident set client = 'x'"))
    async with exchange.app.state.database.work(permit, str(uuid4())) as work:  # an erasure alone deletes
        await work.conn.execute(text("delete from incident"))
    assert len(await exchange.rows("select 1 from incident")) == 1
