"""Folders, compose services, API documents and tests name the same services.

A service that is missing from one of them runs in one environment and not in another, and nobody sees it.
"""

from pathlib import Path

import yaml

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
