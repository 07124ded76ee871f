from services.exchange.outbound.breaker import Breaker


def test_it_opens_after_failures_in_a_row_and_lets_one_through_after_a_pause() -> None:
    moment = [0.0]
    breaker = Breaker(failures=3, pause=1.0, clock=lambda: moment[0])
    for _ in range(3):
        assert breaker.closed()
        breaker.failed()
    assert not breaker.closed()
    moment[0] = 1.0
    assert [breaker.closed() for _ in range(3)] == [True, False, False]
    breaker.failed()
    assert not breaker.closed()
    moment[0] = 2.0
    assert breaker.closed()
    breaker.succeeded()
    assert all(breaker.closed() for _ in range(3))


def test_a_success_begins_the_count_anew() -> None:
    breaker = Breaker(failures=2, clock=lambda: 0.0)
    for _ in range(5):
        breaker.failed()
        assert breaker.closed()
        breaker.succeeded()
