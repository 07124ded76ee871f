"""Doors of appointments and absences."""

from collections.abc import Iterator
from typing import Any

from tests.cases.routes.access.doors_networks import nothing, word_of
from tests.cases.routes.access.full import Full, Wanted
from tests.cases.routes.access.knock import NOTHING, Door, Knock, Purpose
from tests.cases.routes.access.oracle import Asker, Expected

_DUKE = {"member": "m-nobody", "name": "Mari Mets", "role": "duke", "validFrom": "2099-01-01"}


def _list_appointments(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    """Before the first network nobody held an office."""
    word = word_of(asker, "list_appointments", purpose)
    yield Knock("/appointments?on=1900-01-01", Wanted(word, {"items": [], "next": None}))


def _propose(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    """Whoever may propose something hears that there is no such office; so nothing changes."""
    word = word_of(asker, "propose_appointment", purpose)
    wanted = Wanted(Expected(422, "malformed") if word.status == 200 else word)
    yield Knock("/appointments", wanted, "POST", _DUKE)


def _on_nothing(verb: str, json: Any = None) -> Door:
    return nothing(f"{verb}_appointment", f"/appointments/{NOTHING}/{verb}", "POST", json)


_AWAY = {"deputy": "m-nobody", "absentFrom": "2099-01-01", "absentTo": "2099-01-02"}
OFFICES: dict[str, Door] = {
    "list_appointments": _list_appointments,
    "get_appointment": nothing("get_appointment", f"/appointments/{NOTHING}"),
    "propose_appointment": _propose,
    "approve_appointment": _on_nothing("approve"),
    "refuse_appointment": _on_nothing("refuse", {"reason": "not-needed"}),
    "withdraw_appointment": _on_nothing("withdraw", {"reason": "not-needed"}),
    "end_appointment": _on_nothing("end", {"reason": "other-duties"}),
    "name_deputy": nothing("name_deputy", f"/appointments/{NOTHING}/absences", "POST", _AWAY),
    "end_absence": nothing("end_absence", f"/absences/{NOTHING}/end", "POST", {"absentTo": "2099-01-01"}),
}
