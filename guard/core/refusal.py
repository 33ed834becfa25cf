"""What a client is told when Sallyport will not do what it asked, in the words of the official API."""

from __future__ import annotations

from enum import StrEnum

from guard.core.closing import EndReason


class Code(StrEnum):
    """``error.code`` values. All but the last two are the provider's own, so that SDKs know them."""

    INVALID_EVENT = "invalid_event"
    UNKNOWN_PARAMETER = "unknown_parameter"
    MISSING_REQUIRED_PARAMETER = "missing_required_parameter"
    INVALID_VALUE = "invalid_value"
    ITEM_NOT_FOUND = "item_not_found"
    POLICY_DENIED = "policy_denied"
    FRAME_REJECTED = "frame_rejected"


class Refusal(Exception):
    """One client event is refused.

    ``param`` is the dotted path of the field at fault (``session.tools[0].name``) or None. ``rule`` names
    the check for the record and defaults to the code. Neither ``message`` nor ``param`` repeats a value
    that the client sent. ``fatal`` ends the session with ``end``: after a frame that two parsers may read
    differently nothing from this client can be trusted to mean what it seems to mean."""

    def __init__(
        self,
        code: str,
        message: str,
        param: str | None = None,
        *,
        rule: str = "",
        fatal: bool = False,
        end: EndReason = EndReason.BAD_FRAME,
    ) -> None:
        super().__init__(message)
        self.code = str(code)
        self.message = message
        self.param = param
        self.rule = rule or str(code)
        self.fatal = fatal
        self.end = end

    def within(self, inner: str, outer: str) -> Refusal:
        """The same refusal seen from further out: ``item.role`` becomes ``response.input[0].role``."""
        if self.param is None or not self.param.startswith(inner):
            return self
        param = outer + self.param.removeprefix(inner)
        message = self.message.replace(f"'{self.param}'", f"'{param}'")
        return Refusal(self.code, message, param, rule=self.rule, fatal=self.fatal, end=self.end)


def denied(param: str, message: str, *, rule: str = "") -> Refusal:
    """The field is well formed, and the policy says no."""
    return Refusal(Code.POLICY_DENIED, message, param, rule=rule)


def invalid(param: str, expected: str = "") -> Refusal:
    """``expected`` completes the sentence: "a data: URL"."""
    ending = f": expected {expected}." if expected else "."
    return Refusal(Code.INVALID_VALUE, f"Invalid value for '{param}'{ending}", param)


def unknown(param: str) -> Refusal:
    return Refusal(Code.UNKNOWN_PARAMETER, f"Unknown parameter: '{param}'.", param)
