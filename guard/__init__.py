"""What happens to every event between a client and the provider.

    client <-> consumer <-> relay <-> upstream <-> provider
                              |
                         core.Session          pure: events in, commands out

- ``core`` decides. It is pure: no Django, no asyncio, no clock, no I/O. Every event goes through one
  ``core.session.Session`` which answers with an ordered list of ``core.commands``.
- ``relay`` performs those commands in order: a ``Record`` that matters is durable before any later command
  runs.
- ``consumer`` is the Channels edge towards the client, ``upstream`` the websocket client towards the
  provider.
- ``errands`` does what a session has asked for, beside everything else: classifiers, engines, tools, approvals.
- ``lifetime`` runs the server process: a signal drains it (``draining``); ``lifespan`` closes what sessions have
  shared. ``watch`` renews the lease of the process and brings edits to its sessions.
- ``ports`` names what the guard needs from the world; ``controlplane.asgi`` supplies it. The guard has no
  models.
- ``sandbox`` is a scripted provider: demo, test double and load source.
"""
