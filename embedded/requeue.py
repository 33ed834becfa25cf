"""After a crash: give back the tasks that a dead worker had reserved, instead of waiting for their time-out.

Right only while no worker of this broker is alive, so `up` runs it before it starts one:
``python -m embedded.requeue controlplane``.
"""

from __future__ import annotations

import sys

from embedded.console import write

ALL_AT_ONCE = 100_000


def requeue(application: str) -> int:
    """How many tasks went back into their queues. ``application`` as for ``celery -A``."""
    from celery.app.utils import find_app

    app = find_app(application)
    options = {**(app.conf.broker_transport_options or {}), "visibility_timeout": 0}
    with app.connection_for_write(transport_options=options) as connection:
        channel = connection.default_channel
        reserved = int(channel.client.zcard(channel.unacked_index_key))
        if reserved:
            channel.client.delete(channel.unacked_mutex_key)  # the dead worker may have held it
            channel.qos.restore_visible(num=ALL_AT_ONCE, interval=1)
    return reserved


if __name__ == "__main__":
    count = requeue(sys.argv[1])
    if count:
        write(f"gave back {count} task(s) that a dead worker had reserved\n")
