"""What is refused about people in a case: who is in it, how they stand to each other, who is the same."""

from types import MappingProxyType

from services.kit.problem import Kind, Problem


class RelationExists(Problem):
    """The same is told of the two already, in this direction."""

    slug = "relation-exists"
    kind = Kind.CONFLICT
    titles = MappingProxyType(
        {
            "et": "Sama suhe on juba kirjas",
            "ru": "Эта связь уже записана",
            "en": "The relation is recorded already",
        }
    )


class MergeRefused(Problem):
    """The two cannot be one person as things stand; ``errors`` says why."""

    slug = "merge-refused"
    kind = Kind.RULE_REFUSED
    titles = MappingProxyType(
        {
            "et": "Neid inimesi ei saa ühendada",
            "ru": "Этих людей нельзя объединить",
            "en": "The two people cannot be merged",
        }
    )


class AlreadyInCase(Problem):
    """The person takes part in the case already, in this role or another: roles are never merged."""

    slug = "already-in-case"
    kind = Kind.RULE_REFUSED
    titles = MappingProxyType(
        {
            "et": "Inimene on juba juhtumiga seotud",
            "ru": "Этот человек уже участвует в деле",
            "en": "The person takes part in the case already",
        }
    )
