"""What we ask of the logs of the other services: their checkpoints, which we bring to a witness over X-Road.

They have no X-Road of their own. What passes through here is signed by them and checked by the witness, so we
can hold it back and nothing more; ``RELIES_ON`` lists what we rely on.
"""

from collections.abc import Sequence
from typing import Annotated, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from services.kit import log
from services.kit.checkpoint import Checkpoint, InvalidCheckpointError
from services.kit.client import Response, ServiceClient
from services.kit.policy import Caller
from services.kit.problem import UpstreamUnavailable, UpstreamWrong

PURPOSE: Final = "accountability"
#: Each look leaves rows in the log that is looked at: seldom enough that a day has few.
PERIOD_SECONDS: Final = 300.0
RELIES_ON: Final = {
    service: {"get_log_checkpoint": ("note",), "get_consistency_proof": ("path",)}
    for service in ("cases", "indicators")
}
_CALLER: Final = Caller.system("worker:witness", "exchange")
_OK: Final = 200
_NOT_FOUND: Final = 404
_log = log.get_logger(__name__)


class _Tolerant(BaseModel):
    """A producer may add fields; we read those that we know."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class _Head(_Tolerant):
    note: Annotated[str, StringConstraints(strict=True, min_length=1, max_length=4096)]


class _Growth(_Tolerant):
    path: Annotated[
        list[Annotated[str, StringConstraints(strict=True, pattern="^[0-9a-f]{64}$")]], Field(max_length=128)
    ]


_Form = TypeVar("_Form", bound=_Tolerant)


class RemoteLog:
    """The audit log of another service, as a source for a witness (``kit.witness``)."""

    def __init__(self, client: ServiceClient, service: str) -> None:
        self._client, self._service = client, service
        self._path = f"/api/{service}/v1/log/audit"

    async def note(self) -> str | None:
        """The newest signed checkpoint, None before there is one; UpstreamUnavailable."""
        answer = await self._ask("/checkpoint", {})
        if answer.status_code == _NOT_FOUND:
            return None
        note = self._read(answer, _Head).note
        try:
            origin = Checkpoint.parse(note.rpartition("\n\n")[0] + "\n").origin
        except InvalidCheckpointError:
            origin = ""
        if not origin.startswith(f"turvavork/{self._service}/audit/"):
            raise self._unfit()
        return note

    async def consistency(self, old: int, new: int) -> Sequence[bytes]:
        """The proof that the log of the newer size begins with that of the older; UpstreamUnavailable."""
        answer = await self._ask("/consistency", {"old": old, "new": new})
        return [bytes.fromhex(each) for each in self._read(answer, _Growth).path]

    async def _ask(self, path: str, params: dict[str, int]) -> Response:
        try:
            return await self._client.request(
                "GET", self._path + path, act_for=_CALLER, purpose=PURPOSE, params=params
            )
        except UpstreamWrong:
            raise self._unfit() from None

    def _read(self, answer: Response, form: type[_Form]) -> _Form:
        try:
            if answer.status_code == _OK:
                return form.model_validate(answer.json())
        except (ValidationError, UpstreamWrong):
            pass
        raise self._unfit()

    def _unfit(self) -> UpstreamUnavailable:
        """It is asked again: what a witness is not brought it will miss."""
        _log.warning("checkpoint-not-told", target=self._service)
        return UpstreamUnavailable()
