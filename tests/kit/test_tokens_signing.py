from datetime import UTC, datetime, timedelta

from joserfc.jwk import OKPKey

from services.kit.clock import FixedClock
from services.kit.tokens import ServiceSigner


def test_a_service_token_serves_for_a_while_and_then_a_new_one_is_made() -> None:
    clock = FixedClock(datetime(2017, 7, 1, 12, tzinfo=UTC))
    signer = ServiceSigner("exchange", OKPKey.generate_key("Ed25519", {"kid": "exchange"}), clock)
    first = signer.token("cases", "worker:feed", "delivery")
    clock.advance(timedelta(seconds=19))
    assert signer.token("cases", "worker:feed", "delivery") == first
    assert signer.token("cases", "worker:intake", "delivery") != first
    assert signer.token("riskscore", "worker:feed", "delivery") != first
    clock.advance(timedelta(seconds=1))
    assert signer.token("cases", "worker:feed", "delivery") != first
