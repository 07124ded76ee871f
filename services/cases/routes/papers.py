"""A document of a meeting in the form that the caller accepts: JSON, PDF or DOCX."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from fastapi import Request, Response

from services.cases.model.papers import Kind
from services.cases.schemas.agenda import PackView
from services.cases.schemas.minutes import MinutesView
from services.kit.answer import language_of
from services.kit.db import Work
from services.kit.disclose import disclose, disclose_paper
from services.kit.paper import Form, form_of
from services.kit.policy import Decision

if TYPE_CHECKING:
    from services.cases.actions.papers import Papers

_BYTES: Final = {"schema": {"type": "string", "format": "binary"}}
FORMS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": (
            "JSON; or, where `Accept` asks for it, the same as a document, in the language of "
            "`Accept-Language`: the caller's own copy, with nothing that the JSON does not hold."
        ),
        "content": {form.value: _BYTES for form in Form},
    }
}


def answer(  # noqa: PLR0913 - the words of one answer
    request: Request,
    work: Work,
    view: PackView | MinutesView,
    kind: Kind,
    *,
    decisions: Sequence[Decision],
    objects: Sequence[str | UUID],
) -> Response:
    """The caller's copy."""
    form = form_of(request.headers.get("accept"))
    if form is None:
        return disclose(work, view, decisions=decisions, objects=objects, headers={"Vary": "Accept"})
    papers: Papers = request.app.state.papers
    write = papers.writer(work, kind, view.meeting.region, language_of(request.scope))
    press = request.app.state.press
    return disclose_paper(work, view, write, press=press, form=form, decisions=decisions, objects=objects)
