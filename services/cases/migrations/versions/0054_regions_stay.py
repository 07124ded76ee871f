"""A case changes its region when a region takes it, and by nothing else that the service does."""

from services.kit.migrate import execute

revision = "0054"
down_revision = "0053"

_GUARD = """
create function stays_in_region() returns trigger language plpgsql
set search_path = pg_catalog, public, pg_temp as $$
begin
    if current_user = current_database() || '_app' and new.region is distinct from old.region
        and not (public.fact('operation') = 'accept_transfer'
                 and public.told('same_region') && array[new.region])
    then
        raise insufficient_privilege using message = 'a region takes a case by accepting its transfer';
    end if;
    return new;
end $$;
comment on function stays_in_region is 'What a right on a column cannot say: by which operation it is used.';
"""


def upgrade() -> None:
    execute(_GUARD)
    for table in ("referral", "marac_case", "duty"):
        execute(
            f"create trigger stays_in_region before update of region on {table} "
            "for each row execute function stays_in_region();"
        )
