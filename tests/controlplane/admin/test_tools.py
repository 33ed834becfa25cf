from __future__ import annotations

import pytest
from django.urls import reverse

from audit.models import Record
from audit.verbs import MASK
from controlplane.models import PolicyVersion, Role, Tool, ToolGrant
from controlplane.signing import fault_in

pytestmark = pytest.mark.django_db
LIST = "/admin/controlplane/tool/"


def change(tool):
    return reverse("admin:controlplane_tool_change", args=[tool.pk])


def test_the_list_says_who_may_call(client, carol):
    text = client.get(LIST).content.decode()
    assert '<td class="field-granted_to">customer_support</td>' in text
    assert '<td class="field-granted_to">no role</td>' in text
    assert '<td class="field-arguments">account_id</td>' in text


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ("{", "Enter a valid JSON"),
        ('["type"]', "object"),
        ('{"type": "string"}', "object"),
        ('{"type": "object", "properties": {"a": {"type": "no such type"}}}', "schema"),
    ],
)
def test_a_bad_schema_is_refused_at_the_field(client, carol, form_of, schema, said):
    tool = Tool.objects.first()
    page = client.post(change(tool), form_of(change(tool)) | {"parameters": schema})
    assert page.status_code == 200
    assert said in str(page.context["adminform"].form.errors["parameters"])


def test_the_schema_is_indented_for_people(client, carol, form_of):
    assert form_of(change(Tool.objects.first()))["parameters"].startswith('{\n  "type": "object"')


HTTP = {"runner": "http", "url": "https://tools.example.com/refund"}
MCP = {"runner": "mcp", "url": "https://mcp.example.com", "mcp_label": "shop", "mcp_tool": "refund"}
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def refund(shop):
    return Tool.objects.get(name="refund_order")


@pytest.fixture
def save(client, form_of, refund):
    def post(**posted):
        return client.post(change(refund), form_of(change(refund)) | posted)

    return post


def newest():
    return Record.objects.filter(verb="object.changed").latest("pk").fields["changes"]


def test_a_tool_goes_to_an_endpoint_with_a_secret_that_is_recorded_as_changed_only(
    client, carol, refund, save
):
    assert save(**HTTP, answer_seconds="5", api_key=SECRET).status_code == 302
    refund.refresh_from_db()
    assert (refund.runner, refund.api_key()) == ("http", SECRET)
    assert newest() == {
        "runner": {"before": "client", "after": "http"},
        "url": {"before": "", "after": HTTP["url"]},
        "answer_seconds": {"before": 30, "after": 5},
        "api_key": {"before": "", "after": MASK},
    }
    assert PolicyVersion.objects.latest().document["tools"]["refund_order"]["url"] == HTTP["url"]
    for url in (LIST, change(refund)):
        assert SECRET not in client.get(url).content.decode()


def test_a_generated_secret_is_shown_once(client, carol, refund, save):
    page = save(**HTTP, generate_key="on")
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    refund.refresh_from_db()
    assert fault_in(refund.api_key()) == ""
    assert refund.api_key() in page.content.decode()
    assert newest()["generate_key"] == {"before": None, "after": True}
    assert refund.api_key() not in str(list(Record.objects.values()))
    assert refund.api_key() not in client.get(change(refund)).content.decode()
    assert refund.api_key() not in str(dict(client.session))


def test_a_secret_is_generated_with_the_tool(client, carol, form_of):
    add = f"{LIST}add/"
    posted = {"name": "pay", "parameters": '{"type": "object"}', "generate_key": "on"}
    page = client.post(add, form_of(add) | posted | HTTP)
    assert Tool.objects.get(name="pay").api_key() in page.content.decode()


def test_a_tool_goes_to_an_mcp_server(client, carol, refund, save):
    assert save(**MCP, api_key="sk-mcp-authorisation-1234").status_code == 302
    assert PolicyVersion.objects.latest().document["tools"]["refund_order"]["mcp_label"] == "shop"


@pytest.mark.parametrize(
    ("posted", "field"),
    [
        ({"url": "https://tools.example.com"}, "url"),
        ({**HTTP, "url": ""}, "url"),
        ({**HTTP, "url": "http://tools.example.com"}, "url"),
        ({**HTTP, "url": "https://127.0.0.1/x"}, "url"),
        ({**HTTP, "api_key": "sk-not-a-signing-secret"}, "api_key"),
        ({**HTTP, "api_key": SECRET, "generate_key": "on"}, "generate_key"),
        ({**HTTP, "mcp_label": "shop"}, "mcp_label"),
        ({**MCP, "mcp_label": ""}, "mcp_label"),
        ({**MCP, "mcp_tool": ""}, "mcp_tool"),
        ({**MCP, "generate_key": "on"}, "generate_key"),
        ({"generate_key": "on"}, "generate_key"),
        ({"api_key": SECRET}, "api_key"),
        ({"runner": "nobody"}, "runner"),
        ({"answer_seconds": "301"}, "answer_seconds"),
        ({"result_schema": '{"type": "string"}'}, "result_schema"),
    ],
)
def test_errors_stand_at_their_field(client, carol, save, posted, field):
    page = save(**posted)
    assert page.status_code == 200
    assert list(page.context["adminform"].form.errors) == [field]


def test_a_key_does_not_follow_a_tool_to_another_place(client, carol, refund, save):
    save(**HTTP, api_key=SECRET)
    page = save(**MCP)
    assert list(page.context["adminform"].form.errors) == ["api_key"]
    assert save(**MCP, remove_key="on").status_code == 302
    refund.refresh_from_db()
    assert refund.api_key() == ""


def test_what_an_endpoint_should_not_be_trusted_with_is_told(client, carol, save):
    save(**HTTP)
    said = " ".join(str(message) for message in client.get(LIST).context["messages"])
    assert "lets arguments through that it does not name" in said
    assert "has no signing secret" in said


def test_a_schema_that_breaks_a_grant_is_refused(client, carol, save, refund):
    role = Role.objects.get()
    ToolGrant.objects.create(role=role, tool=refund, rules={"account_id": {"owned": "account_id"}})
    page = save(parameters='{"type": "object"}')
    assert "does not fit what customer_support is granted" in str(
        page.context["adminform"].form.errors["parameters"]
    )


def test_many_tools_need_no_more_questions(carol, shop, questions):
    few = questions(LIST)
    for n in range(30):
        tool = Tool.objects.create(name=f"tool{n}", parameters={"type": "object"})
        ToolGrant.objects.create(role=Role.objects.get(), tool=tool)
    assert questions(LIST) == few
