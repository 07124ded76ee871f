"""What is published of transfers between networks."""

from typing import Any

from services.cases.catalog.files import read
from services.cases.model.clocks import Clocks
from services.cases.model.lifecycle import Lifecycles
from services.cases.model.transfers import Ending, TransferRules
from services.kit import datafile

_LISTS = ("kinds", "reasons", "refusals", "withdrawals")


def transfers(machines: Lifecycles, clocks: Clocks) -> TransferRules:
    """The rules; DataFileError for an ending that its machine does not know, or a clock that is none."""
    file: dict[str, Any] = read("transfer")
    ends = [Ending(row["machine"], row["from"], row["action"], row["reason"]) for row in file["ends"]]
    unknown = [
        f"{end.machine}: {end.action} from {source}"
        for end in ends
        for source in end.sources
        if (source, end.action) not in machines[end.machine].targets
    ]
    unknown += [code for code in file["drops"] if code not in clocks.rules]
    if unknown:
        raise datafile.DataFileError(f"services/cases/data/transfer.yaml: there is no {unknown}")
    words = {name: {row["code"]: row["label"] for row in file[name]} for name in _LISTS}
    return TransferRules(
        case_states=frozenset(file["case_states"]), ends=ends, drops=frozenset(file["drops"]), **words
    )
