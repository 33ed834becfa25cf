"""What is sent when a call waits, to whom, and what happens when it cannot be."""

from __future__ import annotations

import base64
import json
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.core import mail
from django.db.models.functions import Now
from standardwebhooks import Webhook, WebhookVerificationError

from controlplane import notices, tasks
from controlplane.celery import app
from controlplane.models import Approval
from controlplane.operations import notices as announcing
from guard.core.approval import Approver
from tests.controlplane.asked import asked, running

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
RETRIED = (tasks.mail_notice, tasks.post_notice)


@pytest.fixture
def listener(settings):
    """A webhook that answers what it is told to, and keeps what it was sent."""
    received, answers = [], []

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((dict(self.headers), body))
            self.send_response(answers.pop(0) if answers else 204)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.APPROVAL_NOTICE_WEBHOOK = f"http://127.0.0.1:{server.server_port}/hook-7f3a"
    settings.APPROVAL_NOTICE_WEBHOOK_SECRET = SECRET
    yield received, answers
    server.shutdown()
    server.server_close()


@pytest.fixture
def handed_over(monkeypatch):
    """What would go to the broker, without one."""
    found = []
    monkeypatch.setattr(announcing, "_hand_over", lambda task, pk: found.append((task, pk)))
    return found


def test_with_nothing_configured_nothing_is_handed_over(
    demo, handed_over, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        asked(running())
    assert handed_over == []


def test_a_notice_is_handed_over_when_the_request_is_committed_and_not_before(
    demo, settings, handed_over, django_capture_on_commit_callbacks
):
    settings.APPROVAL_NOTICE_EMAILS = ["desk@example.com"]
    settings.APPROVAL_NOTICE_WEBHOOK = "https://hooks.example.com/1"
    with django_capture_on_commit_callbacks(execute=True):
        row = asked(running())
        assert handed_over == []
    assert handed_over == [(tasks.mail_notice.name, str(row.pk)), (tasks.post_notice.name, str(row.pk))]


def test_supervisors_are_not_mailed_about_what_a_user_confirms(
    demo, settings, handed_over, django_capture_on_commit_callbacks
):
    settings.APPROVAL_NOTICE_EMAILS = ["desk@example.com"]
    settings.APPROVAL_NOTICE_WEBHOOK = "https://hooks.example.com/1"
    with django_capture_on_commit_callbacks(execute=True):
        asked(running(), approver=Approver.USER)
    assert [task for task, _ in handed_over] == [tasks.post_notice.name]


def test_the_tasks_that_are_named_exist():
    assert {announcing.MAIL, announcing.WEBHOOK} <= set(app.tasks)


def test_a_mail_says_who_wants_what_and_where_to_decide_and_no_arguments(demo, settings):
    settings.APPROVAL_NOTICE_EMAILS = ["desk@example.com", "night@example.com"]
    settings.PUBLIC_URL = "https://guard.example.com"
    row = asked(running())
    tasks.mail_notice.apply(args=[str(row.pk)], throw=True)
    (sent,) = mail.outbox
    assert sent.to == ["desk@example.com", "night@example.com"]
    assert sent.subject == "Approval needed: refund_order"
    assert "alice, as customer_support, is about to call refund_order." in sent.body
    assert f"https://guard.example.com/admin/controlplane/approval/{row.pk}/change/" in sent.body
    assert "A17" not in sent.body + sent.subject


def test_a_webhook_is_signed_and_carries_no_arguments(demo, listener):
    received, _ = listener
    row = asked(running())
    tasks.post_notice.apply(args=[str(row.pk)], throw=True)
    ((headers, body),) = received
    said = Webhook(SECRET).verify(body, headers)
    assert said["type"] == "approval.requested"
    assert said["data"]["id"] == str(row.pk)
    assert (said["data"]["username"], said["data"]["tool"]) == ("alice", "refund_order")
    assert b"A17" not in body
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body.replace(b"refund_order", b"reset_passwd"), headers)


