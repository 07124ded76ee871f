"""Observations of meetings; what was seen is sealed under a key of each observation."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from services.cases.model.quality import (
    Advised,
    Found,
    Observation,
    Observed,
    QualityFigure,
    Recommendation,
)
from services.cases.store.contents import ONCE, opened, sealed
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.ids import new_id
from services.kit.paging import Place
from services.kit.sealed import Aad, DataKey, KeyRing

_KEY: Final = "insert into data_key (id, kek, wrapped, made_at) values ($1, $2, $3, $4)"
_OBSERVE: Final = """
    insert into observation (id, region, met_on, meeting_id, observer, recorded_by, recorded_at, key_id,
        ratings, sealed)
    values ($1, $2, $3, met_on($2, $3), $4, $5, $6, $7, cast($8::text as jsonb), $9)
"""
_RECOMMEND: Final = """
    insert into recommendation (id, observation_id, region, principle, owner, due_on, key_id, sealed)
    select t.id, $1, $2, t.principle, t.owner, t.due_on, $3, t.sealed
    from unnest($4::uuid[], $5::text[], $6::text[], $7::date[], $8::bytea[])
        as t (id, principle, owner, due_on, sealed)
"""
_READ: Final = """
    select o.id, o.region, o.met_on, o.meeting_id, o.observer, o.recorded_by, o.recorded_at, o.key_id,
        o.sealed, k.wrapped
    from observation o join data_key k on k.id = o.key_id and k.wrapped is not null
"""
_ONE: Final = f"{_READ} where o.id = $1"
_PAGE: Final = f"""
    {_READ} where o.region = $1 and ($2::date is null or (o.met_on, o.id) < ($2, $3::uuid))
    order by o.met_on desc, o.id desc limit $4
"""
_ADVICE: Final = """
    select r.*, k.wrapped from recommendation r
    join data_key k on k.id = r.key_id and k.wrapped is not null
"""
_OF: Final = f"{_ADVICE} where r.observation_id = any ($1::uuid[]) order by r.due_on, r.id"
_ONE_ADVICE: Final = f"{_ADVICE} where r.id = $1"
_LOCKED: Final = f"{_ONE_ADVICE} for update of r"
_OF_REGION: Final = f"""
    {_ADVICE} where r.region = $1 and ($2::text is null or r.state = $2)
    and ($3::date is null or (r.due_on, r.id) > ($3, $4::uuid)) order by r.due_on, r.id limit $5
"""
_ANSWER: Final = """
    update recommendation set state = $2, reason = $3, answered_on = $4, answered_by = $5,
        outcome_sealed = $6, version = version + 1
    where id = $1
"""
#: What was seen in a period, and what became of what was recommended.
_FIGURES: Final = """
    with seen as (
        select o.id, o.region, e.key as principle, nullif(e.value, 'null'::jsonb)::text::integer as rating
        from observation o cross join lateral jsonb_each(o.ratings) as e
        where o.met_on between $1 and $2 and ($3::text[] is null or o.region = any ($3))
    )
    select s.region, s.principle, count(distinct s.id) as observations, count(s.rating) as rated,
        coalesce(sum(s.rating), 0) as points,
        count(r.id) filter (where r.state = 'open') as open,
        count(r.id) filter (where r.state = 'open' and r.due_on < $4) as overdue,
        count(r.id) filter (where r.state = 'done') as done,
        count(r.id) filter (where r.state = 'declined') as declined
    from seen s left join recommendation r on r.observation_id = s.id and r.principle = s.principle
    group by s.region, s.principle order by s.region, s.principle
