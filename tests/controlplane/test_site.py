"""The start page, the bands, signing in and out, and that each page opens, without a script of its own."""

from __future__ import annotations

import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import DatabaseError
from django.urls import reverse

from audit import log
from audit.actors import system
from audit.models import Record
from controlplane import site
from controlplane.models import Classifier, Provider, RedactionPattern, Role, Tool, User
from controlplane.operations.keys import create_service_key
from controlplane.operations.locks import raise_lock
from controlplane.operations.policy import publish_policy

pytestmark = pytest.mark.django_db
INDEX = "/admin/"
LOGIN = "/admin/login/"


@pytest.fixture
def carol(client):
    Provider.objects.create(name="openai", url="wss://api.openai.com/v1", model_names=["m"], is_default=True)
    Role.objects.create(name="support")
    Tool.objects.create(name="ping", parameters={"type": "object"})
    RedactionPattern.objects.create(name="ssn", pattern="[0-9]{9}")
    Classifier.objects.create(name="pii", url="https://pii.example.com/judge")
    publish_policy(actor=system("test"))
    raise_lock(actor=system("test"), kind="tool", target="ping", reason="test")
    create_service_key(actor=system("test"), name="shop")
    user = User.objects.create_superuser("carol", password="carol-password-1")
    client.force_login(user)
    return user


def text(response):
    assert response.status_code == 200
    return response.content.decode()


def pages():
    return [f"admin:{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry]


@pytest.mark.parametrize("name", pages())
def test_every_page_opens(client, carol, name):
    text(client.get(reverse(f"{name}_changelist")))
    adding = client.get(reverse(f"{name}_add"))
    model = next(m for m in admin.site._registry if name.endswith(f"_{m._meta.model_name}"))
    assert adding.status_code in (200, 403)
    if row := model.objects.order_by("pk").last():
        text(client.get(reverse(f"{name}_change", args=[row.pk])))


@pytest.mark.parametrize("name", pages())
def test_no_page_carries_inline_script_style_or_handler(client, carol, name):
    """So that a strict Content-Security-Policy can be switched on."""
    model = next(m for m in admin.site._registry if name.endswith(f"_{m._meta.model_name}"))
    urls = [INDEX, reverse(f"{name}_changelist")]
    if row := model.objects.order_by("pk").last():
        urls.append(reverse(f"{name}_change", args=[row.pk]))
    for url in urls:
        page = text(client.get(url))
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page), url
        assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", page), url


@pytest.mark.parametrize("name", pages())
def test_no_page_shows_markup_as_text(client, carol, name):
    model = next(m for m in admin.site._registry if name.endswith(f"_{m._meta.model_name}"))
    Provider.objects.update(is_sandbox=True)
    row = model.objects.order_by("pk").last()
    urls = [reverse(f"{name}_changelist")] + ([reverse(f"{name}_change", args=[row.pk])] if row else [])
    for url in urls:
        assert not re.search(r"&lt;(span|a|pre|div)\b", text(client.get(url))), url


def test_the_start_page_shows_figures_that_lead_somewhere(client, carol):
    log.record("tool.decided", actor=system("test"), outcome="deny")
    page = re.sub(r"\s+", " ", text(client.get(INDEX)))
    assert "<strong>0</strong> <span>live sessions</span>" in page
    assert "<strong>1</strong> <span>tool calls denied in 24 hours</span>" in page
    assert "<strong>v1</strong> <span>policy in force</span>" in page
    assert "<strong>openai</strong> <span>default provider</span>" in page
    url = re.search(r'href="([^"]+outcome=deny)"', page)[1].replace("&amp;", "&")
    assert len(client.get(url).context["cl"].result_list) == 1


def test_an_empty_system_says_what_is_missing(client):
    client.force_login(User.objects.create_superuser("root"))
    page = text(client.get(INDEX))
    assert "none yet" in page
    assert "default provider" in page