def test_nobody_is_told_of_what_needs_no_decision_any_more(demo, settings, listener):
    settings.APPROVAL_NOTICE_EMAILS = ["desk@example.com"]
    row = asked(running())
    Approval.objects.filter(pk=row.pk).update(
        requested_at=Now() - timedelta(minutes=2), expires_at=Now() - timedelta(minutes=1)
    )
    for task in RETRIED:
        task.apply(args=[str(row.pk)], throw=True)
    assert mail.outbox == listener[0] == []


@pytest.mark.parametrize("status", [500, 404, 302])
def test_a_webhook_that_does_not_take_it_is_a_failure_that_names_no_address(demo, listener, status):
    received, answers = listener
    answers.append(status)
    with pytest.raises(notices.NotDelivered, match=f"answered {status}") as failure:
        notices.post(str(asked(running()).pk))
    assert "7f3a" not in str(failure.value)
    assert len(received) == 1


def test_a_webhook_that_is_not_there_is_a_failure_that_names_no_address(demo, settings):
    settings.APPROVAL_NOTICE_WEBHOOK = "http://127.0.0.1:1/hook-7f3a"
    settings.APPROVAL_NOTICE_WEBHOOK_SECRET = SECRET
    with pytest.raises(notices.NotDelivered, match="could not be reached") as failure:
        notices.post(str(asked(running()).pk))
    assert "7f3a" not in str(failure.value)


def test_a_failed_notice_is_tried_again_a_few_times_under_the_same_id(demo, listener):
    received, answers = listener
    answers += [500, 500, 204]
    assert tasks.post_notice.apply(args=[str(asked(running()).pk)]).successful()
    assert len(received) == 3
    assert len({headers["webhook-id"] for headers, _ in received}) == 1


def test_the_address_of_the_webhook_is_in_no_log(demo, listener, caplog):
    tasks.post_notice.apply(args=[str(asked(running()).pk)], throw=True)
    assert len(listener[0]) == 1
    assert "7f3a" not in caplog.text


def test_the_tries_are_bounded(demo, listener):
    received, answers = listener
    answers += [500] * 50
    result = tasks.post_notice.apply(args=[str(asked(running()).pk)])
    assert result.failed()
    assert len(received) == 1 + tasks.TRIES["max_retries"]


def test_a_broker_that_hangs_or_fails_holds_up_nobody_and_is_logged(
    demo, settings, monkeypatch, caplog, django_capture_on_commit_callbacks
):
    settings.APPROVAL_NOTICE_EMAILS = ["desk@example.com"]
    goes_on, tried = threading.Event(), threading.Event()

    def hang(*_, **__):
        tried.set()
        goes_on.wait(10)
        raise ConnectionError("refused")

    monkeypatch.setattr(announcing.current_app, "send_task", hang)
    began = time.monotonic()
    with django_capture_on_commit_callbacks(execute=True):
        asked(running())
    assert time.monotonic() - began < 5
    assert tried.wait(5)
    (sender,) = [thread for thread in threading.enumerate() if thread.name == "notice"]
    assert sender.daemon  # it does not hold up the end of the process either
    goes_on.set()
    sender.join(5)
    assert "not sent: ConnectionError" in caplog.text


def test_notices_that_pile_up_are_dropped_and_logged(monkeypatch, caplog):
    monkeypatch.setattr(announcing, "_room", threading.BoundedSemaphore(1))
    announcing._room.acquire()
    announcing._hand_over(announcing.MAIL, "1")
    assert "too many are waiting" in caplog.text


def test_a_notice_reaches_the_broker(demo, settings, django_capture_on_commit_callbacks):
    settings.APPROVAL_NOTICE_EMAILS = ["desk@example.com"]
    with app.connection_for_read() as connection, connection.SimpleQueue("celery") as queue:
        queue.clear()
        with django_capture_on_commit_callbacks(execute=True):
            row = asked(running())
        message = queue.get(timeout=10)
        message.ack()
    assert message.headers["task"] == announcing.MAIL
    assert json.loads(message.body)[0] == [str(row.pk)]
