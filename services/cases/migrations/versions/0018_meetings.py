"""Meetings of a region: series, meetings and what became of them, and what is discussed."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0018"
down_revision = "0017"

_SERIES = """
create table meeting_series (
    id uuid primary key,
    region text not null,
    starts_on date not null,
    every_weeks integer not null check (every_weeks > 0),
    starts_at time not null,
    minutes integer not null check (minutes > 0),
    minutes_per_case integer not null check (minutes_per_case > 0),
    place text not null check (place <> ''),
    ends_on date check (ends_on > starts_on),
    version integer not null default 1 check (version > 0),
    made_at timestamptz not null,
    made_by text not null,
    unique (id, region)
);
comment on column meeting_series.ends_on is 'The first day on which there is none.';
create index on meeting_series (region, starts_on, id);
"""
_MEETING = """
create table meeting (
    id uuid primary key,
    region text not null,
    series_id uuid,
    kind text not null check (kind in ('regular', 'extra', 'emergency')),
    state text not null check (state in ('planned', 'agenda-closed', 'held', 'cancelled')),
    planned_on date not null,
    meets_on date not null,
    starts_at time not null,
    minutes integer not null check (minutes > 0),
    minutes_per_case integer not null check (minutes_per_case > 0),
    place text not null check (place <> ''),
    agenda_closes_on date not null,
    research_due_on date not null,
    reason text,
    version integer not null default 1 check (version > 0),
    live boolean not null generated always as (state <> 'cancelled') stored,
    made_at timestamptz not null,
    made_by text not null,
    foreign key (series_id, region) references meeting_series (id, region),
    unique (series_id, planned_on),
    unique (id, meets_on, live),
    unique (id, region),
    check ((kind = 'regular') = (series_id is not null)),
    check (state <> 'cancelled' or reason is not null)
);
comment on column meeting.planned_on is 'As first given: a series is planned once.';
create index on meeting (region, meets_on, id);

create table meeting_step (
    id uuid primary key,
    meeting_id uuid not null,
    region text not null,
    action text not null,
    source text not null,
    target text not null,
    reason text,
    met_on date not null,
    meets_on date not null,
    at timestamptz not null,
    by text not null,
    foreign key (meeting_id, region) references meeting (id, region)
);
comment on column meeting_step.met_on is 'The day before the step; another where it was put off.';
create index on meeting_step (meeting_id, at);
"""
_ITEM = """
create table agenda_item (
    id uuid primary key,
    case_id uuid not null references marac_case (id),
    meeting_id uuid not null,
    meets_on date not null,
    live boolean not null,
    why text not null check (why in ('new', 'review')),
    minutes integer not null check (minutes > 0),
    position integer not null check (position > 0),
    state text not null check (state in ('on', 'discussed', 'taken-off')),
    late_reason text,
    reason text,
    outcome text check (outcome in ('review', 'finish')),
    review_on date,
    version integer not null default 1 check (version > 0),
    added_at timestamptz not null,
    added_by text not null,
    foreign key (meeting_id, meets_on, live) references meeting (id, meets_on, live) on update cascade,
    unique (meeting_id, position),
    unique (id, case_id),
    check ((state = 'taken-off') = (reason is not null)),
    check ((state = 'discussed') = (outcome is not null)),
    check (review_on is null or outcome = 'review')
);
comment on column agenda_item.live is 'The meeting is not cancelled; kept by the database, as its day is.';
create unique index agenda_item_one_discussion on agenda_item (case_id, meets_on)
    where live and state <> 'taken-off';
create index on agenda_item (meeting_id, position);
"""
# A meeting is seen in its region; by an agency member also where the operation knows agencies alone.
_SEEN = """
    (select told('same_region')) && array[region]
    or region in (select split_part(held, '@', 2) from unnest(told('own_agency')) as held)
"""
_MADE = "(select told('same_region')) && array[region]"
_BY_CASE = "exists (select from marac_case c where c.id = case_id)"
_POLICIES = f"""
create policy seen on meeting_series for select using ({_SEEN});
create policy made on meeting_series for insert with check ({_MADE});
create policy changed on meeting_series for update using ({_MADE}) with check (true);
create policy seen on meeting for select using ({_SEEN});
create policy made on meeting for insert with check ({_MADE});
create policy changed on meeting for update using ({_MADE}) with check (true);
create policy seen on meeting_step for select using ({_SEEN});
create policy made on meeting_step for insert with check ({_MADE});
create policy seen on agenda_item for select using ({_BY_CASE});
create policy made on agenda_item for insert with check ({_BY_CASE});
create policy changed on agenda_item for update using ({_BY_CASE}) with check (true);
"""


def upgrade() -> None:
    execute(_SERIES + _MEETING + _ITEM)
    told = "starts_on, every_weeks, starts_at, minutes, minutes_per_case, place, ends_on, version"
    execute(schema.grants("meeting_series", app=f"select, insert, update ({told})"))
    moving = "state, meets_on, agenda_closes_on, research_due_on, reason, version"
    execute(schema.grants("meeting", app=f"select, insert, update ({moving})"))
    execute(schema.grants("meeting_step", app="select, insert"))
    moving = "state, reason, outcome, review_on, version"
    execute(schema.grants("agenda_item", app=f"select, insert, update ({moving})"))
    for table in ("meeting_series", "meeting", "meeting_step", "agenda_item"):
        execute(schema.row_security(table))
    execute(_POLICIES)
