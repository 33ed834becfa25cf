"""What is given to a name: the value is hidden, the name stays; what stands for a value elsewhere stays too."""

from __future__ import annotations

import re

import pytest

from guard.core.redact import CATALOGUE, Redactor
from guard.core.redact.catalogue.notation import not_behind
from guard.core.redact.validators.secrets import is_spelled, token

REDACTOR = Redactor(CATALOGUE)
RANDOM = "q7Zk2mXv9LrT4wBn8JcY"


def shown(text: str) -> str:
    """The redacted text with a mark in place of each replacement."""
    return re.sub(r"\[[A-Z0-9_]+_REDACTED\]", "#", REDACTOR.whole(text).text)


@pytest.mark.parametrize(
    "text",
    [
        'billing_api_key = "{}"',
        "let sessionSecret: String = `{}`",
        "- name: DEPLOY_TOKEN\n  value: {}",
        "auth-token: |\n    {}",
        "<add key='ClientSecret' value='{}' />",
        "the access token is {}",
        "--master-key {}",
        "GITEA_PAT={}",
        "APP_KEY=base64:{}",
        "Authorization: Bearer {}",
    ],
)
def test_a_random_value_is_hidden_and_its_name_stays(text):
    assert shown(text.format(RANDOM)) == text.format("#")


@pytest.mark.parametrize(
    "text",
    [
        'dbPassword: "{}"',
        "PASSWORD={}",
        "Server=db;Uid=sa;Pwd={};Encrypt=yes",
        "mysql --password={} -u root",
        "CREATE USER bob IDENTIFIED BY '{}';",
        "<password>{}</password>",
        "contraseña: {}",
        '<input type="password" name="p" value="{}">',
    ],
)
def test_even_a_plain_word_is_hidden_where_only_a_password_can_stand(text):
    assert shown(text.format("swordfish")) == text.format("#")


@pytest.mark.parametrize(
    "text",
    [
        'password = os.environ["DB_PASSWORD"]',
        "password: ${DB_PASSWORD}",
        "api_key = get_api_key(user)",
        "client_secret: YOUR_CLIENT_SECRET",
        "token: str = None",
        'input type="password" name="password"',
        "Password must be at least 12 characters long.",
        "public_key_token=b77a5c561934e089",
        "cache-key: 0af1e2d3c4b5a6978877665544332211",
        "github_sha=0af1e2d3c4b5a69788776655443322110af1e2d3",
        "password_min_length = 12",
    ],
)
def test_placeholders_references_and_public_values_stay(text):
    assert shown(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "pass {}",
        "wifi: guest, pass {}",
        "my pw is {}",
        "pw {} ok",
        "Das Passwort lautet {}",
        "the pwd is {} now",
    ],
)
def test_a_password_is_hidden_however_a_sentence_names_it(text):
    assert shown(text.format("hunter22")) == text.format("#")
    assert shown(text.format("something")) == text.format("something")


@pytest.mark.parametrize("text", ["they pass step2 of it", "Bypass hunter22", "a compass x100 away"])
def test_a_word_that_only_ends_like_pass_names_no_password(text):
    assert shown(text) == text


@pytest.mark.parametrize("value", ["changeme", "change_me", "ChangeMe123", "change-this-please!"])
def test_a_value_that_asks_to_be_changed_stays(value):
    assert shown(f"password: {value}") == f"password: {value}"


@pytest.mark.parametrize("value", ["changeMe-9xK2!vQz88", "changeMe!42Lq"])
def test_a_strong_value_that_only_begins_like_a_placeholder_is_hidden(value):
    assert shown(f"password: {value}") == "password: #"


@pytest.mark.parametrize("name", ["session", "session_token", "Authorization: Bearer ", "refreshToken: "])
@pytest.mark.parametrize("length", [210, 255, 256, 400, 2_000])
def test_a_token_longer_than_the_cap_is_hidden_to_its_end(name, length):
    name = name if name.endswith(" ") else name + "="
    text = name + (RANDOM * 100)[:length]
    assert shown(text + " end") == f"{name}# end"
    stream = REDACTOR.stream()
    assert "".join(map(stream.push, text + " end")) + stream.finish() == REDACTOR.whole(text + " end").text


def test_a_bearer_token_may_be_escaped():
    assert shown("bearer q7Zk2mXv9L%2FrT4wBn8JcY%3D") == "bearer #"


@pytest.mark.parametrize("text", ["ghp_" + "0" * 36, "glpat-" + "x" * 14 + "abcdef"])
def test_a_token_that_is_mostly_one_character_is_none(text):
    assert shown(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "version 1.2.3.4",
        "§ 3.1.4.1",
        "see §3.1.4.1 there",
        "part 0012.3456.7890 is sold",
        'Version="4.0.0.0"',
        "package==1.2.3.4",
        "firmware: 2.1.0.17",
        "1.2.3.4.5",
    ],
)
def test_a_version_is_no_address(text):
    assert shown(text) == text


@pytest.mark.parametrize("text", ["host={}", 'if ip == "{}":', "conversation with {}", "<{}>", "({})"])
def test_an_address_is_hidden_whatever_stands_before_it(text):
    assert shown(text.format("203.0.113.9")) == text.format("#")


def test_not_behind_is_the_complement_of_a_look_behind():
    pattern = re.compile(f"{not_behind('ab cab x', ' ')} *$")
    ends = ["", "a", "b", "ab", "cab", "xb", "zab ", "b ", "x", "ax  ", "ba"]
    for text in ends:
        assert bool(pattern.search(text)) is not text.rstrip().lower().endswith(("ab", "x")), text


@pytest.mark.parametrize(
    "text", ["google-oauth2", "getTokenById", "us-east-1", "application/json", "utf8mb4_general"]
)
def test_identifiers_are_spelled_and_no_tokens(text):
    assert is_spelled(text)
    assert not token(text)


@pytest.mark.parametrize("text", [RANDOM, "0af1e2d3c4b5a697", "FiccgPR7BnIMwGGOVvPK", "jc4r183x8aietdxm"])
def test_random_texts_are_tokens(text):
    assert token(text)
