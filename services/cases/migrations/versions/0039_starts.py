"""Regions on their way to the first meeting, and advice to regions."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0039"
down_revision = "0038"

_START = """
create table region_start_item (
    id uuid primary key,
    region text not null,
    item text not null,
    confirmed_by text not null,
    confirmed_at timestamptz not null,
    confirmed_on date not null,
    key_id uuid not null references data_key (id),
    evidence_sealed bytea not null,
    withdrawn_by text,
    withdrawn_at timestamptz,
    check ((withdrawn_by is null) = (withdrawn_at is null))
);
comment on table region_start_item is 'What a region has before it starts, and who said so.';
create unique index on region_start_item (region, item) where withdrawn_by is null;
create index on region_start_item (region);

create table region_first_meeting (
    id uuid primary key,
    region text not null unique,
    held_on date not null,
    recorded_by text not null,
    recorded_at timestamptz not null,
    key_id uuid not null references data_key (id),
    missing_sealed bytea not null
);
"""
_ADVICE = """
create table region_advice (
    id uuid primary key,
    region text not null,
    topic text not null,
    written_by text not null,
    written_at timestamptz not null,
    written_on date not null,
    key_id uuid not null references data_key (id),
    text_sealed bytea not null
);
comment on table region_advice is 'What the national team advises a region, about its work and no case.';
create index on region_advice (region, written_on desc, id desc);
"""
_SEEN = "(select told('anywhere')) && array['on'] or (select told('same_region')) && array[region]"
_TABLES = {
    "region_start_item": "select, insert, update (withdrawn_by, withdrawn_at)",
    "region_first_meeting": "select, insert",
    "region_advice": "select, insert",
}


def upgrade() -> None:
    execute(_START + _ADVICE)
    for table, rights in _TABLES.items():
        execute(schema.grants(table, app=rights) + schema.row_security(table))
        execute(f"create policy reached on {table} using ({_SEEN}) with check ({_SEEN});")
