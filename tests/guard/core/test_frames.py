import json
import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.core.closing import EndReason
from guard.core.frames import (
    FrameLimits,
    ServerFault,
    StrictReader,
    Unreadable,
    decode_client,
    decode_server,
    encode,
)
from guard.core.refusal import Refusal

try:
    import orjson
except ImportError:
    orjson = None


def rejected(frame: str | bytes, limits: FrameLimits | None = None) -> Refusal:
    with pytest.raises(Refusal) as caught:
        decode_client(frame, limits or FrameLimits())
    assert caught.value.fatal
    assert caught.value.code == "frame_rejected"
    return caught.value


MALFORMED = [
    ("", "empty"),
    (b'{"type":"response.cancel"}', "binary"),
    (" ", "malformed_json"),
    ("\ufeff{}", "byte_order_mark"),
    ('x{"type":"a"}', "malformed_json"),
    ('{"type":"a"}{}', "trailing_bytes"),
    ('{"type":"a"} x', "trailing_bytes"),
    ('{"type":"a"} // note', "trailing_bytes"),
    ('{"type":"a",}', "malformed_json"),
    ("{'type':'a'}", "malformed_json"),
    ('{"type":"a","n":007}', "malformed_json"),
    ('{"type":"a","n":+1}', "malformed_json"),
    ('{"type":"a","n":.5}', "malformed_json"),
    ('{"type":"a\tb"}', "malformed_json"),
    ('{"type":"a', "malformed_json"),
    ('{"type":"a","n":NaN}', "non_finite"),
    ('{"type":"a","n":Infinity}', "non_finite"),
    ('{"type":"a","n":-Infinity}', "non_finite"),
    ('{"type":"a","n":1e999}', "non_finite"),
    ('{"type":"a","n":-0}', "negative_zero"),
    ('{"type":"a","n":-0.0}', "negative_zero"),
    ('{"type":"a","n":-0e5}', "negative_zero"),
    ('{"type":"a","n":9007199254740992}', "integer_range"),
    ('{"type":"a","n":-9007199254740993}', "integer_range"),
    ('{"type":"a","n":' + "9" * 5000 + "}", "integer_range"),
    ('{"type":"a","type":"b"}', "duplicate_key"),
    ('{"type":"a","\\u0074ype":"b"}', "duplicate_key"),
    ('{"type":"a","session":{"x":1,"x":2}}', "duplicate_key"),
    ('{"type":"a","session":{"tools":[{"name":"a","n\\u0061me":"b"}]}}', "duplicate_key"),
    ('{"type":"a","s":"\\ud800"}', "lone_surrogate"),
    ('{"type":"a","s":"\\udc00\\ud800"}', "lone_surrogate"),
    ('{"type":"a","\\uDBFF":1}', "lone_surrogate"),
    ('{"type":"a","s":"\ud800"}', "lone_surrogate"),
    ("[]", "not_an_object"),
    ('"type"', "not_an_object"),
    ("1", "not_an_object"),
    ("null", "not_an_object"),
    ("{}", "type_missing"),
    ('{"Type":"session.update"}', "type_missing"),
    ('{"type ":"session.update"}', "type_missing"),
    ('{"\uff54ype":"session.update"}', "type_missing"),
    ('{"type":1}', "type_not_a_string"),
    ('{"type":null}', "type_not_a_string"),
    ('{"type":["a"]}', "type_not_a_string"),
    ('{"type":{}}', "type_not_a_string"),
    ('{"type":"a","' + "k" * 4096 + '":1}', "long_key"),
    ('{"type":"a","x":{' + ",".join(f'"{n}":1' for n in range(1001)) + "}}", "too_many_members"),
    ('{"type":"a","x":[' + "1," * 20_000 + "1]}", "too_many_values"),
]


@pytest.mark.parametrize(
    ("frame", "rule"), MALFORMED, ids=[f"{n}-{rule}" for n, (_, rule) in enumerate(MALFORMED)]
)
def test_a_frame_that_parsers_read_differently_ends_the_session_and_names_the_rule(
    frame: str | bytes, rule: str
) -> None:
    refusal = rejected(frame)
    assert refusal.rule == rule
    assert refusal.end is EndReason.BAD_FRAME


