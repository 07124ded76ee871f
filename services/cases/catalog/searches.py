"""How one may look for people and referrals."""

from services.cases.catalog.files import read
from services.cases.model.searches import SearchRules
from services.kit import datafile


def searches() -> SearchRules:
    """The rules; raises DataFileError for a day with fewer searches than an hour of it."""
    file = read("searches")
    hour, day = file["budget"]["hour"], file["budget"]["day"]
    if day < hour:
        raise datafile.DataFileError("services/cases/data/searches.yaml: budget: a day is less than an hour")
    return SearchRules(hour, day, file["most_people"], file["reasons"])
