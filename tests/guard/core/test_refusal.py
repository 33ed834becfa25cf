from guard.core.closing import EndReason
from guard.core.refusal import Code, Refusal, denied, invalid, unknown


def test_a_refusal_is_not_fatal_unless_it_says_so() -> None:
    refusal = Refusal(Code.INVALID_EVENT, "Unknown event type.", "type")
    assert (refusal.code, refusal.param, refusal.fatal) == ("invalid_event", "type", False)
    assert refusal.rule == "invalid_event"
    assert type(refusal.code) is str


def test_a_fatal_refusal_names_how_the_session_ends() -> None:
    assert Refusal("frame_rejected", "", fatal=True).end is EndReason.BAD_FRAME
    assert Refusal("frame_rejected", "", fatal=True, end=EndReason.TOO_LARGE).end is EndReason.TOO_LARGE


def test_an_item_inside_a_response_is_named_by_its_whole_path() -> None:
    outer = invalid("item.content[0].text", "str").within("item", "response.input[2]")
    assert outer.param == "response.input[2].content[0].text"
    assert outer.message == "Invalid value for 'response.input[2].content[0].text': expected str."


def test_a_path_that_is_not_inside_stays() -> None:
    refusal = denied("session.model", "No.")
    assert refusal.within("item", "response.input[0]") is refusal
    assert Refusal("policy_denied", "No.").within("item", "x").param is None


def test_the_short_forms_use_official_codes() -> None:
    assert denied("a", "No.").code == "policy_denied"
    assert invalid("a").message == "Invalid value for 'a'."
    assert unknown("a").code == "unknown_parameter"