"""


async def observe(
    work: Work, ring: KeyRing, region: str, observed: Observed, ratings: str
) -> tuple[UUID, Sequence[tuple[UUID, str, date]]]:
    """Writes an observation; its id, and the recommendations with owner and day."""
    row, key = new_id(), ring.new_data_key(work.now)
    await work.fetch(_KEY, key.id, ring.active, key.wrapped, key.made_at)
    told = {
        "findings": [
            {"principle": each.principle, "rating": each.rating, "evidence": each.evidence}
            for each in observed.found
        ]
    }
    await work.fetch(
        _OBSERVE,
        row,
        region,
        observed.met_on,
        observed.observer,
        work.permit.caller.subject,
        work.now,
        key.id,
        ratings,
        sealed(key, told, _place(row)),
    )
    return row, await _recommend(work, key, row, region, observed)


async def _recommend(
    work: Work, key: DataKey, row: UUID, region: str, observed: Observed
) -> Sequence[tuple[UUID, str, date]]:
    made = [
        (new_id(), each.principle, each.recommended)
        for each in observed.found
        if each.recommended is not None
    ]
    if made:
        await work.fetch(
            _RECOMMEND,
            row,
            region,
            key.id,
            [id_ for id_, _, _ in made],
            [principle for _, principle, _ in made],
            [told.owner for _, _, told in made],
            [told.due_on for _, _, told in made],
            [sealed(key, {"text": told.text}, _text_place(id_)) for id_, _, told in made],
        )
    return [(id_, told.owner, told.due_on) for id_, _, told in made]


async def one(work: Work, ring: KeyRing, observation: UUID) -> Observation | None:
    """One observation with its recommendations; row-level security has its say."""
    return next(iter(await _whole(work, ring, await work.fetch(_ONE, observation))), None)


async def page(
    work: Work, ring: KeyRing, region: str, after: Place | None, most: int
) -> Sequence[Observation]:
    """The observations of a region from a place on, the latest meeting first."""
    return await _whole(work, ring, await work.fetch(_PAGE, region, *_after(after), most))


async def recommendation(
    work: Work, ring: KeyRing, row: UUID, *, lock: bool = False
) -> tuple[Recommendation, DataKey] | None:
    """One recommendation with the key of its observation; ``lock``: nobody else answers it meanwhile."""
    rows = await work.fetch(_LOCKED if lock else _ONE_ADVICE, row)
    if not rows:
        return None
    key = ring.unwrap(rows[0]["key_id"], rows[0]["wrapped"])
    return _recommendation(rows[0], key), key


async def recommendations(  # noqa: PLR0913, PLR0917 - what a list can be asked
    work: Work, ring: KeyRing, region: str, state: Advised | None, after: Place | None, most: int
) -> Sequence[Recommendation]:
    """The recommendations to a region, what is due first first."""
    wanted = None if state is None else state.value
    rows = await work.fetch(_OF_REGION, region, wanted, *_after(after), most)
    return [_recommendation(row, ring.unwrap(row["key_id"], row["wrapped"])) for row in rows]


async def answer(  # noqa: PLR0913, PLR0917 - what an answer is made of
    work: Work, key: DataKey, row: UUID, state: Advised, reason: str | None, outcome: str
) -> None:
    """What the region says of a recommendation."""
    by = work.permit.caller.subject
    value = sealed(key, {"outcome": outcome}, _outcome_place(row))
    await work.fetch(_ANSWER, row, state.value, reason, local_date(work.now), by, value)


async def figures(
    work: Work, first: date, last: date, regions: Sequence[str] | None
) -> Sequence[QualityFigure]:
    """By region and principle; None: of every region."""
    rows = await work.fetch(
        _FIGURES, first, last, None if regions is None else list(regions), local_date(work.now)
    )
    names = ("region", "principle", "observations", "rated", "points", "open", "overdue", "done", "declined")
    return [QualityFigure(*(row[name] for name in names)) for row in rows]


async def _whole(work: Work, ring: KeyRing, rows: Sequence[Row]) -> list[Observation]:
    keys = {row["id"]: ring.unwrap(row["key_id"], row["wrapped"]) for row in rows}
    advised: dict[UUID, list[Recommendation]] = {}
    for row in await work.fetch(_OF, list(keys)) if keys else ():
        key = keys[row["observation_id"]]
        advised.setdefault(row["observation_id"], []).append(_recommendation(row, key))
    return [_observation(row, keys[row["id"]], advised.get(row["id"], [])) for row in rows]


def _after(place: Place | None) -> tuple[object, object]:
    return (None, None) if place is None else (place.day, place.id)


def _place(row: UUID) -> Aad:
    return Aad("observation", "sealed", row, ONCE)


def _text_place(row: UUID) -> Aad:
    return Aad("recommendation", "sealed", row, ONCE)


def _outcome_place(row: UUID) -> Aad:
    return Aad("recommendation", "outcome_sealed", row, ONCE)


def _observation(row: Row, key: DataKey, advised: Sequence[Recommendation]) -> Observation:
    told: list[dict[str, Any]] = opened(key, row["sealed"], _place(row["id"]))["findings"]
    return Observation(
        id=row["id"],
        region=row["region"],
        met_on=row["met_on"],
        meeting=row["meeting_id"],
        observer=row["observer"],
        recorded_by=row["recorded_by"],
        recorded_at=row["recorded_at"],
        found=[Found(each["principle"], each["rating"], each["evidence"], None) for each in told],
        recommendations=advised,
    )


def _recommendation(row: Row, key: DataKey) -> Recommendation:
    outcome = row["outcome_sealed"]
    return Recommendation(
        id=row["id"],
        observation=row["observation_id"],
        region=row["region"],
        principle=row["principle"],
        owner=row["owner"],
        due_on=row["due_on"],
        state=Advised(row["state"]),
        reason=row["reason"],
        answered_on=row["answered_on"],
        answered_by=row["answered_by"],
        version=row["version"],
        text=opened(key, row["sealed"], _text_place(row["id"]))["text"],
        outcome=None if outcome is None else opened(key, outcome, _outcome_place(row["id"]))["outcome"],
    )
