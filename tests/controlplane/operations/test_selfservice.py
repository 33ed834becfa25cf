from __future__ import annotations

import pytest
from django.contrib.auth.models import Group

from audit.actors import of_user
from controlplane import document
from controlplane.models import Role, Tool, ToolGrant
from controlplane.operations.selfservice import (
    OWN_FIELDS,
    conflict,
    conflict_of_documents,
    deny_edit,
)
from tests.people import ADDRESS, TESTER, user

pytestmark = pytest.mark.usefixtures("demo")


def role(name):
    return Role.objects.get(name=name)


def test_nobody_changes_a_role_that_he_holds_superusers_included():
    carol = user("carol")
    assert carol.is_superuser
    assert "You hold the role admin" in conflict(carol, role("admin"))
    assert conflict(carol, role("analyst")) == ""


def test_nobody_changes_or_adds_a_grant_of_his_role():
    grant = ToolGrant.objects.filter(role__name="admin").first()
    assert "You hold the role admin" in conflict(user("carol"), grant)
    fresh = ToolGrant(role=role("analyst"), tool=Tool.objects.get(name="refund_order"))
    assert "You hold the role analyst" in conflict(user("bob"), fresh)
    assert conflict(user("carol"), fresh) == ""


def test_a_role_that_is_retired_is_still_his():
    Role.objects.filter(name="admin").update(retired_at="2026-01-01T00:00Z")
    assert conflict(user("carol"), role("admin"))


@pytest.mark.parametrize("field", OWN_FIELDS)
def test_nobody_gives_himself_anything(field):
    carol = user("carol")
    assert conflict(carol, carol, ["email", field])
    assert conflict(carol, user("bob"), [field]) == ""


def test_everybody_may_change_his_own_name_and_password():
    carol = user("carol")
    assert conflict(carol, carol, ["first_name", "email", "password"]) == ""


def test_nobody_widens_a_group_that_he_is_in():
    dana = user("dana")
    assert conflict(dana, Group.objects.get(name="compliance"))
    assert conflict(dana, Group.objects.get(name="supervisors")) == ""


def test_documents_are_compared_where_the_actor_holds_a_role():
    old = document.current()
    new = {**old, "roles": {**old["roles"], "admin": {**old["roles"]["admin"], "idle_seconds": 7}}}
    gone = {**old, "roles": {name: old["roles"][name] for name in ("analyst", "customer_support")}}
    for other in (new, gone):
        assert "You hold the role admin" in conflict_of_documents(of_user(user("carol")), old, other)
        assert "You hold the role admin" in conflict_of_documents(of_user(user("carol")), other, old)
        assert conflict_of_documents(of_user(user("bob")), old, other) == ""
        assert conflict_of_documents(TESTER, old, other) == ""


def test_a_refusal_is_on_record(records):
    deny_edit(
        actor=of_user(user("carol")), row=role("admin"), attempted="change", why="yours", source_ip=ADDRESS
    )
    (denied,) = records("admin.denied")
    assert (denied.subject, denied.outcome, denied.reason) == (f"role:{role('admin').pk}", "deny", "yours")
    assert denied.fields == {"attempted": "change role", "label": "admin"}
