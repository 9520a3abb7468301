"""`sluice check`: events at the desk get the answer that they would get at the door."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from cli.check_meanings import MATCH_KEYS
from cli.main import app
from sluice.match_keys import Candidates, Reason
from tests.fakes.rooms import IngestRoom
from tests.samples import NOW, ROOT, dataset_changed, wire_event
from tests.strategies import any_text, json_values

KEYS = ["index", "line", "outcome", "reason", "problems", "warnings", "consent", "event", "match_keys"]
DENIED = wire_event(event_id="denied", consent=None)
REFUSED = wire_event(event_id="refused", custom_data={"value": 5})
PERSON = {
    "em": "Mia.Marker@mail.example.com",
    "ph": "+4915112345678",
    "fn": "Miamarker",
    "ct": "Markerstadt",
    "external_id": "customer-marker-4711",
}
PLAIN = {"client_ip_address": "81.169.145.77", "fbp": "fb.1.1795197600123.4711471147"}


def check(sent: bytes | str, *arguments: str, exit_code: int = 0) -> Result:
    """Run `sluice check -` at NOW."""
    result = CliRunner().invoke(app, ["check", "-", "--at", str(NOW), *arguments], input=sent)
    assert result.exit_code == exit_code, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def answers(sent: bytes | str, *arguments: str, exit_code: int = 0) -> list[dict[str, Any]]:
    """The objects that --json prints."""
    output = check(sent, "--json", *arguments, exit_code=exit_code).stdout
    return [json.loads(line) for line in output.splitlines()]


def outcomes(sent: bytes | str, exit_code: int = 0) -> list[tuple[int | None, str, str | None]]:
    """Line, outcome and reason of each event."""
    return [(each["line"], each["outcome"], each["reason"]) for each in answers(sent, exit_code=exit_code)]


@pytest.mark.parametrize(
    ("event", "outcome", "reason", "exit_code"),
    [
        (wire_event(), "accepted", None, 0),
        (DENIED, "denied", "no_signal", 0),
        (wire_event(consent={"granted": False, "at": NOW}), "denied", "denied", 0),
        (wire_event(consent={"granted": True}), "denied", "flag_without_time", 0),
        (REFUSED, "refused", "currency_missing", 1),
        (wire_event(consent="yes"), "refused", "consent_invalid", 1),
        (
            wire_event(custom_data={"value": 5, "currency": "EUR", "text": "x" * 300_000}),
            "refused",
            "event_too_large",
            1,
        ),
        ("text", "refused", "unreadable_event", 1),
        ({"data": 5}, "refused", "bad_body", 1),
        ({"data": "["}, "refused", "bad_json", 1),
    ],
)
def test_outcome(event: object, outcome: str, reason: str | None, exit_code: int) -> None:
    """Accepted, denied and refused are told apart, and only a refused event makes the status 1."""
    (found,) = answers(json.dumps(event), exit_code=exit_code)
    assert list(found) == KEYS
    assert (found["outcome"], found["reason"]) == (outcome, reason)
    assert (found["event"] is not None) == (outcome == "accepted")
    assert bool(found["problems"]) == (outcome == "refused")
    assert all(problem["meaning"] for problem in found["problems"])


LINES = f"{json.dumps(wire_event())}\n{json.dumps(DENIED)}\n"


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([wire_event(), DENIED]),
        json.dumps([wire_event(), DENIED], indent=2),
        json.dumps({"data": [wire_event(), DENIED], "test_event_code": "TEST1"}),
        json.dumps({"data": [wire_event(), DENIED]}, indent=2),
        json.dumps({"data": json.dumps([wire_event(), DENIED]), "access_token": "key"}),
        json.dumps({"data": [json.dumps(wire_event()), json.dumps(DENIED)]}),
        LINES,
        LINES.strip(),
        LINES.replace("\n", "\r\n"),
        f"\n \n{LINES}\n\n",
        f"\ufeff{LINES}",
        f"[\n{LINES.strip().replace(chr(10), ',')}\n]",
        f"{json.dumps([wire_event()])}\n{json.dumps({'data': [DENIED]})}\n",
    ],
)
def test_every_way_to_write_events(text: str) -> None:
    """The same events get the same answers, however they were written down."""
    assert [(each["index"], each["outcome"]) for each in answers(text)] == [(0, "accepted"), (1, "denied")]


def test_a_bad_line_costs_only_itself() -> None:
    """It is one refused event with the slug that the door has for it, and its line is told, wherever it stands."""
    good = json.dumps(wire_event())
    expected = [(1, "accepted", None), (3, "refused", "unreadable_event"), (4, "accepted", None)]
    assert outcomes(f'{good}\n\n{{"event_name": \n{good}', exit_code=1) == expected
    assert outcomes(f"{good[:40]}\n{good}\n", exit_code=1) == [
        (1, "refused", "unreadable_event"),
        (2, "accepted", None),
    ]
    assert outcomes(f"{good}\n".encode() + b'{"event_name": "\xff"}', exit_code=1)[1] == (2, "refused", "bad_utf8")
    assert outcomes(f'{good}\n{{"event_name": "\\ud800"}}', exit_code=1)[1] == (2, "refused", "bad_utf8")


@pytest.mark.parametrize("text", ["[]", '{"data": []}', '{"data": "[]"}'])
def test_nothing_in_a_line_is_told(text: str) -> None:
    """An array or a body without events is refused as at the door, alone and among other lines."""
    assert outcomes(text, exit_code=1) == [(1, "refused", "no_events")]
    told = outcomes(f"{json.dumps(wire_event())}\n{text}\n", exit_code=1)
    assert told == [(1, "accepted", None), (2, "refused", "no_events")]


MANY = json.dumps({"data": [DENIED] * 1_001})


@pytest.mark.parametrize(
    ("text", "events", "line", "slug", "exit_code"),
    [
        (MANY, 1_001, "the body in line 1", "too_many_events", 1),
        (json.dumps({"data": [DENIED] * 1_000}), 1_000, "", "", 0),
        (json.dumps([DENIED] * 1_001), 1_001, "", "", 0),
        ("\ufeff" + json.dumps({"data": [DENIED]}), 1, "the body in line 1", "bad_json", 1),
        ("\ufeff" + json.dumps({"data": [DENIED]}, indent=2), 1, "the whole body", "bad_json", 1),
        ("\ufeff" + json.dumps([DENIED]), 1, "", "", 0),
        (json.dumps({"data": [DENIED], "text": "x" * 1_048_576}), 1, "the whole body", "too_large", 1),
        (f"{json.dumps(DENIED)}\n{MANY}", 1_002, "the body in line 2", "too_many_events", 1),
    ],
    ids=range(8),
)
def test_a_body_that_the_door_refuses(text: str, events: int, line: str, slug: str, exit_code: int) -> None:
    """It is told once, beside the answers to its events, and makes the status 1; a text that is no body has no such."""
    result = check(text, "--json", exit_code=exit_code)
    assert len(result.stdout.splitlines()) == events
    assert result.stderr.count("\n") == (1 if slug else 0)
    assert f"{line} ({slug})" in result.stderr or not slug


def test_a_line_longer_than_a_body_costs_only_itself() -> None:
    """It is refused unread, wherever it stands; an array on the only line of the input is read."""
    long, good = json.dumps([wire_event(event_name="x" * 1_048_576)]), json.dumps(wire_event())
    assert outcomes(f"{good}\n{long}\n{good}\n", exit_code=1)[1:] == [
        (2, "refused", "too_large"),
        (3, "accepted", None),
    ]
    assert outcomes(f"{long}\n{good}", exit_code=1) == [(1, "refused", "too_large"), (2, "accepted", None)]
    assert [outcome for _, outcome, _ in outcomes(json.dumps([DENIED] * 3_000))] == ["denied"] * 3_000


def test_an_event_over_several_lines_has_no_line() -> None:
    """A line is told only where a line is the event."""
    assert outcomes(json.dumps(wire_event(), indent=2)) == [(None, "accepted", None)]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no event in the input"),
        (" \n\r\n", "no event in the input"),
        pytest.param("[" + "1," * 32 * 1_048_576, "more than 64 MiB", id="endless"),
        ('{\n  "event_name": oops\n}', "line 2, column 17: not JSON"),
        ("oops", "line 1, column 1: not JSON"),
        ('\n[\n{"event_name": "x"},\n{}}', "line 4, column 3: not JSON"),
        (
            '{\n"a": 1\n}\n{\n"a": 1\n}\n',
            "line 4, column 1: not JSON: Extra data. Several events are an array, or JSON Lines",
        ),
        ("NaN", "not JSON"),
        ('{"data": [' * 50_000, "not JSON"),
        (f"[{'9' * 5_000}", "not JSON"),
        ('{"a": 1}'.encode("utf-16"), "Save it as UTF-8."),
    ],
)
def test_what_cannot_be_read_is_told_in_a_sentence(text: bytes | str, sentence: str) -> None:
    """The place is named, and nothing of the text quoted."""
    result = check(text, exit_code=1)
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert sentence in result.stderr


@pytest.mark.parametrize("name", ["nowhere.json", "."])
def test_a_file_that_cannot_be_opened_is_a_wrong_call(name: str) -> None:
    """A missing file and a directory are named, with status 2."""
    result = CliRunner().invoke(app, ["check", name])
    assert (result.exit_code, name in result.stderr) == (2, True)


def test_a_file_that_cannot_be_read() -> None:
    """A file that fails while it is read is told in a sentence."""
    result = CliRunner().invoke(app, ["check", "/proc/self/mem"])
    assert result.exit_code == 1
    assert "cannot be read" in result.stderr


@pytest.mark.parametrize(
    "time",
    [str(NOW), "2026-11-20T18:40:00Z", "2026-11-20T19:40:00+01:00", "20261120T184000.5Z", "2026-11-20T18:40+00:00"],
)
def test_clock(time: str) -> None:
    """--at takes Unix seconds and ISO 8601 with its zone; the event of a minute ago is dated by it."""
    too_late = json.dumps(wire_event(event_time=NOW - 7 * 86_400))
    assert check(too_late, "--at", time)
    check(too_late, "--at", str(NOW + 1), exit_code=1)


@pytest.mark.parametrize(
    ("option", "text"),
    [
        *[
            ("--at", text)
            for text in ("now", "", "-5", "2026-11-20T18:40:00", "2026-11-20", f"{NOW}000", "1960-01-01T00:00Z")
        ],
        ("--at", "0001-01-01T00:00:00+14:00"),
        *[("--country", text) for text in ("UK", "Germany", "D", "ΔΕ")],
        ("--match-keys", "none"),
    ],
)
def test_a_wrong_option_is_a_wrong_call(option: str, text: str) -> None:
    """The option is named, with status 2, and nothing is checked."""
    result = check(json.dumps(wire_event()), option, text, exit_code=2)
    assert option in result.stderr
    assert result.stdout == ""


def test_without_a_clock_it_is_now() -> None:
    """An event of the sample day is refused on every other day."""
    result = CliRunner().invoke(app, ["check", "-", "--json"], input=json.dumps(wire_event(event_time=1_000_000_000)))
    assert json.loads(result.stdout)["reason"] == "event_time_too_old"


@pytest.mark.parametrize(
    ("arguments", "rules"),
    [
        ([], [("zp", "documented", None), ("zp", "pixel", None), ("ph", None, "no_country")]),
        (["--country", "de"], [("zp", "documented", None), ("zp", "pixel", None), ("ph", "documented", "rewritten")]),
        (["--match-keys", "documented"], [("zp", "documented", None), ("ph", None, "no_country")]),
        (["--match-keys", "pixel"], [("zp", "pixel", None), ("ph", None, "no_country")]),
    ],
)
def test_match_keys(arguments: list[str], rules: list[tuple[str, str | None, str | None]]) -> None:
    """Each match key is told with its rule and reason, under the dataset that the options describe."""
    event = wire_event(user_data={"zp": "AB1 2CD", "ph": "0151 12345678", "external_id": 5})
    (found,) = answers(json.dumps(event), *arguments)
    told = [(key["field"], key["rule"], key["reason"]) for key in found["match_keys"]]
    assert told[:-1] == rules
    digests = {key["field"]: key["digest"] for key in found["match_keys"] if key["digest"]}
    assert digests.keys() <= found["event"]["user_data"].keys()
    assert all(digest in found["event"]["user_data"][field] for field, digest in digests.items())


def test_every_reason_has_a_sentence() -> None:
    """No reason code of a match key is without one, and none speaks of a code that is no more."""
    assert MATCH_KEYS.keys() == set(Reason)
    assert all(sentence.endswith(".") for sentence in MATCH_KEYS.values())


def test_a_match_key_is_explained_as_one() -> None:
    """A key that Meta does not know costs only itself, and nobody is told to send it elsewhere."""
    event = json.dumps(wire_event(user_data={**PERSON, "email": PERSON["em"]}))
    (found,) = answers(event)
    sentences = {each["slug"]: each["meaning"] for each in found["warnings"]}
    assert all(sentences.values())
    assert sentences["unknown_field"] == MATCH_KEYS[Reason.UNKNOWN_FIELD]
    output = " ".join(check(event).stdout.split())
    assert MATCH_KEYS[Reason.UNKNOWN_FIELD] in output
    assert "custom_data, " not in output
    assert "whole request" not in output


def test_values_are_shown_when_asked_for() -> None:
    """--show-values prints the normalised text in both views."""
    event = json.dumps(wire_event(user_data={**PERSON, **PLAIN}))
    (found,) = answers(event, "--show-values")
    shown = {key["field"]: key["normalised"] for key in found["match_keys"]}
    assert shown == {**PERSON, **PLAIN, "em": "mia.marker@mail.example.com", "ph": "4915112345678",
                     "fn": "miamarker", "ct": "markerstadt"}  # fmt: skip
    assert "mia.marker@mail.example.com" in check(event, "--show-values").stdout


@pytest.mark.parametrize("view", [[], ["--json"]])
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"user_data": {**PERSON, **PLAIN}, "consent": None},
        {"user_data": {**PERSON, **PLAIN}, "custom_data": {"value": PERSON["em"], "currency": PERSON["fn"]}},
        {"user_data": {**PERSON, **PLAIN}, PERSON["em"]: PERSON["ph"]},
        {"user_data": {**PERSON, PERSON["em"]: PERSON["ph"], "ge": PERSON["fn"], "db": PERSON["em"]}},
        {"user_data": {**PERSON, **PLAIN}, "event_time": PERSON["em"]},
        {"user_data": [PERSON, PLAIN]},
        {"event_source_url": f"https://{PERSON['em']}@shop.example.com/?email={PERSON['em']}"},
    ],
)
def test_no_value_is_shown_unless_asked_for(view: list[str], fields: dict[str, Any]) -> None:
    """Whatever becomes of the event, its person is not shown, neither as sent nor normalised."""
    event = wire_event(**{"user_data": PERSON, **fields})
    output = CliRunner().invoke(app, ["check", "-", "--at", str(NOW), *view], input=json.dumps(event)).output.lower()
    values = {**PERSON, **PLAIN, "phone": "4915112345678"}
    assert "match" in output
    assert [name for name, value in values.items() if value.lower() in output] == []


def at_the_door(items: list[Any], **dataset: Any) -> IngestRoom:
    """The ingest function after it took the same events for a dataset with these settings."""
    room = IngestRoom()
    room.configure(dataset_changed(**dataset))
    room.post(*items)
    return room


@pytest.mark.parametrize("country", ["DE", None])
@pytest.mark.parametrize("candidates", ["both", "documented", "pixel"])
def test_the_event_is_the_one_in_the_queue(country: str | None, candidates: Candidates) -> None:
    """Byte for byte, for whatever the settings say."""
    events = [
        wire_event(user_data={**PERSON, "ph": "0151 12345678", "zp": "AB1 2CD"}, event_id="1"),
        wire_event(event_id=None, event_source_url="https://shop.example.com/?email=a&x=\U0001f34b"),
        wire_event(
            event_time=(NOW - 60) * 1_000, custom_data={"value": "5.10", "currency": "eur", "text": "\ufffe\x9b"}
        ),
        wire_event(event_time=NOW + 60, custom_data={"value": 1e22, "currency": "EUR", "order_id": "ü"}),
    ]
    room = at_the_door(events, default_country=country, match_keys=candidates)
    options = ["--match-keys", candidates, *(["--country", country] if country else [])]
    lines = check(json.dumps(events), "--json", *options).stdout_bytes.splitlines()
    queued = [bytes(entry.event) for envelope in room.queue.envelopes for entry in envelope.entries]
    assert len(queued) == len(lines) == len(events)
    assert all(b'"event":' + sent + b',"match_keys"' in line for sent, line in zip(queued, lines, strict=True))


changed_events = st.dictionaries(
    st.sampled_from([*wire_event(), "referrer_url", "app_data", "colour"]), json_values, max_size=3
).map(lambda fields: {**wire_event(), **fields})


@settings(max_examples=60, deadline=None)
@given(st.lists(changed_events | json_values, min_size=1, max_size=4))
def test_the_answer_at_the_desk_is_the_answer_at_the_door(events: list[Any]) -> None:
    """Any events: the same ones pass, the others have the same reasons, problems and paths, and the same JSON waits."""
    room = IngestRoom()
    said = room.post(*events).body
    said = said.get("error", said)
    result = CliRunner().invoke(
        app, ["check", "-", "--at", str(NOW), "--country", "DE", "--json"], input=json.dumps({"data": events})
    )
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [f"data[{each['index']}]: {each['reason']}" for each in found if each["reason"]] == said["messages"]
    problems = [{"index": each["index"], **problem} for each in found for problem in each["problems"]]
    assert [{name: value for name, value in each.items() if name != "meaning"} for each in problems] == said["problems"]
    queued = [json.loads(bytes(entry.event)) for envelope in room.queue.envelopes for entry in envelope.entries]
    assert [each["event"] for each in found if each["event"]] == queued
    assert result.exit_code == (1 if problems else 0)


hostile_bytes = st.one_of(
    st.binary(),
    any_text.map(lambda text: text.encode(errors="surrogatepass")),
    json_values.map(lambda value: json.dumps(value, indent=1).encode()),
    st.lists(st.binary() | json_values.map(lambda value: json.dumps(value).encode())).map(b"\n".join),
    st.dictionaries(st.sampled_from([*wire_event(), "data"]), json_values).map(
        lambda event: json.dumps(event).encode()
    ),
)


@settings(max_examples=150, deadline=None)
@given(hostile_bytes, st.sampled_from([[], ["--json"], ["--show-values"]]))
@example(b"[" * 100_000, [])
@example(b"[" * 900 + b"]" * 900, [])
@example(b'{"event_time": ' + b"9" * 5_000 + b"}", [])
@example(
    json.dumps(wire_event(custom_data={"value": 1e300, "currency": "EUR", "n": 1}))
    .replace("1}", "9" * 5_000 + "}")
    .encode(),
    [],
)
@example(b'{"user_data": {"client_user_agent": "\\u001b[31m\\u009b", "em": "\\ud800"}}', ["--show-values"])
@example(b'{"data": {"data": NaN}}\n{"data": "5"}\n\x00', [])
@example(b"{}\n" * 3 + b"\xef\xbb\xbf", ["--json"])
def test_any_bytes(sent: bytes, arguments: list[str]) -> None:
    """Whatever the input is, there is an answer or a sentence, and the status is 0 or 1."""
    result = CliRunner().invoke(app, ["check", "-", "--at", str(NOW), *arguments], input=sent)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert result.exit_code in {0, 1}
    assert result.stdout or result.stderr.startswith("Error: ")


def test_the_readable_view(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found, where, what to do about it and a sum, on 80 columns and without colours when piped."""
    monkeypatch.setenv("COLUMNS", "80")
    event = {**wire_event(), "user_data": {**PERSON, "client_user_agent": "Mozilla/5.0", "page_id": 5, "db": "x"}}
    output = check("\n".join(map(json.dumps, (event, DENIED, REFUSED))), exit_code=1).stdout
    assert output.splitlines()[0] == "Event 1 (line 1): accepted"
    assert "  Problem  currency_missing at custom_data.currency\n           A value needs its currency" in output
    assert "  Warning  fbp_and_fbc_missing at user_data.fbp\n           Neither cookie" in output
    assert "  Consent  no_signal\n" in output
    assert '"granted": true' in output
    assert output.endswith("\n3 events: 1 accepted, 1 denied, 1 refused.\n")
    assert max(map(len, output.splitlines())) <= 80
    assert "\x1b" not in output


