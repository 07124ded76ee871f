"""Who speaks over X-Road, and to which service: identifiers with one way to be written down."""

import re
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import quote, unquote

_MEMBER_PARTS: Final = 3
_SUBSYSTEM_PARTS: Final = 4
_LONGEST: Final = 255
_WRITTEN: Final = re.compile(r"(?:[A-Za-z0-9._~'()*!,=?+-]|%[0-9A-Fa-f]{2})+")
_UNFIT: Final = re.compile(r"[\x00-\x1f\x7f\u200b\ufeff\ud800-\udfff\ufffd]")


@dataclass(frozen=True, slots=True, order=True)
class ClientId:
    """A member of X-Road or a subsystem; printed ``ee-dev/GOV/70008747/polis``, percent-encoded."""

    instance: str
    member_class: str
    member_code: str
    subsystem: str | None
    _written: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        parts = (self.instance, self.member_class, self.member_code, self.subsystem)
        if any(part is not None and (not part.strip() or _UNFIT.search(part)) for part in parts):
            raise ValueError("a part of the X-Road identifier is empty or holds a control character")
        written = "/".join(quote(part, safe="") for part in parts if part is not None)
        if len(written) > _LONGEST:
            raise ValueError("the X-Road identifier is too long")
        object.__setattr__(self, "_written", written)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads ``instance/class/code[/subsystem]``, percent-encoded; ValueError for anything else."""
        parts = text.split("/")
        if not _MEMBER_PARTS <= len(parts) <= _SUBSYSTEM_PARTS or not all(map(_WRITTEN.fullmatch, parts)):
            raise ValueError("an X-Road client looks like instance/class/code/subsystem")
        plain = [unquote(part, errors="replace") for part in parts]
        return cls(plain[0], plain[1], plain[2], plain[3] if len(plain) == _SUBSYSTEM_PARTS else None)

    def __str__(self) -> str:
        return self._written


@dataclass(frozen=True, slots=True)
class ServiceId:
    """A service of a member or subsystem; without a version it is another service than ``v1``."""

    provider: ClientId
    code: str
    version: str | None

    @property
    def name(self) -> str:
        """Code and version as WSDLs know it: ``submitReferral.v1``."""
        return self.code if self.version is None else f"{self.code}.{self.version}"


@dataclass(frozen=True, slots=True)
class Headers:
    """What an X-Road message says of itself, SOAP or REST; all of it is the sender's claim."""

    client: ClientId
    id: str
    user_id: str | None = None
    issue: str | None = None
    represented_party: str | None = None
    security_server: str | None = None
    request_id: str | None = None

    def record(self) -> dict[str, str]:
        """The fields that were there, for the sealed record of the message."""
        return {"client": str(self.client), **dict(self.claims())}

    def claims(self) -> tuple[tuple[str, str], ...]:
        """The same but for the client, which the security server has made sure of."""
        fields = {
            "id": self.id,
            "userId": self.user_id,
            "issue": self.issue,
            "representedParty": self.represented_party,
            "securityServer": self.security_server,
            "requestId": self.request_id,
        }
        return tuple((name, value) for name, value in fields.items() if value is not None)
