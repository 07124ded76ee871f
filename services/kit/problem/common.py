"""The problems that every service says in the same words."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from services.kit.problem.base import FieldError, Kind, Problem


def _titles(et: str, ru: str, en: str) -> Mapping[str, str]:
    return MappingProxyType({"et": et, "ru": ru, "en": en})


class Malformed(Problem):
    """The message cannot be read, or does not fit its schema."""

    slug = "malformed"
    kind = Kind.MALFORMED
    titles = _titles("Sõnum ei vasta nõuetele", "Сообщение не соответствует требованиям", "Malformed message")


class Unauthenticated(Problem):
    """No valid token."""

    slug = "unauthenticated"
    kind = Kind.UNAUTHENTICATED
    titles = _titles("Isik on tuvastamata", "Личность не установлена", "Not authenticated")

    def __init__(
        self,
        detail: str | None = None,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail, errors=errors, headers={"WWW-Authenticate": "Bearer", **(headers or {})})


class Forbidden(Problem):
    """The caller may not do this anywhere."""

    slug = "forbidden"
    kind = Kind.FORBIDDEN
    titles = _titles("Toiming ei ole lubatud", "Действие не разрешено", "Not allowed")


class PurposeRequired(Problem):
    """The call does not say for which purpose it is made."""

    slug = "purpose-required"
    kind = Kind.MALFORMED
    titles = _titles("Päringu eesmärk puudub", "Не указана цель запроса", "Purpose required")


class NotFound(Problem):
    """Unknown, foreign, sealed or erased: all answer alike."""

    slug = "not-found"
    kind = Kind.NOT_FOUND
    titles = _titles("Ei leitud", "Не найдено", "Not found")


class MethodNotAllowed(Problem):
    """The path exists, this method on it does not."""

    slug = "method-not-allowed"
    kind = Kind.METHOD_NOT_ALLOWED
    titles = _titles("Meetod ei ole lubatud", "Метод не поддерживается", "Method not allowed")


class NotAcceptable(Problem):
    """None of the media types that the caller accepts can be made."""

    slug = "not-acceptable"
    kind = Kind.NOT_ACCEPTABLE
    titles = _titles("Vastuse vormi ei toetata", "Формат ответа не поддерживается", "Not acceptable")


class Conflict(Problem):
    """The state of the thing does not allow it."""

    slug = "conflict"
    kind = Kind.CONFLICT
    titles = _titles("Vastuolu praeguse seisuga", "Противоречит текущему состоянию", "Conflict")


class StaleVersion(Problem):
    """``If-Match`` names another version: of two writers one loses."""

    slug = "stale-version"
    kind = Kind.PRECONDITION_FAILED
    titles = _titles("Andmeid on vahepeal muudetud", "Данные уже изменены", "Changed in the meantime")


class PreconditionRequired(Problem):
    """A change of an existing thing must say which version it changes."""

    slug = "precondition-required"
    kind = Kind.PRECONDITION_REQUIRED
    titles = _titles("Versioon on märkimata", "Не указана версия", "Precondition required")


class TooLarge(Problem):
    """The body is larger than this service takes."""

    slug = "too-large"
    kind = Kind.TOO_LARGE
    titles = _titles("Sõnum on liiga suur", "Сообщение слишком велико", "Body too large")


class UnsupportedMedia(Problem):
    """The body's content type is not the one that the route reads."""

    slug = "unsupported-media-type"
    kind = Kind.UNSUPPORTED_MEDIA
    titles = _titles("Sisutüüpi ei toetata", "Тип содержимого не поддерживается", "Unsupported media type")


class TooMany(Problem):
    """A quota is used up."""

    slug = "too-many-requests"
    kind = Kind.TOO_MANY
    titles = _titles("Liiga palju päringuid", "Слишком много запросов", "Too many requests")


class UpstreamUnavailable(Problem):
    """A system that is needed for the answer cannot be reached now."""

    slug = "upstream-unavailable"
    kind = Kind.UPSTREAM_UNAVAILABLE
    titles = _titles("Vajalik teenus ei ole kättesaadav", "Нужная служба недоступна", "Upstream unavailable")


class UpstreamWrong(Problem):
    """A system that is needed for the answer said something that we do not understand."""

    slug = "upstream-wrong"
    kind = Kind.UPSTREAM_WRONG
    titles = _titles(
        "Vajalik teenus vastas valesti", "Нужная служба ответила неверно", "Upstream answered wrongly"
    )


class Overloaded(Problem):
    """This service cannot take more now; try later."""

    slug = "overloaded"
    kind = Kind.OVERLOADED
    titles = _titles("Teenus on ülekoormatud", "Служба перегружена", "Overloaded")


class InternalError(Problem):
    """Our fault; the answer says nothing but the request id, under which the log tells more."""

    slug = "internal-error"
    kind = Kind.INTERNAL
    titles = _titles("Sisemine viga", "Внутренняя ошибка", "Internal error")
