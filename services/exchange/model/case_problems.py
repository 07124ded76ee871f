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


class NotAsked(BusinessRefusal):
    """There is no such question or action of the client's agency; another agency's answers the same."""

    slug = "not-asked"
    kind = Kind.NOT_FOUND
    titles = titled(
        "Sellist küsimust või tegevust sellel asutusel ei ole",
        "У этого учреждения нет такого вопроса или действия",
        "The agency has no such question or action",
    )


class AnswerOvertaken(BusinessRefusal):
    """The question or action has changed since the version that the message names: read it again."""

    slug = "answer-overtaken"
    kind = Kind.PRECONDITION_FAILED
    titles = titled(
        "Vahepeal on tehtud muudatus", "Тем временем произошло изменение", "It has changed in the meantime"
    )


class AnswerSettled(BusinessRefusal):
    """The question or action is in a state in which nothing can be told any more."""

    slug = "answer-settled"
    kind = Kind.RULE_REFUSED
    titles = titled(
        "Selle kohta ei saa enam vastata", "На это уже нельзя ответить", "It cannot be answered any more"
    )


class AnswerInvalid(BusinessRefusal):
    """What is told can be read, but breaks a rule; ``errors`` says where."""

    slug = "answer-invalid"
    kind = Kind.MALFORMED
    titles = titled(
        "Vastus ei vasta reeglitele", "Ответ не соответствует правилам", "The answer breaks a rule"
    )
