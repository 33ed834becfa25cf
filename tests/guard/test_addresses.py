from __future__ import annotations

from ipaddress import ip_address

import pytest

from guard.addresses import fault_in, host_of, rule_against, rule_against_url


@pytest.mark.parametrize(
    "address",
    [
        *("1.1.1.1", "8.8.8.8", "93.184.215.14", "172.15.0.1", "172.32.0.1", "100.128.0.1", "192.0.1.1"),
        *("2606:4700::1111", "2001:4860:4860::8888", "2a00:1450::1", "2001:200::1"),
    ],
)
def test_a_public_address_may_be_connected_to(address):
    assert rule_against(ip_address(address)) == ""


@pytest.mark.parametrize(
    ("address", "rule"),
    [
        ("0.0.0.0", "unspecified"),
        ("0.1.2.3", "unspecified"),
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("10.0.0.1", "private"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.168.1.1", "private"),
        ("100.64.0.1", "shared"),
        ("100.127.255.255", "shared"),
        ("169.254.1.1", "link_local"),
        ("169.254.169.254", "metadata"),
        ("169.254.170.2", "metadata"),
        ("168.63.129.16", "metadata"),
        ("100.100.100.200", "metadata"),
        ("192.0.0.192", "metadata"),
        ("224.0.0.1", "multicast"),
        ("239.255.255.255", "multicast"),
        ("192.0.0.8", "reserved"),
        ("192.0.2.1", "reserved"),
        ("192.88.99.1", "reserved"),
        ("198.18.0.1", "reserved"),
        ("198.51.100.1", "reserved"),
        ("203.0.113.1", "reserved"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "reserved"),
    ],
)
def test_an_ipv4_address_that_is_not_public_is_forbidden_by_its_rule(address, rule):
    assert rule_against(ip_address(address)) == rule


@pytest.mark.parametrize(
    ("address", "rule"),
    [
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("fc00::1", "private"),
        ("fd12:3456::1", "private"),
        ("fec0::1", "private"),
        ("fd00:ec2::254", "metadata"),
        ("fd20:ce::254", "metadata"),
        ("fe80::1", "link_local"),
        ("fe80::1%eth0", "link_local"),
        ("ff02::1", "multicast"),
        ("::ffff:127.0.0.1", "embedded"),
        ("::ffff:8.8.8.8", "embedded"),
        ("::ffff:0:127.0.0.1", "embedded"),
        ("::127.0.0.1", "embedded"),
        ("2002:7f00:1::", "embedded"),
        ("2002:a9fe:a9fe::1", "embedded"),
        ("64:ff9b::127.0.0.1", "embedded"),
        ("64:ff9b:1::10.0.0.1", "embedded"),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "embedded"),
        ("2001:db8::1", "reserved"),
        ("2001:2::1", "reserved"),
        ("3fff::1", "reserved"),
        ("100::1", "reserved"),
        ("4000::1", "reserved"),
        ("5f00::1", "reserved"),
    ],
)
def test_an_ipv6_address_that_is_not_public_is_forbidden_by_its_rule(address, rule):
    assert rule_against(ip_address(address)) == rule


