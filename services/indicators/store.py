"""Facts and the place in the feed, as rows."""

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from sqlalchemy import Boolean, Column, Date, MetaData, Table, Text, Uuid, and_, select, text

from services.indicators.model import CaseFact, Ended, PersonFact, Reading, TransferFact, Unit, Unlinked
from services.kit.db import Work

FEED: Final = "cases"

_tables = MetaData()
_case = Table(
    "fact_case",
    _tables,
    Column("stream", Uuid),
    Column("version"),
    Column("region", Text),
    Column("referred_on", Date),
    Column("accepted", Boolean),
    Column("happened_at"),
)
_person = Table(
    "fact_person",
    _tables,
    Column("stream", Uuid),
    *(Column(name, Text) for name in ("pseudonym", "role", "relation", "sex", "age_band", "region")),
    Column("referred_on", Date),
)
_transfer = Table(
    "fact_transfer",
    _tables,
    Column("id", Uuid),
    Column("stream", Uuid),
    Column("from_region", Text),
    Column("to_region", Text),
    Column("accepted_on", Date),
)

_READING = text("select cursor, complete, read_at from reading where feed = :feed for share")
_OWN_READING = text("select cursor, complete, read_at from reading where feed = :feed for update")
_BEGIN = text("""
    insert into reading (feed, cursor, complete, read_at) values (:feed, null, false, :read_at)
    on conflict (feed) do nothing
""")
_SAVE = text(
    "update reading set cursor = :cursor, complete = :complete, read_at = :read_at where feed = :feed"
)
_PUT_CASE = text("""
    insert into fact_case (stream, version, region, referred_on, accepted, happened_at, recorded_at)
    values (:stream, :version, :region, :referred_on, true, :happened_at, :recorded_at)
    on conflict (stream) do update set version = excluded.version, region = excluded.region,
        referred_on = excluded.referred_on, accepted = true, happened_at = excluded.happened_at,
        recorded_at = excluded.recorded_at
    where fact_case.version < excluded.version
    returning stream
""")
_DROP_PERSONS = text("delete from fact_person where stream = :stream")
_PUT_PERSON = text("""
    insert into fact_person (stream, pseudonym, role, relation, sex, age_band, region, referred_on)
    values (:stream, :pseudonym, :role, :relation, :sex, :age_band, :region, :referred_on)
    on conflict do nothing
""")
_END_CASE = text("""
    update fact_case set accepted = false, version = :version, happened_at = :happened_at,
        recorded_at = :recorded_at
    where stream = :stream and version < :version returning stream
""")
_UNLINK_CASE = text("""
    update fact_case set version = :version, happened_at = :happened_at, recorded_at = :recorded_at
    where stream = :stream and version < :version returning stream
""")
#: A random name for each pseudonym of the case: who had two parts in it still is one person.
_UNLINK_PERSONS = text("""
    with fresh as (
        select pseudonym, translate(replace(gen_random_uuid()::text, '-', ''), '0189', 'ghij') as name
        from fact_person where stream = :stream group by pseudonym
    )
    update fact_person set pseudonym = fresh.name from fresh
    where fact_person.stream = :stream and fact_person.pseudonym = fresh.pseudonym
""")
_PUT_TRANSFER = text("""
    insert into fact_transfer (id, stream, from_region, to_region, accepted_on, recorded_at)
    values (:id, :stream, :from_region, :to_region, :on, :recorded_at)
    on conflict do nothing returning stream
""")
_CLEAR = (text("delete from fact_case"), text("delete from fact_transfer"))


async def reading(work: Work) -> Reading | None:
    """How far the feed was read, the same as long as this transaction lasts; None before the first look."""
    row = (await work.conn.execute(_READING, {"feed": FEED})).one_or_none()
    return None if row is None else _reading(row)


async def own_reading(work: Work) -> Reading:
    """The same, for the one that goes on reading: nobody else can until this transaction ends."""
    await work.conn.execute(_BEGIN, {"feed": FEED, "read_at": work.now})
    return _reading((await work.conn.execute(_OWN_READING, {"feed": FEED})).one())


async def save_reading(work: Work, cursor: str | None, *, complete: bool) -> None:
    """Keeps how far the feed was read."""
    row = {"feed": FEED, "cursor": cursor, "complete": complete, "read_at": work.now}
    await work.conn.execute(_SAVE, row)


