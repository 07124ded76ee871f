"""Does a referral fit the type of case that it is to become?"""

from collections.abc import Iterator, Sequence

from services.cases.model.casetypes import CaseType
from services.cases.model.codes import AgeBand
from services.cases.model.problems import TransitionRefused
from services.cases.model.states import Participant
from services.kit.problem import FieldError, Malformed


def check(kind: CaseType, people: Sequence[Participant], youngest: dict[AgeBand, int]) -> None:
    """Raises Malformed with every rule of the type that the people of a referral break.

    ``youngest``: the least age of each published band; who may be younger than a limit passes, as the band is
    all that is known without opening what is sealed.
    """
    errors = [*_numbers(kind, people), *_ages(kind, people, youngest)]
    if errors:
        raise Malformed(errors=errors)


def _numbers(kind: CaseType, people: Sequence[Participant]) -> Iterator[FieldError]:
    for rule in kind.roles.values():
        found = sum(each.role is rule.role for each in people)
        if not rule.least <= found <= rule.most:
            said = f"{rule.role.value}: from {rule.least} to {rule.most}"
            yield FieldError("/caseType", "not-of-type", said)


def _ages(
    kind: CaseType, people: Sequence[Participant], youngest: dict[AgeBand, int]
) -> Iterator[FieldError]:
    for each in people:
        rule = kind.roles.get(each.role)
        limit = None if rule is None else rule.under
        if limit is not None and youngest.get(each.age_band, 0) >= limit:
            yield FieldError("/caseType", "not-of-type", f"{each.role.value}: under {limit}")


def has(kind: CaseType, operation: str) -> None:
    """Raises TransitionRefused for an operation that cases of the type are without."""
    if operation in kind.without:
        said = f"cases of the type {kind.code} do not have this"
        raise TransitionRefused(errors=[FieldError("", "not-of-type", said)])