def test_the_table_is_never_milder_than_the_standard_library():
    """Over both ends of every network of the two tables, and their neighbours outside."""
    from guard.addresses import _NETWORKS

    for network, _ in _NETWORKS:
        for address in (network[0], network[-1], network[0] - 1 if int(network[0]) else network[0]):
            assert rule_against(address) or address.is_global, address


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("https://tools.example/orders?v=1", ""),
        ("https://tools.example:8443/", ""),
        ("https://xn--bcher-kva.example/", ""),
        ("https://bücher.example/", ""),
        ("https://8.8.8.8/", ""),
        ("https://[2606:4700::1111]/", ""),
        ("https://1password.example/", ""),
        ("https://tools.example./", ""),
        ("http://tools.example/", "plain_http"),
        ("http://8.8.8.8/", "plain_http"),
        ("", "scheme"),
        ("tools.example", "scheme"),
        ("//tools.example/", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("gopher://tools.example/", "scheme"),
        ("ws://tools.example/", "scheme"),
        ("https://user@tools.example/", "user_info"),
        ("https://user:secret@tools.example/", "user_info"),
        ("https://@tools.example/", "user_info"),
        ("https://tools.example\\@127.0.0.1/", "user_info"),
        ("https://tools.example/#part", "fragment"),
        ("https://tools.example/#", "fragment"),
        ("https://tools.example:0/", "port"),
        ("https://tools.example:65536/", "port"),
        ("https://tools.example:-1/", "port"),
        ("https://", "malformed"),
        ("https:///orders", "malformed"),
        ("https://tools.example:http/", "malformed"),
        ("https://tools.example\\.evil.example/", "malformed"),
        ("https://tools example/", "malformed"),
        ("https://tools.example/a b", "malformed"),
        ("https://tools.example/\n", "malformed"),
        ("https://[::1/", "malformed"),
        ("https://127%2e0.0.1/", "malformed"),
        ("https://[fe80::1%25eth0]/", "malformed"),
        ("https://１２７.0.0.1/", "malformed"),  # noqa: RUF001 - the digits are the point
        ("https://LOCALHOST/", "loopback"),
        ("https://localhost./", "loopback"),
        ("https://db.localhost/", "loopback"),
        ("https://127.0.0.1./", "loopback"),
        ("https://[::1]/", "loopback"),
        ("https://[0:0:0:0:0:0:0:1]/", "loopback"),
        ("https://[::ffff:7f00:1]/", "embedded"),
        ("https://2130706433/", "spelling"),
        ("https://134744072/", "spelling"),
        ("https://0x7f.1/", "spelling"),
        ("https://0x7f000001/", "spelling"),
        ("https://0X7F000001./", "spelling"),
        ("https://127.1/", "spelling"),
        ("https://1.2.3.4.5/", "spelling"),
        ("https://tools.example.0x1/", "spelling"),
        ("https://0177.0.0.1/", "malformed"),
    ],
)
def test_an_address_is_judged_before_its_name_is_resolved(url, rule):
    assert rule_against_url(url) == rule
    assert bool(fault_in(url)) == bool(rule)


@pytest.mark.parametrize(
    ("url", "listed"),
    [
        ("http://tools.internal:8080/", "tools.internal"),
        ("http://TOOLS.internal./", "tools.internal"),
        ("http://localhost/", "localhost"),
        ("http://localhost./", "localhost"),
        ("http://127.0.0.1:9000/", "127.0.0.1"),
        ("http://[::1]:9000/", "::1"),
        ("http://2130706433/", "2130706433"),
        ("http://bücher.internal/", "xn--bcher-kva.internal"),
    ],
)
def test_a_host_that_is_listed_may_be_private_and_without_tls(url, listed):
    assert host_of(url) == listed
    assert fault_in(url)
    assert fault_in(url, {listed}) == ""


@pytest.mark.parametrize(
    "url", ["file://localhost/etc", "http://a@localhost/", "http://localhost/#a", "http://localhost:0/"]
)
def test_a_host_that_is_listed_is_still_called_properly(url):
    assert fault_in(url, {"localhost"})


@pytest.mark.parametrize(
    "listed", [{"LOCALHOST"}, {"localhost."}, {"host"}, {"local"}, {"*"}, {""}, {"127.0.0.1"}]
)
def test_only_the_exact_name_is_listed(listed):
    assert fault_in("https://localhost/", listed)


def test_faults_are_sentences_for_the_administrator():
    assert fault_in("https://10.0.0.1/") == "The host is not public (private) and not listed as private."
    assert "four decimal numbers" in fault_in("https://2130706433/")
    assert "https://" in fault_in("http://tools.example/")
