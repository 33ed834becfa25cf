"""A small shop: carol decides, oscar operates, dana only reads records, mallory is staff with no permission."""

from __future__ import annotations

import secrets
from datetime import timedelta

import pytest
from django.contrib.auth.forms import ReadOnlyPasswordHashWidget
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.actors import system
from controlplane.models import Provider, RedactionPattern, Role, SessionBinding, Tool, ToolGrant, User
from controlplane.operations.policy import publish_policy


@pytest.fixture
def shop(db):
    provider = Provider.objects.create(
        name="openai",
        url="wss://api.openai.com/v1/realtime",
        model_names=["gpt-realtime-2.1"],
        is_default=True,
    )
    provider.set_api_key("sk-live-abcdefgh1234")
    provider.save()
    role = Role.objects.create(name="customer_support", instructions="Help with orders.")
    status = tool("get_account_status")
    tool("refund_order")
    ToolGrant.objects.create(role=role, tool=status, hidden_fields=["margin"])
    RedactionPattern.objects.create(name="ssn", pattern=r"\d{3}-\d{2}-\d{4}")
    publish_policy(actor=system("test"))
    return role


def tool(name):
    schema = {"type": "object", "properties": {"account_id": {"type": "string"}}}
    return Tool.objects.create(name=name, description=f"Does {name}.", parameters=schema)


@pytest.fixture
def alice(shop):
    user = User.objects.create_user("alice", password="alice-password-1")
    user.roles.add(shop)
    return user


@pytest.fixture
def carol(client, shop):
    user = User.objects.create_superuser("carol", password="carol-password-1")
    client.force_login(user)
    return user


@pytest.fixture
def dana(client, shop):
    user = User.objects.create_user("dana", password="dana-password-1", is_staff=True)
    group = Group.objects.create(name="compliance")
    group.permissions.add(Permission.objects.get(codename="view_record"))
    user.groups.add(group)
    client.force_login(user)
    return user


@pytest.fixture
def staff(client, shop):
    """``staff("view_role", …)``: somebody with exactly these permissions, signed in."""

    def make(*codenames):
        user = User.objects.create_user("oscar", password="oscar-password-1", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client.force_login(user)
        return user

    return make


@pytest.fixture
def binding(alice, shop):
    """``binding(state="active")``: a session of alice."""

    def make(state="active", user=None, **more):
        now = timezone.now()
        times = {"created_at": now - timedelta(minutes=5), "start_by": now + timedelta(minutes=5)}
        if state != "pending":
            times |= {"started_at": now - timedelta(minutes=4)}
            times |= {"end_by": now + timedelta(minutes=26, seconds=10)}
        if state == "ended":
            times |= {"ended_at": now, "end_reason": "client_left"}
        return SessionBinding.objects.create(
            user=user or alice,
            role=shop,
            provider=Provider.objects.get(),
            ticket_digest=secrets.token_bytes(32),
            model="gpt-realtime-2.1",
            policy_version=1,
            state=state,
            **times | more,
        )

    return make


@pytest.fixture
def act(client):
    """``act(url, action, keys, reason)``: choose an action, read its question, confirm it with a reason."""

    def run(url, action, keys, reason):
        posted = {"action": action, "_selected_action": [str(key) for key in keys]}
        asked = client.post(url, posted)
        assert asked.status_code == 200, asked
        assert asked.templates[0].name == "admin/controlplane/confirmation.html"
        return client.post(url, posted | {"apply": "1", "reason": reason}, follow=True)

    return run


@pytest.fixture
def questions(client):
    """``questions(url)``: how many queries the page needs."""

    def count(url):
        with CaptureQueriesContext(connection) as asked:
            assert client.get(url).status_code == 200
        return len(asked)

    return count


@pytest.fixture
def form_of(client):
    """``form_of(url)``: what a browser would post back unchanged."""

    def read(url):
        response = client.get(url)
        assert response.status_code == 200, url
        forms = [response.context["adminform"].form]
        forms += [
            form
            for inline in response.context["inline_admin_formsets"]
            for form in (inline.formset.management_form, *inline.formset.forms)
        ]
        return {name: value for form in forms for name, value in fields_of(form)}

    return read


def fields_of(form):
    for bound in form:
        value = bound.value()
        if isinstance(bound.field.widget, ReadOnlyPasswordHashWidget) or value is None or value is False:
            continue
        if isinstance(value, list | tuple):
            value = [getattr(item, "pk", item) for item in value]
        yield bound.html_name, "on" if value is True else value
