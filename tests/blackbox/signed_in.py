"""A person in a browser: signs in, asks for tickets, signs out; every request with the cookies that it has."""

from __future__ import annotations

import json
from http.cookiejar import CookieJar
from urllib.request import HTTPCookieProcessor, ProxyHandler, build_opener

from tests.blackbox.browser import Browser
from tests.blackbox.harness import PASSWORD, TEXT, Event, Server, http

SECRETS = "/v1/realtime/client_secrets"


class SignedIn(Browser):
    def __init__(self, server: Server, username: str) -> None:
        super().__init__(server.base_url)
        self._jar = CookieJar()
        self._opener = build_opener(HTTPCookieProcessor(self._jar), ProxyHandler({}))
        self.submit("/accounts/login/", username=username, password=PASSWORD)

    @property
    def cookies(self) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._jar)

    def sign_out(self) -> None:
        self.post("/accounts/logout/", {"csrfmiddlewaretoken": self.token})

    def ask(self, session: str = "", *, forge: bool = False) -> tuple[int, Event]:
        """For a ticket; a fresh one for the session named. ``forge``: as a page elsewhere would, without the token."""
        headers = {"Content-Type": "application/json", "Origin": self.base_url, "Referer": self.base_url}
        headers |= {"Origin": "https://evil.example"} if forge else {"X-CSRFToken": self.token}
        headers |= {"Sallyport-Session": session} if session else {}
        body = b"{}" if session else json.dumps(TEXT).encode()
        return http("POST", f"{self.base_url}{SECRETS}", body, headers | {"Cookie": self.cookies})

    def ticket(self, session: str = "") -> str:
        status, answer = self.ask(session)
        assert status == 200, answer
        return str(answer["value"])

    @property
    def token(self) -> str:
        return next(str(cookie.value) for cookie in self._jar if "csrf" in cookie.name)
