"""Meta's own request body."""

import json
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.errors import Rejected
from sluice.rules import Problem, read_event
from sluice.sources.graph import json_of, presented_key, read_body
from sluice.sources.request import Request
from tests.samples import request
from tests.strategies import json_values

BEARER = {"authorization": "Bearer the-key"}


@pytest.mark.parametrize(
    ("headers", "query", "key"),
    [
        (BEARER, {}, "the-key"),
        ({"authorization": "bearer  the-key "}, {}, "the-key"),
        (BEARER, {"access_token": "other"}, "the-key"),
        ({}, {"access_token": "the-key"}, "the-key"),
        ({"authorization": "Basic dGhlLWtleQ=="}, {"access_token": "the-key"}, "the-key"),
        ({"authorization": "Bearer"}, {}, ""),
        ({"authorization": ""}, {}, ""),
        ({}, {}, ""),
    ],
)
def test_presented_key(headers: dict[str, str], query: dict[str, str], key: str) -> None:
    """The key is the bearer token, else the query's access_token."""
    assert presented_key(request(b"", headers, **query)) == key


def test_body() -> None:
    """The body's events stay unread; its token is there for clients that send it so; the rest is left alone."""
    found = read_body(request(b'{"data":[{"a":1}, 5],"access_token":"the-key","test_event_code":"TEST1"}'))
    assert ([bytes(item) for item in found.data], found.access_token) == ([b'{"a":1}', b"5"], "the-key")


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        (b"", "bad_json"),
        (b"{", "bad_json"),
        (b'{"data":[NaNs]}', "bad_json"),
        (b'{"data":' + b"[" * 100_000 + b"}", "bad_json"),
        (b"[" * 100_000, "bad_body"),
        (b"[]", "bad_body"),
        (b"null", "bad_body"),
        (b"{}", "bad_body"),
        (b'{"data":{}}', "bad_body"),
        (b'{"data":"{}"}', "bad_body"),
        (b'{"data":"["}', "bad_json"),
    ],
)
def test_bad_body(body: bytes, slug: str) -> None:
    """A body that is no JSON, or no body of events, is refused as what it is."""
    with pytest.raises(Rejected, match=slug):
        read_body(request(body))


@pytest.mark.parametrize(
    "odd", ["NaN", "Infinity", "-Infinity", "[" * 5_000 + "]" * 5_000, '{"b":' * 5_000 + "1" + "}" * 5_000]
)
def test_what_is_no_json_costs_only_its_event(odd: str) -> None:
    """A number that only some writers know, or a value nested too deep, is out of range; texts stay as they are."""
    first, second = '{"a":"NaN [\\"["}', f'{{"a":{odd}}}'
    found = read_body(request(f'{{"data":[{first},{second}]}}'.encode())).data
    assert [bytes(found[0]).decode(), "1e999" in bytes(found[1]).decode()] == [first, True]
    assert len(found) == 2


def test_form_of_many_fields() -> None:
    """A form that spreads its events over many fields is told so."""
    with pytest.raises(Rejected, match="too_many_fields"):
        read_body(form(**{f"data{at}": "1" for at in range(51)}))


@pytest.mark.parametrize("text", ['{"a": 1}', '  {"a": 1}', json.dumps('{"a": 1}')])
def test_an_event_may_be_json_text_itself(text: str) -> None:
    """Meta's Python SDK encodes each event twice; both forms are the same event."""
    assert msgspec.json.decode(json_of(msgspec.Raw(text.encode()))) == {"a": 1}


@pytest.mark.parametrize("half", [rb"\ud83d", rb"\udc00", rb"\ud83d\u0041", rb"\\\ud83d"])
def test_half_a_surrogate_pair_costs_only_its_event(half: bytes) -> None:
    """An emoji that was cut makes its own event unreadable; whole pairs and escaped backslashes stay as they are."""
    whole = rb'{"data": [{"a": "\ud83d\ude00 \\ud83d"}, {"a": "%s"}]}' % half
    first, second = read_body(request(whole)).data
    assert msgspec.json.decode(first) == {"a": "\N{GRINNING FACE} \\ud83d"}
    assert read_event(json_of(second)).problems == [Problem("bad_utf8", "")]


DATA = '[{"event_name": "Päckchen"}]'


def multipart(**fields: str) -> Request:
    """A body as `curl -F name=value` sends it."""
    parts = (f'--X\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}' for name, text in fields.items())
    return request("\r\n".join([*parts, "--X--\r\n"]).encode(), {"content-type": "multipart/form-data; boundary=X"})


def form(**fields: str) -> Request:
    """A body as a HTML form or Meta's Python SDK sends it."""
    return request(urlencode(fields).encode(), {"content-type": "application/x-www-form-urlencoded; charset=utf-8"})


def as_json(**fields: str) -> Request:
    """A JSON body whose ``data`` is JSON text, as some clients send it."""
    return request(json.dumps(fields).encode(), {"content-type": "application/json"})


@pytest.mark.parametrize("encode", [multipart, form, as_json])
def test_every_encoding_of_meta_is_read(encode: Callable[..., Request]) -> None:
    """JSON, form and multipart bodies mean the same; events, key and the fields for Meta are found in each."""
    body = read_body(encode(data=DATA, access_token="the-key", test_event_code="TEST1", partner_agent="shop_1_0"))
    assert [msgspec.json.decode(item) for item in body.data] == json.loads(DATA)
    assert body.access_token == "the-key"
    assert body.passed_on == {"test_event_code": "TEST1", "partner_agent": "shop_1_0"}


@pytest.mark.parametrize(
    ("head", "foot", "content_type"),
    [
        (b'{"data":', b"}", "application/json"),
        (b"data=", b"", "application/x-www-form-urlencoded"),
        (
            b'--X\r\nContent-Disposition: form-data; name="data"\r\n\r\n',
            b"\r\n--X--",
            "multipart/form-data; boundary=X",
        ),
    ],
)
def test_bytes_that_are_no_utf_8_cost_only_their_event(head: bytes, foot: bytes, content_type: str) -> None:
    """One event in another character set is told so, in each encoding; the next one is read as it is."""
    body = head + b'[{"event_name":"M\xfcller"},{"event_name":"M\xc3\xbcller"}]' + foot
    first, second = read_body(request(body, {"content-type": content_type})).data
    assert read_event(json_of(first)).problems == [Problem("bad_utf8", "")]
    assert msgspec.json.decode(json_of(second)) == {"event_name": "Müller"}


@pytest.mark.parametrize("name", ["test_event_code", "partner_agent"])
@pytest.mark.parametrize("text", ["", "1", "<script>", "x" * 65, "lena@example.de"])
def test_fields_for_meta_follow_meta_s_form_or_stay_behind(name: str, text: str) -> None:
    """What is no code and no agent name is not passed on, and stops nothing."""
    if (name, text) != ("test_event_code", "1"):
        assert read_body(form(data=DATA, **{name: text})).passed_on == {}


@given(st.text(max_size=60), st.binary(max_size=200))
def test_any_content_type_and_any_bytes_are_read_or_refused(content_type: str, body: bytes) -> None:
    """Nothing but a refusal comes out of a body that cannot be read."""
    for kind in (content_type, "multipart/form-data; boundary=X", "application/x-www-form-urlencoded"):
        with suppress(Rejected):
            read_body(request(body, {"content-type": kind}))


@given(json_values)
def test_total(value: object) -> None:
    """Any JSON as an event is handed on as JSON."""
    assert isinstance(json_of(msgspec.Raw(json.dumps(value).encode())), bytes)
