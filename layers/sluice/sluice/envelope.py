"""The envelope: the versioned body of a queue message, with the events of one request and why each may be sent.

JSON, at most 1 MiB (the size of an SQS message). It holds hashes, subject keys and decisions, nothing raw.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from sluice.consent.decide import Decision
from sluice.errors import BadEnvelope

VERSION: Final = 1
MAX_MESSAGE_BYTES: Final = 1_048_576
"""SQS: one message, and also the sum of one SendMessageBatch."""
MAX_ENTRY_BYTES: Final = 204_800
"""One event with everything beside it. It must fit a dead-letter message with room for its attributes."""


class Entry(msgspec.Struct, omit_defaults=True):
    """One event in an envelope.

    ``key``: of its delivery item. ``deadline``: Unix seconds after which Meta refuses it. ``subjects``: subject keys.
    ``event_time``: when it happened. ``event``: the JSON that Meta gets, byte for byte.
    """

    key: str
    name: str
    event_time: int
    deadline: int
    decision: Decision
    subjects: list[str]
    event: msgspec.Raw


class Envelope(msgspec.Struct, omit_defaults=True):
    """The events of one request for one dataset.

    ``site``: whose secret made the subject keys, the dataset itself when empty; it stays when the settings change.
    ``passed_on``: fields for Meta beside the events. ``is_letter``: it comes from the dead-letter queue; only then may
    its event be tried again after it was given up.
    """

    v: int
    dataset: str
    source: str
    accepted_at: int
    entries: list[Entry]
    passed_on: dict[str, str] = {}
    site: str = ""
    is_letter: bool = False


_DECODER: Final = msgspec.json.Decoder(Envelope)


def encode_entry(entry: Entry) -> str:
    """The JSON of one entry. SQS refuses U+FFFE and U+FFFF (SendMessage: XML 1.0 characters), so they are escaped."""
    text = msgspec.json.encode(entry).decode()
    return text.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")


def pack(envelope: Envelope, entries: Sequence[str]) -> list[str]:
    """The messages that carry the encoded entries under the envelope's head: one, or as many as the size asks for.

    An entry has at most MAX_ENTRY_BYTES; the caller has refused larger ones.
    """
    whole = msgspec.json.encode(envelope).decode()
    head, tail = whole.split('"entries":[]')
    head += '"entries":['
    room = MAX_MESSAGE_BYTES - len(whole)
    messages: list[str] = []
    batch: list[str] = []
    used = 0
    for entry in entries:
        size = len(entry.encode()) + 1
        if batch and used + size > room:
            messages.append(f"{head}{','.join(batch)}]{tail}")
            batch, used = [], 0
        batch.append(entry)
        used += size
    messages.append(f"{head}{','.join(batch)}]{tail}")
    return messages


def decode(body: str) -> Envelope:
    """Read a message body. Raises BadEnvelope for anything but an envelope of this version."""
    try:
        envelope = _DECODER.decode(body)
    except (ValueError, RecursionError):
        raise BadEnvelope from None
    if envelope.v != VERSION:
        raise BadEnvelope
    return envelope
