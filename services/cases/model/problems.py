"""The errors of this service: what is refused because of its content, its version, its state, its epoch."""

from types import MappingProxyType

from services.kit.problem import Kind, Problem


class ReferralInvalid(Problem):
    """The referral can be read, but breaks a rule; ``errors`` says where."""

    slug = "referral-invalid"
    kind = Kind.MALFORMED
    titles = MappingProxyType(
        {
            "et": "Pöördumine ei vasta reeglitele",
            "ru": "Обращение не соответствует правилам",
            "en": "The referral breaks a rule",
        }
    )


class ReferralVersionExists(Problem):
    """This version of the sender's referral is already here with other content; the first one stands."""

    slug = "referral-version-exists"
    kind = Kind.CONFLICT
    titles = MappingProxyType(
        {
            "et": "Sama versioon on juba saadetud teise sisuga",
            "ru": "Эта версия уже отправлена с другим содержанием",
            "en": "This version was already sent with other content",
        }
    )


class TransitionRefused(Problem):
    """The referral's state does not allow the action."""

    slug = "transition-refused"
    kind = Kind.RULE_REFUSED
    titles = MappingProxyType(
        {
            "et": "Pöördumise seis ei luba seda toimingut",
            "ru": "Состояние обращения не допускает этого действия",
            "en": "The state of the referral does not allow this",
        }
    )


class EpochEnded(Problem):
    """The cursor is of an earlier epoch: after a restore the feed is read from zero."""

    slug = "epoch-ended"
    kind = Kind.GONE
    titles = MappingProxyType(
        {
            "et": "Sündmuste voog algas uuesti",
            "ru": "Лента событий началась заново",
            "en": "The feed began anew",
        }
    )


class LoginUnavailable(Problem):
    """This installation has no OIDC issuer."""

    slug = "login-unavailable"
    kind = Kind.UPSTREAM_UNAVAILABLE
    titles = MappingProxyType(
        {
            "et": "Sisselogimine ei ole seadistatud",
            "ru": "Вход в систему не настроен",
            "en": "Login is not set up here",
        }
    )
