"""What was used up, on the pages of a session and of a user."""

from __future__ import annotations

import pytest
from django.urls import reverse

from controlplane.models import Provider, Role
from controlplane.operations import spending
from controlplane.operations.policy import publish_policy
from guard.core.budget import Use
from tests.people import TESTER

pytestmark = pytest.mark.django_db


def page(client, kind, row):
    return client.get(reverse(f"admin:controlplane_{kind}_change", args=[row.pk])).content.decode()


def test_the_page_of_a_session_shows_its_use_and_the_day_against_the_budgets(client, carol, binding):
    row = binding()
    Role.objects.filter(pk=row.role_id).update(session_tokens=500, day_audio_seconds=60, day_cents=10)
    spending.settle(session_id=row.pk, total=Use(90_000, 1_234, 61_000, 25_000))
    text = page(client, "sessionbinding", row)
    assert '<span class="badge badge-bad">1,234 of 500</span>' in text
    assert '<span class="badge badge-bad">1 min 1 s of 1 min</span>' in text
    assert '<span class="badge badge-plain">2.50 cents of 10.00 cents</span>' in text
    assert '<span class="badge badge-plain">1 min 30 s of no limit</span>' in text


def test_a_session_that_replaced_another_shows_what_they_used_together(client, carol, binding):
    row = binding(carried={"total_tokens": 450})
    Role.objects.filter(pk=row.role_id).update(session_tokens=500)
    spending.settle(session_id=row.pk, total=Use(tokens=60))
    assert '<span class="badge badge-bad">510 of 500</span>' in page(client, "sessionbinding", row)


def test_the_page_of_a_user_shows_today_against_each_role(client, carol, binding):
    row = binding()
    other = Role.objects.create(name="night", day_tokens=2_000)
    row.user.roles.set([row.role, other])
    Role.objects.filter(pk=row.role_id).update(day_tokens=1_000)
    spending.settle(session_id=row.pk, total=Use(0, 1_234, 0, 0))
    assert "1,234 of 1,000 as customer_support and 2,000 as night" in page(client, "user", row.user)


def test_a_user_who_has_used_nothing_has_a_page_all_the_same(client, carol, alice):
    assert "0 of no limit" in page(client, "user", alice)


def test_whoever_takes_the_prices_of_a_provider_away_is_told_whose_sessions_are_refused(client, carol, shop):
    Role.objects.filter(pk=shop.pk).update(session_cents=5)
    publish_policy(actor=TESTER)
    provider = Provider.objects.get()
    url = reverse("admin:controlplane_provider_change", args=[provider.pk])
    form = client.get(url).context["adminform"].form
    posted = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    posted |= {"model_names": '["gpt-realtime-2.1"]', "prices": "{}", "private_tool_hosts": "[]"}
    text = client.post(url, posted, follow=True).content.decode()
    assert "what gpt-realtime-2.1 costs cannot be judged" in text
