"""A sender may correct a referral: a new version takes the place of the earlier one, which is kept."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0010"
down_revision = "0009"

_REFERRAL = """
create unique index referral_sender on referral (sender, sender_reference);
alter table referral
    add column last_version integer,
    add column corrected_at timestamptz,
    add constraint referral_corrected check (
        (last_version is null) = (corrected_at is null)
        and (last_version is null or last_version > sender_version)
    );
comment on column referral.sender_version is 'The version that was submitted; corrections follow it.';
comment on column referral.last_version is 'The sender''s version of the last correction.';

alter table participation add column replaced_in integer check (replaced_in > 1);
drop index participation_one_victim;
create unique index participation_one_victim on participation (referral_id)
    where role = 'victim' and replaced_in is null;
comment on column participation.replaced_in is 'The correction that told it otherwise; null: it holds.';

alter table assessment add column replaced_in integer check (replaced_in > 1);
create unique index assessment_one on assessment (referral_id) where replaced_in is null;
comment on column assessment.replaced_in is 'The correction that came with other answers; null: it holds.';

create table referral_correction (
    referral_id uuid not null references referral (id),
    version integer not null check (version > 1),
    content_digest bytea not null check (length(content_digest) = 32),
    received_at timestamptz not null,
    referred_on date not null,
    occurred_at timestamptz not null,
    grounds text[] not null,
    state text not null,
    state_reason text,
    decided_at timestamptz,
    decided_by text,
    score_state text not null,
    content_version integer not null,
    sealed bytea not null,
    note_sealed bytea,
    primary key (referral_id, version)
);
comment on table referral_correction is
    'A correction (version, digest, time), and what the referral said and was until then.';
"""
# What a sender has told is never lost: it is replaced only where it was kept before.
_KEPT = """
create function keep_what_was_told() returns trigger language plpgsql as $$
begin
    if not exists (
        select from referral_correction c
        where c.referral_id = old.id and c.content_version = old.content_version and c.sealed = old.sealed
          and c.referred_on = old.referred_on and c.occurred_at = old.occurred_at and c.grounds = old.grounds
    ) then
        raise exception 'what a referral says is replaced before it was kept'
            using errcode = 'check_violation';
    end if;
    if new.content_version <> old.content_version + 1 then
        raise exception 'a replaced content is the next version' using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger kept before update of sealed, content_version, referred_on, occurred_at, grounds on referral
    for each row execute function keep_what_was_told();
"""
_TAKING = "(select fact('operation')) in ('take_referral', 'enter_referral', 'correct_referral')"
_BY_REFERRAL = "exists (select from referral r where r.id = referral_id)"
_POLICIES = f"""
create policy seen on referral_correction for select using ({_BY_REFERRAL});
create policy made on referral_correction for insert with check ({_BY_REFERRAL});

alter policy made on assessment with check ({_TAKING});
alter policy made on participation with check ({_TAKING});
alter policy made on person with check ({_TAKING});
alter policy seen on person using (
    {_TAKING} or exists (select from participation p where p.person_id = person.id)
);
alter policy matching on person_index using ({_TAKING}) with check ({_TAKING});
"""


def upgrade() -> None:
    execute(_REFERRAL + _KEPT)
    replaced = "last_version, corrected_at, referred_on, occurred_at, grounds, sealed, content_version"
    execute(schema.grants("referral", app=f"update ({replaced})", auditor=""))
    execute(schema.grants("participation", app="update (replaced_in)", auditor=""))
    execute(schema.grants("assessment", app="update (replaced_in)", auditor=""))
    execute(schema.grants("referral_correction", app="select, insert"))
    execute(schema.row_security("referral_correction") + _POLICIES)
