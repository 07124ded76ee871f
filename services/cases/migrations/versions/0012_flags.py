"""Flags: what is sealed, and alarms about questions that were answered as if there were nothing."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0012"
down_revision = "0011"

_SEALED = """
alter table marac_case add column sealed boolean not null default false;
comment on column marac_case.sealed is 'Of a sealed case nobody outside is told anything.';
alter table person add column sealed boolean not null default false;
comment on column person.sealed is 'Of a sealed person nobody outside is told anything, in whatever case.';
"""
_ALARM = """
create table flag_alarm (
    id uuid primary key,
    case_id uuid not null,
    region text not null,
    client text not null,
    asked_at timestamptz not null,
    asked_on date not null,
    foreign key (case_id, region) references marac_case (id, region)
);
comment on table flag_alarm is 'An agency asked about somebody of whom nothing is said, and was told no.';
create index on flag_alarm (region, asked_on desc, id desc);
"""
# Whoever asks for a flag looks for one person by code, in all regions; nothing but yes or no comes of it.
_POLICIES = """
create policy asked on person_index for select using ((select fact('operation')) = 'ask_flag');
create policy flagged on disclosure for insert with check ((select fact('operation')) = 'ask_flag');
create policy made on flag_alarm for insert with check ((select fact('operation')) = 'ask_flag');
create policy seen on flag_alarm for select using ((select told('same_region')) && array[region]);
"""


def upgrade() -> None:
    execute(_SEALED + _ALARM + schema.grants("flag_alarm", app="select, insert"))
    execute(schema.row_security("flag_alarm") + _POLICIES)
