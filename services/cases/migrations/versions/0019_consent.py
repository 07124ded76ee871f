"""Facts of consent, objection and legal basis in a case: written once, never changed."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0019"
down_revision = "0018"

_FACT = """
create table consent_fact (
    id uuid primary key,
    case_id uuid not null references marac_case (id),
    number integer not null check (number > 0),
    person_id uuid not null references person (id),
    kind text not null check (kind in ('informed', 'wish', 'consent', 'objection', 'basis', 'void')),
    value text not null check (value ~ '^[a-z][a-z0-9-]{0,40}$'),
    said_at timestamptz not null,
    recorded_at timestamptz not null,
    recorded_by text not null,
    scope text[] not null check (scope <@ array['sharing', 'services', 'contact', 'support-person']),
    manner text check (manner in ('in-person', 'by-phone', 'in-writing', 'through-interpreter')),
    language text check (language ~ '^[a-z]{2,3}$'),
    capacity text check (capacity in ('able', 'with-support', 'not-able', 'not-assessed')),
    reason text check (reason in
        ('not-safe', 'not-reached', 'not-yet', 'entered-in-error', 'wrong-person')),
    agency text,
    voids uuid unique,
    sealed bytea,
    unique (case_id, number),
    unique (case_id, id),
    foreign key (case_id, voids) references consent_fact (case_id, id),
    check ((kind = 'void') = (voids is not null)),
    check ((kind = 'consent') = (scope <> '{}')),
    check (kind <> 'consent' or (manner is not null and capacity is not null)),
    check (kind <> 'consent' or value in ('given', 'refused', 'withdrawn')),
    check (kind <> 'objection' or value in ('objects', 'lifted')),
    check (kind <> 'informed' or value in ('told', 'not-told')),
    check (kind <> 'wish' or value in ('wants-help', 'no-help', 'undecided')),
    check (not (value = 'given' and capacity = 'not-able')),
    check (kind <> 'basis' or sealed is not null),
    check (kind <> 'void' or reason is not null),
    check (said_at <= recorded_at + interval '5 minutes')
);
comment on table consent_fact is
    'What was said and when, apart from when it was written down; words are sealed.';
create index on consent_fact (case_id, person_id, kind);
"""
_SEEN = "exists (select from marac_case c where c.id = case_id)"
_POLICIES = f"""
create policy seen on consent_fact for select using ({_SEEN});
create policy made on consent_fact for insert with check ({_SEEN});
"""


def upgrade() -> None:
    execute(_FACT + schema.grants("consent_fact", app="select, insert"))
    execute(schema.row_security("consent_fact") + _POLICIES)
