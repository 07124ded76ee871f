"""Versions on the wire: of two writers one is told to look again (RFC 9110 § 13.1.1)."""

import re
from typing import Annotated, Final

from fastapi import Header

from services.kit.problem import FieldError, Malformed, PreconditionRequired

_TAG: Final = re.compile(r'"([1-9][0-9]{0,8})"')

IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", max_length=40, description="The ETag under which the thing was read."),
]


def etag(version: int) -> dict[str, str]:
    """The header that carries a version."""
    return {"ETag": f'"{version}"'}


def expected_version(if_match: str | None) -> int:
    """The version that a writer saw; PreconditionRequired without one, Malformed if it is no ETag."""
    if if_match is None:
        raise PreconditionRequired
    found = _TAG.fullmatch(if_match.strip())
    if found is None:
        error = FieldError("header:If-Match", "unknown", 'an ETag that was read here, such as "3"')
        raise Malformed(errors=[error])
    return int(found[1])
