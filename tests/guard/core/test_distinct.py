from guard.core.distinct import Distinct


class Counted(str):
    """A name that counts how often it is written with a number."""

    tries = 0

    def __format__(self, spec: str) -> str:
        Counted.tries += 1
        return str(self)


def test_names_alike_are_numbered() -> None:
    names = Distinct()
    assert [names.unlike(name) for name in ("a", "b", "a", "a", "b")] == ["a", "b", "a (2)", "a (3)", "b (2)"]


def test_a_number_that_is_taken_is_not_given_again() -> None:
    names = Distinct()
    given = [names.unlike(name) for name in ("a (2)", "a", "a", "a (2)")]
    assert given == ["a (2)", "a", "a (3)", "a (2) (2)"]
    assert len(set(given)) == len(given)


def test_a_thousand_names_alike_take_a_thousand_tries() -> None:
    names = Distinct()
    Counted.tries = 0
    for _ in range(1_000):
        names.unlike(Counted("a"))
    assert Counted.tries == 999
