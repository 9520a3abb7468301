"""The envelope."""

import json
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.envelope import MAX_MESSAGE_BYTES, VERSION, Entry, Envelope, decode, encode_entry, pack
from sluice.errors import BadEnvelope
from tests.fakes.rooms import SenderRoom
from tests.samples import ALLOWED, DATASET, NOW, ROOT, entry, head, message
from tests.strategies import any_text, json_values

FROZEN = {int(file.stem[1:]): json.loads(file.read_text()) for file in (ROOT / "tests" / "envelopes").glob("v*.json")}
"""By version: messages as it stored them at NOW. A message is never edited or taken out: one like it may wait."""


def sized(number: int, size: int) -> Entry:
    """An entry whose event has about this many bytes."""
    padding = msgspec.Raw(json.dumps({"event_id": str(number), "pad": "ä" * (size // 6)}).encode())
    return Entry(f"key-{number}", "Purchase", NOW, NOW, ALLOWED, ["A" * 22], padding)


@given(st.lists(st.integers(0, 200_000), max_size=30))
def test_split_loses_nothing(sizes: list[int]) -> None:
    """However large the entries, each message fits SQS and together they hold every entry once, in order."""
    entries = [sized(number, size) for number, size in enumerate(sizes)]
    messages = pack(head(), [encode_entry(each) for each in entries])
    assert all(len(body.encode()) <= MAX_MESSAGE_BYTES for body in messages)
    opened = [decode(body) for body in messages]
    assert [each for envelope in opened for each in envelope.entries] == entries
    assert {(found.v, found.dataset, found.source, found.accepted_at) for found in opened} == {
        (1, DATASET, "events", NOW)
    }


def test_split_at_one_mebibyte() -> None:
    """Entries that fill a message stay together; what is one byte too large for it opens the next."""
    empty = len(pack(head(), [json.dumps("")])[0])
    room = MAX_MESSAGE_BYTES - empty
    for more, messages in ((-1, 1), (1, 2)):
        halves = [json.dumps("x" * (room // 2)), json.dumps("x" * (room - room // 2 - len(',""') + more))]
        assert len(pack(head(), halves)) == messages


def test_one_request_of_full_size_is_few_messages() -> None:
    """A thousand small events are one message."""
    assert len(pack(head(), [encode_entry(entry()) for _ in range(1_000)])) == 1


@given(st.text(st.characters(codec="utf-8")))
def test_round_trip(text: str) -> None:
    """The bytes for Meta come out as they went in, in meaning and in every character."""
    event = {"event_name": text, "custom_data": {text: [text]}}
    sent = Entry(text, text, NOW, NOW, ALLOWED, [text], msgspec.Raw(msgspec.json.encode(event)))
    (body,) = pack(head(text), [encode_entry(sent)])
    (got,) = decode(body).entries
    assert (got.key, got.name, got.subjects, got.decision) == (text, text, [text], ALLOWED)
    assert json.loads(bytes(got.event)) == event


@given(st.text(st.sampled_from('\\"a\ufffe\uffff\x00\x1f')))
def test_only_characters_that_sqs_takes(text: str) -> None:
    """SQS refuses control characters, U+FFFE and U+FFFF: none is in an entry, and each is still in the event."""
    event = msgspec.json.encode({"event_id": text})
    encoded = encode_entry(Entry("key", "PageView", NOW, NOW, ALLOWED, [], msgspec.Raw(event)))
    assert not set(encoded) & set("\ufffe\uffff\x00\x1f")
    (got,) = decode(pack(head(), [encoded])[0]).entries
    assert json.loads(bytes(got.event)) == {"event_id": text}


@given(any_text)
def test_any_text_is_an_answer(text: str) -> None:
    """What is no envelope is BadEnvelope and nothing else."""
    with pytest.raises(BadEnvelope, match="undecodable_envelope"):
        decode(text)


@given(st.sampled_from(Envelope.__struct_fields__), json_values)
def test_any_value_in_an_envelope_is_an_answer(field: str, value: object) -> None:
    """An envelope with any value in any field is read or is BadEnvelope."""
    body = {**json.loads(message(entry()).body), field: value}
    with suppress(BadEnvelope):
        assert isinstance(decode(json.dumps(body)), Envelope)


@pytest.mark.parametrize("version", [0, 2, 10**30, "1", None])
def test_other_version(version: object) -> None:
    """An envelope of another version is not guessed at."""
    body = {**json.loads(message(entry()).body), "v": version}
    with pytest.raises(BadEnvelope):
        decode(json.dumps(body))


def test_nested_too_deep() -> None:
    """A hundred thousand brackets are no envelope."""
    with pytest.raises(BadEnvelope):
        decode("[" * 100_000)


def test_later_fields_are_left_alone() -> None:
    """A field that a newer version of this one adds does not make the message unreadable."""
    body = {**json.loads(message(entry("one")).body), "more": 1}
    assert len(decode(json.dumps(body)).entries) == 1


def test_a_stored_message_is_read_without_a_loss() -> None:
    """What this version once stored is what it reads: a field that is renamed or taken away would show here."""
    for stored in FROZEN[VERSION]:
        envelope = decode(json.dumps(stored))
        (again,) = pack(msgspec.structs.replace(envelope, entries=[]), [encode_entry(e) for e in envelope.entries])
        assert json.loads(again) == stored


@pytest.mark.parametrize("version", [version for version in (VERSION - 1, VERSION) if version])
def test_waiting_messages_survive_a_deployment(sender: SenderRoom, version: int) -> None:
    """What this version or the one before it stored, up to two weeks ago, reaches Meta as it was stored."""
    for stored in FROZEN[version]:
        assert sender.deliver(message()._replace(body=json.dumps(stored))) == []
    assert sender.dead == []
    assert [event for request in sender.graph.requests for event in request.events] == [
        e["event"] for stored in FROZEN[version] for e in stored["entries"]
    ]


def test_each_kind_of_message_is_frozen() -> None:
    """Every field that this version stores stands in one of its frozen messages."""
    stored = FROZEN[VERSION]
    assert {name for each in stored for name in each} == set(Envelope.__struct_fields__)
    assert {name for each in stored for e in each["entries"] for name in e} == set(Entry.__struct_fields__)
