"""Terms of retention, grounds of holds, and the words of what is decided about erasure."""

from services.cases.catalog.files import read
from services.cases.model.retention import HoldRule, RetentionRules, Term
from services.kit import datafile


def retention() -> RetentionRules:
    """What is published about retention; raises DataFileError."""
    file = read("retention")
    terms = {
        row["code"]: Term(row["code"], row["years"], row["from_majority"], row["source"])
        for row in file["terms"]
    }
    holds = {
        row["code"]: HoldRule(row["review_after_months"], row["source"], row["label"])
        for row in file["holds"]
    }
    if len(terms) != len(file["terms"]) or not {"case", "referral"} <= terms.keys():
        raise datafile.DataFileError(
            "services/cases/data/retention.yaml: each term stands once; 'case' and 'referral' are among them"
        )
    return RetentionRules(
        version=file["version"],
        terms=terms,
        propose_again_after_months=file["propose_again_after_months"],
        holds=holds,
        lift_reasons={row["code"]: row["label"] for row in file["lift_reasons"]},
        refusals={row["code"]: row["label"] for row in file["refusals"]},
    )
