import json
import stat
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from services.kit import keys


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    keys.ensure(tmp_path / "keys")
    return tmp_path / "keys"


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_ensure_makes_exactly_the_files_that_services_read(folder: Path) -> None:
    assert sorted(content(folder)) == sorted(
        [
            ".lock",
            "access-issuer.json",
            "cases.audit.key",
            "cases.blind-index.key",
            "cases.kek.json",
            "cases.log.key",
            "cases.pseudonym.key",
            "cases.signing.json",
            "development-issuer.json",
            "exchange.audit.key",
            "exchange.kek.json",
            "exchange.log.key",
            "exchange.signing.json",
            "indicators.audit.key",
            "indicators.log.key",
            "indicators.signing.json",
            "issuers.jwks.json",
            "packages.jwks.json",
            "packages.signing.json",
            "riskscore.signing.json",
            "services.jwks.json",
            "shared.disclosures.key",
        ]
    )


def test_only_the_owner_may_read(folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_a_folder_that_was_open_is_shut(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    keys.ensure(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_nothing_is_overwritten_and_what_is_missing_is_made(folder: Path) -> None:
    (folder / "cases.audit.key").unlink()
    (folder / "services.jwks.json").unlink()
    before = content(folder)
    keys.ensure(folder)
    after = content(folder)
    assert {name: after[name] for name in before} == before
    assert len(keys.load_secret(folder, "cases.audit")) == 32
    assert len(keys.load_jwks(folder, keys.SERVICES_JWKS).keys) == 4


def test_public_sets_follow_their_private_keys(folder: Path) -> None:
    (folder / "riskscore.signing.json").unlink()
    keys.ensure(folder)
    public = keys.load_jwks(folder, keys.SERVICES_JWKS).get_by_kid("riskscore")
    assert public.thumbprint() == keys.load_signing(folder, "riskscore").thumbprint()


def test_processes_that_begin_together_agree(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        for _ in pool.map(keys.ensure, [tmp_path / "keys"] * 8):
            pass
    before = content(tmp_path / "keys")
    keys.ensure(tmp_path / "keys")
    assert content(tmp_path / "keys") == before
    assert not [name for name in before if name.startswith(".") and name != ".lock"]


def test_jwk_sets_hold_public_halves_under_the_services_names(folder: Path) -> None:
    services = json.loads((folder / "services.jwks.json").read_bytes())["keys"]
    assert [key["kid"] for key in services] == ["cases", "exchange", "indicators", "riskscore"]
    issuers = json.loads((folder / "issuers.jwks.json").read_bytes())["keys"]
    assert [key["kid"] for key in issuers] == ["development", "access"]
    assert not [key for key in services + issuers if "d" in key]


def test_secrets_differ(folder: Path) -> None:
    logs = [f"{name}.{what}" for name in keys.STATEFUL for what in ("audit", "log")]
    names = (*logs, "cases.blind-index", "cases.pseudonym", keys.DISCLOSURES)
    assert len({keys.load_secret(folder, name) for name in names}) == len(names)


def test_a_log_is_signed_with_its_services_key(folder: Path) -> None:
    public = {keys.load_log_signing(folder, name).public_key().public_bytes_raw() for name in keys.STATEFUL}
    assert len(public) == len(keys.STATEFUL)
    again = keys.load_log_signing(folder, "cases").private_bytes_raw()
    assert again == keys.load_secret(folder, "cases.log")


def test_rotation_adds_an_active_key_and_keeps_the_old(folder: Path) -> None:
    _, old = keys.load_kek(folder, "cases")
    new = keys.rotate_kek(folder, "cases")
    active, after = keys.load_kek(folder, "cases")
    assert (active, new) == ("kek-2", "kek-2")
    assert after["kek-1"] == old["kek-1"] != after["kek-2"]
    assert stat.S_IMODE((folder / "cases.kek.json").stat().st_mode) == 0o600
    assert keys.rotate_kek(folder, "cases") == "kek-3"


def test_rotations_in_several_processes_lose_no_key(folder: Path) -> None:
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        made = list(pool.map(keys.rotate_kek, [folder] * 6, ["cases"] * 6))
    assert sorted(made) == sorted(set(keys.load_kek(folder, "cases")[1]) - {"kek-1"})


@pytest.mark.parametrize(
    ("name", "bytes_", "load"),
    [
        ("cases.kek.json", b"{", lambda f: keys.load_kek(f, "cases")),
        ("cases.kek.json", b"[]", lambda f: keys.load_kek(f, "cases")),
        (
            "cases.kek.json",
            b'{"active":"kek-1","keys":{"kek-1":"AAAA"}}',
            lambda f: keys.load_kek(f, "cases"),
        ),
        ("cases.kek.json", b'{"active":"kek-2","keys":{}}', lambda f: keys.load_kek(f, "cases")),
        ("cases.kek.json", b'{"active":"kek-1","keys":{"kek-1":7}}', lambda f: keys.load_kek(f, "cases")),
        ("cases.audit.key", b"\xff", lambda f: keys.load_secret(f, "cases.audit")),
        ("cases.audit.key", b"c2hvcnQ=", lambda f: keys.load_secret(f, "cases.audit")),
        ("cases.signing.json", b"{}", lambda f: keys.load_signing(f, "cases")),
        ("cases.signing.json", b'{"kty":"oct","k":"AAAA"}', lambda f: keys.load_signing(f, "cases")),
        ("access-issuer.json", b"null", lambda f: keys.load_issuer(f, "access")),
        ("services.jwks.json", b'{"keys":[]}', lambda f: keys.load_jwks(f, "services.jwks.json")),
        ("services.jwks.json", b"7", lambda f: keys.load_jwks(f, "services.jwks.json")),
    ],
)
def test_a_damaged_file_is_named(folder: Path, name: str, bytes_: bytes, load: object) -> None:
    (folder / name).write_bytes(bytes_)
    with pytest.raises(keys.KeyFileError, match=name):
        load(folder)  # type: ignore[operator]


def test_a_missing_file_is_named_with_what_makes_it(tmp_path: Path) -> None:
    with pytest.raises(keys.KeyFileError, match=r"cases\.kek\.json.*turvavork up"):
        keys.load_kek(tmp_path, "cases")


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file")
    with pytest.raises(keys.KeyFileError, match=r"keys: no key can be made there"):
        keys.ensure(tmp_path / "keys")


def test_a_public_key_does_not_sign_and_a_private_one_is_not_published(folder: Path) -> None:
    private = keys.load_signing(folder, "cases")
    (folder / "exchange.signing.json").write_text(json.dumps(private.as_dict(private=False)))
    with pytest.raises(keys.KeyFileError, match="private"):
        keys.load_signing(folder, "exchange")
    (folder / "services.jwks.json").write_text(json.dumps({"keys": [private.as_dict(private=True)]}))
    with pytest.raises(keys.KeyFileError, match="public"):
        keys.load_jwks(folder, keys.SERVICES_JWKS)
