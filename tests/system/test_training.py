"""A place to learn is no place for real people, and the other way round; whatever leaves it says so."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from system import environment, plan, training
from system.gateway import Doors
from system.training import TrainingError

pytestmark = pytest.mark.xdist_group("gateway")
MARK = "X-Turvavork-Training"
NOBODY = "http://127.0.0.1:1"


@pytest.fixture(autouse=True)
def _nothing_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*training.OUTSIDE, "TURVAVORK_CASES_DATABASE_URL", "TURVAVORK_TRAINING"):
        monkeypatch.delenv(name, raising=False)


def test_a_new_folder_is_of_the_kind_that_it_is_first_used_for(tmp_path: Path) -> None:
    learn, real = tmp_path / "learn", tmp_path / "real"
    for folder in (learn, real):
        folder.mkdir()
        training.claim(folder, is_training=folder is learn)
        (folder / "keys").mkdir()
        training.claim(folder, is_training=folder is learn)  # and stays so
    with pytest.raises(TrainingError, match="not a training folder"):
        training.claim(real, is_training=True)
    with pytest.raises(TrainingError, match="is a training folder"):
        training.claim(learn, is_training=False)


@pytest.mark.parametrize("name", [*training.OUTSIDE, "TURVAVORK_INDICATORS_DATABASE_URL"])
def test_it_does_not_start_where_it_would_reach_somebody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "https://outside.example")
    with pytest.raises(TrainingError, match=name):
        training.claim(tmp_path, is_training=True)
    assert not (tmp_path / training.MARK).exists()
    training.claim(tmp_path, is_training=False)


@pytest.mark.parametrize("options", [["up"], ["demo"]])
def test_the_command_refuses_in_a_sentence(tmp_path: Path, options: list[str]) -> None:
    (tmp_path / training.MARK).touch()
    command = [Path(sys.executable).with_name("turvavork"), *options, "--data", tmp_path]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.strip().endswith("add --training, or choose another folder with --data.")
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(("kind", "other"), [("1", "0"), ("0", "1")])
def test_gateway_and_services_are_told_whatever_our_own_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, other: str
) -> None:
    monkeypatch.setenv("TURVAVORK_TRAINING", other)
    layout = environment.Layout(tmp_path, Doors(1, 2), None, training=kind == "1")
    try:
        told = [environment.of_service("cases", layout, None), plan.gateway_of(layout).environment]
        assert [each["TURVAVORK_TRAINING"] for each in told] == [kind] * 2
    finally:
        layout.close()


def test_every_answer_says_so_on_both_listeners_and_the_gateways_own(
    start_gateway: Any, upstream: Any
) -> None:
    services = {"cases": upstream.url, "exchange": upstream.url, "riskscore": NOBODY, "indicators": NOBODY}
    for marked in (True, False):
        gate = start_gateway(services, **({"TURVAVORK_TRAINING": "1"} if marked else {}))
        answers = [
            gate.ask(gate.doors.api_port, "/api/cases/v1/things"),
            gate.ask(gate.doors.api_port, "/api/cases/v1/things", X_Want="404"),
            gate.ask(gate.doors.api_port, "/api/riskscore/v1/things"),
            gate.ask(gate.doors.api_port, "/nothing"),
            gate.ask(gate.doors.xroad_port, "/xroad/soap", method="POST", body=b"<x/>"),
            gate.ask(gate.doors.xroad_port, "/xroad/rest/marac/v1/referrals"),
        ]
        wanted = "synthetic-data" if marked else None
        assert [answer.headers.get(MARK) for answer in answers] == [wanted] * len(answers)
