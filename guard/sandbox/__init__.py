"""A scripted provider: speaks the provider's side of the Realtime protocol with no model behind it.

It is the demo (``manage.py sandbox``), the test double and the load source::

    async with sandbox.running(chunk=3) as provider:
        ...connect to provider.url...
        assert "refund_order" not in str(provider.frames)

    server      the port: handshake (upgrade), control pages (control)
    connection  one client: clientevents, listening (the user's speech), sending (and its faults)
    session, settings, conversation, items     what the provider keeps and checks
    response, outputs, cadence, speech         how an answer becomes a sequence of events
    script, fixtures                           what the answer is
    faults, badframes                          how the provider misbehaves, if asked to
    tools       fake back ends for whoever plays the client

What the user types decides the answer (see ``script``). It knows no policy and shares no code with ``guard.core``: a
test double that used the guard's own parser would agree with the guard's own mistakes.
"""

from guard.sandbox.faults import Faults
from guard.sandbox.options import Options
from guard.sandbox.server import Sandbox, running

__all__ = ["Faults", "Options", "Sandbox", "running"]
