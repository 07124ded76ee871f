"""May data be shared? A basis must carry it for each person, and what is told must say why and until when."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from services.cases.model.codes import Role
from services.cases.model.consent import Allows, AsksFor, Bases, Basis, Scope, Standing
from services.cases.model.ids import PersonId
from services.cases.model.problems import BasisMissing, OffersStopped
from services.cases.model.shares import ShareKind, ToldShare
from services.kit.calendar import add_months
from services.kit.problem import FieldError, Malformed

_MOST_MONTHS: Final = 36


@dataclass(frozen=True, slots=True)
class Facts:
    """What is true of the case: who is in it in which roles, how consent stands, and who takes part."""

    roles: Mapping[PersonId, frozenset[Role]]
    standings: Mapping[PersonId, Standing]
    taking_part: Collection[str]


def check(told: ToldShare, facts: Facts, *, on: date, bases: Bases, agencies: Collection[str]) -> Basis:
    """The basis that carries the share.

    Raises Malformed for what is told wrongly, OffersStopped when services would be offered to somebody who
    objects, BasisMissing when the basis does not carry it.
    """
    basis = bases.by_code.get(told.basis)
    errors = [*_told(told, facts, bases, agencies), *_words(told, basis), *_time(told, on)]
    if basis is None:
        errors.append(FieldError("/basis", "unknown", "there is no such legal basis"))
    if errors or basis is None:
        raise Malformed(errors=errors)
    offers = bases.purposes[told.purpose]
    if offers:
        _objections(told, facts)
    if lacking := list(_lacking(told, basis, facts, on=on, offers=offers)):
        raise BasisMissing(errors=lacking)
    return basis


def _told(told: ToldShare, facts: Facts, bases: Bases, agencies: Collection[str]) -> Iterator[FieldError]:
    if not told.agencies and told.outside is None:
        yield FieldError("/agencies", "required", "a share needs somebody who receives")
    for index, agency in enumerate(told.agencies):
        place = "/agency" if told.kind is ShareKind.TAKING_PART else f"/agencies/{index}"
        if agency not in agencies:
            yield FieldError(place, "unknown", "there is no such agency")
        elif told.kind is ShareKind.TAKING_PART and agency in facts.taking_part:
            yield FieldError(place, "takes-part", "the agency takes part in the case already")
    for index, person in enumerate(told.persons):
        if person not in facts.roles:
            yield FieldError(f"/persons/{index}", "not-in-case", "the person takes no part in the case")
    if told.purpose not in bases.purposes:
        yield FieldError("/purpose", "unknown", "there is no such purpose")


def _words(told: ToldShare, basis: Basis | None) -> Iterator[FieldError]:
    if not (told.why.necessity or "").strip():
        yield FieldError("/necessity", "required", "say why it is necessary")
    if basis is None or basis.recipients is None or (told.why.recipient_reason or "").strip():
        return
    if told.outside is not None or not basis.recipients.issuperset(told.agencies):
        why = "the law does not name every receiver: say why this case justifies it"
        yield FieldError("/recipientReason", "required", why)


def _time(told: ToldShare, on: date) -> Iterator[FieldError]:
    if told.expires_on is None:
        if told.kind is ShareKind.HANDOVER:
            yield FieldError("/expiresOn", "required", "say until when the receiver may use it")
    elif told.expires_on <= on:
        yield FieldError("/expiresOn", "past", "a share ends after today")
    elif told.expires_on > add_months(on, _MOST_MONTHS):
        yield FieldError("/expiresOn", "too-late", f"at most {_MOST_MONTHS} months")


def _objections(told: ToldShare, facts: Facts) -> None:
    why = "the person objects (OAS § 7(5)): nothing is offered until that is lifted"
    errors = [
        FieldError(f"/persons/{index}", "objects", why)
        for index, person in enumerate(told.persons)
        if (standing := facts.standings.get(person)) is not None and standing.objects_since is not None
    ]
    if errors:
        raise OffersStopped(errors=errors)


def _lacking(told: ToldShare, basis: Basis, facts: Facts, *, on: date, offers: bool) -> Iterator[FieldError]:
    if not basis.in_force(on):
        yield FieldError("/basis", "not-in-force", "the legal basis is not in force today")
    needed = Allows.OFFER_SERVICES if offers else Allows.SHARE
    if needed not in basis.allows:
        yield FieldError("/basis", "does-not-allow", f"the legal basis does not allow this ({needed})")
    for index, person in enumerate(told.persons):
        if not basis.roles & facts.roles[person]:
            why = "the legal basis is not about people in this role"
            yield FieldError(f"/persons/{index}", "not-for-role", why)
        elif basis.asks_for is AsksFor.CONSENT and not _agreed(facts.standings.get(person)):
            why = "the person has not agreed to data being shared"
            yield FieldError(f"/persons/{index}", "no-consent", why)


def _agreed(standing: Standing | None) -> bool:
    return standing is not None and Scope.SHARING in standing.scopes