def test_the_menu_is_grouped_by_what_people_come_for(client, carol):
    sections = client.get(INDEX).context["app_list"]
    assert [section["name"] for section in sections] == list(site.SECTIONS)
    listed = {model["object_name"] for section in sections for model in section["models"]}
    assert listed == {model.__name__ for model in admin.site._registry} | {"Simulator"}


def test_the_sandbox_is_announced_on_every_page_while_it_is_in_use(client, carol):
    said = "The sandbox provider is in use"
    assert said not in text(client.get(INDEX))
    sandbox = Provider.objects.create(
        name="sandbox", url="ws://127.0.0.1:1/v1", model_names=["m"], is_sandbox=True
    )
    assert said not in text(client.get(INDEX))
    Role.objects.update(provider=sandbox)
    assert said in text(client.get(INDEX))
    Role.objects.update(provider=None)
    Provider.objects.update(is_default=False)
    Provider.objects.filter(name="sandbox").update(is_default=True)
    assert said in text(client.get("/admin/controlplane/tool/"))
    assert said not in client.get("/admin/login/").content.decode()


def test_unredacted_speech_is_announced(client, carol):
    Role.objects.update(audio="deliver")
    assert "Speech is delivered unredacted to support" in text(client.get(INDEX))


@pytest.mark.parametrize(
    ("url", "said"),
    [("http://127.0.0.1:8000", "This machine only"), ("https://guard.example.com", "guard.example.com")],
)
def test_the_band_says_where_this_is(client, carol, settings, url, said):
    settings.PUBLIC_URL = url
    assert said in text(client.get(INDEX))


def test_compliance_sees_records_and_nothing_else(client, carol):
    dana = User.objects.create_user("dana", password="x", is_staff=True)
    dana.user_permissions.add(Permission.objects.get(codename="view_record"))
    client.force_login(dana)
    page = client.get(INDEX)
    assert [figure.title for figure in page.context["figures"]] == ["tool calls denied in 24 hours"]
    assert [section["name"] for section in page.context["app_list"]] == ["Audit"]
    for name in pages():
        status = 200 if name == "admin:audit_record" else 403
        assert client.get(reverse(f"{name}_changelist")).status_code == status, name


def test_who_is_no_staff_is_sent_to_sign_in(client, carol):
    client.force_login(User.objects.create_user("alice"))
    assert client.get(INDEX).status_code == 302


def test_signing_in_and_out_is_recorded(client, carol):
    client.logout()
    posted = {"username": "carol", "password": "carol-password-1", "next": INDEX}
    assert client.post(LOGIN, posted).status_code == 302
    signed_in = Record.objects.get(verb="user.logged_in")
    assert (signed_in.actor_label, signed_in.subject, signed_in.source_ip) == (
        "carol",
        f"user:{carol.pk}",
        "127.0.0.1",
    )
    client.post("/admin/logout/")
    assert Record.objects.get(verb="user.logged_out").actor_label == "carol"


@pytest.mark.parametrize("username", ["carol", "nobody", "a\x00b", "x" * 5000])
def test_a_failed_sign_in_is_recorded_without_the_password(client, carol, username):
    client.logout()
    assert client.post(LOGIN, {"username": username, "password": "guess-77"}).status_code == 200
    failed = Record.objects.get(verb="user.login_failed")
    assert "guess-77" not in str(failed.fields)
    assert failed.actor_label == "anonymous"


def test_nobody_is_let_in_unrecorded(client, carol, monkeypatch):
    client.logout()

    def refuse(*args, **kwargs):
        raise DatabaseError("no space left on device")

    monkeypatch.setattr(log, "record", refuse)
    with pytest.raises(DatabaseError):
        client.post(LOGIN, {"username": "carol", "password": "carol-password-1"})
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    "address",
    [
        "controlplane/approval/?tool=%00",
        "audit/record/?pattern=a%00b&pattern=c",
        "controlplane/role/%00/change/",
    ],
)
def test_an_address_that_no_row_can_have_is_a_bad_request(client, carol, address):
    assert client.get(INDEX + address).status_code == 400
