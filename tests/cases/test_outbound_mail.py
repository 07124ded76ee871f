"""What is asked of a mail server, over a real socket."""

from uuid import UUID

import pytest

from services.cases.outbound import Mailer, MailRefusedError
from services.kit.problem import UpstreamUnavailable
from tests.cases.mailbox import running

ONE = UUID(int=1)


def _mailer(port: int, security: str = "none", **rest: str) -> Mailer:
    return Mailer("127.0.0.1", port, security, "turvavork@example.ee", **rest)  # type: ignore[arg-type]


async def _send(mailer: Mailer) -> None:
    await mailer.send(ONE, "mari@example.ee", "Teade", "Sind ootab: 1.")


async def test_a_message_says_that_a_machine_wrote_it_and_has_its_own_id() -> None:
    async with running() as mailbox:
        await _send(_mailer(mailbox.port))
    [message] = mailbox.taken
    assert message["Message-ID"] == f"<{ONE}@example.ee>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content().strip() == "Sind ootab: 1."


async def test_a_way_that_cannot_be_closed_is_not_used() -> None:
    async with running() as mailbox:
        with pytest.raises(UpstreamUnavailable):
            await _send(_mailer(mailbox.port, "starttls"))
        with pytest.raises(UpstreamUnavailable):
            await _send(_mailer(mailbox.port, "none", user="turvavork", password="salasõna"))
    assert mailbox.taken == []


@pytest.mark.parametrize("answer", ["550 no such mailbox", "553 what a name", "554 no"])
async def test_what_is_refused_for_good_is_told_so(answer: str) -> None:
    async with running() as mailbox:
        mailbox.refusals = [answer]
        with pytest.raises(MailRefusedError) as refused:
            await _send(_mailer(mailbox.port))
    assert "mari" not in str(refused.value)


@pytest.mark.parametrize("answer", ["421 closing", "450 busy", "452 full", "503 bad sequence"])
async def test_what_may_pass_is_told_so(answer: str) -> None:
    async with running() as mailbox:
        mailbox.refusals = [answer]
        with pytest.raises(UpstreamUnavailable):
            await _send(_mailer(mailbox.port))
