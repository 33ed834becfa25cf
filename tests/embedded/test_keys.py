"""Secrets of one installation."""

from __future__ import annotations

import stat
from pathlib import Path

from cryptography.fernet import Fernet

from embedded import keys


def test_a_secret_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    first = keys.kept(tmp_path, "demo-password", keys.password)
    assert keys.kept(tmp_path, "demo-password", lambda: "another") == first
    assert stat.S_IMODE((tmp_path / "demo-password").stat().st_mode) == 0o600


def test_no_two_secrets_are_alike() -> None:
    for make in (keys.password, keys.secret_key, keys.encryption_key):
        assert len({make() for _ in range(50)}) == 50


def test_the_encryption_key_is_one_that_fernet_takes() -> None:
    cipher = Fernet(keys.encryption_key())
    assert cipher.decrypt(cipher.encrypt(b"provider key")) == b"provider key"


def test_the_secret_key_is_long_enough_for_the_settings() -> None:
    assert len(keys.secret_key()) >= 50
