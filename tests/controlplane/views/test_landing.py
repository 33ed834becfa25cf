from __future__ import annotations

from django.test import Client

from controlplane.models import Provider


def test_the_front_page_leads_to_the_admin_and_says_that_the_sandbox_is_used(demo):
    page = Client().get("/").content.decode()
    assert 'href="/admin/"' in page
    assert "Sandbox" in page


def test_with_a_real_provider_the_front_page_does_not_speak_of_the_sandbox(demo):
    Provider.objects.update(is_sandbox=False)
    assert "Sandbox" not in Client().get("/").content.decode()
