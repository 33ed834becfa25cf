"""What the model says is judged sentence by sentence, in every copy alike, and nothing overtakes what waits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judging import names
from provider import Utterance, event, response
from script import CARD, HIDDEN_CARD
from test_utterances import copies_of
from utterances import BAD, BLOCKING, FLAGGING, FLOWING, GOOD, HIDING, everywhere, judge, retrieved

from guard.core.classifier import Judgement, OnFailure
from guard.core.policy import AudioPolicy


@pytest.mark.parametrize("spoken", [False, True])
def test_a_flagged_sentence_is_cut_with_all_that_follows_in_every_copy(spoken: bool) -> None:
    desk, said = judge(), Utterance(f"{GOOD}{BAD} More of it.", spoken=spoken)
    orders = desk.server(*said.all(), retrieved(said))
    assert everywhere(orders.to_client, said) == {f"{GOOD}[WITHHELD]"}
    assert "forbidden" not in orders.text()


def test_a_classifier_sees_what_the_redactor_has_left() -> None:
    desk = judge()
    desk.server(*Utterance(f"Your card is {CARD}, is it not?").all())
    assert [question.text for question in desk.asked] == [f"Your card is {HIDDEN_CARD}, is it not?"]


def test_one_sentence_is_asked_about_once_for_all_its_copies_and_repetitions() -> None:
    desk, said = judge(), Utterance(f"{GOOD} {GOOD}")
    desk.server(*said.all(), retrieved(said))
    assert [question.text for question in desk.asked] == [GOOD, f" {GOOD}"]


@given(
    parts=st.lists(
        st.sampled_from([GOOD, BAD, "Ann Lee ", "Yes! ", CARD, "4111 ", "\n", "你好。", " ", "x" * 150]),
        max_size=9,
    ),
    sizes=st.lists(st.integers(1, 60), min_size=1, max_size=30),
    spoken=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_all_copies_are_equal_whatever_is_found(parts: list[str], sizes: list[int], spoken: bool) -> None:
    said = Utterance("".join(parts), tuple(sizes), spoken=spoken)

    def judgement(question: Any) -> Judgement:
        bad = "forbidden" in question.text
        return Judgement(flagged=True) if bad else names("Ann Lee")(question)

    whole = judge(HIDING, judgement).server(*replace(said, sizes=(9_999,)).all(), retrieved(said))
    cut_up = judge(HIDING, judgement).server(*said.all(), retrieved(said))
    assert everywhere(cut_up.to_client, said) == everywhere(whole.to_client, said)
    assert "Ann Lee" not in cut_up.text()
    assert "forbidden" not in cut_up.text()


def test_named_places_are_hidden_and_the_rest_goes_on() -> None:
    desk, said = judge(HIDING, names("Ann Lee")), Utterance("I am Ann Lee. And you, Ann Lee?")
    orders = desk.server(*said.all(), retrieved(said))
    assert everywhere(orders.to_client, said) == {"I am [PERSON_REDACTED]. And you, [PERSON_REDACTED]?"}


def test_a_find_that_names_no_place_is_cut_where_places_should_be_hidden() -> None:
    desk, said = judge(HIDING), Utterance(GOOD + BAD)
    assert "forbidden" not in desk.server(*said.all()).text()


def test_a_flag_only_leaves_a_record() -> None:
    desk, said = judge(FLAGGING), Utterance(GOOD + BAD)
    orders = desk.server(*said.all(), retrieved(said))
    assert everywhere(orders.to_client, said) == {GOOD + BAD}
    [record] = [record for record in orders.records if record.verb == "classifier.found"]
    assert (record.outcome, record.fields["classifier"], record.fields["length"]) == (
        "flag",
        "names",
        len(BAD),
    )
    assert BAD not in str(record)


def test_while_a_sentence_waits_nothing_that_came_behind_it_is_shown() -> None:
    desk, said = judge(), Utterance(GOOD, spoken=True)
    desk.hold = True
    shown = desk.server(*said.all(), response("response.created", id="resp_2"))
    assert shown.types() == [
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
    ]
    rest = desk.answer().types()
    assert rest[0] == "response.output_audio_transcript.delta"
    assert rest[-1] == "response.created"
    assert "response.output_audio.delta" in rest


def test_signs_of_the_users_speech_overtake_what_waits() -> None:
    desk = judge()
    desk.hold = True
    desk.server(*Utterance(GOOD).all())
    started = event("input_audio_buffer.speech_started", item_id="item_u", audio_start_ms=5)
    assert desk.server(started).types() == ["input_audio_buffer.speech_started"]


def test_sentences_are_judged_side_by_side_and_shown_in_order() -> None:
    desk = judge()
    desk.hold = True
    said = Utterance("One stands here. Two stand here. Three.", sizes=(99,))
    desk.server(*said.begin(), *said.deltas())
    assert [question.text for question in desk.held] == ["One stands here.", " Two stand here."]
    desk.held.reverse()
    assert desk.answer(first=True).text() == ""
    assert "".join(each["delta"] for each in desk.answer().to_client) == "One stands here. Two stand here."


def test_what_could_not_be_judged_is_withheld_or_passed_as_the_classifier_says() -> None:
    failing = lambda question: Judgement(failure="timeout")  # noqa: E731
    said = Utterance(GOOD)
    withheld = judge(BLOCKING, failing).server(*said.all(), retrieved(said))
    assert everywhere(withheld.to_client, said) == {"[WITHHELD]"}
    passed = judge(replace(BLOCKING, on_failure=OnFailure.PASS), failing).server(*said.all(), retrieved(said))
    assert everywhere(passed.to_client, said) == {GOOD}
    for orders, outcome in ((withheld, "block"), (passed, "pass")):
        [record] = [each for each in orders.records if each.verb == "classifier.failed"]
        assert (record.outcome, record.reason) == (outcome, "timeout")


def test_a_question_that_nobody_answers_fails_by_itself() -> None:
    desk, said = judge(), Utterance(GOOD)
    desk.hold = True
    desk.server(*said.all())
    due = desk.script.session.next_tick()
    assert due < desk.script.now + 2.5
    late = desk.script.wait(due - desk.script.now)
    assert everywhere([*late.to_client, *desk.server(retrieved(said)).to_client], said) == {"[WITHHELD]"}
    assert desk.answer() == []  # an answer that comes too late changes nothing


def test_a_block_cancels_the_response_and_silences_its_sound() -> None:
    desk, said = judge(), Utterance(GOOD + BAD, spoken=True)
    orders = desk.server(*said.all())
    assert "response.output_audio.delta" not in orders.types()
    assert {"type": "response.cancel", "response_id": "resp_1"}.items() <= orders.to_upstream[0].items()
    assert "audio.withheld" in orders.verbs()


def test_clean_sound_goes_when_the_last_sentence_was_judged() -> None:
    desk, said = judge(), Utterance(GOOD + " Really.", spoken=True)
    desk.hold = True
    assert "response.output_audio.delta" not in desk.server(*said.all()).types()
    assert "response.output_audio.delta" not in desk.answer(first=True).types()
    assert desk.answer().types().count("response.output_audio.delta") == 2


def test_under_kill_sound_waits_for_the_sentence_that_it_belongs_to() -> None:
    desk, said = judge(audio=AudioPolicy.KILL), Utterance(BAD.strip() + " More.", spoken=True, sizes=(4,))
    deltas = said.deltas()
    orders = desk.server(*said.begin(), *deltas[:2], said.audio()[0])
    assert "response.output_audio.delta" not in orders.types()
    rest = desk.server(*deltas[2:], *said.audio()[1:], *said.finish())
    assert "response.output_audio.delta" not in rest.types()
    assert [sent["type"] for sent in rest.to_upstream] == ["response.cancel", "conversation.item.truncate"]


def test_a_sound_of_an_item_is_not_retrieved_when_its_words_were_withheld() -> None:
    desk, said = judge(), Utterance(GOOD + BAD, spoken=True)
    desk.server(*said.all())
    copy = retrieved(said)
    copy["item"]["content"][0]["audio"] = "AAAA"
    [shown] = desk.server(copy).to_client
    assert "audio" not in shown["item"]["content"][0]


def test_a_text_that_comes_whole_is_judged_like_one_that_came_in_deltas() -> None:
    desk, said = judge(), Utterance(GOOD + BAD)
    orders = desk.server(event("conversation.item.created", item=said.item("completed", said.text)))
    assert orders.to_client[0]["item"]["content"][0]["text"] == f"{GOOD}[WITHHELD]"


def test_classifiers_are_pinned_to_an_item_as_rules_are() -> None:
    desk, said = judge(), Utterance(GOOD + BAD)
    deltas = said.deltas()
    first = desk.server(*said.begin(), *deltas[:4])
    desk.script.replace(version=8, client_classifiers=())
    rest = desk.server(*deltas[4:], *said.finish(), retrieved(said))
    assert everywhere([*first.to_client, *rest.to_client], said) == {f"{GOOD}[WITHHELD]"}


def test_what_the_user_said_is_not_judged_as_the_models_words() -> None:
    desk = judge()
    item = {
        "id": "item_u",
        "type": "message",
        "role": "user",
        "content": [{"type": "input_text", "text": BAD}],
    }
    assert BAD in desk.server(event("conversation.item.added", item=item)).text()
    assert desk.asked == []


def test_a_response_that_breaks_off_shows_no_unjudged_words() -> None:
    desk, said = judge(), Utterance("This is forb")
    orders = desk.server(*said.begin(), *said.deltas())
    assert "This" not in orders.text()
    item = said.item("incomplete", said.text)
    rest = desk.server(response("response.done", "cancelled", output=[item]))
    assert [question.text for question in desk.asked] == ["This is forb"]
    assert copies_of(rest.to_client, said) == {"delta": "This is forb", "response.done": "This is forb"}


def test_a_transcript_without_deltas_vouches_for_no_sound_before_it_was_judged() -> None:
    desk, said = judge(), Utterance(BAD, spoken=True)
    orders = desk.server(*said.begin(), *said.audio(), *said.finish(), retrieved(said))
    assert everywhere(orders.to_client, said) == {"[WITHHELD]"}
    assert "response.output_audio.delta" not in orders.types()
    assert "audio.withheld" in orders.verbs()
    assert orders.to_upstream[0]["type"] == "response.cancel"


def test_a_text_without_deltas_grows_all_the_same() -> None:
    desk, said = judge(), Utterance(GOOD)
    orders = desk.server(*said.begin(), *said.finish(), retrieved(said))
    assert everywhere(orders.to_client, said) == {GOOD}


def test_flowing_classifiers_are_asked_about_texts_without_deltas_too() -> None:
    desk = judge(FLOWING)
    desk.server(*Utterance(GOOD).begin(), *Utterance(GOOD).finish())
    desk.server(event("conversation.item.created", item=Utterance(BAD, item_id="i2").item("completed", BAD)))
    assert [question.text for question in desk.asked] == [GOOD, BAD]


def test_sound_that_waited_and_was_dropped_does_not_count_as_heard() -> None:
    desk, said = judge(audio=AudioPolicy.KILL), Utterance(BAD, spoken=True, sizes=(99,), sound=("A" * 6400,))
    desk.hold = True
    desk.server(*said.begin(), *said.deltas(), said.audio()[0])
    truncate = desk.answer().to_upstream + desk.server(*said.finish()).to_upstream + desk.answer().to_upstream
    assert [each["audio_end_ms"] for each in truncate if each["type"] == "conversation.item.truncate"] == [0]


@pytest.mark.parametrize("late", [False, True])
def test_the_notice_of_silence_is_given_however_late_the_judgement(late: bool) -> None:
    desk, said = judge(withheld_notice="I cannot say that."), Utterance(BAD, spoken=True)
    desk.hold = late
    orders = [*desk.server(*said.all()).to_upstream, *desk.answer().to_upstream]
    assert [each["type"] for each in orders].count("response.create") == 1
    assert orders[-1]["response"]["instructions"].endswith("I cannot say that.")


def test_only_places_that_account_for_all_that_was_found_are_hidden() -> None:
    def judgement(question: Any) -> Judgement:
        found = names("Ann Lee")(question)
        return Judgement(True, ("PERSON", "threat"), found.spans)

    orders = judge(HIDING, judgement).server(*Utterance("Ann Lee, beware.").all())
    assert "beware" not in orders.text()
