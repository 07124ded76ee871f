"""Published lists and machines of states: every word that a front end shows for a code."""

from typing import Annotated, Any

from fastapi import Depends, Path, Request, Response

from services.cases.schemas.lists import CodeListsView, CodeListView, LifecyclesView, LifecycleView
from services.kit.answer import language_of
from services.kit.db import Work, unit_of_work
from services.kit.disclose import Payload, disclose
from services.kit.fresh import NOT_MODIFIED, IfNoneMatch, fresh
from services.kit.openapi import problems
from services.kit.problem import NotFound
from services.kit.strictroute import ServiceRouter

router = ServiceRouter(tags=["published lists"])

ListName = Annotated[str, Path(max_length=80, description="Name of the list.", examples=["reasons"])]
Machine = Annotated[str, Path(max_length=40, description="What has the states.", examples=["case"])]
_ONE: dict[str, Any] = {"responses": NOT_MODIFIED | problems(NotFound)}


@router.get("/code-lists", summary="List code lists", response_model=CodeListsView, responses=NOT_MODIFIED)
async def list_code_lists(
    request: Request,
    work: Annotated[Work, Depends(unit_of_work("list_code_lists"), scope="function")],
    if_none_match: IfNoneMatch = None,  # noqa: ARG001 - kit.fresh reads it; here for the document
) -> Response:
    """Every published list of codes with the names that people read, in three languages; it may be kept."""
    language = language_of(request.scope)
    lists = request.app.state.catalog.lists.values()
    return _told(request, work, CodeListsView(items=[CodeListView.of(one, language) for one in lists]))


@router.get("/code-lists/{name}", summary="Read a code list", response_model=CodeListView, **_ONE)
async def get_code_list(
    request: Request,
    name: ListName,
    work: Annotated[Work, Depends(unit_of_work("get_code_list"), scope="function")],
    if_none_match: IfNoneMatch = None,  # noqa: ARG001 - kit.fresh reads it; here for the document
) -> Response:
    """One list; it may be kept."""
    found = request.app.state.catalog.lists.get(name)
    if found is None:
        raise NotFound
    return _told(request, work, CodeListView.of(found, language_of(request.scope)))


@router.get("/lifecycles", summary="List lifecycles", response_model=LifecyclesView, responses=NOT_MODIFIED)
async def list_lifecycles(
    request: Request,
    work: Annotated[Work, Depends(unit_of_work("list_lifecycles"), scope="function")],
    if_none_match: IfNoneMatch = None,  # noqa: ARG001 - kit.fresh reads it; here for the document
) -> Response:
    """Every machine of states: what can be done in which state, and what it makes of it; it may be kept."""
    language = language_of(request.scope)
    machines = request.app.state.catalog.lifecycles.values()
    return _told(request, work, LifecyclesView(items=[LifecycleView.of(one, language) for one in machines]))


@router.get("/lifecycles/{machine}", summary="Read a lifecycle", response_model=LifecycleView, **_ONE)
async def get_lifecycle(
    request: Request,
    machine: Machine,
    work: Annotated[Work, Depends(unit_of_work("get_lifecycle"), scope="function")],
    if_none_match: IfNoneMatch = None,  # noqa: ARG001 - kit.fresh reads it; here for the document
) -> Response:
    """One machine of states; it may be kept."""
    found = request.app.state.catalog.lifecycles.get(machine)
    if found is None:
        raise NotFound
    return _told(request, work, LifecycleView.of(found, language_of(request.scope)))


def _told(request: Request, work: Work, view: Payload) -> Response:
    answer = disclose(work, view, decisions=work.permit.on({}), objects=[])
    return fresh(request, answer, language_of(request.scope))
