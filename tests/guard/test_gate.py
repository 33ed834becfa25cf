from __future__ import annotations

import pytest

from guard.core.closing import EndReason
from guard.gate import Gate
from guard.ports import Refused, Unavailable
from tests.errand_fakes import FakeRefusals
from tests.fakes import FakeAudit, FakeControlPlane, admission
from tests.socket_fakes import FakeSocket


@pytest.fixture
def control():
    return FakeControlPlane()


@pytest.fixture
def audit():
    return FakeAudit()


async def refusal(
    control: FakeControlPlane, audit: FakeAudit, socket: FakeSocket, refusals: FakeRefusals | None = None
) -> Refused:
    refusals = refusals or FakeRefusals()
    with pytest.raises(Refused) as caught:
        await Gate(control, audit, refusals).admit(socket.scope)
    return caught.value


async def test_the_control_plane_sees_what_the_client_presented(control, audit):
    socket = FakeSocket(headers=[("Authorization", "Bearer ek_1")], query="model=m")
    assert (
        await Gate(control, audit, FakeRefusals()).admit(socket.scope)
    ).session_id == admission().session_id
    [shown] = control.handshakes
    assert (shown.ticket, shown.model, shown.ip) == ("ek_1", "m", "192.0.2.7")


async def test_a_malformed_request_is_recorded_and_asks_nobody(control, audit):
    socket = FakeSocket(headers=[("Origin", "https://evil.example")], query="token=ek_secret")
    assert (await refusal(control, audit, socket)).code == "key_in_query"
    [record] = audit.records
    assert (record.verb, record.outcome, record.rule) == ("session.refused", "refused", "key_in_query")
    assert record.fields["origin"] == "https://evil.example"
    assert "ek_secret" not in repr(record)
    assert control.handshakes == []


async def test_a_malformed_request_is_refused_although_the_record_fails(control, audit, caplog):
    audit.fail = True
    await refusal(control, audit, FakeSocket(query="x=1"))
    assert "not on record" in caplog.text


async def test_a_refusal_of_the_control_plane_is_passed_on_without_a_second_record(control, audit):
    control.admission = Refused(EndReason.NOT_ALLOWED, code="model_not_found")
    assert (await refusal(control, audit, FakeSocket())).code == "model_not_found"
    assert audit.records == []


async def test_nobody_gets_in_while_nobody_can_decide(control, audit):
    control.admission = Unavailable("down")
    assert (await refusal(control, audit, FakeSocket())).reason is EndReason.AUDIT_UNAVAILABLE


async def test_a_fault_of_ours_lets_nobody_in(control, audit, caplog):
    control.admission = RuntimeError("bug with sk-secret")
    refused = await refusal(control, audit, FakeSocket())
    assert refused.reason is EndReason.INTERNAL
    assert "sk-secret" not in refused.message


async def test_who_was_refused_too_often_is_turned_away_unread_and_without_a_record(control, audit):
    refusals = FakeRefusals()
    refusals.full = True
    socket = FakeSocket(headers=[("Authorization", "Bearer ek_1")], query="token=ek_secret")
    assert (await refusal(control, audit, socket, refusals)).reason is EndReason.RATE_LIMITED
    assert (audit.records, control.handshakes, refusals.added) == ([], [], [])


@pytest.mark.parametrize("reason", [EndReason.UNAUTHENTICATED, EndReason.NOT_ALLOWED, EndReason.BAD_FRAME])
async def test_a_refusal_counts_for_the_address_that_it_went_to(control, audit, reason):
    refusals = FakeRefusals()
    control.admission = Refused(reason)
    await refusal(control, audit, FakeSocket(), refusals)
    assert refusals.added == ["192.0.2.7"]


async def test_a_malformed_request_counts_as_a_refusal(control, audit):
    refusals = FakeRefusals()
    await refusal(control, audit, FakeSocket(query="x=1"), refusals)
    assert refusals.added == ["192.0.2.7"]


async def test_what_is_our_fault_counts_against_nobody(control, audit):
    refusals = FakeRefusals()
    control.admission = Unavailable("down")
    await refusal(control, audit, FakeSocket(), refusals)
    assert refusals.added == []
