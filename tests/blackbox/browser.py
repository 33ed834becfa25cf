"""Just enough of a browser for the admin: cookies, forms as they are on the page, redirects."""

from __future__ import annotations

from html.parser import HTMLParser
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, ProxyHandler, build_opener


class Browser:
    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()), ProxyHandler({}))

    def get(self, path: str) -> str:
        return self._open(path)

    def post(self, path: str, values: dict[str, Any]) -> str:
        pairs = [(name, value) for name, value in values.items() if value is not None]
        return self._open(path, urlencode(pairs, doseq=True).encode())

    def submit(self, path: str, form: str = "", **changes: Any) -> str:
        """Post the form on the page at ``path`` (by its id, or the first that posts), with some values changed."""
        found = next(one for one in self.forms(path) if form in (one.id, "") and one.method == "post")
        return self.post(path, {**found.values, **changes})

    def forms(self, path: str) -> list[Form]:
        return self.parse(self.get(path))

    def parse(self, page: str) -> list[Form]:
        parser = _Forms()
        parser.feed(page)
        return parser.forms

    def log_in(self, username: str, password: str) -> None:
        page = self.submit("/admin/login/?next=/admin/", username=username, password=password)
        assert "Log out" in page

    def _open(self, path: str, content: bytes | None = None) -> str:
        url = urljoin(self.base_url, path)
        headers = [("Referer", url), ("Origin", self.base_url)]
        self._opener.addheaders = headers
        with self._opener.open(url, content, timeout=10) as answer:
            return str(answer.read().decode())


class Form:
    def __init__(self, attributes: dict[str, str | None]) -> None:
        self.id = attributes.get("id") or ""
        self.method = (attributes.get("method") or "get").lower()
        self.values: dict[str, Any] = {}


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._text: str | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "form":
            self.forms.append(Form(attributes))
        if not self.forms:
            return
        values, name = self.forms[-1].values, attributes.get("name")
        if tag == "input" and name:
            self._input(values, name, attributes)
        elif tag == "textarea" and name:
            self._text, values[name] = name, ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in attributes:
            values.setdefault(self._select, []).append(attributes.get("value") or "")

    def _input(self, values: dict[str, Any], name: str, attributes: dict[str, str | None]) -> None:
        kind = attributes.get("type", "text")
        if kind in ("checkbox", "radio") and "checked" not in attributes:
            return
        if kind not in ("submit", "button", "file"):
            values[name] = attributes.get("value") or ""

    def handle_data(self, data: str) -> None:
        if self._text:
            self.forms[-1].values[self._text] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            if self._text:  # HTML drops one line break after the tag; Django writes one there
                value = self.forms[-1].values[self._text]
                self.forms[-1].values[self._text] = value.removeprefix("\r\n").removeprefix("\n")
            self._text = None
        elif tag == "select":
            self._select = None
