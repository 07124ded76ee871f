"""A certificate authority of our own, for `turvavork up --tls`: no system trust store is touched."""

import ipaddress
import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from services.kit.clock import Clock

LIFE = timedelta(days=397)
RENEW_BEFORE = timedelta(days=30)
SKEW = timedelta(minutes=5)
LOCAL_NAMES = (
    x509.DNSName("localhost"),
    x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    x509.IPAddress(ipaddress.ip_address("::1")),
)


@dataclass(frozen=True)
class Pair:
    """A certificate and its private key, both PEM files."""

    certificate: Path
    key: Path

    @classmethod
    def named(cls, folder: Path, name: str) -> "Pair":
        """Give the paths of the pair with this name."""
        return cls(folder / f"{name}.pem", folder / f"{name}.key.pem")


@dataclass(frozen=True)
class Certificates:
    """What TLS needs here: the authority, the gateway's server pair, the security server's client pair."""

    authority: Pair
    server: Pair
    client: Pair


def ensure(folder: Path, clock: Clock) -> Certificates:
    """Make the authority and both pairs in `folder`; all anew when one is missing or ends within 30 days."""
    found = Certificates(*(Pair.named(folder, name) for name in ("authority", "gateway", "security-server")))
    if not all(_lasts(pair, clock) for pair in (found.authority, found.server, found.client)):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        key, certificate = _authority(clock)
        server = _signed(clock, key, certificate, "turvavork gateway", ExtendedKeyUsageOID.SERVER_AUTH)
        client = _signed(clock, key, certificate, "security-server", ExtendedKeyUsageOID.CLIENT_AUTH)
        _write(found.server, *server)
        _write(found.client, *client)
        _write(found.authority, key, certificate)
    return found


def _lasts(pair: Pair, clock: Clock) -> bool:
    if not (pair.certificate.exists() and pair.key.exists()):
        return False
    certificate = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
    return certificate.not_valid_after_utc - clock.now() > RENEW_BEFORE


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(clock: Clock, subject: x509.Name, issuer: x509.Name) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .serial_number(x509.random_serial_number())
        .not_valid_before(clock.now() - SKEW)
        .not_valid_after(clock.now() + LIFE)
    )


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _authority(clock: Clock) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Turvavork local authority")
    certificate = (
        _builder(clock, name, name)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(ca=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return key, certificate


def _signed(
    clock: Clock,
    authority_key: ec.EllipticCurvePrivateKey,
    authority: x509.Certificate,
    common: str,
    purpose: x509.ObjectIdentifier,
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    builder = (
        _builder(clock, _name(common), authority.subject)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(ca=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(identifier, critical=False)
    )
    if purpose == ExtendedKeyUsageOID.SERVER_AUTH:
        builder = builder.add_extension(x509.SubjectAlternativeName(LOCAL_NAMES), critical=False)
    return key, builder.sign(authority_key, hashes.SHA256())


def _write(pair: Pair, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with os.fdopen(os.open(pair.key, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(secret)
    pair.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
