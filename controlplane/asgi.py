"""The composition root: one ASGI application for the protocol, the API, the admin and the pages.

Here, and only here, the guard meets the database: the consumer is handed its ports.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import sys
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controlplane.settings")
http = get_asgi_application()  # sets Django up: what is imported below needs its models

from channels.layers import get_channel_layer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import path, re_path  # noqa: E402
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware  # noqa: E402

from controlplane import rates, readiness  # noqa: E402
from controlplane.adapters import DatabaseAuditLog, DatabaseControlPlane  # noqa: E402
from controlplane.bodies import BoundedBodies  # noqa: E402
from guard import draining  # noqa: E402
from guard.classifiers import HttpClassifiers  # noqa: E402
from guard.client import not_found  # noqa: E402
from guard.consumer import GuardConsumer  # noqa: E402
from guard.engines import OpaEngines  # noqa: E402
from guard.executions import HttpTools  # noqa: E402
from guard.lifespan import Lifespan  # noqa: E402
from guard.ports import Ports  # noqa: E402
from guard.relay import END_SECONDS  # noqa: E402
from guard.tasks import settled  # noqa: E402
from guard.upstream import WebsocketUpstream  # noqa: E402
from guard.watch import Watch  # noqa: E402

# A session that is flooded with words keeps the interpreter busy, and every answer of the database waits for it several
# times: by default 5 ms each, which made a revocation take longer than a second.
sys.setswitchinterval(0.0005)

readiness.add("draining", lambda: "is about to stop" if draining.stopping.is_set() else "")
atexit.register(rates.refusals.flush)
control = DatabaseControlPlane()
classifiers = HttpClassifiers(control.classifier_key)
tools = HttpTools(control.tool_secret, control.claim)
engines = OpaEngines(control.engine_key)
ports = Ports(
    control=control,
    audit=DatabaseAuditLog(),
    upstream=WebsocketUpstream(),
    classifiers=classifiers,
    tools=tools,
    engines=engines,
    refusals=rates.GuardRefusals(rates.refusals),
)
watch = Watch(control, get_channel_layer)
draining.follow(watch.drain)
guard = GuardConsumer.as_asgi(ports=ports, watch=watch)


async def leave() -> None:
    """Sessions that the server had to cancel end all the same, and their records come before that of the process."""
    await settled("relay ", END_SECONDS)
    watch.close()
    await asyncio.to_thread(rates.refusals.flush)  # the signal that ends us leaves no time for ``atexit``
    await control.stop()


elsewhere: Any = not_found  # an ASGI application, where Django's types expect a view
routed: Any = ProtocolTypeRouter(
    {
        "http": BoundedBodies(http),
        "websocket": URLRouter([path("v1/realtime", guard), re_path("", elsewhere)]),
        "lifespan": Lifespan(leave, classifiers.close, tools.close, engines.close, begin=watch.start),
    }
)
# Who the client is, by the word of a proxy that we know. The application sees one address and one scheme only.
application = ProxyHeadersMiddleware(routed, settings.TRUSTED_PROXIES) if settings.TRUSTED_PROXIES else routed
