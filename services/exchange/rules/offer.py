"""What a partner's service offers, against what our contract with it needs."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from services.exchange.model.metadata import Operation

YES: Final = "yes"
NONE: Final = "none"
_PARAMETER: Final = re.compile(r"\{[^/{}]+\}")
_REST_OF_PATH: Final = "**"
_ANY: Final = "*"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that we need of a service, and what is offered; None: nothing."""

    service: str
    what: str
    needed: str
    offered: str | None

    @property
    def met(self) -> bool:
        """Whether the offer is what we need."""
        return self.offered == self.needed


def listed(service: str, *, offered: bool, allowed: bool) -> Sequence[Finding]:
    """Whether the provider has the service, and we may call it."""
    return (
        Finding(service, "offered", YES, YES if offered else None),
        Finding(service, "allowed to us", YES, YES if allowed else None),
    )


def described(service: str, needed: Operation, offered: Iterable[Operation]) -> Sequence[Finding]:
    """The operation of a WSDL: by name and version, else by name, so that it is said what differs."""
    same = [each for each in offered if each.name == needed.name]
    found = next((each for each in same if each.version == needed.version), same[0] if same else None)
    offer = found or Operation("", None, None, None, None)
    pairs = (
        ("operation", needed.name, offer.name or None),
        ("version", needed.version, offer.version),
        ("namespace", needed.namespace, offer.namespace),
        ("input", needed.input, offer.input),
        ("output", needed.output, offer.output),
    )
    return [Finding(service, what, wish or NONE, told) for what, wish, told in pairs]


def reachable(
    service: str, what: str, method: str, path: str, endpoints: Collection[tuple[str, str]]
) -> Finding:
    """Whether one of these endpoints, with wildcards or parameters, takes this verb and path."""
    wish = f"{method} {path}"
    met = any(verb in (_ANY, method) and _fits(path, pattern) for verb, pattern in endpoints)
    return Finding(service, what, wish, wish if met else None)


def _fits(path: str, pattern: str) -> bool:
    """``*`` and ``{parameter}`` stand for one part of a path, ``**`` at the end for all that follows."""
    steps, wanted = path.strip("/").split("/"), pattern.strip("/").split("/")
    if wanted[-1] == _REST_OF_PATH:
        steps, wanted = steps[: len(wanted) - 1], wanted[:-1]
    return len(steps) == len(wanted) and all(
        want in (_ANY, step) or _PARAMETER.fullmatch(want) is not None
        for step, want in zip(steps, wanted, strict=True)
    )
