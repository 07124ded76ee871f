"""What a person is told of what is kept of them, and on which grounds it is withheld."""

from services.cases.catalog import people
from services.cases.catalog.files import read
from services.cases.model.codes import Role
from services.cases.model.subject_access import SubjectAccessRules


def subject_access() -> SubjectAccessRules:
    """What is published about it; raises DataFileError."""
    file = read("subject-access")
    classes = set(file["classes"])
    listed = people.listed().categories
    return SubjectAccessRules(
        answer_months=file["answer_months"],
        restriction_months=file["restriction_months"],
        parts={row["code"]: row["label"] for row in file["parts"]},
        categories=sorted(code for code, one in listed.items() if one.field_class in classes),
        leave_out=frozenset(file["leave_out"]),
        guarded=frozenset(Role(role) for role in file["guarded"]),
        grounds={row["code"]: row["label"] for row in file["grounds"]},
    )
