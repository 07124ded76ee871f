"""The one door out: what leaves is cut to the classes of fields that the decision allows, and leaves a row.

The row of the audit log is written with the commit, and the commit comes before the answer: no answer without
its row. Fields that are not allowed are absent, not null. What leaves is handed to the transaction as well
(``kit.leaving``), whose guard looks at it once more before the commit.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel
from starlette.responses import Response

from services.kit.audit import Action
from services.kit.db import Work
from services.kit.fieldclass import BASIC, CLASSES, Excluded, FieldClass, narrowed, shape_of, view
from services.kit.leaving import HEADER, Decisions, Leaving, Payload
from services.kit.paper import Form, Paper, PaperAnswer, Press
from services.kit.policy import Decision
from services.kit.sparse import ITEMS, is_list

__all__ = ["FieldClass", "Payload", "disclose", "disclose_document", "disclose_paper", "reveal"]

JSON: Final = "application/json"

Objects = Sequence[str | UUID]
Write = Callable[[Any], Paper]
"""Makes a paper of what the JSON of a payload says."""
_EXPORTS: Final[Mapping[Form, Action]] = {Form.PDF: "export-pdf", Form.DOCX: "export-docx"}
Only = frozenset[str] | None


def disclose(  # noqa: PLR0913 - the words of one answer
    work: Work,
    payload: Payload,
    *,
    decisions: Decisions,
    objects: Objects,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    media_type: str | None = None,
    action: Action = "read",
    basis: str | None = None,
    client: str | None = None,
) -> Response:
    """The answer to the caller, cut to what is allowed; its audit row is committed before it leaves.

    Of a reader who named the members that it wants (``fields``), the others are left out as well.

    Args:
        work: the transaction in which the payload was read.
        payload: a model, or a sequence of models (a JSON array).
        decisions: one for the whole payload; or one for each element of the sequence, or of the model's
            ``items`` (the fields around them are then shown if they are basic).
        objects: ids of everything that the payload shows.
        status: HTTP status.
        headers: further headers, such as ``ETag``.
        media_type: if it is not ``application/json``.
        action: what the audit log calls it.
        basis: code of the legal basis, where there is one beyond the purpose.
        client: the receiver, if it is outside the house.
    """
    body, shown, excluded = _cut(payload, decisions, work.only)
    work.audit(action, objects, shown, decisions, basis=basis, client=client)
    answer = Response(body, status, headers, media_type or JSON)

    def put(instead: bytes, header: str) -> None:
        answer.body = instead
        answer.headers.update({"Content-Length": str(len(instead)), HEADER: header})

    cut = partial(_body, decisions=decisions, only=work.only)
    work.leaves(Leaving(work, decisions, objects, payload, excluded, cut, put))
    return answer


def reveal(  # noqa: PLR0913 - the words of one message
    work: Work,
    payload: Payload,
    *,
    decisions: Decisions,
    objects: Objects,
    action: Action = "disclose",
    basis: str | None = None,
    client: str | None = None,
) -> bytes:
    """The same as JSON bytes, for messages and events; arguments as for :func:`disclose`.

    The bytes are given away here: a guard can only stop the transaction.
    """
    body, shown, excluded = _cut(payload, decisions, None)
    work.audit(action, objects, shown, decisions, basis=basis, client=client)
    work.leaves(Leaving(work, decisions, objects, payload, excluded))
    return body


def disclose_document(  # noqa: PLR0913 - the words of one answer
    work: Work,
    content: bytes,
    media_type: str,
    *,
    fields: Iterable[str],
    decisions: Decisions,
    objects: Objects,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    action: Action = "read",
    basis: str | None = None,
    client: str | None = None,
) -> Response:
    """An answer that is no JSON (CSV, XML, a report): its maker says which classes of fields it shows.

    The guard reads it where it is text; else, where it holds what was sealed, it leaves for nobody but those
    who may see all of it.

    Raises PermissionError, a programmer's error, if a class is not allowed by every decision.
    """
    shown = frozenset(fields)
    if not shown <= CLASSES:
        raise ValueError("a document shows fields of known classes")
    if not all(shown <= decision.fields for decision in _each(decisions)):
        raise PermissionError("the document shows more than the decision allows")
    work.audit(action, objects, shown, decisions, basis=basis, client=client)
    answer = Response(content, status, headers, media_type)
    is_text = media_type.startswith("text/") or media_type.endswith(("json", "xml", "ndjson"))
    words = [content.decode("utf-8", "replace")] if is_text else None
    work.leaves(Leaving(work, decisions, objects, words=words))
    return answer


def disclose_paper(  # noqa: PLR0913 - the words of one answer
    work: Work,
    payload: BaseModel,
    write: Write,
    *,
    press: Press,
    form: Form,
    decisions: Decisions,
    objects: Objects,
) -> Response:
    """The same answer as a document: made of what its JSON would be to this caller, and of nothing else.

    The row of the audit log says in which form. The file's name says nothing about anybody.
    """
    body, shown, excluded = _cut(payload, decisions, None)
    work.audit(_EXPORTS[form], objects, shown, decisions)
    paper = write(json.loads(body))
    name = f'attachment; filename="{work.permit.operation.replace("_", "-")}.{form.ending}"'
    told = {"Content-Disposition": name, "Content-Language": paper.language}
    answer = PaperAnswer(press, paper, form, told | {"Vary": "Accept, Accept-Language"})

    def put(instead: bytes, header: str) -> None:
        answer.replace(write(json.loads(instead)), {HEADER: header})

    cut = partial(_body, decisions=decisions, only=None)
    work.leaves(Leaving(work, decisions, objects, payload, excluded, cut, put))
    return answer


def _cut(payload: Payload, decisions: Decisions, only: Only) -> tuple[bytes, frozenset[str], list[Excluded]]:
    """The JSON, the classes that it shows, and what each model of it leaves out."""
    if not isinstance(payload, BaseModel):
        each = [decisions] * len(payload) if isinstance(decisions, Decision) else decisions
        views = [
            narrowed(type(one), decision.fields, only) for one, decision in zip(payload, each, strict=True)
        ]
        texts = [_json(one, excluded) for one, (excluded, _) in zip(payload, views, strict=True)]
        shown = frozenset[str]().union(*(shown for _, shown in views))
        return b"[%b]" % b",".join(texts), shown, [excluded for excluded, _ in views]
    if not isinstance(decisions, Decision):
        excluded, shown = _view_of_items(payload, decisions, only)
    elif only is not None and is_list(type(payload)):
        excluded, shown = _view_of_list(type(payload), decisions.fields, only)
    else:
        excluded, shown = narrowed(type(payload), decisions.fields, only)
    return _json(payload, excluded), shown, [excluded]


def _body(payload: Payload, decisions: Decisions, only: Only) -> bytes:
    return _cut(payload, decisions, only)[0]


def _view_of_list(
    model: type[BaseModel], allowed: frozenset[str], only: frozenset[str]
) -> tuple[Excluded, frozenset[str]]:
    """What to leave out of a list that one decision shows, of whose items some members are wanted."""
    whole = shape_of(model)
    one = whole.fields[ITEMS]
    if one.within is None or not one.classes <= allowed:
        return view(model, allowed)
    around, kept = whole.only(frozenset(whole.fields) - {ITEMS}), one.within.only(only)
    inner = dict.fromkeys(one.within.fields.keys() - only, True) | kept.excluded(allowed)
    excluded = around.excluded(allowed) | ({ITEMS: {"__all__": inner}} if inner else {})
    return excluded, around.shown(allowed) | kept.shown(allowed)


def _view_of_items(
    payload: BaseModel, decisions: Sequence[Decision], only: Only
) -> tuple[Excluded, frozenset[str]]:
    """What to leave out of a model whose ``items`` have a decision each."""
    one = shape_of(type(payload)).fields.get(ITEMS)
    items: Sequence[BaseModel] = getattr(payload, ITEMS)
    if one is None or one.within is None or one.depth != 1 or len(items) != len(decisions):
        raise ValueError("several decisions need a model with as many items")
    excluded, shown = view(type(payload), BASIC)
    excluded = {name: what for name, what in excluded.items() if name != ITEMS}
    by_item: dict[int, Any] = {}
    kept = one.within.only(only)
    unwanted = dict.fromkeys(one.within.fields.keys() - kept.fields.keys(), True)
    for number, decision in enumerate(decisions):
        if not one.classes <= decision.fields:
            by_item[number] = True
            continue
        shown |= kept.shown(decision.fields)
        if left_out := unwanted | kept.excluded(decision.fields):
            by_item[number] = left_out
    return excluded | ({ITEMS: by_item} if by_item else {}), shown


def _each(decisions: Decisions) -> Sequence[Decision]:
    return [decisions] if isinstance(decisions, Decision) else decisions


def _json(payload: BaseModel, excluded: Excluded) -> bytes:
    """Pydantic's serialiser itself: fields of the declared types alone, wrong types are errors."""
    written: bytes = type(payload).__pydantic_serializer__.to_json(
        payload,
        exclude=excluded or None,
        by_alias=True,
        warnings="error",
        serialize_as_any=False,
        polymorphic_serialization=False,
    )
    return written