def test_nothing_in_an_event_commands_the_terminal() -> None:
    """Control characters of a value are shown as escapes."""
    agent = "Mozilla\x1b]0;title\x07\x9b31m\u202e"
    event = wire_event(
        user_data={"em": "jo.sample@example.com", "client_user_agent": agent},
        custom_data={"value": 5, "currency": "EUR", "text": f"Grüße \U0001f34b{agent}"},
    )
    output = check(json.dumps(event), "--show-values").stdout
    assert "Grüße \U0001f34bMozilla\\u001b" in output
    assert all(each.isprintable() for each in output.replace("\n", ""))


def in_a_process(*arguments: str, **streams: Any) -> subprocess.Popen[bytes]:
    """`sluice check - --at NOW` with streams of the system."""
    return subprocess.Popen(
        [sys.executable, "-c", "from cli.main import app; app()", "check", "-", "--at", str(NOW), *arguments],
        stdin=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'layers' / 'sluice'}"},
        **streams,
    )


@pytest.mark.parametrize("view", [[], ["--json"]])
def test_an_output_that_takes_nothing(view: list[str]) -> None:
    """A full disk is told in a sentence; a reader that has gone ends the command without a word, as any tool."""
    with Path("/dev/full").open("wb") as full:
        process = in_a_process(*view, stdout=full, stderr=subprocess.PIPE)
        _, told = process.communicate(LINES.encode())
    assert (process.returncode, told) == (1, b"Error: The answers cannot be written: No space left on device.\n")
    reading, writing = os.pipe()
    os.close(reading)
    process = in_a_process(*view, stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    _, told = process.communicate(LINES.encode())
    assert (process.returncode, told) == (141, b"")


def test_lines_are_answered_as_they_come() -> None:
    """The answer to the first line is there before the second line is written."""
    process = in_a_process("--json", stdout=subprocess.PIPE)
    with process:
        assert process.stdin
        assert process.stdout
        for number in range(3):
            process.stdin.write(json.dumps(wire_event()).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["index"] == number
        process.stdin.close()
        assert process.stdout.read() == b""


def test_the_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    """The example of the help does what the samples' README says, in the checkout and without any AWS."""
    monkeypatch.chdir(ROOT)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    line = next(line for line in CliRunner().invoke(app, ["check", "-h"]).output.splitlines() if "mixed.jsonl" in line)
    words = line.partition("sluice ")[2].split()
    result = CliRunner().invoke(app, words)
    assert result.stdout.endswith("3 events: 1 accepted, 1 denied, 1 refused.\n")
    assert result.exit_code == 1
    assert " ".join(words) in (ROOT / "events" / "README.md").read_text()
