"""Who comes to a meeting: invitations with replies and attendance, and who has signed."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0022"
down_revision = "0021"

_TABLES = """
create table meeting_invitation (
    id uuid primary key,
    meeting_id uuid not null,
    region text not null,
    agency text not null,
    unit text,
    seat text not null check (seat in ('core', 'by-case')),
    invited_at timestamptz not null,
    invited_by text not null,
    reply text check (reply in ('coming', 'not-coming')),
    replied_at timestamptz,
    replied_by text,
    presence text check (presence in ('present', 'excused', 'absent')),
    people integer check (people >= 0),
    recorded_at timestamptz,
    recorded_by text,
    version integer not null default 1 check (version > 0),
    foreign key (meeting_id, region) references meeting (id, region),
    unique nulls not distinct (meeting_id, agency, unit),
    check (num_nonnulls(reply, replied_at, replied_by) in (0, 3)),
    check (num_nonnulls(presence, people, recorded_at, recorded_by) in (0, 4)),
    check ((presence = 'present') = (people > 0))
);
comment on column meeting_invitation.unit is 'Tells two agencies of a kind apart, as in the network.';

create table meeting_signature (
    meeting_id uuid not null,
    region text not null,
    subject text not null,
    agency text,
    statement text not null,
    signed_at timestamptz not null,
    primary key (meeting_id, subject),
    foreign key (meeting_id, region) references meeting (id, region)
);
comment on table meeting_signature is 'Who has promised to keep what is said: the agenda opens by it.';
"""
_IN_REGION = """
    (select told('same_region')) && array[region]
    or region in (select split_part(held, '@', 2) from unnest(told('own_agency')) as held)
"""
_OWN = """
    (select told('same_region')) && array[region]
    or (select told('own_agency')) && array[agency || '@' || region]
"""
_MADE = "(select told('same_region')) && array[region]"
_SIGNER = "subject = (select fact('actor'))"
_POLICIES = f"""
create policy seen on meeting_invitation for select using ({_IN_REGION});
create policy made on meeting_invitation for insert with check ({_MADE});
create policy changed on meeting_invitation for update using ({_OWN}) with check (true);
create policy seen on meeting_signature for select using ({_SIGNER} or {_MADE});
create policy made on meeting_signature for insert with check ({_SIGNER} and ({_IN_REGION}));
"""


def upgrade() -> None:
    execute(_TABLES)
    told = "reply, replied_at, replied_by, presence, people, recorded_at, recorded_by, version"
    execute(schema.grants("meeting_invitation", app=f"select, insert, update ({told})"))
    execute(schema.grants("meeting_signature", app="select, insert"))
    for table in ("meeting_invitation", "meeting_signature"):
        execute(schema.row_security(table))
    execute(_POLICIES)
