"""What the API tells of messages and partners, as rows for a terminal."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import typer

from system.columns import plain, show

LIST: Final = ("at", "way", "partner", "kind", "state", "reason", "tries", "next try", "reference", "id")
PAUSES: Final = ("partner", "state", "from", "by", "to", "by", "reason")
STATS: Final = (
    "partner",
    "",
    "waiting",
    "oldest s",
    "put aside",
    "delivered",
    "median ms",
    "p95 ms",
    "tries",
)


def row(each: Mapping[str, Any]) -> Sequence[str]:
    """A message in a list."""
    reason = each["reason"]["code"] if each["reason"] else "-"
    words = (each["at"], each["direction"], each["partner"], each["kind"], each["state"], reason)
    return (*words, str(each["tries"]), each["nextTryAt"] or "-", each["reference"], each["id"])


def show_message(each: Mapping[str, Any], language: str) -> None:
    """A message with its history, the last try first."""
    words = {name: value for name, value in each.items() if name not in ("history", "reason")}
    if each["reason"]:
        words["reason"] = f"{each['reason']['code']}: {each['reason'][language]}"
    show([(f"{name}:", "-" if value is None else str(value)) for name, value in words.items()])
    for one in each["history"]:
        why = "" if one["code"] is None else f"{one['origin']} {one['code']} {one['status'] or ''}"
        line = f"  try {one['number']}  {one['endedAt']}  {one['durationMs']} ms  {one['outcome']}  {why}"
        typer.echo(plain(line.rstrip()))


def pause(each: Mapping[str, Any], language: str) -> Sequence[str]:
    """A pause in a list."""
    by = (each["pausedAt"], each["pausedBy"], each["resumedAt"] or "-", each["resumedBy"] or "-")
    return (each["partner"], each["state"], *by, each["reason"][language])


def figures(each: Mapping[str, Any]) -> Sequence[str]:
    """How the deliveries to a partner go."""
    names = ("waiting", "oldestWaitingSeconds", "quarantined", "delivered", "medianMs", "p95Ms", "tries")
    numbers = ("-" if each[name] is None else str(each[name]) for name in names)
    return (each["partner"], "PAUSED" if each["paused"] else "", *numbers)


def failed(partner: str, one: Mapping[str, Any]) -> Sequence[str]:
    """Failures of a partner that are alike."""
    return (partner, one["origin"], one["code"], str(one["tries"]))


def show_json(told: object) -> None:
    """As the API tells it."""
    typer.echo(json.dumps(told, indent=2))
