from __future__ import annotations

import pytest
from django.urls import reverse

from controlplane.models import Role, Tool, ToolGrant

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


def test_many_tools_need_no_more_questions(carol, shop, questions):
    few = questions(LIST)
    for n in range(30):
        tool = Tool.objects.create(name=f"tool{n}", parameters={"type": "object"})
        ToolGrant.objects.create(role=Role.objects.get(), tool=tool)
    assert questions(LIST) == few
