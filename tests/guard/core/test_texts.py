from provider import event
from script import CARD, CARD_RULE, HIDDEN_CARD, Script

from guard.core.redact import Redactor, Rule
from guard.core.texts import Texts, slot_of

REDACTOR = Redactor([CARD_RULE])
KIND = "response.output_text.delta"
SPOKEN = "response.output_audio_transcript.delta"


def delta(text: str, item_id: str = "i", index: int = 0, kind: str = KIND) -> dict[str, object]:
    return event(kind, item_id=item_id, content_index=index, response_id="r", delta=text)


def test_parts_and_kinds_of_one_item_are_different_texts() -> None:
    texts = Texts()
    for index, kind in ((0, KIND), (1, KIND), (0, "response.output_audio_transcript.delta")):
        texts.push(delta("4111 1111 ", index=index, kind=kind), REDACTOR)
    grown = texts.finish("i", cut=False)
    assert "".join(e["delta"] for e in grown.events).count("4111 1111") <= 3
    assert grown.hits == []


def test_the_redactor_is_pinned_at_first_sight() -> None:
    texts = Texts()
    texts.push(delta("a"), REDACTOR)
    other = Redactor([Rule(name="x", pattern="b")])
    assert texts.redactor_for("i", other) is REDACTOR
    assert texts.redactor_for("j", other) is other
    assert texts.redactor_for("", other) is other


def test_a_text_ends_once() -> None:
    texts = Texts()
    texts.push(delta(CARD), REDACTOR)
    assert texts.was_cut("i") is None and texts.is_open("i")
    assert texts.finish("i", cut=False).events
    assert not texts.finish("i", cut=True).events
    assert texts.was_cut("i") is False and not texts.is_open("i")


def test_only_a_complete_text_with_nothing_hidden_is_clean() -> None:
    texts = Texts()
    assert not texts.is_clean("i", 0)
    texts.push(delta("hello", kind=SPOKEN), REDACTOR)
    assert not texts.is_clean("i", 0)
    texts.finish("i", cut=False)
    assert texts.is_clean("i", 0) and not texts.is_clean("i", 1)
    texts.push(delta(CARD, item_id="j", kind=SPOKEN), REDACTOR)
    texts.finish("j", cut=False)
    assert not texts.is_clean("j", 0)


def test_a_written_text_vouches_for_no_sound() -> None:
    texts = Texts()
    texts.push(delta("hello"), REDACTOR)
    texts.finish("i", cut=False)
    assert not texts.is_clean("i", 0)
    assert texts.cleared("i", 0) == 0


def test_a_text_without_deltas_counts_all_the_same() -> None:
    texts = Texts()
    done = event("response.output_text.done", item_id="i", content_index=0, text=CARD)
    assert [hit.rule for hit in texts.absorb(done, CARD, REDACTOR, cut=False).hits] == ["card"]
    assert texts.has("i", slot_of(done)) and not texts.is_clean("i", 0)


def test_open_texts_are_found_by_their_response() -> None:
    texts = Texts()
    texts.push(delta("a"), REDACTOR)
    texts.push({**delta("a", item_id="j"), "response_id": "other"}, REDACTOR)
    assert texts.open_items("r") == ["i"] and texts.open_items() == ["i", "j"]


def test_the_oldest_items_are_forgotten_with_what_they_held() -> None:
    texts = Texts()
    for i in range(4_100):
        texts.push(delta("4111 ", item_id=f"i{i}"), REDACTOR)
    assert len(texts.open_items()) == 4_096
    assert texts.finish("i0", cut=False).events == []


def test_a_character_cut_in_two_arrives_whole_and_hides_no_value() -> None:
    """A provider that counts in UTF-16 ends a delta with ``"\\ud83d"`` and begins the next with ``"\\ude00"``."""
    script, where = Script(), '"item_id":"item_1","response_id":"resp_1","content_index":0'
    deltas = ["Hi \\ud83d", "\\ude00 4111 1111 ", "1111 1111 \\ud83d", "!"]
    frames = [f'{{"type":"response.output_text.delta",{where},"delta":"{delta}"}}' for delta in deltas]
    done = f'{{"type":"response.output_text.done",{where},"text":"{"".join(deltas)}"}}'
    orders = script.server(*frames, done)
    assert (
        "".join(event.get("delta", "") for event in orders.to_client)
        == f"Hi \U0001f600 {HIDDEN_CARD} \ufffd!"
    )
    assert orders.to_client[-1]["text"] == f"Hi \U0001f600 {HIDDEN_CARD} \ufffd!"
