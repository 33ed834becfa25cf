"""Keys are in no document: they stay with the address that they were entered for."""

from __future__ import annotations

import copy

import pytest

from controlplane import document
from controlplane.models import Classifier, Provider, Role, Tool
from controlplane.operations import drafts
from controlplane.operations.rows import retire
from tests.controlplane.applying import apply, settle
from tests.people import TESTER, edit_role

pytestmark = pytest.mark.django_db
ENDPOINT = "https://tools.example.com/refunds"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def keyed(demo):
    """A tool, a provider and a classifier with keys."""
    Tool.objects.filter(name="refund_order").update(runner="http", url=ENDPOINT)
    rows = [Tool.objects.get(name="refund_order"), Provider.objects.get(name="sandbox")]
    rows.append(Classifier(name="names", url="https://judge.example.com/"))
    for row in rows:
        row.set_api_key(SECRET)
        row.save()
    edit_role("analyst", idle_seconds=78)
    return copy.deepcopy(document.current())


def test_keys_stay_where_nothing_moves(keyed):
    keyed["tools"]["refund_order"]["description"] = "Pays back."
    keyed["providers"]["sandbox"]["model_names"] = ["gpt-realtime"]
    keyed["classifiers"][0]["ask"]["deadline_ms"] = 900
    assert settle(keyed).notes == ()
    for row in (Tool.objects.get(name="refund_order"), Provider.objects.get(), Classifier.objects.get()):
        assert row.api_key() == SECRET


def test_a_key_is_not_sent_to_another_address(keyed, records):
    keyed["tools"]["refund_order"]["url"] = "https://elsewhere.example.com/refunds"
    keyed["providers"]["sandbox"]["url"] = "wss://elsewhere.example.com/v1/realtime"
    keyed["classifiers"][0]["ask"]["url"] = "https://elsewhere.example.com/judge"
    notes = settle(keyed).notes
    assert [note.partition(":")[0] for note in notes] == [
        "providers.sandbox",
        "tools.refund_order",
        "classifiers.names",
    ]
    for row in (Tool.objects.get(name="refund_order"), Provider.objects.get(), Classifier.objects.get()):
        assert (row.api_key(), row.api_key_last4) == ("", "")
    changes = records("object.changed")[-1].fields["changes"]
    assert changes["api_key"]["after"] == ""
    assert SECRET not in str([record.fields for record in records()])


def test_the_key_of_an_engine_stays_with_its_address(keyed, records):
    role = Role.objects.get(name="analyst")
    role.engine_url = "https://opa.example.com/v1/data/x"
    role.set_key(SECRET)
    role.save()
    there = copy.deepcopy(document.current())
    there["roles"]["analyst"]["idle_seconds"] = 79
    assert settle(there).notes == ()
    assert Role.objects.get(name="analyst").key() == SECRET
    there["roles"]["analyst"]["engine_url"] = "https://elsewhere.example.com/v1/data/x"
    [note] = settle(there).notes
    assert note.startswith("roles.analyst") and not Role.objects.get(name="analyst").has_key
    assert records("object.changed")[-1].fields["changes"]["engine_key"]["after"] == ""


def test_a_signing_secret_is_not_shown_to_a_provider(keyed):
    """The same address, but an MCP server is authorised by what used to be a secret."""
    tool = keyed["tools"]["refund_order"]
    tool |= {"runner": "mcp", "mcp_label": "shop", "mcp_tool": "refund"}
    assert settle(keyed).notes
    assert not Tool.objects.get(name="refund_order").api_key_ciphertext


def test_a_key_does_not_come_back_with_a_row_that_is_put_back_elsewhere(keyed):
    retire(actor=TESTER, row=Classifier.objects.get(), reason="test")
    keyed["classifiers"][0]["ask"]["url"] = "https://elsewhere.example.com/judge"
    assert settle(keyed).notes
    assert not Classifier.objects.get().api_key_ciphertext


def test_a_roll_back_takes_no_key_along(keyed):
    there = copy.deepcopy(keyed)
    there["tools"]["refund_order"]["url"] = "https://elsewhere.example.com/refunds"
    apply(there)
    tool = Tool.objects.get(name="refund_order")
    tool.set_api_key(SECRET)
    tool.save()
    assert drafts.rollback(actor=TESTER, number=2).notes
    assert document.current() == keyed
    assert not Tool.objects.get(name="refund_order").api_key_ciphertext
