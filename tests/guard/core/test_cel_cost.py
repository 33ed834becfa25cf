"""The bound is one: measured times stay below it. And it leaves ordinary conditions on ordinary arguments alone."""

from typing import Any

import pytest

from guard.core.cel_cost import Size, steps
from guard.core.cel_tokens import Tokens


def cost(source: str, **args: Any) -> float:
    return steps(Tokens(source), {"args": Size.of(args)})


def growth(source: str, few: int, many: int) -> float:
    """How many times as much it costs with ``many`` entries as with ``few``."""
    return cost(source, l=[1] * many) / cost(source, l=[1] * few)


def test_sizes_count_values_characters_and_the_longest_list() -> None:
    assert Size.of({"a": ["xy", [1, 2, 3]], "b": None}) == Size(10, 4, 3)
    assert Size.of("abc") == Size(1, 3, 0)
    assert Size.of([]) == Size(1, 0, 0)


@pytest.mark.parametrize(
    ("source", "power"),
    [
        ("args.l == 1", 1),
        ("args.l.all(x, x > 1)", 1),
        ("args.l.all(x, [1, 2, 3].all(y, x > y))", 1),
        ("args.l.all(x, args.l.all(y, x > y))", 2),
        ("args.l.all(x, x in args.l)", 2),
        ("args.l.map(x, x)", 2),
        ("args.l.filter(x, true)", 2),
        ("args.l.all(x, args.l.all(y, args.l.all(z, true)))", 3),
    ],
)
def test_the_cost_grows_with_the_lists_as_the_work_does(source: str, power: int) -> None:
    assert 10**power / 3 < growth(source, 1_000, 10_000) <= 10 ** (power + 1)


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ("args.l.all(x, true)", "args.l.all(x, true && true && x > 1 && x > 2)"),
        ("args.l.all(x, x > 1)", "args.l.all(x, x > size(args.s))"),
        ("args.l.all(x, x == 'a')", "args.l.all(x, x.matches('a'))"),
        ("args.l.all(x, x > 1)", "(args.l + args.l).all(x, x > 1)"),
        ("args.l.all(x, x > 1)", "[args.l, args.l][0].all(x, x > 1)"),
        ("[1].all(x, x > 1)", "[1, 2, 3, 4, 5, 6, 7, 8, 9].all(x, x > 1)"),
        ("[args.l].all(y, y != [])", "[args.l].map(x, x + x).all(y, y != [])"),
        ("args.l.map(x, 1)", "args.l.map(x, 'a text that is written out and copied for each entry again')"),
        ("args.l.exists(x, true)", "args.l.all(y, args.l.exists(x, true))"),
    ],
)
def test_what_does_more_costs_more(less: str, more: str) -> None:
    arguments = {"l": [1] * 50, "s": "a" * 1_000}
    assert cost(less, **arguments) < cost(more, **arguments)


def test_longer_texts_cost_more() -> None:
    source = "args.l.all(x, !args.s.contains(x))"
    assert cost(source, l=["a"] * 10, s="a" * 100_000) > 30 * cost(source, l=["a"] * 10, s="a")


def test_parts_of_different_entries_are_together_no_more_than_the_whole() -> None:
    source = "args.l.all(o, o.all(i, i > 1))"
    whole = cost("args.l.all(o, o > 1)", l=[[1] * 20] * 20)
    assert cost(source, l=[[1] * 20] * 20) < 10 * whole
