"""May this be said of two people? The published kinds decide, and never turn a role around."""

from collections.abc import Iterator

from services.cases.model.records import Listed
from services.cases.model.relations import Change, Dyad, RelationRules, RelationType
from services.kit.problem import FieldError, Malformed


def check(dyad: Dyad, rules: RelationRules, listed: Listed) -> None:
    """Raises Malformed, which names each field and the rule that it breaks."""
    kind = rules.types.get(dyad.type)
    errors = [FieldError("/type", "unknown", "there is no such kind of relation")] if kind is None else []
    if kind is not None:
        errors.extend(_ends(dyad, kind))
    if dyad.told_by not in listed.sources:
        errors.append(FieldError("/source", "unknown", "there is no such source"))
    if dyad.valid_from is not None and dyad.valid_to is not None and dyad.valid_to <= dyad.valid_from:
        errors.append(FieldError("/validTo", "before-start", "it ends (exclusive) after it begins"))
    if errors:
        raise Malformed(errors=errors)


def _ends(dyad: Dyad, kind: RelationType) -> Iterator[FieldError]:
    if dyad.source.person == dyad.target.person:
        yield FieldError("/to/personId", "same-person", "a relation is between two people")
    if dyad.source.role not in kind.sources:
        yield FieldError("/from/role", "not-for-role", "this kind of relation does not begin at this role")
    if dyad.target.role not in kind.targets:
        yield FieldError("/to/role", "not-for-role", "this kind of relation does not lead to this role")


def check_reason(change: Change, reason: str | None, rules: RelationRules) -> None:
    """Raises Malformed unless what takes a dyad away says why, and what confirms it does not."""
    if change is Change.CONFIRM:
        if reason is not None:
            raise Malformed(errors=[FieldError("/reason", "not-for-confirm", "a confirmation has no reason")])
    elif reason is None:
        raise Malformed(errors=[FieldError("/reason", "required", "this needs a reason")])
    elif reason not in rules.reasons:
        raise Malformed(errors=[FieldError("/reason", "unknown", "there is no such reason")])
