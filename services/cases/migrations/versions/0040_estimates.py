"""How many cases the functions of row-level security return: a few, so that plans are made for a few.

PostgreSQL takes a thousand of every function, and then reads a list from end to end rather than a thousand
single rows. The referrals that wait for a decision have an index of their own: they are few among all.
"""

from services.kit.migrate import execute

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    execute("""
        alter function opened_to(text[]) rows 2;
        alter function excluded_from(text[]) rows 10;
        alter function named_in(text[]) rows 10;
        create index referral_waiting on referral (region, referred_on, id)
            where state in ('received', 'awaiting-screening');
    """)
