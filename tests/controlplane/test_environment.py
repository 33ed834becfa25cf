from __future__ import annotations

import pytest

from controlplane import environment as form

KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


def read(raw, parse, **options):
    env = form.Environment({"NAME": raw})
    return env.read("NAME", parse, **options), env.problems


@pytest.mark.parametrize(
    ("raw", "parse", "value"),
    [
        ("off", form.boolean, False),
        ("info", form.one_of("INFO", "ERROR"), "INFO"),
        ("True", form.boolean, True),
        ("8000", form.whole_number(1, 65535), 8000),
        ("a, b,,c ", form.listing, ["a", "b", "c"]),
        ("wss://host/v1/realtime/", form.url("ws", "wss"), "wss://host/v1/realtime"),
        ("http://[::1]:8000", form.url("http"), "http://[::1]:8000"),
        (
            "https://app.example.com,http://localhost:3000",
            form.origins,
            ["https://app.example.com", "http://localhost:3000"],
        ),
        (f"{KEY},{KEY}", form.fernet_keys, [KEY, KEY]),
        ("a@example.com, b@example.com", form.addresses, ["a@example.com", "b@example.com"]),
        (f"whsec_{KEY}", form.webhook_secret, f"whsec_{KEY}"),
        ("10.0.0.0/8, 192.0.2.7,2001:db8::/32", form.networks, ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32"]),
    ],
)
def test_well_formed_values_are_read(raw, parse, value):
    assert read(raw, parse) == (value, [])


@pytest.mark.parametrize(
    ("raw", "parse"),
    [
        ("maybe", form.boolean),
        ("LOUD", form.one_of("INFO", "ERROR")),
        ("0", form.whole_number(1, 65535)),
        ("65536", form.whole_number(1, 65535)),
        ("8000 # web", form.whole_number(1, 65535)),
        ("٣", form.whole_number(1, 9)),
        ("*", form.networks),
        ("0.0.0.0/0", form.networks),
        ("10.0.0.1/8", form.networks),
        ("proxy.internal", form.networks),
        ("host:6379", form.url("redis")),
        ("redis://:6379", form.url("redis")),
        ("redis://host:99999", form.url("redis")),
        ("redis://host:port", form.url("redis")),
        ("mysql://user@host/name", form.database),
        ("postgres://user@host:5432", form.database),
        ("https://*.example.com", form.origins),
        ("https://app.example.com/path", form.origins),
        ("app.example.com", form.origins),
        ("short", form.fernet_keys),
        (f"{KEY},nonsense", form.fernet_keys),
        ("a@example.com, nobody", form.addresses),
        ("mail.example.com:587", form.mail_server),
        ("whsec_c2hvcnQ=", form.webhook_secret),
        (KEY, form.webhook_secret),
        ("changeme", form.secret),
        ("a" * 64, form.secret),
    ],
)
def test_malformed_values_are_a_problem_that_names_the_setting_and_not_the_value(raw, parse):
    _, problems = read(raw, parse)
    assert len(problems) == 1
    assert problems[0].startswith("NAME is malformed: needs ")
    assert raw not in problems[0]


@pytest.mark.parametrize("variables", [{}, {"NAME": ""}, {"NAME": "  "}])
def test_an_absent_or_blank_variable_is_missing(variables):
    env = form.Environment(variables)
    env.read("NAME", form.text)
    assert env.problems == ["NAME is missing"]


def test_a_dollar_sign_is_a_character_like_any_other():
    secret = "$SECRET_KEY-0123456789-abcdefghijklmnop"
    assert read(secret, form.secret) == (secret, [])


def test_a_database_address_keeps_its_escaped_password_and_its_options():
    found, problems = read("postgres://u:p%40ss%2F@h:5433/n?sslmode=require", form.database)
    assert problems == []
    assert (found["PASSWORD"], found["PORT"], found["OPTIONS"]) == ("p@ss/", 5433, {"sslmode": "require"})


def test_a_mail_server_keeps_its_escaped_password_and_how_it_is_encrypted():
    found, problems = read("smtp+tls://u:p%40ss@mail.example.com:587", form.mail_server)
    assert problems == []
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == ("mail.example.com", 587)
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("u", "p@ss")
    assert found["EMAIL_USE_TLS"] is True


def test_a_default_is_for_absent_variables_only():
    assert read("", form.boolean, default=True) == (True, [])
    assert read("nonsense", form.boolean, default=True)[1] != []


def test_the_start_stops_with_every_problem_at_once():
    env = form.Environment({"PORT": "x"})
    env.read("SECRET_KEY", form.secret)
    env.read("PORT", form.whole_number(1, 65535), default=8000)
    with pytest.raises(SystemExit) as stopped:
        env.stop_if_unusable()
    assert str(stopped.value).splitlines() == [
        "cannot start: SECRET_KEY is missing",
        "cannot start: PORT is malformed: needs a whole number from 1 to 65535",
    ]


def test_the_start_goes_on_without_problems():
    form.Environment({}).stop_if_unusable()
