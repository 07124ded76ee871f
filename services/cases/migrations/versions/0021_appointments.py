"""Appointments are proposed and decided by two persons, end with a reason, and have deputies for absences."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0021"
down_revision = "0020"

# What stood here before was written by the seed of development: in force, and decided by nobody.
_APPOINTMENT = """
alter table appointment drop constraint appointment_role_check;
alter table appointment add constraint appointment_role_check check (role in ('coordinator', 'agency-member',
    'chair', 'support-person', 'national-team', 'programme-officer', 'auditor', 'operator'));
alter table appointment drop constraint appointment_check;
alter table appointment
    add column state text not null default 'approved'
        check (state in ('proposed', 'approved', 'refused', 'withdrawn', 'ended')),
    add column version integer not null default 1 check (version > 0),
    add column decided_by text,
    add column decided_at timestamptz,
    add column refusal text,
    add column ended_by text,
    add column ended_at timestamptz,
    add column end_reason text,
    add column key_id uuid references data_key (id),
    add column name_sealed bytea,
    add constraint appointment_days check (
        valid_to > valid_from or state = 'ended' and valid_to = valid_from
    ),
    add constraint appointment_two_persons check (decided_by <> author or state = 'withdrawn'),
    add constraint appointment_decided check ((decided_by is null) = (decided_at is null)),
    add constraint appointment_refusal check ((state in ('refused', 'withdrawn')) = (refusal is not null)),
    add constraint appointment_ended check ((state = 'ended') = (ended_by is not null)
        and (ended_by is null) = (ended_at is null) and (ended_by is null) = (end_reason is null)),
    add constraint appointment_name check ((key_id is null) = (name_sealed is null));
create index on appointment (region, valid_from desc, id desc);
"""
_ABSENCE = """
create table absence (
    id uuid primary key,
    appointment_id uuid not null references appointment (id),
    deputy_id uuid not null references member (id),
    absent_from date not null,
    absent_to date not null,
    named_by text not null,
    named_at timestamptz not null,
    ended_by text,
    ended_at timestamptz,
    version integer not null check (version > 0),
    check (absent_to > absent_from or ended_by is not null and absent_to = absent_from),
    check ((ended_by is null) = (ended_at is null))
);
comment on table absence is 'Days on which a deputy holds an office as well; end exclusive.';
create index on absence (deputy_id);
create index on absence (appointment_id);
"""
_HOLDER = "(select m.subject from member m where m.id = member_id)"
_REACHED = f"""
    (select told('anywhere')) && array['on'] or (select told('same_region')) && array[region]
    or (select told('oneself')) && array[{_HOLDER}]
"""
# Rights are asked for before there is a permit, and while others work; who reads appointments as such sees
# those that the table of access shows. Nobody writes a right for oneself, nor approves what oneself proposed.
_POLICIES = f"""
create policy seen on appointment for select using (
    (select fact('operation')) not in ('list_appointments', 'get_appointment') or {_REACHED}
);
create policy seeded on appointment for insert with check ((select fact('operation')) = 'seed_members');
create policy proposed on appointment for insert with check (
    (select fact('operation')) = 'propose_appointment' and state = 'proposed' and decided_by is null
    and author = (select fact('actor')) and {_HOLDER} <> (select fact('actor')) and ({_REACHED})
);
create policy changed on appointment for update using ({_REACHED}) with check (
    (select fact('operation')) in ('refuse_appointment', 'withdraw_appointment', 'end_appointment')
    and state in ('refused', 'withdrawn', 'ended')
    or (select fact('operation')) = 'approve_appointment' and state = 'approved'
    and decided_by = (select fact('actor')) and author <> (select fact('actor'))
    and {_HOLDER} <> (select fact('actor'))
);
create policy seen on absence for select using (
    exists (select from appointment a where a.id = appointment_id)
);
create policy named on absence for insert with check (
    (select fact('operation')) = 'name_deputy' and named_by = (select fact('actor'))
    and (select m.subject from member m where m.id = deputy_id) <> (select fact('actor'))
    and exists (select from appointment a where a.id = appointment_id and a.member_id <> deputy_id)
);
create policy changed on absence for update using ((select fact('operation')) = 'end_absence');
"""
_RIGHTS = "update (state, version, decided_by, decided_at, refusal, ended_by, ended_at, end_reason, valid_to)"


def upgrade() -> None:
    execute(_APPOINTMENT + schema.grants("appointment", app=_RIGHTS))
    execute(_ABSENCE)
    execute(schema.grants("absence", app="select, insert, update (absent_to, ended_by, ended_at, version)"))
    execute(schema.row_security("appointment") + schema.row_security("absence") + _POLICIES)
