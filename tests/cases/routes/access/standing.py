"""Who stands by victims in the house, and who did until today: support persons, by assignment alone."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from services.kit.calendar import local_date
from services.kit.clock import SystemClock
from tests.cases.routes.access.oracle import Asker

STANDS, STOOD = "m-support-person-polva", "m-support-person-rakvere"
TODAY = local_date(SystemClock().now()).isoformat()
_MODULES = ("module-1", "module-2", "module-3")


async def stand_by(
    ask: Callable[..., Awaitable[Any]], subject: str, region: str, cases: Sequence[str]
) -> None:
    """Somebody new in the pool of a region stands by the victims of cases; STOOD ends it at once."""
    seed = Asker("seed", f"dev:coordinator:{region}:")

    async def post(path: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
        done = await ask(seed, path, method="POST", json=body, headers=headers)
        assert done.status in {200, 201}, done.body
        return dict(done.body)

    terms = {"languages": ["et"], "places": len(cases), "contractFrom": "2018-01-01"}
    about = {"name": "Mari Maasikas", "subject": subject, **terms}
    person = (await post(f"/regions/{region}/support-persons", about))["id"]
    for module in _MODULES:
        learnt = {"module": module, "completedOn": "2018-01-01"}
        await post(f"/support-persons/{person}/trainings", learnt)
    for case in cases:
        begun = {"supportPerson": person, "startedOn": TODAY}
        [made] = (await post(f"/cases/{case}/support-assignments", begun))["items"]
        if subject == STOOD:
            ended = {"endedOn": TODAY, "reason": "victims-wish"}
            await post(f"/support-assignments/{made['id']}/ending", ended, **{"If-Match": '"1"'})
