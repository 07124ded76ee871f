"""Answers that a caller may keep and ask about again: ``ETag`` of the content, ``If-None-Match``, 304.

For published data alone: nothing of it is personal, so a private cache may hold it. The versions of things
that change stand in ``kit.etag``.
"""

import hashlib
from typing import Annotated, Any, Final

from fastapi import Header, Request
from starlette.responses import Response

IfNoneMatch = Annotated[
    str | None,
    Header(
        alias="If-None-Match",
        max_length=400,
        description="The ETag of the answer that the caller kept: 304 when it still holds.",
    ),
]
#: The ``responses`` of a route whose answers can be kept.
NOT_MODIFIED: Final[dict[int | str, dict[str, Any]]] = {304: {"description": "What the caller kept holds"}}
_KEPT: Final = {
    "Cache-Control": "private, max-age=300",
    "Vary": "Authorization, Accept-Language",
}
_NOT_MODIFIED: Final = 304


def fresh(request: Request, answer: Response, language: str) -> Response:
    """The answer with its ``ETag``; without its body where the caller has the same one already."""
    tag = f'"{hashlib.sha256(bytes(answer.body) + language.encode()).hexdigest()[:32]}"'
    headers = _KEPT | {"ETag": tag, "Content-Language": language}
    if _holds(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=_NOT_MODIFIED, headers=headers)
    answer.headers.update(headers)
    return answer


def _holds(given: str, tag: str) -> bool:
    """Weak comparison, as RFC 9110 § 13.1.2 has it for reading."""
    return any(each.strip().removeprefix("W/") in {tag, "*"} for each in given.split(","))
