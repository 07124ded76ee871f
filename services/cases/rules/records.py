"""May this be kept of this person? The published list decides, field by field."""

from collections.abc import Iterator, Mapping
from datetime import date

from services.cases.model.codes import Role
from services.cases.model.published import Label
from services.cases.model.records import CONTACT, Category, Listed, Told
from services.kit import personal_code
from services.kit.personal_code import PersonalCodeError
from services.kit.problem import FieldError, Malformed


def check(listed: Listed, category: str, role: Role, told: Told, *, today: date) -> Category:
    """The category of what is told; raises Malformed, which names each field and the rule that it breaks."""
    found = listed.categories.get(category)
    if found is None:
        raise Malformed(errors=[FieldError("/category", "unknown", "there is no such category of data")])
    if role not in found.roles:
        reason = f"the law does not list this category for this role ({found.law})"
        raise Malformed(errors=[FieldError("/category", "not-for-role", reason)])
    errors = [
        *_value(found, told),
        *_dates(told, today),
        *_words(listed, found, told),
    ]
    if errors:
        raise Malformed(errors=errors)
    return found


def check_code(codes: Mapping[str, Label], code: str) -> None:
    """Raises Malformed for a reason that is not published."""
    if code not in codes:
        raise Malformed(errors=[FieldError("/reason", "unknown", "there is no such reason")])


def _value(category: Category, told: Told) -> Iterator[FieldError]:
    for name in sorted(category.required - told.value.keys()):
        yield FieldError(f"/value/{name}", "required", "this category needs it")
    for name in sorted(told.value.keys() - category.required - category.optional):
        yield FieldError(f"/value/{name}", "not-of-category", "this category does not have it")
    if not told.value:
        yield FieldError("/value", "required", "something must be told")
    kind = told.value.get("kind")
    if kind is not None and category.kinds and kind not in category.kinds:
        yield FieldError("/value/kind", "unknown", "there is no such kind in this category")
    code = told.value.get("personalCode")
    if isinstance(code, str):
        try:
            personal_code.parse(code)
        except PersonalCodeError as error:
            yield FieldError("/value/personalCode", error.code, str(error))


def _dates(told: Told, today: date) -> Iterator[FieldError]:
    born = told.value.get("birthDate")
    if isinstance(born, date) and born > today:
        yield FieldError("/value/birthDate", "in-future", "nobody is born later than today")
    if told.valid_from is not None and told.valid_to is not None and told.valid_to <= told.valid_from:
        yield FieldError("/validTo", "before-start", "it ends (exclusive) after it begins")


def _words(listed: Listed, category: Category, told: Told) -> Iterator[FieldError]:
    if told.source not in listed.sources:
        yield FieldError("/source", "unknown", "there is no such source")
    if told.confidence is None and category.confidence:
        yield FieldError("/confidence", "required", "how sure it is must be said of this category")
    if told.confidence is not None and told.confidence not in listed.confidences:
        yield FieldError("/confidence", "unknown", "there is no such confidence")
    if told.protected and category.field_class != CONTACT:
        yield FieldError("/protected", "not-of-category", "what says where somebody is can be protected")
