"""What the lexer takes for a text or a comment is one for the library, too: else what runs could hide in it."""

import cel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.core.cel_tokens import Kind, Tokens, depth


def kinds(source: str) -> list[tuple[str, str]]:
    return [(token.kind.name, token.text) for token in Tokens(source).all]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "'a'",
            '"a"',
            r"'\\'",
            r"'\'.all(x, true)'",
            "'//'",
            "''",
            '""',
            "r'\\'",
            r'R"\"',
            "b'a'",
            "br'a'",
            "bR'a'",
        ),
        *("'''a\n'b'''", '"""a"b\n"""', "r'''\\'''", r'"""\""""', "b'''a'''"),
    ],
)
def test_a_text_is_one_token_and_one_text_for_the_library(text: str) -> None:
    assert kinds(f"{text} == x") == [("TEXT", text), ("MARK", "=="), ("NAME", "x")]
    assert cel.compile(text).references() == {"variables": [], "functions": []}


@given(st.text(st.sampled_from("'\"\\rRbBxa.() /\n"), max_size=12))
def test_whatever_the_library_compiles_has_no_name_that_the_lexer_has_not_seen(source: str) -> None:
    try:
        program = cel.compile(source)
    except Exception:
        return
    named = {token.text for token in Tokens(source).all if token.kind is Kind.NAME}
    functions = {name for name in program.functions() if name.isidentifier()}
    assert functions | {name.removeprefix(".") for name in program.variables()} <= named


def test_macros_are_found_with_what_they_go_through_and_where_they_stand() -> None:
    source = "args.a[0].all(x, x.b.exists_one(y, y)) && [1].map(z, f(z).existsOne(w, true)) // .all(q, q)"
    macros = Tokens(source).macros
    found = [(m.name, m.variable, m.head, m.inside.variable if m.inside else "") for m in macros]
    assert found == [
        ("all", "x", "args", ""),
        ("exists_one", "y", "x", "x"),
        ("map", "z", "", ""),
        ("existsOne", "w", "", "z"),
    ]


@pytest.mark.parametrize("source", ["a.all // c\n (x, true)", "a. // c\n all(x, true)", "a\n.all(x\n, true)"])
def test_a_comment_or_a_line_end_hides_no_macro(source: str) -> None:
    assert [(macro.variable, macro.head) for macro in Tokens(source).macros] == [("x", "a")]


def test_a_member_or_a_text_with_the_name_of_a_macro_is_none() -> None:
    assert Tokens("a.all == b['map(x, y)'] && filter(z)").macros == []


def test_the_body_of_a_macro_leaves_out_what_belongs_to_the_macros_in_it() -> None:
    tokens = Tokens("a.all(x, b.all(y, c) && d.map(z, e))")
    assert tokens.names(tokens.body(tokens.macros[0])) == {"x", "b", "d", "z", "e"}
    assert tokens.names(tokens.outermost()) == {"a"}


def test_brackets_within_brackets_are_counted() -> None:
    assert [depth(source) for source in ("", "()", "([{}])()", "((", ")(")] == [0, 1, 3, 2, 0]
