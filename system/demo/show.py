"""What the demo prints: what became of each referral, and people served."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from system.demo.play import Sent

_PARTNERS = {"polis": "POLIS (SOAP)", "star": "STAR (REST)"}


def referrals(
    console: Console, sent: Sequence[Sent], found: Mapping[str, Mapping[str, Any]], notices: Mapping[str, int]
) -> None:
    """A row for each referral: reference, sender, region, score and band, status, notices delivered."""
    table = Table("reference", "sent by", "region", "score", "band", "status", "notices", title="Referrals")
    for one in sorted(sent, key=lambda each: found[each.reference]["referredOn"]):
        row = found[one.reference]
        table.add_row(
            one.reference,
            _PARTNERS.get(one.client.rpartition("/")[2], one.client),
            row["region"],
            "-" if row["score"] is None else str(row["score"]),
            row["band"] or "-",
            row["status"],
            f"{notices[one.reference]} delivered",
        )
    console.print(table)


def people_served(console: Console, periods: Sequence[Mapping[str, Any]]) -> None:
    """People served by region; the totals are the indicator's own, not sums of the column."""
    table = Table("region", title=f"People served ({periods[0]['channel']}, {periods[0]['marking']})")
    for period in periods:
        table.add_column(period["period"]["label"]["en"], justify="right")
    regions = sorted({row["region"] for period in periods for row in period["rows"]})
    for region in regions:
        table.add_row(region, *(_cell(period["rows"], region) for period in periods))
    table.add_section()
    table.add_row("all", *(_cell(period["totals"], None) for period in periods))
    console.print(table)
    shown = periods[-1]
    console.print(
        f"definition {shown['indicator']} {shown['version']}, as of {shown['asOf']['cursor']}", style="dim"
    )


def _cell(rows: Sequence[Mapping[str, Any]], region: str | None) -> str:
    values = [row["value"] for row in rows if row.get("region") == region]
    return str(values[0]) if values else "0"


def discrepancies(console: Console, claims: Sequence[Mapping[str, Any]]) -> None:
    """What the report prints otherwise than it is recorded, with the reason."""
    table = Table(
        "claim", "printed", "recorded", "note", title="Where the source differs from what is recorded"
    )
    for claim in claims:
        note = claim["note"]["en"] if claim["note"] else ""
        table.add_row(claim["id"], str(claim["printed"]), str(claim["recorded"]), note)
    console.print(table)
