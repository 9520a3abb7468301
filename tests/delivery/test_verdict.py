"""What Meta's answers mean."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.delivery.verdict import Delivered, Halt, NoReply, Refused, Reply, Retry, Verdict, judge
from tests.fakes.graph import error
from tests.strategies import json_values


def answer(body: object, status: int = 200) -> Reply:
    """A JSON answer."""
    return Reply(status, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("body", "received", "trace"),
    [
        ({"events_received": 3, "messages": [], "fbtrace_id": "abc"}, 3, "abc"),
        ({"events_received": 0}, 0, ""),
        ({"events_received": 1, "fbtrace_id": 5}, 1, ""),
        ({"events_received": 1, "fbtrace_id": "x" * 100}, 1, "x" * 64),
        ({"events_received": 1, "fbtrace_id": "Abc-_1\u0000\u2028"}, 1, "Abc-_1"),
        ({"events_received": 1, "fbtrace_id": "\n"}, 1, ""),
        ({"events_received": -1}, -1, ""),
        ({"events_received": 1, "error": {"code": 190}}, 1, ""),
    ],
)
def test_delivered(body: object, received: int, trace: str) -> None:
    """200 with a count is delivered."""
    assert judge(answer(body)) == Delivered(received, trace)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b""),
        Reply(200, b"<html>"),
        Reply(200, b"\xff"),
        Reply(200, b"[" * 100_000),
        answer([]),
        answer({}),
        answer({"events_received": "3"}),
        answer({"events_received": True}),
        answer({"events_received": 3}, 201),
        answer({"events_received": 3}, 500),
        answer({"error": "no"}, 400),
        answer({"error": {}}, 400),
        answer({"error": {"code": "190"}}, 400),
        answer({"error": {"code": True}}, 400),
        answer({"error": {"code": 10**40}}, 400),
        Reply(502, b"Bad Gateway"),
        Reply(307, b""),
    ],
)
def test_unreadable(reply: Reply) -> None:
    """What is neither Meta's success nor Meta's error says nothing about the events: try again."""
    assert judge(reply) == Retry("meta_unreadable_answer", maybe_received=reply.status < 300)


@pytest.mark.parametrize("slug", ["meta_timeout", "meta_unreachable", "meta_broken_answer", "out_of_time"])
def test_no_reply(slug: str) -> None:
    """No answer is another try, under the reason for its absence."""
    assert judge(NoReply(slug)) == Retry(slug, maybe_received=True)
    assert judge(NoReply(slug, was_sent=False)) == Retry(slug)


@pytest.mark.parametrize("status", [200, 400, 403, 500])
@pytest.mark.parametrize(
    ("code", "more", "verdict"),
    [
        *((code, {}, Retry) for code in (-1, 1, 2, 4, 17, 32, 341, 613, 5000, 21009, 80000, 80004, 80099)),
        (1, {"error_subcode": 99}, Refused),
        (2, {"error_subcode": 99}, Retry),
        (100, {"is_transient": True}, Retry),
        (99_999, {"is_transient": True}, Retry),
        *((code, {}, Halt) for code in (3, 5, 10, 102, 104, 190, 200, 210, 299, 294, 368, 803, 2635)),
        (190, {"error_subcode": 463}, Halt),
        (190, {"is_transient": True}, Halt),
        *((100, {"error_subcode": subcode}, Halt) for subcode in (33, 34, 38)),
        (100, {}, Refused),
        (100, {"is_transient": False}, Refused),
        (100, {"is_transient": "yes"}, Refused),
        *((100, {"error_subcode": subcode}, Refused) for subcode in (2804003, 2804019, 2804050)),
        (12_345, {}, Retry),
        (2500, {}, Retry),
        (12_345, {"is_transient": False}, Retry),
    ],
)
def test_code(status: int, code: int, more: dict[str, object], verdict: type[Verdict]) -> None:
    """The code decides, not the status: busy is another try, token and permission halt, the rest is the event."""
    found = judge(error(code, status=status, **more))  # type: ignore[arg-type]
    assert isinstance(found, verdict)
    assert not isinstance(found, Delivered)
    assert (found.code, found.subcode, found.fbtrace_id) == (code, more.get("error_subcode"), "trace-error")


def test_text_that_was_cut() -> None:
    """Where Meta cuts a text that it quotes in the middle of a character, its verdict still counts."""
    body = rb'{"error": {"code": 100, "error_user_msg": "\ud83d at [data][3]", "error_subcode": 2804019}}'
    assert judge(Reply(400, body)) == Refused("meta_refused_event", 100, 2804019, 3, "")


@pytest.mark.parametrize("subcode", [True, 10**40, -(10**40), "33", 33.0, [33], None])
def test_subcode_that_is_none(subcode: object) -> None:
    """What is no number that a table and a queue can hold is no subcode."""
    assert judge(error(100, error_subcode=subcode)) == Refused("meta_refused_event", 100, None, None, "trace-error")


@pytest.mark.parametrize(
    ("code", "subcode", "slug"),
    [
        (190, None, "meta_refuses_token"),
        (200, None, "meta_refuses_dataset"),
        (2, None, "meta_busy"),
        (100, None, "meta_refused_event"),
    ],
)
def test_slug(code: int, subcode: int | None, slug: str) -> None:
    """Each kind of refusal has its own word."""
    found = judge(error(code, error_subcode=subcode))
    assert not isinstance(found, Delivered)
    assert found.slug == slug


@pytest.mark.parametrize(
    ("texts", "index"),
    [
        ({"error_user_msg": "Wrong type at $['data'][3]['user_data']['em']"}, 3),
        ({"error_user_msg": "Falscher Typ: $['data'][999]['event_time']"}, 999),
        ({"message": "Param data[data][12] must be"}, 12),
        ({"error_user_msg": "at $['data'][3]", "message": "[data][4]"}, 3),
        ({"error_user_msg": "at $['data'][12345]"}, None),
        ({"error_user_msg": "at $['custom_data'][3]"}, None),
        ({"error_user_msg": None}, None),
        ({"error_user_msg": ["[data][3]"]}, 3),
        ({}, None),
    ],
)
def test_index(texts: dict[str, object], index: int | None) -> None:
    """Which event is at fault is read from the path that Meta writes, in whatever language around it."""
    found = judge(error(100, **texts))  # type: ignore[arg-type]
    assert isinstance(found, Refused)
    assert found.event_index == index


@given(st.integers(100, 599), st.binary() | json_values.map(lambda value: json.dumps(value).encode()))
def test_total(status: int, body: bytes) -> None:
    """Any status and any bytes are one verdict."""
    assert isinstance(judge(Reply(status, body)), Verdict)


@given(
    st.integers(100, 599),
    st.dictionaries(
        st.sampled_from(["code", "error_subcode", "message", "error_user_msg", "is_transient", "fbtrace_id"]),
        json_values | st.sampled_from([1, 2, 100, 190, 2804019, True, "[data][0]"]),
    ),
)
def test_total_in_errors(status: int, details: dict[str, object]) -> None:
    """Any error envelope is one verdict, and never a delivery."""
    assert not isinstance(judge(answer({"error": details}, status)), Delivered)
