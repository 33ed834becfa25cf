from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command

from controlplane.operations.keys import key_for
from tests.people import user


def test_json_is_one_object_and_nothing_else(db, capsys):
    call_command("seed_demo", "--json", "--password", "demo-password")
    printed = json.loads(capsys.readouterr().out)
    assert printed == {"users": dict.fromkeys(("alice", "bob", "carol", "dana"), "demo-password")}
    assert user("bob").check_password("demo-password")


def test_words_name_the_users_and_the_sandbox(db, capsys):
    call_command("seed_demo")
    printed = capsys.readouterr().out
    assert "alice (customer_support): " in printed
    assert "dana (compliance): " in printed
    assert "sandbox" in printed
    call_command("seed_demo")
    assert "alice (customer_support): password unchanged" in capsys.readouterr().out


def test_the_last_line_is_the_service_key(db, capsys):
    call_command("create_service_key", "shop")
    secret = capsys.readouterr().out.splitlines()[-1]
    assert key_for(secret).name == "shop"


def test_a_service_key_needs_a_name(db):
    with pytest.raises(CommandError, match="name"):
        call_command("create_service_key", " ")
