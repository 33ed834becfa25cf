"""What is said when everything is up: where to click, who can sign in, and five lines to paste."""

from __future__ import annotations

from collections.abc import Mapping

from embedded.running import Running

BEGIN = "# ---- a guarded conversation: paste into .venv/bin/python ----"
END = "# ---- until here ----"
PAGES = {
    "/": "how to begin",
    "/admin/": "who may do what; sessions; records",
    "/readyz": "database, Redis, migrations",
}
WHO = {
    "alice": "customer_support",
    "bob": "analyst",
    "carol": "admin: signs in at /admin/",
    "dana": "compliance",
}


def text(running: Running, seconds: float) -> str:
    return "\n".join(
        [
            "",
            f"READY {running.base_url}  ({seconds:.1f} s; Ctrl-C stops everything)",
            "",
            *(f"  {running.base_url}{path:<14}{what}" for path, what in PAGES.items()),
            "",
            *_users(running.users),
            "",
            *_provider(running.variables),
            "",
            BEGIN,
            example(running),
            END,
            "",
            "",
        ]
    )


def example(running: Running) -> str:
    """Runs as it stands: the official SDK, unmodified; only base URL and key are ours."""
    user = next(iter(running.users), "alice")
    content = [{"type": "input_text", "text": "My card is 4111 1111 1111 1111, is that the one on file?"}]
    message = {"type": "message", "role": "user", "content": content}
    return f"""\
from openai import OpenAI
url, key = "{running.base_url}/v1", "{running.service_key}"
backend = OpenAI(base_url=url, api_key=key, default_headers={{"Sallyport-User": "{user}"}})
ticket = backend.realtime.client_secrets.create().value
with OpenAI(base_url=url, api_key=ticket).realtime.connect(model="gpt-realtime") as call:
    call.conversation.item.create(item={message})
    call.response.create()
    for event in call:
        if event.type.endswith(("text.delta", "transcript.delta")): print(event.delta, end="", flush=True)
        if event.type in ("response.done", "error"): print(); break
"""


def _users(users: Mapping[str, str]) -> list[str]:
    width = max((len(name) for name in users), default=0)
    return [
        f"  {name:<{width}}  {password}  {WHO.get(name, '')}".rstrip() for name, password in users.items()
    ]


def _provider(variables: Mapping[str, str]) -> list[str]:
    upstream = variables.get("UPSTREAM_URL")
    if upstream:
        return [f"  provider: {upstream}"]
    return ["  provider: the sandbox, a scripted one on this machine; set UPSTREAM_URL for another"]
