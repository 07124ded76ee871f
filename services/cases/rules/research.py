"""Who is asked, and whether an answer says what it must."""

from collections.abc import Collection, Iterator, Sequence

from services.cases.model.codes import Role
from services.cases.model.research import Answered, Known
from services.kit.problem import FieldError, Malformed

#: Of whom agencies are asked; others in a referral are nobody's research.
ABOUT = frozenset({Role.VICTIM, Role.THREATENING_PERSON, Role.CHILD})
ACTIONS = {Known.RELEVANT: "answer-relevant", Known.NOTHING_KNOWN: "answer-nothing"}
_CONFIRMED = ("relevant", "necessary", "proportionate")


def check_agencies(agencies: Sequence[str], known: Collection[str]) -> None:
    """Raises Malformed for an agency that there is not, or that is named twice."""
    errors = []
    for index, code in enumerate(agencies):
        if code not in known:
            errors.append(FieldError(f"/agencies/{index}", "unknown", "there is no such agency"))
        elif code in agencies[:index]:
            errors.append(FieldError(f"/agencies/{index}", "twice", "the agency is named twice"))
    if errors:
        raise Malformed(errors=errors)


def check_answer(answer: Answered) -> None:
    """Raises Malformed when an agency tells without standing by it, or stands by nothing."""
    if errors := [*_wrong(answer)]:
        raise Malformed(errors=errors)


def _wrong(answer: Answered) -> Iterator[FieldError]:
    if answer.known is Known.NOTHING_KNOWN:
        if answer.text is not None:
            yield FieldError("/text", "not-for-this", "nothing is known: there is nothing to tell")
        return
    if answer.text is None or not answer.text.strip():
        yield FieldError("/text", "required", "say what is known")
    for name in _CONFIRMED:
        if not getattr(answer, name):
            reason = "what is told is confirmed as relevant, necessary and proportionate"
            yield FieldError(f"/{name}", "required", reason)
