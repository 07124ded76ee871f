"""Members are told by a mail server on loopback that something waits; nothing of it is in the message."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from services.cases.actions.notifying import Notifier
from services.cases.model.notifications import Address, Language
from services.cases.outbound import Mailer
from services.cases.store import notifications as store
from services.kit.policy import Caller
from tests.cases.mailbox import Mailbox, running

Build = Callable[..., Any]
LINK = "https://turvavork.example.ee/"
COORDINATOR, POLICE = "m-coordinator", "m-police"
#: What stands in the referral: names, codes, addresses, words; and what would tell that it exists.
CANARIES = ("Eesnimi", "Perenimi", "Salajane", "555 00", "Lõi ja ähvardas", "polva", "Põlva", "screening")
MORNING = datetime(2017, 5, 4, 6, 0, tzinfo=UTC)


@dataclass
class Telling:
    """A world in which members have addresses, and who tells them."""

    world: Any
    mailbox: Mailbox

    @property
    def notifier(self) -> Notifier:
        mailer = Mailer("127.0.0.1", self.mailbox.port, "none", "turvavork@example.ee")
        world = self.world
        return Notifier(world.database, world.policy, world.catalog, world.ring, mailer, LINK)

    async def appoint(self, subject: str, role: str, agency: str | None = None) -> None:
        member = uuid4()
        await self.world.rows(
            "insert into member (id, subject, created_at) values ($1, $2, now())", member, subject
        )
        await self.world.rows(
            """insert into appointment
                   (id, member_id, role, region, agency, valid_from, author, created_at, state)
               values ($1, $2, $3, 'polva', $4, $5, 'test', now(), 'approved')""",
            *(uuid4(), member, role, agency, date(2016, 12, 1)),
        )

    async def lives(self, subject: str, email: str | None, language: Language = Language.ET) -> None:
        permit = self.world.policy.permit(
            Caller.member(
                subject, self.world.permit_of("coordinator", "get_me", region="polva").caller.appointments
            ),
            "set_my_address",
            "case-work",
        )
        async with self.world.work(permit) as work:
            assert await store.write(work, self.world.ring, Address(email, language))

    async def states(self) -> list[str]:
        rows = await self.world.rows("select state from notification order by planned_at, id")
        return [row["state"] for row in rows]


@pytest_asyncio.fixture
async def telling(world: Any) -> AsyncIterator[Telling]:
    world.clock.advance(MORNING - world.clock.now())
    async with running() as mailbox:
        made = Telling(world, mailbox)
        await made.appoint(COORDINATOR, "coordinator")
        await made.appoint(POLICE, "agency-member", "police")
        await made.lives(COORDINATOR, "mari@example.ee")
        await made.lives(POLICE, "jaan@example.ee", Language.RU)
        yield made


async def test_who_has_something_waiting_is_told_how_much_and_where(
    telling: Telling, a_referral: Build
) -> None:
    for _ in range(2):
        await telling.world.take(a_referral(referred_on=date(2017, 5, 2)))
    assert await telling.notifier.round() == 1
    [message] = telling.mailbox.taken
    assert (message["To"], message["From"]) == ("mari@example.ee", "turvavork@example.ee")
    assert message["Subject"] == "Turvavõrgus ootab sind midagi"
    text = message.get_content()
    assert "ootab sind: 2." in text
    assert LINK in text
    raw = telling.mailbox.raw[0].decode() + text + str(message["Subject"])
    assert not [word for word in CANARIES if word in raw]
    assert sorted(await telling.states()) == ["nothing", "sent"]


async def test_nothing_new_is_told_of_once(telling: Telling, a_referral: Build) -> None:
    await telling.world.take(a_referral(referred_on=date(2017, 5, 2)))
    for _ in range(3):
        await telling.notifier.round()
    telling.world.clock.advance(timedelta(hours=4))
    await telling.notifier.round()
    assert len(telling.mailbox.taken) == 1


async def test_what_comes_near_is_told_of_again(telling: Telling, a_referral: Build) -> None:
    await telling.world.take(a_referral(referred_on=date(2017, 5, 2)))
    await telling.notifier.round()
    for _ in range(6):
        telling.world.clock.advance(timedelta(days=1))
        await telling.notifier.round()
    # on the day of warning (8.05), when it is overdue (10.05); on the days between there is nothing new
    assert len(telling.mailbox.taken) == 3
    days = await telling.world.rows("select day from notification where state = 'sent' order by day")
    assert [row["day"] for row in days] == [date(2017, 5, 4), date(2017, 5, 8), date(2017, 5, 10)]


async def test_what_was_recorded_long_after_it_happened_is_told_to_nobody(
    telling: Telling, a_referral: Build
) -> None:
    telling.world.clock.advance(timedelta(days=60))
    await telling.world.take(a_referral())
    await telling.notifier.round()
    assert telling.mailbox.taken == []


async def test_before_the_first_hour_of_the_day_nobody_is_told(telling: Telling, a_referral: Build) -> None:
    await telling.world.take(a_referral(referred_on=date(2017, 5, 2)))
    telling.world.clock.advance(-timedelta(hours=2))
    await telling.notifier.round()
    assert telling.mailbox.taken == []
    assert await telling.states() == []


async def test_an_agency_is_told_of_its_own_in_its_language(telling: Telling, a_referral: Build) -> None:
    case = await telling.world.open_case(a_referral(referred_on=date(2017, 5, 2)), "police")
    await telling.world.rows(
        """insert into duty
               (id, clock, thing, thing_id, case_id, region, role, agency, recorded_on, due_on, warn_on)
           values ($1, 'action', 'action', $1, $2, 'polva', 'agency-member', 'police', $3, $3, $3)""",
        *(uuid4(), case, date(2017, 5, 4)),
    )
    await telling.notifier.round()
    told = {message["To"]: message for message in telling.mailbox.taken}
    assert set(told) == {
        "mari@example.ee",
        "jaan@example.ee",
    }
    assert "вас ждёт: 1." in told["jaan@example.ee"].get_content()


async def test_a_server_in_trouble_is_asked_again_with_the_same_message(
    telling: Telling, a_referral: Build
) -> None:
    await telling.world.take(a_referral(referred_on=date(2017, 5, 2)))
    telling.mailbox.refusals = ["451 later", "421 later"]
    for tries in range(3):
        await telling.notifier.round()
        assert await telling.notifier.round() == 0  # it waits
        assert telling.mailbox.tries == tries + 1
        await telling.world.rows("update notification set due_at = now() where state = 'waiting'")
    assert len(telling.mailbox.taken) == 1
    assert sorted(await telling.states()) == ["nothing", "sent"]


async def test_after_the_last_wait_it_is_left_to_the_next_message(
    telling: Telling, a_referral: Build
) -> None:
    await telling.world.take(a_referral(referred_on=date(2017, 5, 2)))
    waits = len(telling.world.catalog.notifications.retry_minutes)
    telling.mailbox.refusals = ["451 later"] * (waits + 1)
    for _ in range(waits + 1):
        await telling.notifier.round()
        await telling.world.rows("update notification set due_at = now() where state = 'waiting'")
    assert sorted(await telling.states()) == ["dropped", "nothing"]
    assert telling.mailbox.tries == waits + 1


async def test_a_mailbox_that_is_not_there_is_not_asked_again(telling: Telling, a_referral: Build) -> None:
    await telling.world.take(a_referral(referred_on=date(2017, 5, 2)))
    telling.mailbox.refusals = ["550 no such mailbox"]
    await telling.notifier.round()
    assert sorted(await telling.states()) == ["dropped", "nothing"]


async def test_a_server_that_is_away_is_asked_later(telling: Telling, a_referral: Build) -> None:
    await telling.world.take(a_referral(referred_on=date(2017, 5, 2)))
    port, telling.mailbox.port = telling.mailbox.port, 1
    await telling.notifier.round()
    telling.mailbox.port = port
    await telling.world.rows("update notification set due_at = now() where state = 'waiting'")
    await telling.notifier.round()
    assert len(telling.mailbox.taken) == 1


async def test_who_takes_the_address_away_is_written_to_no_more_and_its_key_is_gone(
    telling: Telling, a_referral: Build
) -> None:
    await telling.world.take(a_referral(referred_on=date(2017, 5, 2)))
    await telling.lives(COORDINATOR, None)
    await telling.notifier.round()
    assert telling.mailbox.taken == []
    [row] = await telling.world.rows("select count(*) from data_key where destroyed_at is not null")
    assert row[0] == 1


async def test_an_address_stands_nowhere_in_clear_and_a_message_leaves_its_row(
    telling: Telling, a_referral: Build
) -> None:
    await telling.world.take(a_referral(referred_on=date(2017, 5, 2)))
    await telling.notifier.round()
    for table in ("member_address", "notification", "audit"):
        rows = await telling.world.rows(f"select row_to_json(t)::text from {table} t")  # noqa: S608
        assert rows
        assert not [row for row in rows if "example.ee" in row[0]]
    rows = await telling.world.rows("select action from audit where operation = 'notify_members' order by 1")
    assert [row["action"] for row in rows] == ["create", "disclose"]


@pytest.mark.parametrize("count", [1, 2])
async def test_two_workers_tell_once(telling: Telling, a_referral: Build, count: int) -> None:
    for _ in range(count):
        await telling.world.take(a_referral(referred_on=date(2017, 5, 2)))
    first, second = telling.notifier, telling.notifier
    await first.round()
    await second.round()
    assert len(telling.mailbox.taken) == 1
