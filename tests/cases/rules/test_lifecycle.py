"""An action leads where the published machine says, or nowhere."""

from itertools import product
from uuid import UUID

import pytest

from services.cases.catalog import Catalog
from services.cases.model.lifecycle import Step
from services.cases.model.problems import TransitionRefused
from services.cases.rules.lifecycle import begun, step

THING = UUID(int=1)


def test_a_thing_begins_in_the_first_state(catalog: Catalog) -> None:
    assert begun(catalog.lifecycles["case"], THING, "accept") == Step("case", THING, "accept", None, "open")


def test_an_action_takes_its_reason_along(catalog: Catalog) -> None:
    taken = step(catalog.lifecycles["case"], THING, "open", "close", "safe")
    assert taken == Step("case", THING, "close", "open", "monitoring", "safe")


def test_what_is_not_in_the_table_is_refused(catalog: Catalog) -> None:
    for lifecycle in catalog.lifecycles.values():
        for state, action in product(lifecycle.states, [*lifecycle.actions, "no-such-action"]):
            if (state, action) in lifecycle.targets:
                assert step(lifecycle, THING, state, action).target == lifecycle.targets[state, action]
                continue
            with pytest.raises(TransitionRefused):
                step(lifecycle, THING, state, action)
