from __future__ import annotations

import pytest
from django.test import Client

from controlplane.models import Provider


def test_the_front_page_leads_to_the_admin_and_says_that_the_sandbox_is_used(demo):
    page = Client().get("/").content.decode()
    assert 'href="/admin/"' in page
    assert "Sandbox" in page


def test_with_a_real_provider_the_front_page_does_not_speak_of_the_sandbox(demo):
    Provider.objects.update(is_sandbox=False)
    assert "Sandbox" not in Client().get("/").content.decode()


@pytest.mark.parametrize("path", ["/", "/accounts/login/"])
def test_the_pages_outside_the_admin_fit_phones_and_follow_the_dark_theme(demo, path):
    page = Client().get(path).content.decode()
    for file in ("admin/css/dark_mode.css", "admin/css/responsive.css", "controlplane/icon.svg"):
        assert f'href="/static/{file}"' in page
