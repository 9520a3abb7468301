"""The order attribute ``_capi_consent``."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.consent.note import Note, parse_note
from tests.strategies import any_text

AT = 1_795_197_672  # 2026-11-20T18:01:12Z


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("marketing=granted;ts=2026-11-20T18:01:12Z;src=cmp", Note("granted", AT, "cmp")),
        ("marketing=denied;ts=2026-11-20T18:01:12Z", Note("denied", AT, "")),
        ("marketing=granted;ts=2026-11-20T18:01:12Z;cid=c-1", Note("granted", AT, "", "c-1")),
        ("marketing=granted;ts=2026-11-20T18:01:12Z;cid=;token=v1.a.b", Note("granted", AT, "", None, "v1.a.b")),
        ("marketing=unknown;ts=2026-11-20T18:01:12Z", Note("unknown", AT, "")),
        ("ts=2026-11-20T19:01:12+01:00;marketing=granted", Note("granted", AT, "")),
        ("marketing=granted;ts=2026-11-20T18:01:12.987654Z", Note("granted", AT, "")),
        (" marketing=granted ; ts=2026-11-20T18:01:12Z ", Note("granted", AT, "")),
        ("marketing=granted;ts=2026-11-20T18:01:12Z;later=anything at all", Note("granted", AT, "")),
    ],
)
def test_convention(text: str, note: Note) -> None:
    """A note of the convention is read: state, time of the choice, consent tool."""
    assert parse_note(text) == note


@pytest.mark.parametrize(
    "text",
    [
        "",
        "granted",
        "marketing=granted",
        "ts=2026-11-20T18:01:12Z",
        "marketing=yes;ts=2026-11-20T18:01:12Z",
        "marketing=Granted;ts=2026-11-20T18:01:12Z",
        "Marketing=granted;ts=2026-11-20T18:01:12Z",
        "marketing=granted;ts=2026-11-20T18:01:12",
        "marketing=granted;ts=2026-11-20",
        "marketing=granted;ts=1795197672",
        "marketing=granted;ts=2026-13-40T18:01:12Z",
        "marketing=granted;ts=0001-01-01T00:00:00+14:00",
        "marketing=granted;ts=٢٠٢٦-11-20T18:01:12Z",
        "marketing=granted;marketing=denied;ts=2026-11-20T18:01:12Z",
        "marketing=granted;marketing=granted;ts=2026-11-20T18:01:12Z",
        "marketing=granted;ts=2026-11-20T18:01:12Z;",
        "marketing==granted;ts=2026-11-20T18:01:12Z",
        "marketing=granted,ts=2026-11-20T18:01:12Z",
        "marketing=granted;ts=2026-11-20T18:01:12Z;src=" + "x" * 500,
    ],
)
def test_anything_else(text: str) -> None:
    """What does not follow the convention to the letter is no note: anybody can write a cart attribute."""
    assert parse_note(text) is None


@given(
    any_text | st.lists(st.sampled_from(["marketing", "granted", "ts", "=", ";", "2026-11-20T18:01:12Z"])).map("".join)
)
def test_total(text: str) -> None:
    """Any text is a note with a known state or none."""
    note = parse_note(text)
    assert note is None or note.marketing in {"granted", "denied", "unknown"}
