"""Guides with transcripts: what a reader types, and what came of it on a real system.

A fenced block of the kind ``console`` holds commands (``$ `` before each, ``> `` before the lines that go on)
and what they print. ``…`` stands for what differs from run to run: within a line for any text, alone on a
line for any lines.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ANY: Final = "…"
#: What no two runs have in common.
DIFFERENT: Final = (
    re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    re.compile(r"TV(?:-[0-9A-Z]{4}){4}-[0-9A-Z]"),
    re.compile(r"\d{4}-\d{2}-\d{2}(?:T[0-9:.]+Z)?"),
    re.compile(r'(?<=ETag: )"[0-9a-f]{32}"'),
    re.compile(r"(?<=\.)[A-Za-z0-9_-]{60,}"),
)
_BLOCK: Final = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_END: Final = "\x1e"


@dataclass(frozen=True)
class Typed:
    """A command, and the lines that it should print."""

    command: str
    printed: tuple[str, ...]


def blocks(guide: str) -> list[str]:
    """The transcripts of a guide."""
    return _BLOCK.findall(guide)


def typed(guide: str) -> list[Typed]:
    """Every command of a guide, in order."""
    return [each for block in blocks(guide) for each in _typed(block)]


def _typed(block: str) -> Iterator[Typed]:
    command: list[str] = []
    printed: list[str] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            if command:
                yield Typed("\n".join(command), tuple(printed))
            command, printed = [line[2:]], []
        elif line.startswith("> ") and not printed:
            command.append(line[2:])
        else:
            printed.append(line)
    if command:
        yield Typed("\n".join(command), tuple(printed))


def run(
    commands: Sequence[str], places: Mapping[str, str], data: Path, folder: Path, path: Path
) -> list[list[str]]:
    """What each command prints, typed one after another into one shell.

    ``places`` are addresses that a guide names, and where those listen this time.
    """
    script = "".join(f"{command}\nprintf '{_END}'\n" for command in commands)
    for named, real in places.items():
        script = script.replace(named, real)
    told = {name: value for name, value in os.environ.items() if not name.startswith("TURVAVORK_")}
    told |= {"TURVAVORK_DATA": str(data), "PATH": f"{path}:{told['PATH']}"}
    told |= {"COLUMNS": "110", "LC_ALL": "C.UTF-8", "NO_PROXY": "*"}
    done = subprocess.run(  # noqa: S603 - our own guides
        [shutil.which("bash") or "bash"],
        input=script.encode(),
        env=told,
        cwd=folder,
        capture_output=True,
        timeout=120,
        check=False,
    )
    output = done.stdout.decode()
    for named, real in places.items():
        output = output.replace(real, named)
    parts = output.split(_END)
    assert len(parts) == len(commands) + 1, done.stderr.decode()
    return [part.replace("\r", "").rstrip("\n").splitlines() for part in parts[:-1]]


def fits(wanted: Sequence[str], found: Sequence[str]) -> bool:
    """Whether what was printed is what the guide shows."""
    if not wanted:
        return not found
    if wanted[0].strip() == ANY:
        return any(fits(wanted[1:], found[skip:]) for skip in range(len(found) + 1))
    return bool(found) and _line(wanted[0], found[0]) and fits(wanted[1:], found[1:])


def _line(wanted: str, found: str) -> bool:
    pattern = ".*".join(re.escape(part) for part in wanted.rstrip().split(ANY))
    return re.fullmatch(pattern, found.rstrip()) is not None


def written(guide: str, outputs: Sequence[Sequence[str]]) -> str:
    """The guide with what was printed this time; what differs from run to run as ``…``."""
    left = iter(outputs)

    def again(found: re.Match[str]) -> str:
        lines = []
        for each in _typed(found[1]):
            first, *more = each.command.splitlines()
            lines += [f"$ {first}", *(f"> {line}" for line in more), *map(_masked, next(left))]
        return "\n".join(["```console", *lines, "```"])

    return _BLOCK.sub(again, guide)


def _masked(line: str) -> str:
    for pattern in DIFFERENT:
        line = pattern.sub(ANY, line)
    return line.rstrip()
