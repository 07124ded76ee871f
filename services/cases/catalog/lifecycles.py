"""The machines of states of what hangs on a case."""

from typing import Any

from services.cases.catalog.files import read
from services.cases.model.lifecycle import Lifecycle, Lifecycles
from services.kit import datafile


def lifecycles() -> Lifecycles:
    """Every machine by its name; raises DataFileError for one that makes no sense."""
    machines: dict[str, dict[str, Any]] = read("lifecycles")["machines"]
    return {name: _lifecycle(name, machine) for name, machine in machines.items()}


def _lifecycle(name: str, machine: dict[str, Any]) -> Lifecycle:
    rows: list[dict[str, Any]] = machine["transitions"]
    found = Lifecycle(
        machine=name,
        start=machine["start"],
        states={code: state["label"] for code, state in machine["states"].items()},
        targets={(row["from"], row["action"]): row["to"] for row in rows},
        actions={row["action"]: row["label"] for row in rows},
    )
    leaves = {row["from"] for row in rows}
    named = {found.start, *leaves, *(row["to"] for row in rows)}
    ends = {code for code, state in machine["states"].items() if state.get("ends", False)}
    if named != found.states.keys() or len(found.targets) != len(rows) or ends != named - leaves:
        raise datafile.DataFileError(
            f"services/cases/data/lifecycles.yaml: {name}: every state is the start or reached, no action "
            "of a state stands twice, and 'ends' marks exactly the states that no action leaves"
        )
    return found
