"""Rows of figures: shown as they come, kept as JSON under bench/results/."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from bench.load import Measured
from services.kit.clock import SystemClock

FOLDER: Final = Path(__file__).parent / "results"
COLUMNS: Final = (
    "per_second",
    "p50_ms",
    "p99_ms",
    "answers",
    "errors",
    "left",
    "seconds",
    "blocks",
    "rows",
    "ratio",
    "slower",
    "p",
)
Row = dict[str, Any]


def row(name: str, found: Measured, **more: Any) -> Row:  # noqa: ANN401 - whatever the measurement tells
    """The figures of one load."""
    return {
        "name": name,
        "per_second": round(found.rate, 1),
        "p50_ms": round(found.percentile(0.50), 1),
        "p99_ms": round(found.percentile(0.99), 1),
        "answers": len(found.latencies),
        "errors": found.errors,
        "told": dict(found.told),
        **more,
    }


class Results:
    """The rows so far; each is printed and saved at once: a run that is cut short has told what it knew."""

    def __init__(self, **run: float) -> None:
        self._run = run
        self._path = FOLDER / f"{SystemClock().now():%Y%m%dT%H%M%SZ}.json"
        self.rows: list[Row] = []

    def add(self, added: Row) -> None:
        """One more row."""
        self.rows.append(added)
        figures = "  ".join(f"{column} {added[column]}" for column in COLUMNS if column in added)
        print(f"{added['name']}: {figures or added.get('error', '')}", flush=True)
        if "cpu_ms" in added:
            print(f"    CPU ms per answer: {_listed(added['cpu_ms'])}", flush=True)
        if len(added.get("told", ())) > 1:
            print(f"    told: {_listed(added['told'])}", flush=True)
        FOLDER.mkdir(exist_ok=True)
        self._path.write_text(json.dumps({**self._run, "rows": self.rows}, indent=1) + "\n")

    def compare(self, name: str, above: str, below: str) -> None:
        """Adds the ratio of the rates of two rows, when both were measured."""
        rate = {each["name"]: each.get("per_second") for each in self.rows}
        if rate.get(above) and rate.get(below):
            self.add({"name": name, "ratio": round(rate[above] / rate[below], 2)})

    def show(self) -> None:
        """The table of all."""
        table = Table("name", *COLUMNS, title="Turvavõrk, measured")
        for each in self.rows:
            table.add_row(each["name"], *(str(each.get(column, "")) for column in COLUMNS))
        Console(width=128).print(table)
        print("left: seconds after the last answer until all was handed over, scored, counted and told")
        print(self._path)


def _listed(figures: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {figure}" for name, figure in figures.items())
