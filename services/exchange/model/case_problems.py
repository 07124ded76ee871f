"""Business refusals about the case work that partners do over X-Road; see ``problems`` for the tree."""

from services.exchange.model.problems import BusinessRefusal, titled
from services.kit.problem import Kind


class IncidentInvalid(BusinessRefusal):
    """The report of an incident can be read, but breaks a rule; ``errors`` says where."""

    slug = "incident-invalid"
    kind = Kind.MALFORMED
    titles = titled(
        "Juhtumi teade ei vasta reeglitele",
        "Сообщение о случае не соответствует правилам",
        "The report of an incident breaks a rule",
    )


class IncidentExists(BusinessRefusal):
    """The sender has reported an incident under this reference in another message; the first one stands."""

    slug = "incident-exists"
    kind = Kind.CONFLICT
    titles = titled(
        "Sama viitega juhtumist on juba teatatud",
        "О случае с этой ссылкой уже сообщено",
        "An incident was already reported under this reference",
    )
