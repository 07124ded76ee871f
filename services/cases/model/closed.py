"""The errors about what closes a case to somebody, and about broken glass."""

from types import MappingProxyType

from services.kit.problem import Kind, Problem


class ExclusionExists(Problem):
    """The case is kept from this member already."""

    slug = "exclusion-exists"
    kind = Kind.CONFLICT
    titles = MappingProxyType(
        {
            "et": "Juhtum on selle liikme eest juba suletud",
            "ru": "Дело уже закрыто для этого участника",
            "en": "The case is kept from this member already",
        }
    )


class CaseSealed(Problem):
    """The case is sealed already."""

    slug = "case-sealed"
    kind = Kind.CONFLICT
    titles = MappingProxyType(
        {
            "et": "Juhtum on juba pitseeritud",
            "ru": "Дело уже опечатано",
            "en": "The case is sealed already",
        }
    )


class SecondAgencyNeeded(Problem):
    """A seal is taken off by two persons of two agencies."""

    slug = "second-agency-needed"
    kind = Kind.RULE_REFUSED
    titles = MappingProxyType(
        {
            "et": "Pitseri võtavad maha kaks inimest kahest asutusest",
            "ru": "Печать снимают два человека из двух ведомств",
            "en": "A seal is taken off by two persons of two agencies",
        }
    )


class FreshLoginRequired(Problem):
    """Who breaks the glass has logged in within the last minutes (RFC 9470)."""

    slug = "fresh-login-required"
    kind = Kind.UNAUTHENTICATED
    titles = MappingProxyType(
        {
            "et": "Palun logige uuesti sisse",
            "ru": "Войдите в систему ещё раз",
            "en": "Please log in again",
        }
    )

    def __init__(self, seconds: int = 300) -> None:
        challenge = f'Bearer error="insufficient_user_authentication", max_age="{seconds}"'
        super().__init__(headers={"WWW-Authenticate": challenge})


class OwnAccess(Problem):
    """Nobody acknowledges the report about an own access."""

    slug = "own-access"
    kind = Kind.RULE_REFUSED
    titles = MappingProxyType(
        {
            "et": "Enda tegevuse teadet kinnitab keegi teine",
            "ru": "Сообщение о собственном доступе подтверждает кто-то другой",
            "en": "Somebody else acknowledges the report about an own access",
        }
    )
