from pathlib import Path

import pytest
from pydantic import ValidationError
from pydantic_settings import SettingsConfigDict

from services.kit.settings import ServiceSettings, StatefulSettings

URL = "postgresql://cases_app:very-secret@127.0.0.1/cases"


class Settings(StatefulSettings):
    model_config = SettingsConfigDict(env_prefix="TURVAVORK_CASES_")


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KEYS", "DEVELOPMENT", "LOG_LEVEL", "SECRETS", "CASES_DATABASE_URL"):
        monkeypatch.delenv(f"TURVAVORK_{name}", raising=False)


def test_without_anything_the_defaults_are_safe() -> None:
    settings = Settings()
    assert not settings.development
    assert settings.oidc_issuer is None
    assert settings.log_level == "info"


def test_a_services_own_settings_have_its_prefix_and_common_ones_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TURVAVORK_CASES_DATABASE_URL", URL)
    monkeypatch.setenv("TURVAVORK_KEYS", "/keys")
    monkeypatch.setenv("TURVAVORK_DEVELOPMENT", "1")
    settings = Settings()
    assert (settings.database_url, settings.keys, settings.development) == (URL, Path("/keys"), True)


def test_a_secret_can_come_from_a_file_and_the_environment_wins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "turvavork_cases_database_url").write_text(URL + "\n")
    monkeypatch.setenv("TURVAVORK_SECRETS", str(tmp_path))
    assert Settings().database_url == URL
    monkeypatch.setenv("TURVAVORK_CASES_DATABASE_URL", "postgresql://other")
    assert Settings().database_url == "postgresql://other"


def test_the_password_is_not_in_the_repr() -> None:
    assert "very-secret" not in repr(Settings(database_url=URL))


def test_a_wrong_value_is_refused_without_repeating_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TURVAVORK_LOG_LEVEL", "very-secret")
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert "TURVAVORK_LOG_LEVEL" in str(refused.value)
    assert "very-secret" not in str(refused.value)


@pytest.mark.parametrize("settings", [ServiceSettings, StatefulSettings])
def test_every_setting_is_described(settings: type[ServiceSettings]) -> None:
    assert not [name for name, field in settings.model_fields.items() if not field.description]
