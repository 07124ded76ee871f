from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.kit import keys
from system import cli, secrets
from system.rotation import rewrap


def test_rotate_adds_a_key_to_both_services_and_keeps_the_old_ones(tmp_path: Path) -> None:
    keys.ensure(tmp_path / "keys")
    before = {name: keys.load_kek(tmp_path / "keys", name) for name in ("cases", "exchange")}
    done = CliRunner().invoke(cli.app, ["keys", "rotate", "--data", str(tmp_path)])
    assert done.exit_code == 0, done.output
    for name, (active, old) in before.items():
        now_active, now = keys.load_kek(tmp_path / "keys", name)
        assert now_active != active
        assert now.keys() == {*old, now_active}


def test_rewrap_without_a_database_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TURVAVORK_KEYS", str(tmp_path / "keys"))
    for name in ("CASES", "EXCHANGE"):
        monkeypatch.delenv(f"TURVAVORK_{name}_DATABASE_URL", raising=False)
    with pytest.raises(FileNotFoundError, match="turvavork up"):
        rewrap(tmp_path / "keys", tmp_path, print)


def test_secrets_are_made_once_and_shut(tmp_path: Path) -> None:
    made = secrets.make(tmp_path / "compose")
    assert all(path.stat().st_mode & 0o077 == 0 for path in made)
    words = {path: path.read_bytes() for path in made}
    assert secrets.make(tmp_path / "compose") == []
    assert words == {path: path.read_bytes() for path in made}


def test_the_passwords_of_the_addresses_are_all_different(tmp_path: Path) -> None:
    secrets.make(tmp_path)
    urls = [path.read_text() for path in (tmp_path / "secrets").glob("*_url")]
    assert len(urls) == 10
    assert len({url.split("@", maxsplit=1)[0].rpartition(":")[2] for url in urls}) == 10
