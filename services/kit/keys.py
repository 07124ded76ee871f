"""Key files: made once, read at start, never overwritten.

A folder (0700) of small files (0600). Each is written whole under another name and then linked to its own,
which fails when it is there: of two processes that begin together one makes the key and both read it. What is
derived from private keys (the ``.jwks.json``) is written anew when it is not what the private keys say.
"""

import base64
import binascii
import fcntl
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization, OKPKey

from services.kit import strictjson
from services.kit.problem import Malformed

SERVICES: Final = ("cases", "exchange", "indicators", "riskscore")
STATEFUL: Final = ("cases", "exchange", "indicators")
SEALING: Final = ("cases", "exchange")
ISSUERS: Final = ("development", "access")
DISCLOSURES: Final = "shared.disclosures"
"""Names whom a disclosure is about: the register that discloses and the one that tells people share it."""
SERVICES_JWKS: Final = "services.jwks.json"
ISSUERS_JWKS: Final = "issuers.jwks.json"
PACKAGES: Final = "packages"
"""Signs the documents that leave the installation, and nothing else: no token is made with it."""
PACKAGES_JWKS: Final = "packages.jwks.json"
_LENGTH: Final = 32
_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


class KeyFileError(Exception):
    """A key file is missing or not what it must be; the message names the file, never its content."""


def ensure(folder: Path) -> None:
    """Makes every key file that is not there yet; safe in several processes at once."""
    with _locked(folder):
        for name in SEALING:
            _create(folder / f"{name}.kek.json", _new_kek)
        logs = [f"{name}.{what}" for name in STATEFUL for what in ("audit", "log")]
        for name in (*logs, "cases.blind-index", "cases.pseudonym", DISCLOSURES):
            _create(folder / f"{name}.key", _new_secret)
        for name in SERVICES:
            _create(folder / f"{name}.signing.json", partial(_new_jwk, name))
        _create(folder / f"{PACKAGES}.signing.json", partial(_new_jwk, PACKAGES))
        for name in ISSUERS:
            _create(folder / f"{name}-issuer.json", partial(_new_jwk, name))
        _publish(folder / SERVICES_JWKS, [load_signing(folder, name) for name in SERVICES])
        _publish(folder / ISSUERS_JWKS, [load_issuer(folder, name) for name in ISSUERS])
        _publish(folder / PACKAGES_JWKS, [load_signing(folder, PACKAGES)])


def rotate_kek(folder: Path, service: str) -> str:
    """Adds a key-encryption key and makes it the active one; the old ones stay for reading. Returns its id.

    Processes read the file at start: restart them, then re-wrap (``sealed.KeyRing.rewrap``), and only then
    may an old key be taken out of the file by hand.
    """
    path = folder / f"{service}.kek.json"
    with _locked(folder):
        _, keys = load_kek(folder, service)
        new = _fresh_id(keys)
        ring = {"active": new, "keys": {**{name: _b64(key) for name, key in keys.items()}, new: _secret()}}
        _replace(path, strictjson.dumps_canonical(ring))
    return new


def load_kek(folder: Path, service: str) -> tuple[str, dict[str, bytes]]:
    """The id of the active key-encryption key, and all keys (32 bytes) by id; KeyFileError."""
    path = folder / f"{service}.kek.json"
    data = _json(path)
    try:
        keys = {name: _unb64(text) for name, text in data["keys"].items()}
        active = data["active"]
    except (KeyError, TypeError, AttributeError, ValueError):
        raise KeyFileError(f"{path}: must be {_KEK_FORM}") from None
    if active not in keys or any(not _ID.fullmatch(name) for name in keys):
        raise KeyFileError(f"{path}: 'active' must name one of 'keys', ids are small letters, digits and -")
    return active, keys


def load_secret(folder: Path, name: str) -> bytes:
    """The 32 bytes of ``<name>.key``, as ``cases.audit`` or ``cases.blind-index``; KeyFileError."""
    path = folder / f"{name}.key"
    try:
        return _unb64(_read(path).decode("ascii").strip())
    except ValueError:
        raise KeyFileError(f"{path}: must hold the base64 of {_LENGTH} bytes") from None


