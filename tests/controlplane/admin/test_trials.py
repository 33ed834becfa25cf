from __future__ import annotations

import re

import pytest
from django.urls import reverse

from audit import log
from audit.actors import system
from controlplane.models import RedactionPattern, ToolGrant

pytestmark = pytest.mark.django_db
PAGE = "/admin/controlplane/toolgrant/trials/"


@pytest.fixture
def on_trial(shop):
    ToolGrant.objects.update(mode="shadow")
    RedactionPattern.objects.update(mode="shadow")
    for decision, rule in [("allow", "grant:x"), ("deny", "cap:per_day"), ("deny", "cap:per_day")]:
        fields = {"tool": "get_account_status", "shadow": {"decision": decision, "rule": rule}}
        log.record(
            "tool.decided", actor=system("test"), role="customer_support", outcome="allow", fields=fields
        )
    log.record(
        "redaction.hit", actor=system("test"), session_id="s", fields={"pattern": "ssn", "mode": "shadow"}
    )


def words(client):
    response = client.get(PAGE)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def links(page):
    return [url.replace("&amp;", "&") for url in re.findall(r'href="(/admin/audit/record/\?[^"]+)"', page)]


def test_it_says_what_enforcing_would_have_done_and_leads_to_the_calls(client, carol, on_trial):
    page = words(client)
    assert (
        "In 7 days 3 calls, 1 would have passed unchanged, 2 would have been denied (most often by cap:per_day). "
        "Look at these 2 before you enforce."
    ) in page
    assert "<td><code>cap:per_day</code></td><td>would have been denied</td>" in page
    denied = next(url for url in links(page) if "shadow=deny" in url and "period=week" in url)
    assert len(client.get(denied).context["cl"].result_list) == 2


def test_it_says_what_patterns_have_found(client, carol, on_trial):
    page = words(client)
    assert "In 24 hours 1 find in 1 session would have been hidden." in page
    finds = next(url for url in links(page) if "pattern=ssn" in url)
    assert len(client.get(finds).context["cl"].result_list) == 1


def test_nothing_on_trial_is_said(client, carol):
    page = words(client)
    assert "No grant is in shadow mode." in page
    assert "No pattern is in shadow mode." in page


def test_it_is_reached_from_the_grant_the_pattern_and_the_start_page(client, carol, on_trial):
    assert reverse("admin:controlplane_trials") == PAGE
    for row in (ToolGrant.objects.get(), RedactionPattern.objects.get()):
        name = row._meta.model_name
        page = client.get(reverse(f"admin:controlplane_{name}_change", args=[row.pk])).content.decode()
        assert f'href="{PAGE}#{name}-{row.pk}"' in page
        assert f'id="{name}-{row.pk}"' in words(client)
    assert f'href="{PAGE}"><strong>2</strong>' in client.get("/admin/").content.decode()


def test_what_is_enforced_has_no_trial(client, carol):
    grant = ToolGrant.objects.get()
    page = client.get(reverse("admin:controlplane_toolgrant_change", args=[grant.pk])).content.decode()
    assert "not in shadow mode" in page


def test_everybody_sees_what_they_may_see_elsewhere(client, staff, on_trial):
    staff("view_redactionpattern")
    page = words(client)
    assert "would have been hidden" in page
    assert "In 7 days 3 calls" not in page
    assert links(page) == []


def test_readers_of_neither_are_refused(client, dana):
    assert client.get(PAGE).status_code == 403


def test_more_grants_need_no_more_questions(client, carol, on_trial, questions):
    from controlplane.models import Role, Tool

    few = questions(PAGE)
    for n in range(10):
        ToolGrant.objects.create(
            role=Role.objects.create(name=f"r{n}"), tool=Tool.objects.first(), mode="shadow"
        )
    assert questions(PAGE) == few