async def put_case(work: Work, fact: CaseFact) -> bool:
    """Keeps an accepted case with its people; False if a later event about it was already applied."""
    common = {"stream": fact.stream, "region": fact.region, "referred_on": fact.referred_on}
    times = {"happened_at": fact.happened_at, "recorded_at": work.now}
    row = common | times | {"version": fact.version}
    if (await work.conn.execute(_PUT_CASE, row)).one_or_none() is None:
        return False
    await work.conn.execute(_DROP_PERSONS, {"stream": fact.stream})
    people = [common | _columns(person) for person in fact.persons]
    if people:
        await work.conn.execute(_PUT_PERSON, people)
    return True


async def end_case(work: Work, news: Ended) -> bool:
    """A case that turned out to be none; False if there is no such case, or a later event was applied."""
    row = {
        "stream": news.stream,
        "version": news.version,
        "happened_at": news.happened_at,
        "recorded_at": work.now,
    }
    return (await work.conn.execute(_END_CASE, row)).one_or_none() is not None


async def unlink(work: Work, news: Unlinked) -> bool:
    """An erased case keeps its numbers and loses its people; False if it has no facts or lost them before."""
    row = {
        "stream": news.stream,
        "version": news.version,
        "happened_at": news.happened_at,
        "recorded_at": work.now,
    }
    if (await work.conn.execute(_UNLINK_CASE, row)).one_or_none() is None:
        return False
    await work.conn.execute(_UNLINK_PERSONS, {"stream": news.stream})
    return True


async def put_transfer(work: Work, fact: TransferFact) -> bool:
    """Keeps that a case went to another network; False if it is known."""
    row = {
        "id": fact.id,
        "stream": fact.stream,
        "from_region": fact.from_region,
        "to_region": fact.to_region,
        "on": fact.on,
        "recorded_at": work.now,
    }
    return (await work.conn.execute(_PUT_TRANSFER, row)).one_or_none() is not None


async def clear(work: Work) -> None:
    """Forgets all facts: the feed is to be read from zero."""
    for statement in _CLEAR:
        await work.conn.execute(statement)


async def facts(work: Work, until: date, *, with_people: bool) -> list[CaseFact]:
    """Accepted cases referred until a day (included), as far as the permit reaches; two queries."""
    wanted = and_(
        _case.c.accepted, _case.c.referred_on <= until, work.permit.sql({"region": _case.c.region.in_})
    )
    cases = (await work.conn.execute(select(_case).where(wanted))).all()
    people: dict[object, list[PersonFact]] = {}
    if with_people:
        own = work.permit.sql({"region": _person.c.region.in_})
        query = select(_person).where(_person.c.referred_on <= until, own)
        for row in await work.conn.execute(query):
            people.setdefault(row.stream, []).append(_fact_of_person(row))
    return [_fact(row, people.get(row.stream, ())) for row in cases]


async def transfers(work: Work, until: date, counts: Unit) -> list[TransferFact]:
    """Transfers accepted until a day (included), of the counted side, as far as the permit reaches."""
    side = _transfer.c.from_region if counts is Unit.TRANSFERS_OUT else _transfer.c.to_region
    wanted = and_(_transfer.c.accepted_on <= until, work.permit.sql({"region": side.in_}))
    rows = await work.conn.execute(select(_transfer).where(wanted))
    return [TransferFact(row.id, row.stream, row.from_region, row.to_region, row.accepted_on) for row in rows]


def _columns(person: PersonFact) -> dict[str, Any]:
    return {
        "pseudonym": person.pseudonym,
        "role": person.role,
        "relation": person.relation,
        "sex": person.sex,
        "age_band": person.age_band,
    }


def _reading(row: Any) -> Reading:  # noqa: ANN401 - a row of the two queries above
    return Reading(cursor=row.cursor, read_at=row.read_at, complete=row.complete)


def _fact(row: Any, people: Iterable[PersonFact]) -> CaseFact:  # noqa: ANN401 - a row of the query above
    return CaseFact(
        stream=row.stream,
        version=row.version,
        region=row.region,
        referred_on=row.referred_on,
        accepted=row.accepted,
        happened_at=row.happened_at,
        persons=tuple(people),
    )


def _fact_of_person(row: Any) -> PersonFact:  # noqa: ANN401 - a row of the query above
    return PersonFact(row.pseudonym, row.role, row.relation, row.sex, row.age_band)
