"""A place to learn: people who are not, marked on all that leaves, and no way from here to the real ones."""

import os
from pathlib import Path

from system.databases import STATEFUL
from system.environment import service_is_external

MARK = "training"
#: Whom a place to learn must never reach, by the settings that name them.
OUTSIDE = ("TURVAVORK_EXCHANGE_SECURITY_SERVER_URL", "TURVAVORK_CASES_SMTP_HOST")


class TrainingError(RuntimeError):
    """A folder, or a setting, is for learning and for real at once; the message says what to do."""


def claim(data: Path, *, is_training: bool) -> None:
    """Marks a new folder as one to learn in; TrainingError where it is of the other kind, or leads out."""
    mark = data / MARK
    if is_training:
        _lead_nowhere()
        if not mark.exists() and (data / "keys").exists():
            raise TrainingError(
                f"{data} is not a training folder: people in it may be real. Choose a new one with --data."
            )
        mark.touch(mode=0o600)
    elif mark.exists():
        raise TrainingError(
            f"{data} is a training folder: add --training, or choose another folder with --data."
        )


def _lead_nowhere() -> None:
    named = [name for name in OUTSIDE if os.environ.get(name)]
    named += [f"TURVAVORK_{name.upper()}_DATABASE_URL" for name in STATEFUL if service_is_external(name)]
    if named:
        raise TrainingError(f"A training system reaches nobody outside: unset {', '.join(named)}.")
