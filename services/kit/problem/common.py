"""The problems that every service says in the same words."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from services.kit.problem.base import FieldError, Kind, Problem


def words(et: str, ru: str, en: str) -> Mapping[str, str]:
    """One thing said in the three languages, as ``titles`` takes it."""
    return MappingProxyType({"et": et, "ru": ru, "en": en})


class Malformed(Problem):
    """The message cannot be read, or does not fit its schema."""

    slug = "malformed"
    kind = Kind.MALFORMED
    titles = words("Sõnum ei vasta nõuetele", "Сообщение не соответствует требованиям", "Malformed message")


class Unauthenticated(Problem):
    """No valid token."""

    slug = "unauthenticated"
    kind = Kind.UNAUTHENTICATED
    titles = words("Isik on tuvastamata", "Личность не установлена", "Not authenticated")

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
    titles = words("Toiming ei ole lubatud", "Действие не разрешено", "Not allowed")


class PurposeRequired(Problem):
    """The call does not say for which purpose it is made."""

    slug = "purpose-required"
    kind = Kind.MALFORMED
    titles = words("Päringu eesmärk puudub", "Не указана цель запроса", "Purpose required")


class NotFound(Problem):
    """Unknown, foreign, sealed or erased: all answer alike."""

    slug = "not-found"
    kind = Kind.NOT_FOUND
    titles = words("Ei leitud", "Не найдено", "Not found")


class MethodNotAllowed(Problem):
    """The path exists, this method on it does not."""

    slug = "method-not-allowed"
    kind = Kind.METHOD_NOT_ALLOWED
    titles = words("Meetod ei ole lubatud", "Метод не поддерживается", "Method not allowed")


class NotAcceptable(Problem):
    """None of the media types that the caller accepts can be made."""

    slug = "not-acceptable"
    kind = Kind.NOT_ACCEPTABLE
    titles = words("Vastuse vormi ei toetata", "Формат ответа не поддерживается", "Not acceptable")


class Conflict(Problem):
    """The state of the thing does not allow it."""

    slug = "conflict"
    kind = Kind.CONFLICT
    titles = words("Vastuolu praeguse seisuga", "Противоречит текущему состоянию", "Conflict")


class StaleVersion(Problem):
    """``If-Match`` names another version: of two writers one loses."""

    slug = "stale-version"
    kind = Kind.PRECONDITION_FAILED
    titles = words("Andmeid on vahepeal muudetud", "Данные уже изменены", "Changed in the meantime")


class PreconditionRequired(Problem):
    """A change of an existing thing must say which version it changes."""

    slug = "precondition-required"
    kind = Kind.PRECONDITION_REQUIRED
    titles = words("Versioon on märkimata", "Не указана версия", "Precondition required")


class TooLarge(Problem):
    """The body is larger than this service takes."""

    slug = "too-large"
    kind = Kind.TOO_LARGE
    titles = words("Sõnum on liiga suur", "Сообщение слишком велико", "Body too large")


class UnsupportedMedia(Problem):
    """The body's content type is not the one that the route reads."""

    slug = "unsupported-media-type"
    kind = Kind.UNSUPPORTED_MEDIA
    titles = words("Sisutüüpi ei toetata", "Тип содержимого не поддерживается", "Unsupported media type")


class TooMany(Problem):
    """A quota is used up."""

    slug = "too-many-requests"
    kind = Kind.TOO_MANY
    titles = words("Liiga palju päringuid", "Слишком много запросов", "Too many requests")


class UpstreamUnavailable(Problem):
    """A system that is needed for the answer cannot be reached now."""

    slug = "upstream-unavailable"
    kind = Kind.UPSTREAM_UNAVAILABLE
    titles = words("Vajalik teenus ei ole kättesaadav", "Нужная служба недоступна", "Upstream unavailable")


class UpstreamWrong(Problem):
    """A system that is needed for the answer said something that we do not understand."""

    slug = "upstream-wrong"
    kind = Kind.UPSTREAM_WRONG
    titles = words(
        "Vajalik teenus vastas valesti", "Нужная служба ответила неверно", "Upstream answered wrongly"
    )


class Overloaded(Problem):
    """This service cannot take more now; try later."""

    slug = "overloaded"
    kind = Kind.OVERLOADED
    titles = words("Teenus on ülekoormatud", "Служба перегружена", "Overloaded")


class NotReady(Problem):
    """The service runs, but something that it needs to serve is missing."""

    slug = "not-ready"
    kind = Kind.OVERLOADED
    titles = words("Teenus ei ole valmis", "Служба не готова", "Not ready")


class InternalError(Problem):
    """Our fault; the answer says nothing but the request id, under which the log tells more."""

    slug = "internal-error"
    kind = Kind.INTERNAL
    titles = words("Sisemine viga", "Внутренняя ошибка", "Internal error")
