"""What a guide tells a person to type exists; what can wake a person is explained."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from services.exchange.actions import depths, gate
from services.exchange.catalog import contracts
from services.exchange.model.outbox import STOPPED, PauseReason, SkipReason
from system import cli

GUIDE = "operating-the-exchange.md"


def _guide(root: Path) -> str:
    return (root / "docs" / "guides" / GUIDE).read_text()


def _rows(root: Path, heading: str) -> set[str]:
    """The codes in the first column of the table under a heading."""
    part = _guide(root).partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return set(re.findall(r"^\| `([a-z_-]+)` \|", part, re.MULTILINE))


def _commands(root: Path) -> list[list[str]]:
    blocks = re.findall(r"```sh\n(.*?)```", _guide(root), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("turvavork")]
    return [shlex.split(line, comments=True)[1:] for line in lines]


def test_every_reason_for_which_a_message_waits_has_its_advice(root: Path) -> None:
    for_people = set(contracts.reasons()) - {*SkipReason, *PauseReason, STOPPED}
    assert _rows(root, "Why a message waits for a person") == for_people


def test_every_figure_that_may_wake_somebody_is_explained(root: Path) -> None:
    figures = {
        figure._name + ("_total" if figure._type == "counter" else "")
        for module in (depths, gate)
        for figure in vars(module).values()
        if hasattr(figure, "_labelnames")
    }
    figures |= {f"{counter.name}_total" for counter in depths.TOTALS.collect()}
    assert _rows(root, "What wakes you") == figures


def test_the_commands_of_the_guide_can_be_typed(root: Path) -> None:
    commands = _commands(root)
    assert len(commands) >= 12
    for words in commands:
        _parse(typer.main.get_command(cli.app), words)


@pytest.mark.parametrize("line", ["messages lost", "messages list --nothing", "messages show", "nothing"])
def test_a_command_that_cannot_be_typed_is_found(line: str) -> None:
    with pytest.raises(TyperException):
        _parse(typer.main.get_command(cli.app), line.split())


def _parse(command: Any, words: list[str]) -> None:
    """Parses as the shell's line is parsed, down to the last command; does nothing."""
    context = command.make_context("turvavork", words)
    if isinstance(command, TyperGroup):
        _, inner, left = command.resolve_command(context, [*context._protected_args, *context.args])
        _parse(inner, left)