@pytest.mark.parametrize("depth", [33, 65, 1_000, 100_000, 900_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_deep_nesting_is_refused_before_anything_recurses(depth: int, opening: str, closing: str) -> None:
    frame = '{"type":"a","x":' + opening * (depth - 1) + "1" + closing * (depth - 1) + "}"
    if len(frame) > 4 * 1024 * 1024:
        assert rejected(frame).end is EndReason.TOO_LARGE
        return
    began = time.perf_counter()
    assert rejected(frame).rule == "too_deep"
    assert time.perf_counter() - began < 0.05


def test_nesting_up_to_the_bound_is_read() -> None:
    frame = '{"type":"a","x":' + "[" * 31 + "]" * 31 + "}"
    assert decode_client(frame)["type"] == "a"


def test_brackets_inside_strings_are_no_nesting() -> None:
    frame = json.dumps({"type": "a", "s": '[{"\\' * 500})
    assert decode_client(frame)["s"].startswith('[{"\\')


def test_a_hostile_string_costs_linear_time() -> None:
    # Enough brackets that the scan for nesting runs.
    frame = '{"type":"a","x":[' + "[]," * 40 + '"' + '\\"' * 100_000
    began = time.perf_counter()
    assert rejected(frame).rule == "malformed_json"
    assert time.perf_counter() - began < 1


def test_a_surrogate_pair_is_one_character() -> None:
    assert decode_client('{"type":"a","s":"\\ud83d\\ude00"}')["s"] == "😀"


def test_an_escaped_type_is_decoded_before_anything_is_decided() -> None:
    assert decode_client('{"type":"session\\u002eupdate"}')["type"] == "session.update"


def test_largest_safe_integers_are_read() -> None:
    event = decode_client('{"type":"a","n":[9007199254740991,-9007199254740991,0,0.0,1.5e3]}')
    assert event["n"] == [9007199254740991, -9007199254740991, 0, 0.0, 1500.0]


def test_a_frame_over_its_cap_is_too_large() -> None:
    limits = FrameLimits(frame_bytes=100, media_bytes=1000)
    assert rejected('{"type":"a","s":"' + "x" * 100 + '"}', limits).end is EndReason.TOO_LARGE
    # The cap counts bytes, not characters.
    assert rejected('{"type":"a","s":"' + "é" * 50 + '"}', limits).rule == "too_large"
    assert decode_client('{"type":"a","s":"' + "x" * 50 + '"}', limits)


def test_sound_and_pictures_have_a_larger_cap_and_no_larger() -> None:
    limits = FrameLimits(frame_bytes=100, media_bytes=1000)
    sound = '{"type":"input_audio_buffer.append","audio":"' + "A" * 200 + '"}'
    assert decode_client(sound, limits)["audio"] == "A" * 200
    assert rejected(sound.replace("A" * 200, "A" * 2000), limits).end is EndReason.TOO_LARGE


def test_an_oversize_frame_is_refused_whatever_it_holds() -> None:
    assert rejected("[" * (5 * 1024 * 1024)).end is EndReason.TOO_LARGE


def test_the_refusal_repeats_nothing_of_the_frame() -> None:
    refusal = rejected('{"type":"secret-word","secret-word":1,"secret-word":2}')
    assert "secret" not in refusal.message
    assert refusal.param is None


# -- differential: three readers, one meaning

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: number != 0)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
)
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=10), inner, max_size=5),
    max_leaves=30,
)
events = st.dictionaries(st.text(max_size=10), trees, max_size=6).map(
    lambda members: {**members, "type": "a.b"}
)


@given(events)
def test_what_is_written_reads_the_same_in_every_parser(event: dict) -> None:
    text = encode(event)
    readings = [json.loads(text), msgspec.json.decode(text), decode_server(text), first_wins(text)]
    if orjson is not None:
        readings.append(orjson.loads(text))
    assert all(reading == event for reading in readings)


@given(events, st.sampled_from([None, 1]), st.booleans())
def test_what_the_strict_reader_accepts_has_one_meaning(
    event: dict, indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(event, indent=indent, ensure_ascii=ascii_only)
    read = decode_client(text)
    assert read == msgspec.json.decode(text) == first_wins(text)
    assert msgspec.json.decode(encode(read)) == read


@given(st.text(alphabet='{}[]",:\\/u0tfnde1.-+ \ud83d\ue000aE', max_size=60))
def test_arbitrary_text_is_read_alike_or_refused(text: str) -> None:
    try:
        value = StrictReader().read(text)
    except Unreadable:
        return
    assert value == msgspec.json.decode(text) == json.loads(text)


def first_wins(text: str) -> object:
    def members(pairs: list[tuple[str, object]]) -> dict[str, object]:
        return dict(reversed(pairs))

    return json.loads(text, object_pairs_hook=members)


def test_writing_is_compact_and_keeps_the_order_of_members() -> None:
    assert encode({"type": "a", "b": ["é", 1, None]}) == '{"type":"a","b":["é",1,null]}'


def test_a_lone_surrogate_is_never_written() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        encode({"type": "a", "s": "\ud800"})


# -- the provider's frames


def test_a_provider_may_use_text_or_binary_frames() -> None:
    assert decode_server(b'{"type":"a"}') == decode_server('{"type":"a"}') == {"type": "a"}


@pytest.mark.parametrize(
    ("frame", "rule"),
    [
        ("", "malformed_json"),
        ("{", "malformed_json"),
        (b"\xff\xfe", "malformed_json"),
        ('{"type":"a","s":"\\ud800","n":NaN}', "non_finite"),
        ('["\\ud800"]', "not_an_event"),
        ('{"type":"a","n":NaN}', "malformed_json"),
        ("[]", "not_an_event"),
        ('{"event":"a"}', "not_an_event"),
        ('{"type":1}', "not_an_event"),
        ('{"type":"a","x":' + "[" * 100_000, "too_deep"),
    ],
)
def test_a_frame_that_is_no_event_is_the_providers_fault(frame: str | bytes, rule: str) -> None:
    with pytest.raises(ServerFault) as caught:
        decode_server(frame)
    assert caught.value.rule == rule


def test_a_providers_frame_has_a_cap() -> None:
    with pytest.raises(ServerFault) as caught:
        decode_server('{"type":"' + "a" * 100 + '"}', max_bytes=50)
    assert caught.value.rule == "too_large"


def test_half_a_character_is_kept_only_where_its_other_half_may_follow() -> None:
    delta = '{"type":"response.output_text.delta","delta":"a\\ud83d","item_id":"\\ud83d","x":{"\\ude00":["\\ud83d"]}}'
    assert decode_server(delta) == {
        "type": "response.output_text.delta",
        "delta": "a\ud83d",
        "item_id": "\ufffd",
        "x": {"\ufffd": ["\ufffd"]},
    }
    assert decode_server('{"type":"response.output_audio.delta","delta":"\\ud83d"}')["delta"] == "\ufffd"
    assert decode_server('{"type":"a","s":"\\ud83d\\ude00"}')["s"] == "\U0001f600"
