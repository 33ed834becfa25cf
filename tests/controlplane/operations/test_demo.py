from __future__ import annotations

import pytest
from django.utils import timezone

from controlplane import demo as catalogue
from controlplane.models import PolicyVersion, Provider, RedactionPattern, Role, Tool, ToolGrant
from controlplane.operations.demo import seed
from tests.people import TESTER, user

UPSTREAM = "ws://127.0.0.1:4010/v1/realtime"


def default():
    return Provider.objects.get(is_default=True)


def test_the_seed_articles_catalogue_is_there(demo):
    granted = {
        role.name: set(role.grants.values_list("tool__name", flat=True)) for role in Role.objects.all()
    }
    assert granted == {
        "customer_support": {"get_account_status", "list_recent_orders", "create_support_ticket"},
        "analyst": {"get_account_status", "list_recent_orders"},
        "admin": {
            "get_account_status",
            "list_recent_orders",
            "create_support_ticket",
            "refund_order",
            "reset_password",
            "delete_account",
        },
    }
    assert set(RedactionPattern.objects.values_list("name", flat=True)) == {
        "api_key",
        "credit_card",
        "ssn",
        "email",
        "blocked_keywords",
    }


def test_everybody_has_the_role_and_the_rights_that_the_design_names(demo):
    roles = {name: list(user(name).roles.values_list("name", flat=True)) for name in catalogue.USERS}
    assert roles == {"alice": ["customer_support"], "bob": ["analyst"], "carol": ["admin"], "dana": []}
    assert [name for name in roles if user(name).is_superuser] == ["carol"]
    assert user("alice").check_password("demo-password")
    assert user("dana").has_perm("audit.view_record")
    assert not user("dana").has_perm("controlplane.view_role")


def test_every_row_passes_its_own_checks(demo):
    for model in (Role, Tool, ToolGrant, RedactionPattern, Provider):
        for row in model.objects.all():
            row.full_clean()


def test_seeding_again_changes_nothing(demo, records):
    before, version = len(records()), PolicyVersion.objects.latest()
    assert seed(actor=TESTER) == {}
    assert len(records()) == before
    assert PolicyVersion.objects.latest() == version


def test_what_an_administrator_has_changed_stays_changed(demo):
    grant = ToolGrant.objects.get(role__name="analyst", tool__name="list_recent_orders")
    ToolGrant.objects.filter(pk=grant.pk).update(retired_at=timezone.now())
    Role.objects.filter(name="analyst").update(idle_seconds=42)
    seed(actor=TESTER)
    assert not ToolGrant.objects.filter(role=grant.role, tool=grant.tool, retired_at=None).exists()
    assert Role.objects.get(name="analyst").idle_seconds == 42


def test_without_a_password_new_users_get_one_each(db):
    passwords = seed(actor=TESTER)
    assert set(passwords) == set(catalogue.USERS)
    assert len(set(passwords.values())) == 4
    assert all(user(name).check_password(secret) for name, secret in passwords.items())


def test_a_given_password_is_for_everybody_also_later(demo):
    assert seed(actor=TESTER, password="another-one") == dict.fromkeys(catalogue.USERS, "another-one")
    assert all(user(name).check_password("another-one") for name in catalogue.USERS)


def test_without_an_upstream_the_sandbox_is_the_default(demo, settings):
    assert (default().name, default().url, default().is_sandbox) == ("sandbox", settings.SANDBOX_URL, True)


def test_the_upstream_of_the_environment_is_the_default_while_it_is_given(demo, settings):
    settings.UPSTREAM_URL, settings.UPSTREAM_API_KEY = UPSTREAM, "sk-upstream-0123456789"
    seed(actor=TESTER)
    assert (default().name, default().url, default().api_key()) == (
        "upstream",
        UPSTREAM,
        "sk-upstream-0123456789",
    )
    assert default().is_sandbox is False
    settings.UPSTREAM_URL = "ws://127.0.0.1:4011/v1/realtime"
    seed(actor=TESTER)
    assert default().url == "ws://127.0.0.1:4011/v1/realtime"
    settings.UPSTREAM_URL = ""
    seed(actor=TESTER)
    assert default().name == "sandbox"


def test_a_default_that_an_administrator_chose_is_kept(demo):
    Provider.objects.update(is_default=False)
    Provider.objects.create(name="own", url="wss://own.example/v1", model_names=["m"], is_default=True)
    seed(actor=TESTER)
    assert default().name == "own"


def test_an_unusable_upstream_stops_the_seeding(demo, settings):
    settings.UPSTREAM_URL = "ws://api.example.com/v1/realtime"
    with pytest.raises(Exception, match="wss://"):
        seed(actor=TESTER)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("sk-abcdefghij0123456789xyz", "[API_KEY_REDACTED]"),
        ("pk_live_abcdefghij0123456789", "[API_KEY_REDACTED]"),
        ("4111 1111 1111 1111", "[CREDIT_CARD_REDACTED]"),
        ("4111-1111-1111-1111", "[CREDIT_CARD_REDACTED]"),
        ("4111111111111111", "[CREDIT_CARD_REDACTED]"),
        ("3782 822463 10005", "[CREDIT_CARD_REDACTED]"),
        ("123-45-6789", "[SSN_REDACTED]"),
        ("Jane.Doe+x@mail.example.co.uk", "[EMAIL_REDACTED]"),
        ("Production_Database", "[Content blocked by policy]"),
        ("a|b@example.com", "a|[EMAIL_REDACTED]"),
        ("order 1234 of 2026", "order 1234 of 2026"),
    ],
)
def test_the_patterns_find_what_they_are_for(demo, text, shown):
    from controlplane import compile

    to_client = compile.policy_for(user("alice"), "customer_support").to_client
    assert to_client.whole(f"see {text} now").text == f"see {shown} now"
