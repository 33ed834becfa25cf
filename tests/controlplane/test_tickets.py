from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane import tickets


def test_tickets_begin_as_browser_sdks_want_and_hold_256_random_bits():
    made = {tickets.new_ticket() for _ in range(200)}
    assert len(made) == 200
    assert all(ticket.startswith("ek_") and len(ticket) == 3 + 43 for ticket in made)


def test_service_keys_cannot_be_taken_for_tickets():
    assert tickets.new_service_key().startswith("sp_")


def test_only_the_sha256_is_kept():
    assert tickets.digest("ek_x") == hashlib.sha256(b"ek_x").digest()


@given(st.text())
def test_whatever_a_client_sends_as_ticket_has_a_digest(text):
    assert len(tickets.digest(text)) == 32


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.0/24"),
        ("::ffff:203.0.113.7", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", ""),
        ("unix", ""),
    ],
)
def test_networks_are_24_or_64_bits_wide(address, network):
    assert tickets.network_of(address) == network


@given(st.ip_addresses())
def test_an_address_is_always_in_its_own_network(address):
    assert tickets.network_of(str(address)) == tickets.network_of(address.exploded)
