"""What is kept from whom: kinds of protected values, who may be told them, and how they may be written."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from services.cases.model.codes import Role
from services.kit.problem import Kind, Problem

#: Stand around what is in the place of a protected value.
OPEN, CLOSE = "\u27e6", "\u27e7"
#: Three languages between them: a mark, and nothing that anybody else writes.
MARK: Final = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]+ / [^{OPEN}{CLOSE}]+ / [^{OPEN}{CLOSE}]+{CLOSE}")


class DisclosureStopped(Problem):
    """The answer holds what its receiver must not be told, and it cannot be left out of it."""

    slug = "disclosure-stopped"
    kind = Kind.RULE_REFUSED
    titles = MappingProxyType(
        {
            "et": "Vastus sisaldab varjatud andmeid ja jäeti saatmata",
            "ru": "Ответ содержит скрытые данные и не был отправлен",
            "en": "The answer holds protected data and was not sent",
        }
    )


class Form(StrEnum):
    """How a kind of value is looked for."""

    ADDRESS = "address"
    PHONE = "phone"
    EMAIL = "email"
    NAME = "name"
    WORDS = "words"


class Trust(StrEnum):
    """How much somebody may be told of one case."""

    ALL = "all"
    UNMARKED = "unmarked"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class ProtectedKind:
    """A kind of value; ``mark`` stands where one was."""

    code: str
    form: Form
    mark: str


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who may be told: whoever acts by a row of the table of access of these roles and relations.

    ``marked`` names the agencies that may be told what is marked as well; None: whoever it is.
    ``in_case`` says that the relation is looked at once more, by the agencies that take part in the case,
    unless the right names the class of the value.
    """

    id: str
    roles: frozenset[str]
    relations: frozenset[str]
    operations: frozenset[str] | None
    marked: frozenset[str] | None
    in_case: bool


@dataclass(frozen=True, slots=True)
class Spelling:
    """How words are compared, and which words say what stands beside them."""

    letters: Mapping[str, str]
    alternations: Mapping[str, str]
    endings: Sequence[str]
    streets: Sequence[str]
    places: Sequence[str]
    areas: Sequence[str]
    houses: Sequence[str]
    institutions: Sequence[str]
    between: Sequence[str]


@dataclass(frozen=True, slots=True)
class Protection:
    """The published rules; ``place_names`` are too common to give anybody away."""

    version: str
    field_class: str
    roles: frozenset[Role]
    fields: Mapping[str, ProtectedKind]
    recipients: Sequence[Recipient]
    spelling: Spelling
    place_names: Sequence[str]


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """One value that must not reach everybody; ``marked`` is False where the role alone says so."""

    kind: ProtectedKind
    value: str
    marked: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """Where in a text a value of a kind stands."""

    start: int
    end: int
    kind: ProtectedKind
