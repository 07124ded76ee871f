"""`tests/<service>/` mirrors the rooms: a reader finds the test of a file without searching."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ("kit", "cases", "riskscore", "exchange", "indicators")
#: Rooms that a neighbour's test exercises whole: a settings file holds only fields, an app only plugs.
EXEMPT = {"settings", "__init__"}


def _rooms(service: str) -> set[str]:
    base = ROOT / "services" / service
    files = {path.stem for path in base.glob("*.py")}
    folders = {path.name for path in base.iterdir() if (path / "__init__.py").exists()}
    return (files | folders) - EXEMPT


def _tested(service: str) -> set[str]:
    base = ROOT / "tests" / service
    files = {path.stem.removeprefix("test_") for path in base.glob("test_*.py")}
    return files | {path.name for path in base.iterdir() if path.is_dir()}


@pytest.mark.parametrize("service", PROGRAMS)
def test_every_room_has_its_tests(service: str) -> None:
    tested = _tested(service)
    missing = sorted(
        room
        for room in _rooms(service)
        if not any(name == room or name.startswith(f"{room}_") for name in tested)
    )
    assert not missing, f"rooms of services/{service} without tests/{service}/test_<room>.py: {missing}"


@pytest.mark.parametrize("service", PROGRAMS)
def test_every_test_file_stands_before_a_room(service: str) -> None:
    rooms = _rooms(service) | {"settings"}
    stray = sorted(
        path.name
        for path in (ROOT / "tests" / service).glob("test_*.py")
        if not any(
            path.stem.removeprefix("test_") == room or path.stem.removeprefix("test_").startswith(f"{room}_")
            for room in rooms
        )
    )
    assert not stray, f"tests without a room in services/{service}: {stray}"
