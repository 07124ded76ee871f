"""Who asks, and by which right: a caller and the appointments that give it roles."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal, Self
from uuid import UUID

Kind = Literal["member", "service", "xroad", "worker"]
_VALUE: Final = re.compile(r"""[^\s\x00-\x1f\x7f,@#|"'\\{}]{1,255}""")
_CODE: Final = re.compile(r"[a-z][a-z0-9-]*(?::[a-z][a-z0-9-]*)?")


def is_value(text: str) -> bool:
    """Whether a text can stand in a relation: no separator of the row-level security facts is in it."""
    return _VALUE.fullmatch(text) is not None


def subject_kind(subject: str) -> Kind:
    """What a subject is by its form: ``worker:…``, ``service:…``, an X-Road client (``/``), else a member."""
    if subject.startswith("worker:"):
        return "worker"
    if subject.startswith("service:"):
        return "service"
    return "xroad" if "/" in subject else "member"


@dataclass(frozen=True, slots=True)
class Appointment:
    """One role of a caller, with the attributes that bound it: ``{"region": "polva"}``."""

    role: str
    attributes: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not _CODE.fullmatch(self.role):
            raise ValueError("a role is a code such as coordinator or service:exchange")
        for name, value in self.attributes.items():
            if name == "subject" or not is_value(value):
                raise ValueError(f"the appointment's attribute {name!r} cannot be used in a relation")
        object.__setattr__(self, "attributes", MappingProxyType(dict(self.attributes)))


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a member, a service, an X-Road client or a worker; ``service`` speaks for it.

    ``claims`` are what a system says beside that, of the person behind it and of its matter: no right rests
    on them, and the audit log keeps them as handles. ``session`` and ``authenticated_at`` are those of the
    login of a person who comes by herself.
    """

    subject: str = field(repr=False)
    kind: Kind
    service: str | None = None
    appointments: tuple[Appointment, ...] = ()
    claims: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    session: UUID | None = field(default=None, repr=False)
    authenticated_at: datetime | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not is_value(self.subject) or subject_kind(self.subject) != self.kind:
            raise ValueError(f"the subject does not have the form of a {self.kind}")

    @classmethod
    def member(
        cls,
        subject: str,
        appointments: tuple[Appointment, ...] = (),
        service: str | None = None,
        *,
        session: UUID | None = None,
        authenticated_at: datetime | None = None,
    ) -> Self:
        """A person, directly or through a service, whose role is then a further appointment."""
        own = () if service is None else (Appointment(f"service:{service}"),)
        held = (*appointments, *own)
        return cls(subject, "member", service, held, session=session, authenticated_at=authenticated_at)

    @classmethod
    def system(cls, subject: str, service: str, bounds: Iterable[Mapping[str, str]] = ()) -> Self:
        """Not a person: an X-Road client, a worker, or the service itself (``service:<name>``) speaks.

        Roles: ``xroad-client``, the worker's own name, or nothing more; and the service's own in each case.
        ``bounds`` are what an X-Road client works for: in each the service's role is bound by it.
        """
        kind = subject_kind(subject)
        if kind == "member":
            raise ValueError("a member is no system")
        own = Appointment(f"service:{service}")
        if kind == "xroad":
            bound = tuple(Appointment(own.role, each) for each in bounds)
            return cls(subject, kind, service, (Appointment("xroad-client"), own, *bound))
        if kind == "worker":
            return cls(subject, kind, service, (Appointment(subject), own))
        if subject != own.role:
            raise ValueError("a service speaks for itself under its own name alone")
        return cls(subject, kind, service, (own,))
