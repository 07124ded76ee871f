"""Errors as RFC 9457 problem details: one base, one table from kind to HTTP status.

A service draws its own tree of errors in ``model`` on top of :class:`Problem`. Nothing here knows a web
framework; ``kit.web`` turns a problem into an answer.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Final
from uuid import UUID

LANGUAGES: Final = ("et", "ru", "en")
MEDIA_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:turvavork:problem:"
_SLUG = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_RANGE = re.compile(r"([a-z]{1,8}|\*)(?:-[a-z0-9]{1,8})*(?:\s*;\s*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?")


class Kind(StrEnum):
    """What went wrong, without HTTP; :data:`STATUS` is the only table to statuses."""

    MALFORMED = "malformed"
    BAD_REQUEST = "bad-request"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not-found"
    METHOD_NOT_ALLOWED = "method-not-allowed"
    NOT_ACCEPTABLE = "not-acceptable"
    CONFLICT = "conflict"
    GONE = "gone"
    PRECONDITION_FAILED = "precondition-failed"
    PRECONDITION_REQUIRED = "precondition-required"
    TOO_LARGE = "too-large"
    UNSUPPORTED_MEDIA = "unsupported-media"
    TOO_MANY = "too-many"
    RULE_REFUSED = "rule-refused"
    UPSTREAM_UNAVAILABLE = "upstream-unavailable"
    UPSTREAM_WRONG = "upstream-wrong"
    OVERLOADED = "overloaded"
    INTERNAL = "internal"


STATUS: Final[Mapping[Kind, int]] = MappingProxyType(
    {
        Kind.MALFORMED: 422,
        Kind.BAD_REQUEST: 400,  # where another's protocol wants it
        Kind.UNAUTHENTICATED: 401,
        Kind.FORBIDDEN: 403,
        Kind.NOT_FOUND: 404,
        Kind.METHOD_NOT_ALLOWED: 405,
        Kind.NOT_ACCEPTABLE: 406,
        Kind.CONFLICT: 409,
        Kind.GONE: 410,
        Kind.PRECONDITION_FAILED: 412,
        Kind.PRECONDITION_REQUIRED: 428,
        Kind.TOO_LARGE: 413,
        Kind.UNSUPPORTED_MEDIA: 415,
        Kind.TOO_MANY: 429,
        Kind.RULE_REFUSED: 409,
        Kind.UPSTREAM_UNAVAILABLE: 503,
        Kind.UPSTREAM_WRONG: 502,
        Kind.OVERLOADED: 503,
        Kind.INTERNAL: 500,
    }
)


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong place in a message: where (JSON pointer), which code, and why in words. Never the value."""

    pointer: str
    code: str
    reason: str


class Problem(Exception):  # noqa: N818 - RFC 9457 calls it a problem
    """Base of every error that a caller may see.

    A subclass that can be raised sets ``slug`` (kebab-case, stable for ever), ``kind`` and ``titles`` in et,
    ru and en. ``detail`` and the errors are our own words: never a value that the caller sent.
    """

    slug: ClassVar[str]
    kind: ClassVar[Kind]
    titles: ClassVar[Mapping[str, str]]
    rule_id: str | None = None
    """Which row of the table of access refused: for the audit log, never in the answer."""

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        if "slug" in cls.__dict__ and not _SLUG.fullmatch(cls.slug):
            msg = f"{cls.__name__}.slug is not kebab-case"
            raise TypeError(msg)
        if "titles" in cls.__dict__ and set(cls.titles) != set(LANGUAGES):
            msg = f"{cls.__name__}.titles must have exactly {', '.join(LANGUAGES)}"
            raise TypeError(msg)

    def __init__(
        self,
        detail: str | None = None,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(self.slug if detail is None else f"{self.slug}: {detail}")
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    @property
    def status(self) -> int:
        """HTTP status, by the one table."""
        return STATUS[self.kind]

    @classmethod
    def type_uri(cls) -> str:
        """The stable ``type`` of this problem; ``docs/problems.md`` explains each."""
        return TYPE_PREFIX + cls.slug

    def body(self, request_id: UUID | str, language: str = "et") -> dict[str, object]:
        """RFC 9457 members; ``detail`` and ``errors`` are absent when there are none."""
        body: dict[str, object] = {
            "type": self.type_uri(),
            "title": self.titles[language],
            "status": self.status,
            "instance": f"urn:uuid:{request_id}",
        }
        if self.detail is not None:
            body["detail"] = self.detail
        if self.errors:
            body["errors"] = [
                {"pointer": error.pointer, "code": error.code, "reason": error.reason}
                for error in self.errors
            ]
        return body


def choose_language(accept_language: str | None) -> str:
    """The best of et, ru, en for an ``Accept-Language`` header; et when it says nothing usable."""
    best, best_weight = LANGUAGES[0], 0.0
    for part in (accept_language or "").lower()[:200].split(","):
        match = _RANGE.fullmatch(part.strip())
        if match is None:
            continue
        language = LANGUAGES[0] if match[1] == "*" else match[1]
        weight = float(match[2] or 1)
        if language in LANGUAGES and weight > best_weight:
            best, best_weight = language, weight
    return best
