"""`sluice consent decode`: what a consent string says, field by field."""

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

from cli.consent_decode import KINDS
from cli.main import app
from sluice.consent.cmp import TOOLS
from tests.samples import ROOT
from tests.strategies import any_text, json_values

VECTORS = Path(__file__).parents[1] / "consent"
EU = json.loads((VECTORS / "vectors.json").read_text())
US = json.loads((VECTORS / "vectors_us.json").read_text())
COOKIES = json.loads((VECTORS / "cmp" / "vectors.json").read_text(encoding="utf-8"))
TC_STRING = EU["tc"][0]["tc_string"]


def decode(kind: str, sent: bytes | str, exit_code: int = 0) -> Result:
    """Run `sluice consent decode`."""
    result = CliRunner().invoke(app, ["consent", "decode", "--kind", kind], input=sent)
    assert result.exit_code == exit_code, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def says(kind: str, text: str) -> dict[str, Any]:
    """The answer to one string that can be read."""
    (line,) = decode(kind, f"{text}\n").stdout.splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def error(kind: str, sent: bytes | str) -> str:
    """The code of one string that cannot be read."""
    (line,) = decode(kind, sent, exit_code=1).stdout.splitlines()
    found: dict[str, str] = json.loads(line)
    assert list(found) == ["error"]
    return found["error"]


@pytest.mark.parametrize("row", EU["tc"], ids=lambda row: row["name"])
def test_tc_strings(row: dict[str, Any]) -> None:
    """Every field of the public TC strings."""
    assert says("tcf", row["tc_string"]) == row["decoded"]


@pytest.mark.parametrize("row", EU["tc_malformed"], ids=lambda row: row["name"])
def test_malformed_tc_strings(row: dict[str, Any]) -> None:
    """A broken or hostile TC string has the code of its defect."""
    if row["result"] == "decodes":
        assert says("tcf", row["tc_string"])["version"] == 2
    else:
        assert error("tcf", f"{row['tc_string']}\n") == row["result"]


@pytest.mark.parametrize("row", EU["ac"], ids=lambda row: row["ac_string"])
def test_ac_strings(row: dict[str, Any]) -> None:
    """The public AC strings."""
    if row["decoded"] is None:
        assert error("ac", row["ac_string"]) in {"bad_form", "bad_version", "bad_id"}
    else:
        assert says("ac", row["ac_string"]) == row["decoded"]


@pytest.mark.parametrize("row", US["gpp_vectors"], ids=lambda row: row["gpp_string"])
def test_gpp_strings(row: dict[str, Any]) -> None:
    """The sections of the public GPP strings, by the standard's names."""
    assert says("gpp", row["gpp_string"]) == row["decoded"]


def test_the_tc_string_in_a_gpp_string() -> None:
    """It is read as by itself, also when it cannot be; a section without a reader is named by its number."""
    assert says("gpp", f"DBABMA~{TC_STRING}") == {"tcfeuv2": EU["tc"][0]["decoded"]}
    assert says("gpp", "DBABMA~CA") == {"tcfeuv2": {"error": "truncated"}}
    both = says("gpp", f"DBACNY~{TC_STRING}~1YNN")
    assert list(both) == ["tcfeuv2", "uspv1"]
    assert both["uspv1"] == {"Version": 1, "Notice": "Y", "OptOutSale": "N", "LspaCovered": "N"}
    assert says("gpp", "DBABD~anything") == {"unread_section_ids": [5]}


@pytest.mark.parametrize("row", US["usp_vectors"], ids=lambda row: row["usp"])
def test_us_privacy_strings(row: dict[str, Any]) -> None:
    """The public US Privacy strings, with their characters by name."""
    found = says("usp", row["usp"])
    assert {name: found[name] for name in ("valid", "opt_out")} == {name: row[name] for name in ("valid", "opt_out")}
    assert [found[name] for name in ("Version", "Notice", "OptOutSale", "LspaCovered")] == [
        1,
        *row["usp"][1:].upper(),
    ]


@pytest.mark.parametrize(
    ("kind", "row"),
    [(kind, row) for kind in ("gcs", "gcd") for row in US[f"{kind}_vectors"]],
    ids=lambda value: value if isinstance(value, str) else next(iter(value.values())) or "empty",
)
def test_consent_mode(kind: str, row: dict[str, Any]) -> None:
    """The public letters of Google Consent Mode."""
    if row.get("valid", row.get("letters")):
        assert says(kind, row[kind]) == {name: value for name, value in row.items() if name not in {kind, "note"}}
    else:
        assert error(kind, f"{row[kind]}\n") == f"not_{kind}"


@pytest.mark.parametrize("row", COOKIES, ids=lambda row: f"{row['tool']}: {row['why']}")
def test_cookies_of_consent_tools(row: dict[str, Any]) -> None:
    """The main cookie of each public sample is read, or has an error code."""
    value = next(iter(row["cookies"].values()))
    result = CliRunner().invoke(app, ["consent", "decode", "--kind", row["tool"]], input=f"{value}\n")
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    assert result.exit_code == (list(found) == ["error"])


