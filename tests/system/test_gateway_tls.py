"""`turvavork up --tls`: who has not the security server's certificate gets nothing on the X-Road listener."""

import datetime as dt
import ssl
from pathlib import Path
from typing import Any

import pytest

from services.kit.clock import FixedClock, SystemClock
from system import tls
from system.tls import Certificates, Pair

pytestmark = pytest.mark.xdist_group("gateway_tls")  # one server for all of them

NOW = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return tls.ensure(tmp_path_factory.mktemp("tls"), SystemClock())


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """The same names, signed by another authority."""
    return tls.ensure(tmp_path_factory.mktemp("strangers"), SystemClock())


@pytest.fixture(scope="module")
def gate(start_gateway: Any, upstream: Any, certificates: Certificates) -> Any:
    return start_gateway(
        dict.fromkeys(("cases", "exchange", "riskscore", "indicators"), upstream.url), certificates
    )


def trusting(certificates: Certificates, client: Pair | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(certificates.authority.certificate))
    if client is not None:
        context.load_cert_chain(client.certificate, client.key)
    return context


def test_the_security_servers_certificate_opens_the_xroad_listener(
    gate: Any, certificates: Certificates
) -> None:
    answer = gate.ask(
        gate.doors.xroad_port, "/xroad/soap", context=trusting(certificates, certificates.client)
    )
    assert answer.status == 200
    assert answer.seen("X-Turvavork-Gateway") == ["the-secret-of-this-start"]


def test_without_a_certificate_there_is_nothing(gate: Any, upstream: Any, certificates: Certificates) -> None:
    before = len(upstream.seen)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        gate.ask(gate.doors.xroad_port, "/xroad/soap", context=trusting(certificates), X_Client_Cert="forged")
    assert len(upstream.seen) == before


def test_a_certificate_of_another_authority_gets_nothing(
    gate: Any, upstream: Any, certificates: Certificates, strangers: Certificates
) -> None:
    before = len(upstream.seen)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        gate.ask(gate.doors.xroad_port, "/xroad/soap", context=trusting(certificates, strangers.client))
    assert len(upstream.seen) == before


def test_the_gateways_own_certificate_is_not_a_clients(
    gate: Any, upstream: Any, certificates: Certificates
) -> None:
    before = len(upstream.seen)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        gate.ask(gate.doors.xroad_port, "/xroad/soap", context=trusting(certificates, certificates.server))
    assert len(upstream.seen) == before


@pytest.mark.parametrize(
    "name", ["X-Turvavork-Gateway", "X-Client-Cert", "X-Forwarded-Client-Cert", "X-SSL-Client-Verify"]
)
def test_a_forged_header_does_not_stand_for_a_certificate(
    gate: Any, upstream: Any, certificates: Certificates, name: str
) -> None:
    before = len(upstream.seen)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        gate.ask(gate.doors.xroad_port, "/xroad/soap", context=trusting(certificates), **{name: "forged"})
    assert len(upstream.seen) == before
    answer = gate.ask(
        gate.doors.api_port, "/api/exchange/v1/messages", context=trusting(certificates), **{name: "forged"}
    )
    assert answer.seen(name) == []


def test_the_api_speaks_tls_alone_and_asks_for_no_certificate(gate: Any, certificates: Certificates) -> None:
    assert gate.ask(gate.doors.api_port, "/api/cases/v1/x", context=trusting(certificates)).status == 200
    assert gate.ask(gate.doors.api_port, "/api/cases/v1/x").status == 400


def test_the_services_are_told_that_the_caller_came_over_tls(gate: Any, certificates: Certificates) -> None:
    answer = gate.ask(
        gate.doors.api_port, "/api/cases/v1/x", context=trusting(certificates), X_Forwarded_Proto="http"
    )
    assert answer.seen("X-Forwarded-Proto") == ["https"]


def test_who_trusts_another_authority_does_not_trust_us(gate: Any, strangers: Certificates) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        gate.ask(gate.doors.api_port, "/api/cases/v1/x", context=trusting(strangers))


@pytest.mark.slow
def test_a_handshake_that_does_not_come_is_cut(gate: Any) -> None:
    line = gate.connect(gate.doors.xroad_port)
    line.settimeout(6)
    line.sendall(b"\x16\x03\x01")
    assert line.recv(100) == b""


def test_tls_1_2_is_enough_for_older_security_servers(gate: Any, certificates: Certificates) -> None:
    context = trusting(certificates, certificates.client)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    assert gate.ask(gate.doors.xroad_port, "/xroad/soap", context=context).status == 200


def test_certificates_are_made_once_and_keys_are_private(tmp_path: Path) -> None:
    first = tls.ensure(tmp_path, FixedClock(NOW))
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert tls.ensure(tmp_path, FixedClock(NOW + dt.timedelta(days=300))) == first
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == made
    assert all(
        pair.key.stat().st_mode & 0o777 == 0o600 for pair in (first.authority, first.server, first.client)
    )


@pytest.mark.parametrize("lost", ["gateway.pem", "security-server.key.pem"])
def test_what_is_lost_or_ends_soon_is_made_anew(tmp_path: Path, lost: str) -> None:
    first = tls.ensure(tmp_path, FixedClock(NOW))
    before = first.server.certificate.read_bytes()
    tls.ensure(tmp_path, FixedClock(NOW + dt.timedelta(days=370)))
    renewed = first.server.certificate.read_bytes()
    assert renewed != before
    (tmp_path / lost).unlink()
    tls.ensure(tmp_path, FixedClock(NOW + dt.timedelta(days=371)))
    assert (tmp_path / lost).exists()
    assert first.server.certificate.read_bytes() != renewed
