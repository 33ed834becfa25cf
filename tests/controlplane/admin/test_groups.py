from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from audit.models import Record

pytestmark = pytest.mark.django_db


def test_what_a_group_may_do_is_recorded_when_it_changes(client, carol, form_of):
    group = Group.objects.create(name="operators")
    url = reverse("admin:auth_group_change", args=[group.pk])
    permission = Permission.objects.get(codename="change_lock")
    assert client.post(url, form_of(url) | {"permissions": [permission.pk]}).status_code == 302
    record = Record.objects.get(verb="object.changed")
    assert record.subject == f"group:{group.pk}"
    assert record.fields["changes"]["permissions"]["after"] == [str(permission)]
