"""What is known of people within a case, category by category, and people who were added to it by hand."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0025"
down_revision = "0024"

_PERSON = """
create table case_person (
    id uuid primary key,
    case_id uuid not null references marac_case (id),
    person_id uuid not null references person (id),
    role text not null check (role in ('threatening-person', 'child', 'other')),
    relation text not null check (relation in
        ('partner', 'former-partner', 'child', 'parent', 'sibling', 'other-relative', 'other')),
    sex text not null check (sex in ('female', 'male', 'other', 'unknown')),
    state text not null check (state in ('taking-part', 'removed')),
    reason text,
    added_at timestamptz not null,
    added_by text not null,
    version integer not null default 1 check (version > 0),
    check ((state = 'removed') = (reason is not null))
);
comment on table case_person is 'Somebody who takes part though no referral names them.';
create unique index case_person_once on case_person (case_id, person_id) where state = 'taking-part';
create index on case_person (person_id);
"""
# The closed list of OAS § 10, as data/categories.yaml says it: no row of another category can be written.
_LISTED = """
    (category in ('name', 'personal-code', 'birth-date', 'address', 'phone', 'email', 'language')
        and role in ('victim', 'threatening-person', 'child', 'other'))
    or (category in ('parenthood', 'pregnancy', 'employment', 'disability')
        and role in ('victim', 'threatening-person', 'child'))
    or (category in ('safe-contact', 'injury') and role in ('victim', 'child'))
    or (category in ('violence', 'stay-basis', 'call-outs', 'need', 'other')
        and role in ('victim', 'threatening-person'))
    or (category = 'education' and role = 'child')
    or (category in ('health', 'criminal-record', 'proceedings', 'restraint', 'weapon', 'release')
        and role = 'threatening-person')
"""
_ENTRY = f"""
create table person_entry (
    id uuid not null,
    version integer not null check (version > 0),
    case_id uuid not null references marac_case (id),
    person_id uuid not null references person (id),
    role text not null,
    category text not null,
    source text not null,
    confidence text check (confidence in ('document', 'told', 'estimated')),
    valid_from date,
    valid_to date,
    protected boolean not null,
    recorded_at timestamptz not null,
    recorded_on date not null,
    recorded_by text not null,
    retracted text,
    sealed bytea,
    previous integer generated always as (nullif(version - 1, 0)) stored,
    primary key (id, version),
    unique (id, version, case_id, person_id, role, category),
    foreign key (id, previous, case_id, person_id, role, category)
        references person_entry (id, version, case_id, person_id, role, category),
    constraint person_entry_listed check ({_LISTED}),
    check (valid_to > valid_from),
    check ((sealed is null) = (retracted is not null)),
    check (retracted is null or version > 1)
);
comment on table person_entry is
    'What was told of a person: never changed, only followed by the next version; the last one holds.';
create index on person_entry (case_id, recorded_on desc, id desc);
create index on person_entry (person_id);
"""
_INDEX = """
alter table person_index drop constraint person_index_kind_check;
alter table person_index add constraint person_index_kind_check check (kind in (
    'personal-code', 'name-birth', 'code-told', 'given-name', 'family-name', 'names', 'birth-date',
    'birth-swapped'
));
create index person_index_token on person_index (value)
    where kind in ('code-told', 'names', 'birth-date', 'birth-swapped');
"""
_SEEN = "exists (select from marac_case c where c.id = case_id)"
_PART = """(
    exists (select from participation p where p.case_id = person_entry.case_id
            and p.person_id = person_entry.person_id and p.role = person_entry.role)
    or exists (select from case_person p where p.case_id = person_entry.case_id
               and p.person_id = person_entry.person_id and p.role = person_entry.role)
)"""
_TAKING = (
    "(select fact('operation')) in ('take_referral', 'enter_referral', 'correct_referral', 'add_case_person')"
)
_POLICIES = f"""
create policy seen on case_person for select using ({_SEEN});
create policy made on case_person for insert with check ({_SEEN});
create policy changed on case_person for update using ({_SEEN}) with check (true);
create policy seen on person_entry for select using ({_SEEN});
create policy made on person_entry for insert with check ({_SEEN} and {_PART});

alter policy made on person with check ({_TAKING});
alter policy seen on person using (
    {_TAKING} or exists (select from participation p where p.person_id = person.id)
    or exists (select from case_person p where p.person_id = person.id)
);
alter policy matching on person_index using ({_TAKING}) with check ({_TAKING});
create policy told on person_index for insert
    with check ((select fact('operation')) in ('record_entry', 'correct_entry'));
create policy kept on person_index for select using (
    (select fact('operation')) in ('record_entry', 'correct_entry')
    and exists (select from person w where w.id = person_id)
);
"""


def upgrade() -> None:
    execute(_PERSON + schema.grants("case_person", app="select, insert, update (state, reason, version)"))
    execute(_ENTRY + schema.grants("person_entry", app="select, insert"))
    execute(schema.row_security("case_person") + schema.row_security("person_entry") + _INDEX + _POLICIES)
