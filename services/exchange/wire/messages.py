"""Our SOAP messages as plain data with the words of the JSON messages, and back."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from xml.sax.saxutils import escape

from lxml import etree

from services.exchange.model.casework import ActionList, AgencyAction, Settled
from services.exchange.model.flags import Flag
from services.exchange.model.inbox import Receipt
from services.exchange.wire import faults, schema
from services.kit.calendar import format_instant
from services.kit.problem import FieldError, Problem

_NARRATIVE: Final = frozenset(
    {"description", "judgementReason", "victimWishes", "messageId", "text", "outcome"}
)

_SPACE: Final = re.compile("[ \t\r\n]+")
_WITH_REFERRAL: Final = frozenset({"submitReferral", "correctReferral"})
_BESIDE_REFERRAL: Final = frozenset({"/senderReference", "/version"})


def referral(payload: etree._Element) -> dict[str, Any]:
    """A request with a referral as the JSON request has it; the schema must have passed it."""
    data = _object(payload)
    return {**data.pop("referral"), **data}


def withdrawal(payload: etree._Element) -> dict[str, Any]:
    """The request ``withdrawReferral``."""
    return _object(payload)


def query(payload: etree._Element) -> dict[str, Any]:
    """The request ``getReferralStatus``."""
    return _object(payload)


def receipt(wrapper: str, told: Receipt, *, with_current: bool) -> bytes:
    """The response to a request; ``current`` is in the status's alone, ``receipt`` in all others."""
    current = f"<current>{'true' if told.current else 'false'}</current>" if with_current else ""
    leaf = "" if told.leaf is None else f"<receipt>{told.leaf.hex()}</receipt>"
    return _wrap(
        wrapper,
        f"<reference>{told.reference}</reference><status>{told.status}</status>"
        f"<statusAt>{format_instant(told.status_at)}</statusAt>{current}{leaf}",
    )


def incident(payload: etree._Element) -> dict[str, Any]:
    """The request ``reportIncident``."""
    return _object(payload)


def noted(told: Receipt) -> bytes:
    """The response to ``reportIncident``: that it is here, and nothing of what is known."""
    leaf = "" if told.leaf is None else f"<receipt>{told.leaf.hex()}</receipt>"
    return _wrap(
        "reportIncident",
        f"<reference>{told.reference}</reference>"
        f"<receivedAt>{format_instant(told.status_at)}</receivedAt>{leaf}",
    )


def case_work(payload: etree._Element) -> dict[str, Any]:
    """The requests ``submitResearch``, ``listActions`` and ``reportAction``."""
    return _object(payload)


def settled(wrapper: str, name: str, told: Settled) -> bytes:
    """The response to ``submitResearch`` (``request``) and ``reportAction`` (``action``)."""
    stands = f"<version>{told.version}</version><state>{escape(told.state)}</state>"
    return _wrap(wrapper, f"<{name}>{told.id}</{name}>{stands}")


def actions(told: ActionList) -> bytes:
    """The response to ``listActions``."""
    next_ = "" if told.next is None else f"<next>{escape(told.next)}</next>"
    return _wrap("listActions", "".join(map(_action, told.items)) + next_)


def _action(told: AgencyAction) -> str:
    words = {"what": told.what, "outcomeWanted": told.outcome_wanted}
    said = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in words.items() if text is not None)
    return (
        f"<action><id>{told.id}</id><version>{told.version}</version><state>{told.state}</state>"
        f"<dueOn>{told.due_on.isoformat()}</dueOn>{said}</action>"
    )


def flag_question(payload: etree._Element) -> dict[str, Any]:
    """The request ``getFlags``."""
    return _object(payload)


def flag(told: Flag) -> bytes:
    """The response to ``getFlags``."""
    return _wrap("getFlags", f"<flag>{told}</flag>")


def refusal(wrapper: str, problem: Problem) -> bytes:
    """The response that says why the request is refused: understood, but not done."""
    places = [placed(wrapper, each) for each in problem.errors]
    return _wrap(
        wrapper,
        f"<faultCode>{problem.slug}</faultCode><faultString>{escape(faults.text(problem))}</faultString>"
        f"{faults.errors(places)}",
    )


def placed(wrapper: str, error: FieldError) -> FieldError:
    """An error in the JSON message as an error in the XML one."""
    return FieldError(_xpath(wrapper, error.pointer), error.code, error.reason)


def _wrap(wrapper: str, content: str) -> bytes:
    name = f"tv:{wrapper}Response"
    return f'<{name} xmlns:tv="{schema.NAMESPACE}">{content}</{name}>'.encode()


def _object(element: etree._Element) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for child in element:
        tag = child.tag
        read = _READ.get(tag)
        if read is not None:
            found[tag] = read(child)
        else:
            found[tag] = (child.text or "") if tag in _NARRATIVE else _value(child)
    return found


def _value(element: etree._Element) -> str:
    return _collapsed(element.text or "")


def _collapsed(text: str) -> str:
    """White space as ``xs:token`` has it: XML's four characters, not all of Unicode's."""
    return " ".join(text.split()) if text.isascii() else _SPACE.sub(" ", text).strip(" ")


def _boolean(element: etree._Element) -> bool:
    return _value(element) == "true"


def _integer(element: etree._Element) -> int:
    return int(_value(element))


def _persons(element: etree._Element) -> list[dict[str, Any]]:
    return [_object(person) for person in element]


def _texts(element: etree._Element) -> list[str]:
    return [_value(child) for child in element]


def _answers(element: etree._Element) -> dict[str, str]:
    return {_collapsed(answer.get("item", "")): _value(answer) for answer in element}


_READ: Final[Mapping[str, Callable[[etree._Element], Any]]] = {
    "version": _integer,
    "referral": _object,
    "event": _object,
    "persons": _persons,
    "assessment": _object,
    "answers": _answers,
    "grounds": _texts,
    "victimInformed": _boolean,
    "referrer": _object,
    "reporter": _object,
    "relevant": _boolean,
    "necessary": _boolean,
    "proportionate": _boolean,
    "threateningPersons": _texts,
}


def _xpath(wrapper: str, pointer: str) -> str:
    """A JSON pointer as a path in the request: ``/persons/0`` → ``/…/referral/persons/person[1]``."""
    within = wrapper in _WITH_REFERRAL and pointer not in _BESIDE_REFERRAL
    path = f"/{wrapper}/referral" if within else f"/{wrapper}"
    parent = ""
    for step in pointer.split("/")[1:]:
        if step.isdigit():
            path += f"/{parent.removesuffix('s')}[{int(step) + 1}]"
        elif parent == "answers":
            path += f"/answer[@item='{step}']"
        else:
            path += f"/{step}"
        parent = step
    return path
