"""Why the report of an incident is refused."""

from types import MappingProxyType

from services.kit.problem import Kind, Problem


class IncidentInvalid(Problem):
    """The report of an incident can be read, but breaks a rule; ``errors`` says where."""

    slug = "incident-invalid"
    kind = Kind.MALFORMED
    titles = MappingProxyType(
        {
            "et": "Juhtumi teade ei vasta reeglitele",
            "ru": "Сообщение о случае не соответствует правилам",
            "en": "The report of an incident breaks a rule",
        }
    )


class IncidentExists(Problem):
    """An incident was reported under this reference with other content; the first one stands."""

    slug = "incident-exists"
    kind = Kind.CONFLICT
    titles = MappingProxyType(
        {
            "et": "Sama viitega juhtumist on juba teatatud",
            "ru": "О случае с этой ссылкой уже сообщено",
            "en": "An incident was already reported under this reference",
        }
    )
