"""A paper as an answer: it is made when the transaction of what it shows has been committed."""

from collections.abc import Mapping

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services.kit.paper.blocks import Paper
from services.kit.paper.press import Form, Press


class PaperAnswer(Response):
    """Makes the paper as it is sent, so that no connection to the database waits for a page to be set."""

    def __init__(self, press: Press, paper: Paper, form: Form, headers: Mapping[str, str]) -> None:
        super().__init__(media_type=form.value)
        self._press, self._paper, self._form, self._told = press, paper, form, dict(headers)

    def replace(self, paper: Paper, headers: Mapping[str, str]) -> None:
        """Another paper is sent in its place, with these headers as well."""
        self._paper = paper
        self._told.update(headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends it; raises PaperTooLong and Overloaded, before anything is sent."""
        content = await self._press.made(self._paper, self._form)
        answer = Response(content, headers=self._told, media_type=self._form.value)
        await answer(scope, receive, send)
