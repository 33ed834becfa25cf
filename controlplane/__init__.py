"""What admins decide. And the map of the whole repository:

    controlplane        composes: settings, models, operations, compile, admin, views, tasks, asgi
     /        \\
  guard      audit      two leaves; neither knows the other, nor the root
    |
  guard.core            pure: no Django, no asyncio, no clock, no I/O

- ``guard.core.policy``  what is allowed: one immutable snapshot for one principal, and ``decide``
- ``guard.core.session`` what happens to each event: events in, commands out
- ``guard.relay``        performs the commands in order, between ``guard.consumer`` and ``guard.upstream``
- ``controlplane.compile``     rows to ``Policy``; the only file that knows both vocabularies
- ``controlplane.operations``  every change of state: one function, ``actor`` explicit, = transaction + record
  + nudge
- ``controlplane.adapters``    what the guard asks of the world, answered with the ORM
- ``controlplane.process``     this server process: its row, its ``lease``, what it owes the database
- ``controlplane.asgi``        the composition root: routes, and the consumer gets its ports
- ``audit.log``          the only writer of records, append-only
- ``embedded``           the two commands of the README: engines from wheels, supervision

A session: ``views.realtime`` mints a ticket -> the consumer redeems it through ``adapters`` -> the provider is
dialled and locked -> events flow through ``guard.core.session`` -> ``operations.sessions`` ends it, once,
whoever asks first.
"""

from __future__ import annotations

from controlplane.celery import app as celery_app

__all__ = ["celery_app"]
