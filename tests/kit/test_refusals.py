from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import Request

from services.kit.problem import Forbidden, NotFound, Problem, StaleVersion, UpstreamUnavailable
from services.kit.refusals import RefusalAuditor


class Log:
    """Keeps the rows, or cannot."""

    def __init__(self, failure: Problem | None = None) -> None:
        self.rows: list[tuple[Any, ...]] = []
        self._failure = failure

    async def audit_refusal(self, *row: Any, **more: Any) -> None:
        if self._failure:
            raise self._failure
        self.rows.append((*row, more))


def _request(**state: Any) -> Request:
    return Request({"type": "http", "state": {"request_id": "r-1", **state}})


@pytest.mark.parametrize("problem", [NotFound(), Forbidden(), StaleVersion()])
async def test_a_refusal_of_a_known_caller_leaves_a_row(kit: Any, problem: Problem) -> None:
    log, caller = Log(), kit.caller()
    state = {"caller": caller, "operation": "get_note", "purpose": "case-work"}
    await RefusalAuditor(log)(_request(**state), problem)
    more = {"rule_id": None, "request_id": "r-1", "objects": []}
    assert log.rows == [(caller, "get_note", "case-work", problem.slug, more)]


async def test_it_tells_what_was_asked_for(kit: Any) -> None:
    """Ids alone, in one spelling: what else stands in an address is nobody's handle."""
    log, request = Log(), _request(caller=kit.caller())
    request.scope["path_params"] = {"note_id": "0B8F7A52-9A4E-4C2F-8F3D-5A1F0E6F7C11", "name": "audit"}
    await RefusalAuditor(log)(request, NotFound())
    assert log.rows[0][-1]["objects"] == ["0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"]


async def test_what_is_not_known_yet_is_said_to_be_unknown(kit: Any) -> None:
    log = Log()
    await RefusalAuditor(log)(_request(caller=kit.caller()), Forbidden())
    assert log.rows[0][1:3] == ("unknown", "unknown")


async def test_a_problem_may_name_its_rule(kit: Any) -> None:
    log, problem = Log(), NotFound()
    vars(problem)["rule_id"] = "sealed-cases"
    await RefusalAuditor(log)(_request(caller=kit.caller()), problem)
    assert log.rows[0][-1]["rule_id"] == "sealed-cases"


async def test_strangers_and_our_own_faults_leave_none(kit: Any) -> None:
    log = Log()
    await RefusalAuditor(log)(_request(), NotFound())
    await RefusalAuditor(log)(_request(caller=kit.caller()), UpstreamUnavailable())
    assert log.rows == []


async def test_a_row_that_cannot_be_written_replaces_the_answer(kit: Any) -> None:
    auditor = RefusalAuditor(Log(UpstreamUnavailable()))
    with pytest.raises(UpstreamUnavailable):
        await auditor(_request(caller=kit.caller()), NotFound())


def test_a_database_is_a_refusal_log(kit: Any) -> None:
    where = SimpleNamespace(url="postgresql://x@127.0.0.1/x", folder=None)
    assert RefusalAuditor(kit.database(where))
