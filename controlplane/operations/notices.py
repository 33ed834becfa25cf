"""Telling people that a call waits for them: by e-mail and by webhook, as far as the settings name addresses.

Nothing here may hold up the call or fail it, nor the end of the process. The broker is spoken to on threads of their
own, because a Redis that hangs would hang whoever speaks to it. What cannot be handed over is logged; the queue on the
pages shows it anyway.
"""

from __future__ import annotations

import logging
import threading
from functools import partial

from celery import current_app
from django.conf import settings
from django.db import transaction

from controlplane.models import Approval

log = logging.getLogger(__name__)

MAIL, WEBHOOK = "controlplane.tasks.mail_notice", "controlplane.tasks.post_notice"
MOST_WAITING = 20
_room = threading.BoundedSemaphore(MOST_WAITING)


def announce(approval: Approval) -> None:
    """Call it in the transaction of the request: nobody is told of one that was rolled back."""
    for task in _wanted(approval):
        transaction.on_commit(partial(_hand_over, task, str(approval.pk)), robust=True)


def _wanted(approval: Approval) -> list[str]:
    """The mail goes to supervisors, who have nothing to do with what a user must confirm himself."""
    for_supervisors = approval.approver == Approval.Kind.SUPERVISOR
    wanted = [MAIL] if settings.APPROVAL_NOTICE_EMAILS and for_supervisors else []
    return [*wanted, WEBHOOK] if settings.APPROVAL_NOTICE_WEBHOOK else wanted


def _hand_over(task: str, approval_id: str) -> None:
    if not _room.acquire(blocking=False):
        log.warning("notice of approval %s not sent: too many are waiting for the broker", approval_id)
        return
    threading.Thread(target=_enqueue, args=(task, approval_id), name="notice", daemon=True).start()


def _enqueue(task: str, approval_id: str) -> None:
    try:
        current_app.send_task(task, args=[approval_id], retry=False)
    except Exception as failure:
        log.warning("notice of approval %s not sent: %r", approval_id, failure)
    finally:
        _room.release()
