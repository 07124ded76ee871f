"""SOAP over the front door of the service."""

from typing import Any


async def test_a_referral_gets_a_reference_and_a_status(exchange: Any, golden: Any) -> None:
    answer = await exchange.soap(golden("submitReferral.request.xml"))
    print(answer.status_code, answer.text)
    assert answer.status_code == 200
