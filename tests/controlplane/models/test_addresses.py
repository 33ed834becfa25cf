from __future__ import annotations

import pytest

from controlplane.models.addresses import is_near, problem_with


@pytest.mark.parametrize(
    "url", ["https://a.example.com/x", "http://localhost:8181/v1", "http://opa/x", "http://10.0.0.7/x"]
)
def test_content_goes_to_https_and_to_near_hosts(url):
    assert problem_with(url) == ""


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://a.example.com/x", "arguments would travel in the clear"),
        ("ftp://a.example.com/x", "must be an http:// or https:// address"),
        ("https:///x", "must be an http:// or https:// address"),
        ("https://a.example.com:x/", "must be an http:// or https:// address"),
        ("https://[::1/x", "must be an http:// or https:// address"),
        ("https://a.example.com/#x", "must be an http:// or https:// address"),
        ("https://user:pass@a.example.com", "must not hold a key"),
    ],
)
def test_other_addresses_are_refused_with_a_sentence(url, said):
    assert said in problem_with(url, "arguments")


def test_near_is_this_machine_a_private_address_or_a_bare_name():
    assert [is_near(host) for host in ("127.0.0.1", "::1", "192.168.1.2", "opa", "x.localhost")] == [True] * 5
    assert not is_near("example.com")
    assert not is_near("8.8.8.8")
