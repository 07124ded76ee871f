from services.exchange.model import problems
from services.exchange.wire.faults import code
from services.kit.problem import Problem


def _all() -> list[type[Problem]]:
    found = [each for each in vars(problems).values() if isinstance(each, type) and issubclass(each, Problem)]
    return [each for each in found if "slug" in vars(each)]


def test_slugs_are_unique() -> None:
    slugs = [each.slug for each in _all()]
    assert len(slugs) == len(set(slugs)) > 15


def test_the_sender_is_told_that_it_is_the_senders_fault() -> None:
    assert all(code(each()).startswith("Client.") for each in _all())