def load_log_signing(folder: Path, service: str) -> Ed25519PrivateKey:
    """The private key with which a service signs the checkpoints of its log (``<service>.log.key``)."""
    return Ed25519PrivateKey.from_private_bytes(load_secret(folder, f"{service}.log"))


def load_signing(folder: Path, service: str) -> OKPKey:
    """The private key with which a service signs its tokens, or PACKAGES documents; KeyFileError."""
    return _private(folder / f"{service}.signing.json")


def load_issuer(folder: Path, name: str) -> OKPKey:
    """The private key of an issuer of access tokens: ``access`` (cases) or ``development``; KeyFileError."""
    return _private(folder / f"{name}-issuer.json")


def load_jwks(folder: Path, name: str) -> KeySet:
    """Public keys: one of the names in ``*_JWKS``; KeyFileError, also when a private key is among them."""
    path = folder / name
    data: Any = _json(path)
    try:
        found = KeySet.import_key_set(data)
    except (JoseError, ValueError, KeyError, TypeError, AttributeError):
        raise KeyFileError(f"{path}: must be a JWK set of public keys") from None
    if any(key.is_private for key in found.keys):
        raise KeyFileError(f"{path}: holds a private key; public ones alone belong here")
    return found


_KEK_FORM = '{"active": id, "keys": {id: base64 of 32 bytes}}'


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _unb64(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if len(data) != _LENGTH:
        raise ValueError("not 32 bytes")
    return data


def _secret() -> str:
    return _b64(secrets.token_bytes(_LENGTH))


def _new_secret() -> bytes:
    return _secret().encode("ascii") + b"\n"


def _fresh_id(taken: dict[str, bytes]) -> str:
    return (
        f"kek-{1 + max((int(name[4:]) for name in taken if re.fullmatch('kek-[0-9]{1,9}', name)), default=0)}"
    )


def _new_kek() -> bytes:
    return strictjson.dumps_canonical({"active": "kek-1", "keys": {"kek-1": _secret()}})


def _new_jwk(kid: str) -> bytes:
    key = OKPKey.generate_key("Ed25519", {"kid": kid, "use": "sig", "alg": "Ed25519"})
    return strictjson.dumps_canonical(dict(key.as_dict(private=True)))


def _private(path: Path) -> OKPKey:
    try:
        key = OKPKey.import_key(_json(path))
    except (JoseError, ValueError, KeyError, TypeError):
        raise KeyFileError(f"{path}: must be a private Ed25519 key as JWK") from None
    if not key.is_private or key.curve_name != "Ed25519" or not key.kid:
        raise KeyFileError(f"{path}: must be a private Ed25519 key as JWK, with a kid")
    return key


def _json(path: Path) -> Any:  # noqa: ANN401 - each loader checks what it reads
    try:
        return strictjson.loads(_read(path))
    except Malformed:
        raise KeyFileError(f"{path}: is not JSON") from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise KeyFileError(f"{path}: there is no such key file; 'turvavork up' makes it") from None
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be read ({error.strerror})") from None


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One process at a time changes the folder: rotation reads before it writes."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise KeyFileError(f"{folder}: no key can be made there ({error.strerror})") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _create(path: Path, make: Callable[[], bytes]) -> None:
    if path.exists():
        return
    beside = _write_beside(path, make())
    try:
        os.link(beside, path)
    except FileExistsError:
        pass  # somebody without our lock was faster: theirs is the key
    finally:
        beside.unlink()
    _sync_folder(path.parent)


def _replace(path: Path, content: bytes) -> None:
    _write_beside(path, content).replace(path)
    _sync_folder(path.parent)


def _publish(path: Path, keys: list[OKPKey]) -> None:
    public: KeySetSerialization = {"keys": [key.as_dict(private=False) for key in keys]}
    content = strictjson.dumps_canonical({"keys": [dict(key) for key in public["keys"]]})
    if not path.exists() or path.read_bytes() != content:
        _replace(path, content)


def _write_beside(path: Path, content: bytes) -> Path:
    beside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return beside


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