@pytest.mark.parametrize(
    ("tool", "value", "fields"),
    [
        ("onetrust", "groups=C0001%3A1%2CC0004%3A0&interactionCount=1", {"groups": {"C0001": True, "C0004": False}}),
        ("cookiebot", "{stamp:'x',marketing:true,method:'explicit'}", {"marketing": True, "method": "explicit"}),
        ("klaro", '{"meta": true}', {"meta": True}),
        ("klaro", '{"error": true}', {"error": True}),
        ("shopify", '{"marketing": "yes"}', {"marketing": True}),
    ],
)
def test_fields_in_the_names_of_the_tool(tool: str, value: str, fields: dict[str, Any]) -> None:
    """A tool's cookie is shown by the tool's own names."""
    assert says(tool, value).items() >= fields.items()


def test_every_tool_is_a_kind() -> None:
    """Each consent tool that the gateway reads can be asked about, and the help lists it."""
    assert set(TOOLS) < set(KINDS)
    shown = CliRunner().invoke(app, ["consent", "decode", "-h"]).output
    assert all(kind in shown for kind in KINDS)


def test_an_unknown_kind_is_a_wrong_call() -> None:
    """The kinds are listed, with status 2, and nothing is read."""
    result = decode("tfc", "1YNN", exit_code=2)
    assert "--kind" in result.stderr
    assert result.stdout == ""


def test_each_line_is_a_string_as_it_is() -> None:
    """Only the end of the line is taken off, an empty line is an empty string, and the status tells of a wrong one."""
    lines = decode("usp", "1YNN\n\n 1YNN\r\n1YYN\r\n1YNN", exit_code=1).stdout.splitlines()
    assert [json.loads(line).get("opt_out", "wrong") for line in lines] == [False, "wrong", "wrong", True, False]
    assert decode("usp", "").stdout == ""


@pytest.mark.parametrize("kind", KINDS)
def test_bytes_that_are_no_text(kind: str) -> None:
    """A line that is not UTF-8 has its own code and costs no other line."""
    assert error(kind, b"1Y\xffN\n") == "bad_utf8"
    answers = decode(kind, b"\xff\n\xfe", exit_code=1).stdout.splitlines()
    assert [json.loads(line) for line in answers] == [{"error": "bad_utf8"}] * 2


def test_what_json_cannot_be_written_with() -> None:
    """Half a surrogate pair in a cookie is an error code."""
    assert error("klaro", '{"meta": "\\ud800"}') == "bad_form"


def test_lines_are_answered_as_they_come() -> None:
    """The answer to the first line is there before the second line is written."""
    process = subprocess.Popen(
        [sys.executable, "-c", "from cli.main import app; app()", "consent", "decode", "--kind", "usp"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'layers' / 'sluice'}"},
    )
    with process:
        assert process.stdin
        assert process.stdout
        for text, opt_out in ((b"1YNN\n", False), (b"1YYN\n", True)):
            process.stdin.write(text)
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["opt_out"] is opt_out
        process.stdin.close()
        assert process.stdout.read() == b""


def test_values_as_the_gate_reads_them() -> None:
    """A cookie that says nothing is unreadable, and one that is percent-encoded is read decoded."""
    assert error("onetrust", "\n") == "bad_form"
    assert says("complianz", "%61llow") == {"marketing": "allow"}


strings = st.one_of(
    st.binary(),
    any_text.map(lambda text: text.encode(errors="surrogatepass")),
    json_values.map(lambda value: json.dumps(value).encode()),
    st.sampled_from([row["tc_string"].encode() for row in EU["tc"]]).flatmap(
        lambda text: st.integers(0, len(text)).map(lambda end: text[:end])
    ),
    st.sampled_from([next(iter(row["cookies"].values())).encode() for row in COOKIES]),
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(list(KINDS)), st.lists(strings, max_size=4).map(b"\n".join))
@example("klaro", b'{"a": ' + b"[" * 3_000 + b"]" * 3_000 + b"}")
@example("klaro", b'{"a": ' + b"[" * 900 + b"]" * 900 + b"}")
@example("klaro", b'{"a": NaN, "b": 1e999, "c": ' + b"9" * 4_000 + b"}")
@example("klaro", b'{"a": ' + b"9" * 5_000 + b"}")
@example("tcf", EU["tc_malformed"][-1]["tc_string"].encode())
@example("tcf", b"C" * 1_000_000)
def test_any_bytes(kind: str, sent: bytes) -> None:
    """Whatever the input is, every line has one answer, and the status tells whether one was wrong."""
    result = CliRunner().invoke(app, ["consent", "decode", "--kind", kind], input=sent)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    answers = [json.loads(line) for line in result.stdout_bytes.splitlines()]
    assert len(answers) == len(sent.split(b"\n")) - (sent.endswith(b"\n") or not sent)
    assert all(isinstance(each, dict) for each in answers)
    assert result.exit_code in {0, 1}
    assert result.exit_code == 1 or not any(list(each) == ["error"] and kind not in TOOLS for each in answers)
