"""Folders, compose services, API documents and tests name the same services.

A service that is missing from one of them runs in one environment and not in another, and nobody sees it.
"""

import subprocess
import sys
from pathlib import Path

import yaml

from system import secrets

SERVICES = {"cases", "riskscore", "exchange", "indicators"}
STATEFUL = SERVICES - {"riskscore"}


def test_the_folders_are_the_services(root: Path) -> None:
    folders = {path.name for path in (root / "services").iterdir() if path.is_dir() and path.name[0] != "_"}
    assert folders - {"kit"} == SERVICES


def test_every_service_has_an_openapi_document(root: Path) -> None:
    assert {path.stem for path in (root / "openapi").glob("*.json")} >= SERVICES


def test_every_service_has_tests(root: Path) -> None:
    assert {path.name for path in (root / "tests").iterdir() if path.is_dir()} >= SERVICES | {"kit", "system"}


def test_compose_runs_every_service_and_its_worker(root: Path) -> None:
    compose = yaml.safe_load((root / "docker-compose.yml").read_text())
    expected = SERVICES | {f"{name}-worker" for name in STATEFUL} | {"gateway", "postgres", "migrate"}
    assert expected <= set(compose["services"])


def test_compose_has_no_service_that_is_not_in_the_house(root: Path) -> None:
    compose = yaml.safe_load((root / "docker-compose.yml").read_text())
    known = SERVICES | {f"{name}-worker" for name in STATEFUL}
    known |= {"gateway", "postgres", "migrate", "keys", "simulator"}
    assert set(compose["services"]) <= known


def test_only_stateful_services_have_migrations(root: Path) -> None:
    with_migrations = {path.parent.name for path in (root / "services").glob("*/migrations")}
    assert with_migrations == STATEFUL


def test_the_compose_file_fits_the_compose_specification(root: Path) -> None:
    """There is no container engine in the tests; the schema catches misspelt keys."""
    check = Path(sys.executable).with_name("check-jsonschema")
    done = subprocess.run(  # noqa: S603 - a tool of this environment
        [check, "--builtin-schema", "vendor.compose-spec", root / "docker-compose.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_containers_have_no_more_rights_than_they_need(root: Path) -> None:
    compose = yaml.safe_load((root / "docker-compose.yml").read_text())
    for name, one in compose["services"].items():
        assert "no-new-privileges:true" in one["security_opt"], name
        if name != "postgres":
            assert one["read_only"], name
            assert one["cap_drop"] == ["ALL"], name


def test_every_secret_is_a_file_that_the_command_makes(root: Path, tmp_path: Path) -> None:
    compose = yaml.safe_load((root / "docker-compose.yml").read_text())
    secrets.make(tmp_path)
    made = {path.name for path in (tmp_path / "secrets").iterdir()}
    assert set(compose["secrets"]) == made
    used = {name for one in compose["services"].values() for name in one.get("secrets", ())}
    assert used == made
