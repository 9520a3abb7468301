"""Laws of the Conversions API door: every event is on its own, and so is every dataset."""

import json
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from hypothesis import given
from hypothesis import strategies as st

from sluice.door import Answer
from sluice.envelope import encode_entry
from sluice.sources.request import Request
from tests.fakes.rooms import IngestRoom
from tests.samples import DATASET, OTHER_DATASET, SERVER_KEY, dataset_changed, request, wire_event
from tests.strategies import any_text, json_values

people = st.fixed_dictionaries(
    {"em": st.sampled_from(["Jo.Sample@example.com", "jörg@bücher.example"])},
    optional={
        "ph": st.sampled_from(["0176 04069012", "(0650) 555 01 23", "+49 30 23125 000"]),
        "fn": st.sampled_from(["Zoë", "Marie-Luise", "O'Neil"]),
        "ct": st.sampled_from(["Bad Homburg", "St. Pölten"]),
        "st": st.sampled_from(["Bayern", "CA", "tirol"]),
        "zp": st.sampled_from(["10115-1234", "A-6020"]),
        "country": st.sampled_from(["DE", "Österreich", "us"]),
        "external_id": any_text,
    },
)
"""Invented people, with keys whose digests hang on the country and on the rule."""
good_events = st.builds(lambda name, person: wire_event(event_id=name, user_data=person), any_text, people)
"""Events that are right but perhaps for their id."""
any_values = json_values | any_text


@st.composite
def changed_events(draw: st.DrawFn) -> dict[str, Any]:
    """An event with anything in one place, at the top or one level below."""
    event = draw(good_events)
    inner = draw(st.sampled_from([event, event["user_data"], event["custom_data"], event["consent"]]))
    inner[draw(st.sampled_from([*inner, "contents", "original_event_data", "app_data"]))] = draw(any_values)
    return event


any_items = st.one_of(good_events, changed_events(), any_values)
"""What may stand in ``data``: an event, something like one, or any JSON value."""
items = any_items | any_items.map(json.dumps)
"""The same, or its JSON text, as Meta's Python SDK sends it."""


def as_json(data: str) -> Request:
    """A JSON body."""
    return request(f'{{"data":{data}}}'.encode(), access_token=SERVER_KEY)


def as_json_text(data: str) -> Request:
    """A JSON body with the events as JSON text."""
    return as_json(json.dumps(data))


def as_form(data: str) -> Request:
    """A form."""
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return request(urlencode({"data": data}).encode(), headers, access_token=SERVER_KEY)


def as_multipart(data: str) -> Request:
    """What `curl -F` sends."""
    part = f'--X\r\nContent-Disposition: form-data; name="data"\r\n\r\n{data}\r\n--X--\r\n'
    return request(part.encode(), {"content-type": "multipart/form-data; boundary=X"}, access_token=SERVER_KEY)


def outcome(encode: Callable[[str], Request], *events: Any) -> tuple[list[str], list[str], list[Any], list[str]]:
    """What becomes of a request: the entries that are queued; messages, problems and warnings of the answer."""
    room = IngestRoom()
    answer = room.take(encode(json.dumps(events)))
    said = answer.body.get("error", answer.body)
    entries = [encode_entry(entry) for envelope in room.queue.envelopes for entry in envelope.entries]
    return entries, said["messages"], said["problems"], said.get("warnings", [])


@given(st.lists(items, min_size=2, max_size=5), st.sampled_from([as_json, as_json_text, as_form, as_multipart]))
def test_an_event_ends_as_it_would_alone(events: list[Any], encode: Callable[[str], Request]) -> None:
    """Whatever stands beside an event: the same bytes are queued for it, or the same is said of it."""
    entries, messages, problems, warnings = [], [], [], []
    for at, event in enumerate(events):
        alone = outcome(as_json, event)
        entries += alone[0]
        messages += [message.replace("data[0]", f"data[{at}]", 1) for message in alone[1]]
        problems += [{**problem, "index": at} for problem in alone[2]]
        warnings += [warning.replace("data[0]", f"data[{at}]", 1) for warning in alone[3]]
    assert outcome(encode, *events) == (entries, messages, problems, warnings)


def forget() -> None:
    """Empty every cache of the product, so that none can make a wrong answer look like the right one."""
    for name, module in list(sys.modules.items()):
        if name.startswith("sluice.") and name != "sluice.wiring":
            for value in vars(module).values():
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


def posted(*requests: tuple[str, list[Any]]) -> tuple[dict[str, list[str]], list[Answer]]:
    """The bodies of the queue by dataset, and the answers, of requests through one ingest function."""
    forget()
    room = IngestRoom()
    settings = dataset_changed(default_country="DE", match_keys="both")
    other = {"default_country": "AT", "match_keys": "documented", "accept_test_event_code": True}
    settings["datasets"][OTHER_DATASET].update(other)
    room.configure(settings)
    answers = [room.take(as_json(json.dumps(events)), dataset=dataset) for dataset, events in requests]
    queued = {name: [body for at, body in room.queue.stored if at == name] for name in (DATASET, OTHER_DATASET)}
    return queued, answers


@given(
    st.lists(
        st.tuples(st.sampled_from([DATASET, OTHER_DATASET]), st.lists(items, min_size=1, max_size=3)),
        min_size=2,
        max_size=6,
    )
)
def test_two_datasets_interleaved_give_the_same_bytes_as_alone(requests: list[tuple[str, list[Any]]]) -> None:
    """Two datasets with other countries and rules share an ingest function, and nothing else."""
    queued, answers = posted(*requests)
    for dataset in (DATASET, OTHER_DATASET):
        alone, said = posted(*(each for each in requests if each[0] == dataset))
        assert queued[dataset] == alone[dataset]
        assert [answer for answer, each in zip(answers, requests, strict=True) if each[0] == dataset] == said


def test_the_two_datasets_differ() -> None:
    """The law above says something: one person is not the same to the two."""
    person = {"em": "jo.sample@example.com", "ph": "0176 04069012", "ct": "St. Pölten"}
    queued, _ = posted(*((dataset, [wire_event(user_data=person)]) for dataset in (DATASET, OTHER_DATASET)))
    first, second = (json.loads(body)["entries"][0]["event"]["user_data"] for (body,) in queued.values())
    assert (len(first["ct"]), len(second["ct"])) == (2, 1)
    assert first["ph"] != second["ph"]
