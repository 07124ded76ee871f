"""No setting, problem type or command is undocumented, and the README stays a door."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

import services
from services.kit.problem import Problem
from services.kit.settings import ServiceSettings

SERVICES = ("cases", "riskscore", "exchange", "indicators")


def _settings() -> Iterator[type[BaseSettings]]:
    for service in SERVICES:
        yield importlib.import_module(f"services.{service}.settings").Settings


def _variables(kind: type[BaseSettings]) -> Iterator[str]:
    prefix = str(kind.model_config.get("env_prefix", ""))
    for name, field in kind.model_fields.items():
        alias = field.validation_alias
        yield alias if isinstance(alias, str) else f"{prefix}{name}".upper()


def test_every_setting_is_in_the_guide(root: Path) -> None:
    guide = (root / "docs" / "settings.md").read_text()
    missing = {
        name for kind in (*_settings(), ServiceSettings) for name in _variables(kind) if name not in guide
    }
    assert not missing, f"docs/settings.md does not tell of {sorted(missing)}"


def test_the_guide_tells_of_no_setting_that_is_gone(root: Path) -> None:
    known = {name for kind in _settings() for name in _variables(kind)}
    sources = "\n".join(
        path.read_text()
        for folder in ("services", "system", "gateway")
        for path in (root / folder).rglob("*")
        if path.suffix in {".py", ""} and path.is_file()
    )
    told = set(re.findall(r"`(TURVAVORK_[A-Z_]+)`", (root / "docs" / "settings.md").read_text()))
    gone = {name for name in told - known if name not in sources and "_URL" not in name}
    assert not gone


def _problems() -> set[type[Problem]]:
    for module in pkgutil.walk_packages(services.__path__, "services."):
        if ".migrations" not in module.name:
            importlib.import_module(module.name)

    def below(kind: type[Problem]) -> Iterator[type[Problem]]:
        for one in kind.__subclasses__():
            yield one
            yield from below(one)

    return {
        kind for kind in below(Problem) if kind.__module__.startswith("services.") and "slug" in vars(kind)
    }


def test_every_problem_type_is_documented(root: Path) -> None:
    guide = (root / "docs" / "problems.md").read_text()
    missing = sorted(kind.slug for kind in _problems() if f"`{kind.slug}`" not in guide)
    assert not missing, f"docs/problems.md does not tell of {missing}"


def test_problem_types_have_one_meaning_and_three_languages() -> None:
    slugs: dict[str, set[str]] = {}
    for kind in _problems():
        slugs.setdefault(kind.slug, set()).add(kind.titles["en"])
        assert set(kind.titles) == {"et", "ru", "en"}, kind
    assert not {slug for slug, titles in slugs.items() if len(titles) > 1}


def test_the_readme_is_a_door(root: Path) -> None:
    text = (root / "README.md").read_text()
    assert len(text.splitlines()) <= 80
    for command in ("make run", "make test"):
        assert command in text


@pytest.mark.parametrize("decision", range(1, 18))
def test_every_decision_ends_with_the_check_that_enforces_it(root: Path, decision: int) -> None:
    [path] = (root / "docs" / "decisions").glob(f"{decision:04d}-*.md")
    assert "**Checked by**" in path.read_text().split("\n\n")[-1]


def test_what_decisions_name_as_checks_exists(root: Path) -> None:
    for path in (root / "docs" / "decisions").glob("*.md"):
        last = path.read_text().split("\n\n")[-1]
        for name in re.findall(r"`(tests/[\w/.]+)`", last):
            assert (root / name).exists(), f"{path.name}: {name}"


def test_every_code_of_a_field_error_is_documented(root: Path) -> None:
    """Those that stand in the source as words; the hostile corpora look at what is really answered."""
    page = (root / "docs" / "problems.md").read_text()
    rows = re.findall(r"^\| (`[a-z0-9`, -]+`) \| [^|]+ \|$", page, re.MULTILINE)
    documented = {code for row in rows for code in re.findall("[a-z0-9-]+", row)}
    said = {
        (path.name, code)
        for path in (root / "services").rglob("*.py")
        for code in re.findall(r'FieldError\(\s*[^,()]+,\s*"([a-z0-9-]+)"', path.read_text())
    }
    assert len(said) > 100
    assert {(name, code) for name, code in said if code not in documented} == set()
