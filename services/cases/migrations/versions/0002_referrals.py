"""People, referrals with their assessment, cases, and the event log."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0002"
down_revision = "0001"

_PEOPLE = """
create table person (id uuid primary key);
comment on table person is 'An opaque id; who it is stands in participations, under the key of each case.';

create table person_index (
    kind text not null check (kind in ('personal-code', 'name-birth')),
    value bytea not null check (length(value) = 32),
    person_id uuid not null references person (id),
    primary key (person_id, kind, value)
);
comment on table person_index is 'Blind: a code is one person''s, a name with birth date may be several''s.';
create unique index person_index_code on person_index (value) where kind = 'personal-code';
create unique index person_index_one_code on person_index (person_id) where kind = 'personal-code';
create index person_index_name on person_index (value) where kind = 'name-birth';
"""

_REFERRAL = """
create table stream (
    id uuid primary key,
    version integer not null check (version >= 0)
);
comment on table stream is 'A case, or the one that a referral would become: its row lock orders its events.';

create table referral (
    id uuid primary key,
    reference text not null unique check (reference ~ '^TV(-[0-9A-HJKMNP-TV-Z]{4}){4}-[0-9A-HJKMNP-TV-Z]$'),
    sender text,
    sender_reference text,
    sender_version integer check (sender_version > 0),
    content_digest bytea not null check (length(content_digest) = 32),
    region text not null,
    referred_on date not null,
    occurred_at timestamptz not null,
    received_at timestamptz not null,
    changed_at timestamptz not null,
    grounds text[] not null check (
        grounds <@ array['visible-high-risk', 'professional-judgement', 'potential-escalation', 'repeat']
    ),
    state text not null check (state in
        ('received', 'awaiting-screening', 'accepted', 'declined', 'redirected')),
    state_reason text,
    decided_at timestamptz,
    decided_by text,
    score_state text not null check (score_state in ('none', 'waiting', 'scored', 'refused')),
    score_tries integer not null default 0 check (score_tries >= 0),
    score_due_at timestamptz,
    case_id uuid not null unique references stream (id),
    key_id uuid not null references data_key (id),
    content_version integer not null default 1 check (content_version > 0),
    sealed bytea not null,
    note_sealed bytea,
    version integer not null default 1 check (version > 0),
    unique (sender, sender_reference, sender_version),
    check ((sender is null) = (sender_reference is null) and (sender is null) = (sender_version is null)),
    check ((state = 'received') = (score_state = 'waiting')),
    check ((score_state = 'waiting') = (score_due_at is not null)),
    check ((state in ('declined', 'redirected')) = (state_reason is not null)),
    check ((state in ('accepted', 'declined', 'redirected')) = (decided_at is not null)),
    check ((decided_at is null) = (decided_by is null)),
    check (note_sealed is null or decided_at is not null)
);
comment on column referral.case_id is 'The id of the case that acceptance makes; assigned on receipt.';
comment on column referral.content_digest is 'Keyed: says whether the same message comes again.';
comment on column referral.content_version is 'The version that the sealed values are bound to.';
create index on referral (region, referred_on, id);
create index on referral (score_due_at) where score_state = 'waiting';

create table assessment (
    id uuid primary key,
    referral_id uuid not null references referral (id),
    instrument text not null,
    completed_on date not null,
    answers_sealed bytea not null,
    version text,
    content_hash text,
    engine text,
    score integer check (score >= 0),
    band text check (band in ('standard', 'medium', 'high')),
    grounds text[] check (
        grounds <@ array['visible-high-risk', 'professional-judgement', 'potential-escalation', 'repeat']
    ),
    result_sealed bytea,
    scored_at timestamptz,
    check (num_nonnulls(
        version, content_hash, engine, score, band, grounds, result_sealed, scored_at
    ) in (0, 8))
);
comment on table assessment is 'A score never stands without its instrument, version, hash and engine.';
create index on assessment (referral_id);
"""

_CASE = """
create table marac_case (
    id uuid primary key references stream (id),
    region text not null,
    state text not null check (state in ('open')),
    opened_on date not null,
    key_id uuid not null references data_key (id),
    version integer not null default 1 check (version > 0),
    unique (id, region)
);
create index on marac_case (region, opened_on, id);

create table case_agency (
    case_id uuid not null,
    agency text not null,
    region text not null,
    primary key (case_id, agency),
    foreign key (case_id, region) references marac_case (id, region)
);
comment on column case_agency.region is 'The case''s: agencies take part as agency@region.';
create index on case_agency (agency, region, case_id);

create table participation (
    id uuid primary key,
    person_id uuid not null references person (id),
    referral_id uuid not null references referral (id),
    case_id uuid references marac_case (id),
    role text not null check (role in ('victim', 'threatening-person', 'child', 'other')),
    relation text check (relation in
        ('partner', 'former-partner', 'child', 'parent', 'sibling', 'other-relative', 'other')),
    sex text not null check (sex in ('female', 'male', 'other', 'unknown')),
    age_band text not null check (age_band in
        ('0-6', '7-13', '14-17', '18-24', '25-34', '35-49', '50-64', '65+', 'unknown')),
    municipality text check (municipality ~ '^[0-9]{4}$'),
    sealed bytea not null,
    key_id uuid not null references data_key (id),
    version integer not null default 1 check (version > 0),
    check ((role = 'victim') = (relation is null))
);
create index on participation (person_id);
create index on participation (referral_id);
create index on participation (case_id) where case_id is not null;
create unique index participation_one_victim on participation (referral_id) where role = 'victim';
"""

_EVENT = """
create table event (
    id uuid primary key,
    stream uuid not null references stream (id),
    stream_version integer not null check (stream_version > 0),
    type text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    data jsonb not null,
    unique (stream, stream_version)
);
comment on table event is 'Ids, codes, dates, age bands and pseudonyms; never who it is.';
"""


def upgrade() -> None:
    execute(_PEOPLE + schema.grants("person", app="select, insert", auditor=""))
    execute(schema.grants("person_index", app="select, insert", auditor=""))
    execute(_REFERRAL + schema.grants("stream", app="select, insert, update (version)"))
    changing = (
        "state, state_reason, decided_at, decided_by, changed_at, score_state, score_tries, score_due_at, "
        "note_sealed, version"
    )
    execute(schema.grants("referral", app=f"select, insert, update ({changing})"))
    scored = "version, content_hash, engine, score, band, grounds, result_sealed, scored_at"
    execute(schema.grants("assessment", app=f"select, insert, update ({scored})"))
    execute(_CASE + schema.grants("marac_case", app="select, insert, update (state, version)"))
    execute(schema.grants("case_agency", app="select, insert, delete"))
    execute(schema.grants("participation", app="select, insert, update (case_id)"))
    execute(_EVENT + schema.grants("event", app="select, insert") + schema.sequenced_log("event"))
