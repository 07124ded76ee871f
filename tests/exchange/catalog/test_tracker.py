from services.exchange.catalog import tracker


def test_the_bodies_that_the_guide_names_are_hidden() -> None:
    assert tracker.load().hidden == {"70008747", "70000591", "70000349", "70008641", "70000898", "70005938"}


def test_limits_are_those_of_the_protocols() -> None:
    terms = tracker.load()
    assert (terms.rest.usual, terms.soap.usual) == (1000, 100)
