"""What becomes of a thing of a case: its published machine says what is allowed, and what follows."""

from uuid import UUID

from services.cases.model.lifecycle import Lifecycle, Step
from services.cases.model.problems import TransitionRefused


def begun(lifecycle: Lifecycle, object_id: UUID, action: str) -> Step:
    """The first step of a thing that has just come to be, by an action such as ``create``."""
    return Step(lifecycle.machine, object_id, action, None, lifecycle.start)


def step(lifecycle: Lifecycle, object_id: UUID, state: str, action: str, reason: str | None = None) -> Step:
    """The step that an action takes from a state; raises TransitionRefused when the table has none."""
    target = lifecycle.targets.get((state, action))
    if target is None:
        raise TransitionRefused
    return Step(lifecycle.machine, object_id, action, state, target, reason)
