import pytest

from guard.core import cel_patterns
from guard.core.cel_patterns import Search, patterns_of, renamed
from guard.core.cel_tokens import Tokens


def search(pattern: str) -> Search:
    return Search(patterns_of(Tokens(f"a.matches({pattern!r})")))


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("b", "abc", True),
        ("^b", "abc", False),
        ("^b", "a\nb", False),
        ("a$", "a\n", False),
        ("(?i)^ABC$", "abc", True),
        (r"^\d+$", "12", True),
        (r"^\d+$", "\u0663", False),
        (r"^\p{L}+$", "größe", True),
        ("", "", True),
    ],
)
def test_a_pattern_is_searched_for_anywhere_in_the_text(pattern: str, text: str, found: bool) -> None:
    assert search(pattern)(text, pattern) is found


def test_what_is_no_text_is_an_error_and_not_no() -> None:
    with pytest.raises(TypeError):
        search("a")(5, "a")


@pytest.mark.parametrize(
    "source",
    [
        "a.matches(b)",
        "a.matches('x' + b)",
        "a.matches(('x'))",
        "matches(a, b)",
        "a.matches(b'x')",
        "a.matches(['x'][0])",
    ],
)
def test_a_pattern_that_is_made_up_while_it_runs_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match="written out"):
        patterns_of(Tokens(source))


def test_patterns_are_read_as_cel_writes_them() -> None:
    source = r'''a.matches('\\d') || matches(a, r"\w") || b.matches("""x""")'''
    assert set(patterns_of(Tokens(source))) == {r"\d", r"\w", "x"}


def test_only_calls_are_renamed() -> None:
    source = "a.matches == 'matches(' && b.matches('x') && matches(c, 'y') // matches('z')"
    name = cel_patterns.RENAMED
    expected = f"a.matches == 'matches(' && b.{name}('x') && {name}(c, 'y') // matches('z')"
    assert renamed(source, Tokens(source)) == expected


def test_one_run_reads_so_much_and_no_more_however_it_is_cut() -> None:
    one, many = search("[ab]*a[ab]{400}c"), search("[ab]*a[ab]{400}c")
    one("a" * 100_000, "[ab]*a[ab]{400}c")
    calls = 0
    while not many.is_spent:
        many("a" * 100, "[ab]*a[ab]{400}c")
        calls += 1
    assert one.is_spent
    assert 100 < calls < 1_000
    assert many("c", "[ab]*a[ab]{400}c") is False


def test_a_larger_pattern_reads_less() -> None:
    small, large = search("a"), search(r"^[^@]{1,256}@[^@]{1,256}$")
    small("a" * 50_000, "a")
    large("a" * 50_000, r"^[^@]{1,256}@[^@]{1,256}$")
    assert not small.is_spent
    assert large.is_spent
