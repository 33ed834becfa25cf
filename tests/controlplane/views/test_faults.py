from __future__ import annotations

import pytest
from django.middleware.common import CommonMiddleware
from django.test import Client

from tests.controlplane.views.asking import SECRETS, error

PAGES = ["/", "/admin/login/", "/v1x", "/apis/x"]


@pytest.mark.parametrize("path", [SECRETS, "/v1", "/v1/models", "/v1/realtime", "/api", "/api/sessions"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_wrong_host_is_told_to_programs_in_the_official_shape(path, method):
    response = getattr(Client(), method)(path, headers={"Host": "evil.example"})
    assert error(response, 400)["code"] == "bad_request"
    assert "evil.example" not in response.content.decode()


@pytest.mark.parametrize("path", PAGES)
def test_a_wrong_host_is_told_to_people_on_a_page(path):
    response = Client().get(path, headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert response["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    "path", ["/v1/x%0Ay", "/v1/%0A", "/v1/realtime%0A", "/api", "/api/", "/api/nothing", "/api/x%0Ay"]
)
@pytest.mark.parametrize("debug", [True, False])
def test_whatever_a_program_asks_for_in_vain_is_404_in_the_official_shape(db, settings, path, debug):
    settings.DEBUG = debug
    assert error(Client().get(path), 404)["code"] == "unknown_url"


@pytest.mark.parametrize("path", ["/v1x", "/apis/x", "/nowhere"])
def test_other_addresses_are_not_found_on_a_page(db, path):
    response = Client().get(path)
    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(("path", "kind"), [("/v1/x", "application/json"), ("/", "text/html")])
def test_a_fault_before_any_view_is_500_in_the_askers_language(monkeypatch, path, kind):
    def breaks(*_):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(CommonMiddleware, "process_request", breaks)
    response = Client(raise_request_exception=False).get(path)
    assert response.status_code == 500
    assert response["Content-Type"].startswith(kind)
    assert "secret" not in response.content.decode()
