from __future__ import annotations

import pytest
from django.urls import reverse

from audit.models import Record
from audit.verbs import MASK
from controlplane.models import PolicyVersion, Provider

pytestmark = pytest.mark.django_db
LIST = "/admin/controlplane/provider/"
KEY = "sk-live-abcdefgh1234"


def change():
    return reverse("admin:controlplane_provider_change", args=[Provider.objects.get().pk])


def test_the_key_never_comes_out(client, carol):
    for url in (LIST, change()):
        text = client.get(url).content.decode()
        assert KEY not in text
        assert "ends in 1234" in text


def test_saving_without_a_key_keeps_the_one_that_is_there(client, carol, form_of):
    assert client.post(change(), form_of(change()) | {"egress_note": "443"}).status_code == 302
    assert Provider.objects.get().api_key() == KEY


def test_a_new_key_is_stored_and_recorded_as_changed_only(client, carol, form_of):
    assert client.post(change(), form_of(change()) | {"api_key": "sk-live-new-key-9876"}).status_code == 302
    provider = Provider.objects.get()
    assert (provider.api_key(), provider.api_key_last4) == ("sk-live-new-key-9876", "9876")
    record = Record.objects.filter(verb="object.changed").latest("pk")
    assert record.fields["changes"] == {"api_key": {"before": "", "after": MASK}}


def test_a_key_can_be_removed(client, carol, form_of):
    assert client.post(change(), form_of(change()) | {"remove_key": "on"}).status_code == 302
    assert Provider.objects.get().api_key() == ""


def test_a_refused_form_does_not_give_the_key_back(client, carol, form_of):
    page = client.post(change(), form_of(change()) | {"api_key": "sk-live-new-key-9876", "url": "nonsense"})
    assert page.status_code == 200
    assert "sk-live-new-key-9876" not in page.content.decode()
    assert Provider.objects.get().api_key() == KEY


@pytest.mark.parametrize(
    ("posted", "field"),
    [
        ({"api_key": "sk live"}, "api_key"),
        ({"api_key": "sk\r\nX-Evil: 1"}, "api_key"),
        ({"api_key": "schlüssel"}, "api_key"),
        ({"api_key": "sk-1", "remove_key": "on"}, "remove_key"),
        ({"url": "ws://api.example.com/v1"}, "url"),
        ({"url": "wss://user:pass@api.example.com/v1"}, "url"),
        ({"url": "https://api.example.com"}, "url"),
        ({"private_tool_hosts": '["Tools.Internal"]'}, "private_tool_hosts"),
        ({"private_tool_hosts": '["https://tools"]'}, "private_tool_hosts"),
        ({"private_tool_hosts": "{}"}, "private_tool_hosts"),
    ],
)
def test_errors_stand_at_their_field(client, carol, form_of, posted, field):
    page = client.post(change(), form_of(change()) | posted)
    assert page.status_code == 200
    assert page.context["adminform"].form.errors[field]


def test_private_hosts_of_tools_reach_the_record_and_the_policy(client, carol, form_of):
    posted = form_of(change()) | {"private_tool_hosts": '["tools.internal", "10.0.3.7"]'}
    assert client.post(change(), posted).status_code == 302
    hosts = ["tools.internal", "10.0.3.7"]
    record = Record.objects.filter(verb="object.changed").latest("pk")
    assert record.fields["changes"] == {"private_tool_hosts": {"before": [], "after": hosts}}
    assert PolicyVersion.objects.latest().document["providers"]["openai"]["private_tool_hosts"] == hosts


def test_a_second_default_is_refused_with_a_sentence(client, carol):
    posted = {
        "name": "azure",
        "url": "wss://azure.example.com/v1",
        "auth_header": "api-key",
        "model_names": '["gpt-realtime-2.1"]',
        "is_default": "on",
    }
    page = client.post("/admin/controlplane/provider/add/", posted)
    assert "Another provider is the default." in page.content.decode()
    assert Provider.objects.count() == 1


def test_the_list_reads_as_words_and_not_as_markup(client, carol):
    Provider.objects.update(is_sandbox=True, model_names=["a", "b", "c"])
    text = client.get(LIST).content.decode()
    assert '<span class="badge badge-care">sandbox</span> wss://api.openai.com/v1/realtime' in text
    assert "a and 2 more" in text
