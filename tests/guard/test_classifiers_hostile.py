"""Endpoints that are broken or mean harm, on a real socket."""

from __future__ import annotations

import json
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from guard.classifiers import MAX_ANSWER_BYTES
from tests.guard.asking import CLEAN, FOUND, KEY, TEXT
from tests.guard.judge_server import JudgeServer, Mood


@pytest.mark.parametrize("status", [204, 301, 302, 307, 400, 401, 404, 429, 500, 503])
async def test_only_a_good_status_is_an_answer(asking, status):
    elsewhere = f"{asking.server.url}/plain"
    asking.server.mood = Mood(status=status, headers={"Location": elsewhere})
    expected = "shape" if status == 204 else "status"
    assert (await asking.judge()).failure == expected
    assert len(asking.server.questions) == 1, "a redirect was followed"


@pytest.mark.parametrize("answer", ["no JSON", "[]", '{"flagged": NaN}', "[" * 60_000])
async def test_nonsense_is_no_judgement(asking, answer):
    asking.server.mood = Mood(answer=answer)
    assert (await asking.judge()).failure == "shape"


async def test_an_answer_of_any_size_is_read_up_to_a_bound(asking):
    padded = json.dumps({"flagged": False, "pad": ""})
    fits = padded.replace('""', f'"{"x" * (MAX_ANSWER_BYTES - len(padded))}"')
    asking.server.mood = Mood(answer=fits)
    assert len(fits) == MAX_ANSWER_BYTES
    assert await asking.judge("fits") == CLEAN
    asking.server.mood = Mood(answer=fits + " ")
    assert (await asking.judge("one byte more")).failure == "shape"


async def test_an_answer_that_never_ends_is_cut_at_the_bound(asking):
    asking.server.mood = Mood(answer="x" * (MAX_ANSWER_BYTES + 1), headers={"Content-Length": str(10**12)})
    assert (await asking.judge()).failure == "shape"


async def test_a_packed_answer_is_not_unpacked(asking):
    asking.server.mood = Mood(headers={"Content-Encoding": "gzip"})
    assert (await asking.judge()).failure == "shape"
    assert asking.server.questions[0].headers["accept-encoding"] == "identity"


async def test_an_endpoint_that_hangs_up_or_is_not_there_gives_no_judgement(asking):
    asking.server.mood = Mood(hang_up=True)
    assert (await asking.judge()).failure == "connection"
    asking.server.stop()
    nobody = replace(asking.plain, url="http://127.0.0.1:1/plain")
    assert (await asking.judge(by=nobody)).failure == "connection"


@pytest.mark.parametrize("url", ["http://127.0.0.1:port/", "http:///plain", "nonsense", "ftp://127.0.0.1/"])
async def test_an_address_that_is_none_gives_no_judgement(asking, url):
    assert (await asking.judge(by=replace(asking.plain, url=url))).failure == "connection"


async def test_a_certificate_that_nobody_vouches_for_is_not_accepted(asking, tmp_path):
    server = JudgeServer()
    await server.start(tls=self_signed(tmp_path))
    stranger = replace(asking.plain, url=f"{server.url}/plain")
    assert (await asking.judge(by=stranger)).failure == "connection"
    assert server.questions == []
    server.stop()


async def test_proxy_variables_of_the_environment_do_not_choose_where_texts_go(asking, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert await asking.judge() == FOUND


async def test_cookies_of_an_endpoint_are_not_kept(asking):
    asking.server.mood = Mood(headers={"Set-Cookie": "who=you; Path=/"})
    await asking.judge("one")
    await asking.judge("two")
    assert "cookie" not in asking.server.questions[1].headers


async def test_an_error_of_our_own_is_no_judgement_and_tells_its_type_only(asking, caplog):
    asking.keys.key = RuntimeError(f"about {TEXT} and {KEY}")
    assert (await asking.judge()).failure == "connection"
    assert [record.getMessage() for record in caplog.records] == ["classifier pii: RuntimeError"]


def self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    both = folder / "both.pem"
    both.write_bytes(certificate.public_bytes(pem) + key.private_bytes(pem, *plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return context
