from services.exchange.actions.recovery import EACH, REST, Recovery


def test_each_success_brings_two_and_they_are_brought_once() -> None:
    recovery = Recovery(lambda: 0.0)
    assert recovery.earned("polis") == 0
    for _ in range(3):
        recovery.succeeded("polis")
    assert (recovery.earned("star"), recovery.earned("polis"), recovery.earned("polis")) == (0, 3 * EACH, 0)


def test_nobody_looks_again_for_a_while_where_nothing_was_found() -> None:
    now = [0.0]
    recovery = Recovery(lambda: now[0])
    recovery.found("polis", 0)
    recovery.succeeded("polis")
    recovery.succeeded("star")
    assert (recovery.earned("polis"), recovery.earned("star")) == (0, EACH)
    now[0] = REST
    assert recovery.earned("polis") == EACH


def test_where_something_was_found_the_next_success_counts_at_once() -> None:
    recovery = Recovery(lambda: 0.0)
    recovery.found("polis", 2)
    recovery.succeeded("polis")
    assert recovery.earned("polis") == EACH
