"""What may be decided about a request for access, and what a person is told."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from services.cases.model.dossiers import Part
from services.cases.model.records import Entry
from services.cases.model.subject_access import (
    AccessDecision,
    AccessRequest,
    SubjectAccessRules,
    ToldEntry,
    ToldPart,
)
from services.kit.calendar import add_months
from services.kit.problem import FieldError

GRANT: Final = "grant"
PARTLY: Final = "restrict-partly"


def check(
    told: AccessDecision, request: AccessRequest, today: date, rules: SubjectAccessRules
) -> list[FieldError]:
    """What is wrong with a decision: a restriction has a ground, a reason, and an end within three years."""
    if told.action == GRANT:
        given = {"ground": told.ground, "reason": told.reason, "until": told.until}
        errors = [
            FieldError(f"/{name}", "not-allowed", "what is granted has none")
            for name, value in given.items()
            if value is not None
        ]
        return errors + _withheld(told, rules, wanted=False)
    errors = _withheld(told, rules, wanted=told.action == PARTLY)
    if told.ground not in rules.grounds:
        errors.append(FieldError("/ground", "unknown", "there is no such ground"))
    if told.reason is None:
        errors.append(FieldError("/reason", "required", "a restriction says why"))
    last = add_months(request.restricted_on or today, rules.restriction_months)
    if told.until is None or not today < told.until <= last:
        errors.append(FieldError("/until", "out-of-range", f"after today, and no later than {last}"))
    return errors


def _withheld(told: AccessDecision, rules: SubjectAccessRules, *, wanted: bool) -> list[FieldError]:
    if wanted and not told.withheld:
        return [FieldError("/withheld", "required", "say which parts are withheld")]
    if told.withheld and not wanted:
        return [FieldError("/withheld", "not-allowed", "parts are named where a part is withheld")]
    return [
        FieldError(f"/withheld/{place}", "unknown", "there is no such part")
        for place, part in enumerate(told.withheld)
        if part not in rules.parts
    ]


def guarded_values(parts: Iterable[Part]) -> frozenset[str]:
    """Addresses and numbers of others: where they are the asker's as well, they are not told."""
    contacts = (part.contact for part in parts)
    return frozenset(_same(value) for one in contacts for value in (one.address, one.phone) if value)


def told_part(part: Part, withheld: Sequence[str], guarded: frozenset[str]) -> ToldPart:
    """What a person is told of one part: the own data alone."""
    contact = part.contact
    shown = replace(
        contact,
        address=_unguarded(contact.address, guarded),
        phone=_unguarded(contact.phone, guarded),
        safe_contact=None,  # words: they tell of others
    )
    return ToldPart(
        referral=part.referral_id,
        case=part.case_id,
        role=None if "role" in withheld else part.role,
        identity=None if "identity" in withheld else part.identity,
        contact=None if "contact" in withheld else shown,
    )


def told_entries(
    entries: Iterable[Entry], withheld: Sequence[str], guarded: frozenset[str], rules: SubjectAccessRules
) -> list[ToldEntry]:
    """What was written down of a person: nothing that is marked as protected, no words, nothing of others."""
    if "entries" in withheld:
        return []
    told = []
    for entry in entries:
        value = {name: one for name, one in entry.told.value.items() if name not in rules.leave_out}
        others = any(isinstance(one, str) and _same(one) in guarded for one in value.values())
        if value and not others and not entry.told.protected:
            told.append(ToldEntry(entry.category, value, entry.recorded_at.date()))
    return told


def _unguarded(value: str | None, guarded: frozenset[str]) -> str | None:
    return None if value is None or _same(value) in guarded else value


def _same(value: str) -> str:
    """Letters and digits alone, whatever their case: two ways to write one address."""
    return "".join(one for one in value.casefold() if one.isalnum())
