"""What the adapters read JSON with."""

import json
from typing import Any, NoReturn

import pytest
from hypothesis import given

from sluice.errors import Rejected
from sluice.sources.payload import at_path, first, json_object, objects, text
from tests.strategies import json_values


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        (b"", "bad_json"),
        (b"{", "bad_json"),
        (b"NaN", "bad_json"),
        (b'{"a":NaN}', "bad_json"),
        (b'{"a":Infinity}', "bad_json"),
        (b'{"a":"\xff"}', "bad_json"),
        (b'{"a":' + b"1" * 5_000 + b"}", "bad_json"),
        (b"[" * 100_000, "bad_json"),
        (b"[]", "bad_body"),
        (b'"text"', "bad_body"),
        (b"null", "bad_body"),
    ],
)
def test_no_object(body: bytes, slug: str) -> None:
    """What is no JSON object is refused as what it is, and nothing else happens."""
    with pytest.raises(Rejected, match=slug):
        json_object(body)


@pytest.mark.parametrize(
    ("escaped", "read"),
    [
        (rb"\ud83d", "\ufffd"),
        (rb"a\uDE00b", "a\ufffdb"),
        (rb"\ud83d\ude00", "\U0001f600"),
        (rb"\ud83d\ud83d\ude00", "\ufffd\U0001f600"),
        (rb"\\ud83d\ud83d", "\\ud83d\ufffd"),
    ],
)
def test_half_a_character(escaped: bytes, read: str) -> None:
    """Half a surrogate pair, as a text that was cut in an emoji ends with, is mended and costs nothing else."""
    assert json_object(b'{"note":"' + escaped + b'","id":1}') == {"note": read, "id": 1}


@pytest.mark.parametrize(
    ("value", "path", "found"),
    [
        ({"a": "x"}, ["a"], "x"),
        ({"a": {"b": 5}}, ["a", "b"], "5"),
        ({"a": 6031947350283}, ["a"], "6031947350283"),
        ({"a": ""}, ["a"], None),
        ({"a": True}, ["a"], None),
        ({"a": 1.5}, ["a"], None),
        ({"a": []}, ["a", "b"], None),
        ({}, ["a"], None),
        (None, ["a"], None),
        ("x", [], "x"),
    ],
)
def test_text(value: object, path: list[str], found: str | None) -> None:
    """Text and whole numbers are text; whatever else stands in their place is nothing."""
    assert text(value, *path) == found


@given(json_values)
def test_total(value: Any) -> None:
    """Any JSON gives an answer."""
    assert text(value, "a", "b") is None or isinstance(value, dict)
    assert all(isinstance(item, dict) for item in objects(value))
    assert json_object(json.dumps({"a": value}).encode()).keys() == {"a"}


class _Unwalkable(list[Any]):
    """A list that nobody may go through."""

    def __iter__(self) -> NoReturn:
        raise AssertionError


@pytest.mark.parametrize(
    ("path", "found"),
    [("a.0", "x"), ("a.1", "y"), ("a.2", None), ("a.-1", None), ("a.01", None), ("a.١", None), ("a.x", None),
     ("a." + "9" * 5_000, None)],
    ids=range(8),
)  # fmt: skip
def test_a_place_in_a_list(path: str, found: str | None) -> None:
    """A place in a list is found without going through it, which a long list would make slow for every rule."""
    assert at_path({"a": _Unwalkable(["x", "y"])}, path) == found


def test_first() -> None:
    """The first value that is one, be it empty."""
    assert first(None, "", "x") == ""
    assert first(None, None) is None
