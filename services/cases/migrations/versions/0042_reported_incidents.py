"""Incidents that agencies report over X-Road: that they came, and in which case they are written down."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0042"
down_revision = "0041"

_TABLE = """
alter table incident add constraint incident_of_case unique (id, case_id);
create table reported_incident (
    id uuid primary key,
    reference text not null unique check (reference ~ '^TV(-[0-9A-HJKMNP-TV-Z]{4}){4}-[0-9A-HJKMNP-TV-Z]$'),
    sender text not null,
    sender_reference text not null,
    digest bytea not null check (length(digest) = 32),
    occurred_at timestamptz not null,
    received_at timestamptz not null,
    case_id uuid references marac_case (id),
    incident_id uuid,
    unique (sender, sender_reference),
    foreign key (incident_id, case_id) references incident (id, case_id),
    check ((case_id is null) = (incident_id is null))
);
comment on table reported_incident is 'That an agency reported something; what stands in the case alone.';
comment on column reported_incident.case_id is 'None: the people have no case, and nothing is kept of them.';
comment on column reported_incident.digest is 'Keyed: it tells nothing to who has not the key.';
create index on reported_incident (case_id) where case_id is not null;
"""
# Who takes a report looks for the victim's cases by code, in all regions; nobody hears what was found.
_TAKING = "(select fact('operation')) = 'take_incident'"
_POLICIES = f"""
create policy reported on person_index for select using ({_TAKING});
create policy taken on reported_incident using ({_TAKING}) with check ({_TAKING});
"""


def upgrade() -> None:
    execute(_TABLE + schema.grants("reported_incident", app="select, insert"))
    execute(schema.row_security("reported_incident") + _POLICIES)
