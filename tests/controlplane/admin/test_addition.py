from __future__ import annotations

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", ["lock", "servicekey"])
def test_the_page_says_what_will_happen_and_keeps_what_was_typed(client, carol, model):
    url = f"/admin/controlplane/{model}/add/"
    assert '<p class="lead">' in client.get(url).content.decode()
    page = client.post(url, {"reason": "keep me", "kind": "tool", "target": "nothing", "name": ""})
    assert page.status_code == 200
    assert "errorlist" in page.content.decode()
    if model == "lock":
        assert "keep me" in page.content.decode()
