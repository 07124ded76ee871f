"""What shares a running system stays in one process: `--dist loadgroup` reads the group from the name."""

import pytest


@pytest.mark.xdist_group("kept-together")
def test_the_group_stands_in_the_name(request: pytest.FixtureRequest) -> None:
    grouped = request.config.getoption("loadgroup", default=False)
    assert request.node.nodeid.endswith("@kept-together") == bool(grouped)
