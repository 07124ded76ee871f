"""Doors of what hangs on a case."""

from tests.cases.routes.access.knock import Door, empty_list, on_each_case

CASEWORK: dict[str, Door] = {
    "list_case_steps": on_each_case(
        "list_case_steps", lambda kept: f"/cases/{kept.case}/history", empty_list
    ),
}
