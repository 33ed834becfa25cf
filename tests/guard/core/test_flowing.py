"""Classifiers that nothing waits for: what they find stops the rest."""

from __future__ import annotations

from provider import Utterance
from utterances import BAD, FLOWING, GOOD, everywhere, judge, retrieved


def test_flowing_words_do_not_wait_and_are_cut_when_something_is_found() -> None:
    desk, said = judge(FLOWING), Utterance(f"{GOOD}{BAD} And more of that.", sizes=(5,), spoken=True)
    desk.hold = True
    deltas = said.deltas()
    first = desk.server(*said.begin(), *deltas[:7])
    assert "".join(each["delta"] for each in first.to_client[4:]) == said.text[:35]
    cut = desk.answer()
    assert [each["delta"] for each in cut.to_client] == ["[WITHHELD]"]
    assert cut.to_upstream[0]["type"] == "response.cancel"
    rest = desk.server(*deltas[7:], *said.audio(), *said.finish(), retrieved(said))
    assert everywhere([*first.to_client, *cut.to_client, *rest.to_client], said) == {
        said.text[:35] + "[WITHHELD]"
    }
    assert "response.output_audio.delta" not in rest.types()


def test_flowing_words_that_are_known_to_be_bad_are_cut_at_once() -> None:
    desk = judge(FLOWING)
    desk.server(*Utterance(BAD).all())
    again = Utterance(f"{BAD} And", item_id="item_2", response_id="resp_2", sizes=(3,))
    orders = desk.server(*again.all(), retrieved(again))
    assert everywhere(orders.to_client, again) == {f"{BAD} A[WITHHELD]"}


def test_a_finding_behind_the_end_of_a_flowing_text_changes_no_copy() -> None:
    desk, said = judge(FLOWING), Utterance(BAD)
    desk.hold = True
    orders = desk.server(*said.all())
    late = desk.answer()
    assert late.to_client == []
    shown = [*orders.to_client, *desk.server(retrieved(said)).to_client]
    assert everywhere(shown, said) == {BAD}
    assert "classifier.found" in late.verbs()
