"""`sluice consent explain`: what would be decided, and why, by the door's own code."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from cli.consent_question import Question
from cli.main import app
from sluice.consent.ledger import Statement
from sluice.consent.reasons import meaning
from sluice.consent.subject import identifiers, subject_keys, subject_secrets
from sluice.consent.token import Claims, mint
from sluice.match_keys import to_match_keys
from sluice.match_keys.fields import FIELDS
from sluice.policy import MatchKey
from sluice.settings import Secret
from tests import samples
from tests.cli.terminal import Terminal
from tests.consent.tc_strings import NOW as VECTORS_NOW
from tests.consent.tc_strings import changed, tc_string
from tests.fakes.rooms import IngestRoom
from tests.samples import DATASET, NOW, ROOT, dataset_changed, wire_event
from tests.strategies import any_text, json_values

KEYS = [
    "allow",
    "reason",
    "basis",
    "policy_version",
    "evidence_sha256",
    "data_processing_options",
    "data_processing_options_country",
    "data_processing_options_state",
]
VECTORS = Path(__file__).parents[1] / "consent"
US = json.loads((VECTORS / "vectors_us.json").read_text())
TC = json.loads((VECTORS / "vectors.json").read_text())["tc"]
TOOLS = json.loads((VECTORS / "cmp" / "vectors.json").read_text(encoding="utf-8"))
KEY, PERSON, EVENT = "consent-key-of-the-shop", "jo.sample@example.com", NOW - 60
SUBJECT_SECRET = subject_secrets(samples.settings(), DATASET)[0]
MIDNIGHT = NOW // 86_400 * 864_000
TODAY = tc_string(changed(created_deciseconds=MIDNIGHT, last_updated_deciseconds=MIDNIGHT))
AC = "2~43.89~dv.7"
GIVEN = {"granted": True, "at": NOW - 3_600}
TAKES_FLAG = {"allow_boolean_flag": True}
COMPLIANZ = {"cmplz_marketing": "allow", "cmplz_banner-status": "dismissed"}


def explain(sent: bytes | str, exit_code: int = 0) -> Result:
    """Run `sluice consent explain`."""
    result = CliRunner().invoke(app, ["consent", "explain"], input=sent)
    assert result.exit_code == exit_code, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def answer(**question: Any) -> dict[str, Any]:
    """The answer to one question, at NOW unless it says otherwise."""
    (line,) = explain(json.dumps({"at": NOW, **question})).stdout.splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def reason(**question: Any) -> str:
    """The reason of the answer."""
    return str(answer(**question)["reason"])


def refused(line: bytes | str) -> dict[str, str]:
    """The answer to a line that cannot be read."""
    (found,) = explain(line, exit_code=1).stdout.splitlines()
    error: dict[str, str] = json.loads(found)
    assert list(error) == ["error", "message"]
    return error


def token(**changes: Any) -> dict[str, Any]:
    """A signed token about the sample event's person."""
    keys = to_match_keys({"em": PERSON}, default_country=None, now_seconds=NOW).keys
    claims: dict[str, Any] = {
        "v": 1, "kid": "k1", "aud": DATASET, "sub": subject_keys(identifiers(keys), [SUBJECT_SECRET]), "dec": "grant",
        "dts": EVENT - 60, "iat": EVENT, "exp": NOW + 3_600, "jti": "1",
    }  # fmt: skip
    return {"token": mint(Claims(**(claims | changes)), Secret(KEY))}


CASES: list[tuple[dict[str, Any] | None, dict[str, Any] | None, str]] = [
    ({}, None, "no_signal"),
    (None, GIVEN, "policy_missing"),
    ({}, GIVEN, "flag_not_permitted"),
    (TAKES_FLAG, GIVEN, "ok_flag"),
    (TAKES_FLAG, {"granted": True}, "flag_without_time"),
    (TAKES_FLAG, {"granted": False, "at": NOW}, "denied"),
    (TAKES_FLAG, {"granted": True, "at": NOW + 3_600}, "consent_in_future"),
    ({**TAKES_FLAG, "max_consent_age_days": 1}, {"granted": True, "at": NOW - 90_000}, "consent_expired"),
    ({**TAKES_FLAG, "min_text_version": "3"}, {**GIVEN, "text_version": "2"}, "text_outdated"),
    ({**TAKES_FLAG, "accepted_signals": ["token"]}, GIVEN, "signal_not_accepted"),
    ({}, {"tcf": TODAY, "ac": AC}, "ok_tcf"),
    ({}, {"tcf": TODAY}, "meta_vendor_missing"),
    ({}, {"tcf": "CQ"}, "tcf_malformed:truncated"),
    ({"required_purposes": [2]}, {"tcf": TODAY, "ac": AC}, "tcf_purpose_missing"),
    ({}, {"cookies": COMPLIANZ}, "ok_cookie"),
    ({}, {"cookies": {**COMPLIANZ, "cmplz_marketing": "deny"}, "tcf": TODAY, "ac": AC}, "signal_conflict"),
    ({}, {"gcd": "11r1r1r1r5"}, "signal_not_accepted"),
    ({"accepted_signals": ["gcd"]}, {"gcd": "11r1r1r1r5"}, "ok_gcd"),
    ({}, {"gcs": "G100"}, "denied"),
    ({}, {"shopify": {"marketing": "yes"}}, "ok_cookie"),
    ({}, token(), "ok_token"),
    ({}, token(aud="7654321"), "token_wrong_pixel"),
    ({}, token(sub="A" * 22), "token_wrong_subject"),
    ({}, token(kid="k2"), "token_bad_mac"),
    ({}, token(iat=1, exp=2), "token_expired"),
    ({}, token(dec="deny"), "denied"),
    ({"mode": "us_opt_out"}, {"usp": "1YYN", "region": "US-CA"}, "ok_us_ldu"),
    ({"mode": "us_opt_out"}, {"usp": "1YYN", "region": "US-VA"}, "us_opt_out_unsupported_state"),
    ({"mode": "us_opt_out"}, {"usp": "1YYN", "region": "US"}, "us_opt_out_drop"),
    ({"mode": "us_opt_out"}, {"usp": "1YNN", "region": "US-CA"}, "ok_us"),
    ({"mode": "us_opt_out"}, {"usp": "1YNN"}, "unknown_region_no_signal"),
    ({"mode": "us_opt_out", "us_opt_out_action": "drop"}, {"usp": "1YYN", "region": "US-CA"}, "us_opt_out_drop"),
    ({"mode": "custom"}, {"region": "BR"}, "ok_region"),
]


@pytest.mark.parametrize(("policy", "consent", "expected"), CASES, ids=lambda value: str(value)[:60])
def test_the_answer_at_the_desk_is_the_answer_at_the_door(
    policy: dict[str, Any] | None, consent: dict[str, Any] | None, expected: str
) -> None:
    """The same consent object gets the same decision from the command and from the ingest function."""
    room = IngestRoom()
    room.configure(dataset_changed(consent=policy, consent_keys={"k1": KEY}))
    body = room.post(wire_event(consent=consent)).body
    found = answer(
        policy=policy,
        consent=consent,
        dataset=DATASET,
        consent_keys={"k1": KEY},
        user_data=wire_event()["user_data"],
        subject_secret=SUBJECT_SECRET,
        event_time=EVENT,
    )
    assert list(found) == KEYS
    assert found["reason"] == expected
    if found["allow"]:
        (entry,) = [entry for envelope in room.queue.envelopes for entry in envelope.entries]
        decision, event = entry.decision, json.loads(bytes(entry.event))
        assert (decision.reason, decision.basis, decision.policy_version, decision.evidence) == tuple(
            found[key] for key in KEYS[1:5]
        )
        assert [event.get(key, 0) or [] for key in KEYS[5:]] == [found[key] or [] for key in KEYS[5:]]
    else:
        assert body["messages"] == [f"data[0]: {expected}"]


@pytest.mark.parametrize(
    ("decision", "at", "accepted", "expected", "said_at_the_door"),
    [
        ("grant", EVENT - 60, ["ledger"], "ok_ledger", None),
        ("grant", EVENT - 60, ["token"], "no_signal", "no_signal"),
        ("deny", EVENT - 60, ["ledger"], "withdrawn", "consent_denied"),
        ("grant", EVENT + 301, ["ledger"], "consent_after_event", "consent_denied"),
    ],
)
def test_the_ledger_is_asked_as_at_the_door(
    decision: Any, at: int, accepted: list[str], expected: str, said_at_the_door: str | None
) -> None:
    """Without a signal that decides, the ledger does; the desk names the reason that the door keeps to itself."""
    policy = {"accepted_signals": accepted}
    room = IngestRoom()
    room.configure(dataset_changed(consent=policy))
    keys = to_match_keys({"em": PERSON}, default_country=None, now_seconds=NOW).keys
    subjects = subject_keys(identifiers(keys), [SUBJECT_SECRET])
    room.consent.record(DATASET, subjects, Statement(decision, at, at, NOW + 3_600, "server", "", "request-1"))
    body = room.post(wire_event(consent=None, event_time=EVENT)).body
    assert body["messages"] == ([f"data[0]: {said_at_the_door}"] if said_at_the_door else [])
    held = {"granted_at": at, "expires_at": NOW + 3_600} if decision == "grant" else {"refused_at": at}
    for person in ({}, {"user_data": {"em": PERSON}}):
        assert reason(policy=policy, event_time=EVENT, ledger=held, **person) == expected


@pytest.mark.parametrize(
    ("policy", "held", "expected"),
    [
        ({}, {}, "ok_flag"),
        ({}, {"refused_at": GIVEN["at"] - 60}, "withdrawn"),
        ({}, {"refused_at": GIVEN["at"] - 60, "granted_at": GIVEN["at"]}, "ok_flag"),
        ({"ledger_required": True}, {}, "ledger_missing"),
        ({"ledger_required": True}, {"granted_at": GIVEN["at"]}, "ok_flag"),
        ({"ledger_required": True}, {"granted_at": "2026-11-20T17:40:00Z"}, "ok_flag"),
        ({"ledger_required": True}, {"granted_at": GIVEN["at"], "expires_at": NOW}, "consent_expired"),
        ({"ledger_required": True}, {"granted_at": NOW - 396 * 86_400}, "consent_expired"),
    ],
)
def test_the_ledger_is_asked_again_before_sending(policy: dict[str, Any], held: dict[str, Any], expected: str) -> None:
    """With a ledger, an allowed event is stopped as the sender would stop it, and then nothing is left of the allow."""
    found = answer(policy={**TAKES_FLAG, **policy}, consent=GIVEN, ledger=held)
    assert found["reason"] == expected
    assert found["allow"] == (expected == "ok_flag")
    assert (found["evidence_sha256"] is not None) == found["allow"]


@pytest.mark.parametrize("row", TC, ids=lambda row: row["name"])
def test_public_tc_strings(row: dict[str, Any]) -> None:
    """A TC string allows when it passes the gate and an AC string beside it names Meta."""
    question = {"policy": {}, "consent": {"tcf": row["tc_string"], "ac": AC}, "at": VECTORS_NOW}
    assert answer(**question)["allow"] == (row["gate"]["no_vendor_check"] == "allow")


@pytest.mark.parametrize("as_header", [True, False])
@pytest.mark.parametrize("row", TOOLS, ids=lambda row: f"{row['tool']}: {row['why']}")
def test_public_cookies(row: dict[str, Any], as_header: bool) -> None:
    """A consent tool's cookies are read alike from the Cookie header and from the consent object."""
    cookies: dict[str, str] = row["cookies"]
    header = "; ".join(f"{name}={value}" for name, value in cookies.items())
    given = {"headers": {"COOKIE": header}} if as_header else {"consent": {"cookies": cookies}}
    policy = {"cookies": {row["tool"]: row["options"]}} if row["options"] else {}
    assert answer(policy=policy, at=VECTORS_NOW, **given)["allow"] == row["allow"]


@pytest.mark.parametrize("row", US["ldu_vectors"], ids=lambda row: str(row["state"]))
def test_limited_data_use(row: dict[str, Any]) -> None:
    """An opt-out asks Meta for Limited Data Use in the state, or lets Meta find it from the public address."""
    place = {"country": row["country"], "state": row["state"]}
    found = answer(policy={"mode": "us_opt_out"}, consent={"usp": "1YYN"}, **place)
    assert {key: found[key] for key in KEYS[5:]} == row["expect"]
    assert reason(policy={"mode": "us_opt_out"}, consent={"usp": "1YYN"}, country="US", public_ip=False) == (
        "us_opt_out_drop"
    )


@pytest.mark.parametrize("row", US["sec_gpc_vectors"], ids=lambda row: repr(row["header_value"]))
@pytest.mark.parametrize("name", ["Sec-GPC", "sec-gpc", "SEC-GPC"])
def test_global_privacy_control(row: dict[str, Any], name: str) -> None:
    """The header counts however its name is written; in strict mode it is a refusal."""
    question = {"headers": {name: row["header_value"]}, "country": "US", "state": "US-CA"}
    assert reason(policy={"mode": "us_opt_out"}, **question) == ("ok_us_ldu" if row["gpc"] else "ok_us")
    assert reason(policy={}, **question) == ("denied" if row["gpc"] else "no_signal")


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({"country": "US", "state": "CA"}, "ok_us_ldu"),
        ({"country": "us", "state": "us-ca"}, "ok_us_ldu"),
        ({"state": "US-CA"}, "ok_us_ldu"),
        ({"headers": {"CloudFront-Viewer-Country": "US", "CloudFront-Viewer-Country-Region": "CA"}}, "ok_us_ldu"),
        ({"country": "US", "headers": {"cloudfront-viewer-country": "US"}}, "us_opt_out_drop"),
        ({"state": "CA", "headers": {"cloudfront-viewer-country": "US"}}, "ok_us_ldu"),
        ({"state": "CA"}, "denied"),
        ({"country": "US", "state": "Virginia"}, "denied"),
        ({"country": "US", "state": "US-Virginia"}, "denied"),
        ({"country": "ZZ", "headers": {"cloudfront-viewer-country": "US"}}, "denied"),
        ({"country": "US", "consent": {"region": "Virginia"}}, "denied"),
        ({}, "denied"),
        ({"country": "XX"}, "denied"),
        ({"country": "DE", "state": "US-CA"}, "denied"),
        ({"country": "US", "headers": {"CloudFront-Viewer-Country": "DE"}}, "denied"),
        ({"country": "DE", "headers": {"CloudFront-Viewer-Country": "US"}}, "denied"),
        (
            {"country": "US", "headers": {"CloudFront-Viewer-Country": "DE"}, "consent": {"region": "US-CA"}},
            "denied",
        ),
        ({"country": "US", "consent": {"region": "DE"}}, "denied"),
        ({"consent": {"region": "US-CA"}}, "ok_us_ldu"),
    ],
)
def test_where_the_person_is(place: dict[str, Any], expected: str) -> None:
    """Country and state are taken from whoever names them; when two disagree, consent is needed first."""
    question = {**place, "headers": {"Sec-GPC": "1", **place.get("headers", {})}}
    assert reason(policy={"mode": "us_opt_out"}, public_ip=False, **question) == expected


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        ({}, "ok_token"),
        ({"user_data": {}}, "token_wrong_subject"),
        ({"user_data": {"fn": "Jo"}}, "token_wrong_subject"),
        ({"user_data": {"em": PERSON}}, "ok_token"),
        ({"user_data": {"em": PERSON}, "subject_secret": SUBJECT_SECRET}, "ok_token"),
        ({"user_data": {"em": "else@example.com"}, "subject_secret": SUBJECT_SECRET}, "token_wrong_subject"),
    ],
)
def test_whom_a_token_is_about(person: dict[str, Any], expected: str) -> None:
    """A token's subject is compared with the event's person where both can be known."""
    question = {"policy": {}, "consent": token(), "dataset": DATASET, "consent_keys": {"k1": KEY}}
    assert reason(**question, **person) == expected


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        ({}, "ok_flag"),
        ({"user_data": {}}, "no_subject_key"),
        ({"user_data": {"em": "no address"}}, "no_subject_key"),
        ({"user_data": {"fbp": "fb.1.1795197600123.4711471147"}}, "ok_flag"),
        ({"user_data": {}, "consent": {**GIVEN, "cookies": {"cookieyes-consent": "consentid:UFJHbXhT"}}}, "ok_flag"),
        ({"user_data": {}, "notes": ["marketing=granted;ts=2026-11-20T17:00:00Z;src=cmp;cid=4f2a"]}, "ok_flag"),
    ],
)
def test_who_can_be_named_lastingly(person: dict[str, Any], expected: str) -> None:
    """With user_data, an event needs something by which the consent could be withdrawn."""
    assert reason(**{"policy": {**TAKES_FLAG, "accepted_signals": ["flag"]}, "consent": GIVEN, **person}) == expected


@pytest.mark.parametrize(
    ("user_data", "fields", "expected"),
    [
        ({"client_ip_address": "81.169.145.77", "em": PERSON}, None, "ok_us_ldu"),
        ({"client_ip_address": "10.0.0.1", "em": PERSON}, None, "us_opt_out_drop"),
        ({"client_ip_address": "81.169.145.77", "em": PERSON}, ["em"], "us_opt_out_drop"),
        ({"em": PERSON}, None, "us_opt_out_drop"),
    ],
)
def test_the_public_address_is_known_from_user_data(
    user_data: dict[str, str], fields: list[str] | None, expected: str
) -> None:
    """Limited Data Use without a state needs an address that is public and may leave; public_ip overrules it."""
    question = {"policy": {"mode": "us_opt_out", "user_data_fields": fields}, "user_data": user_data, "country": "US"}
    assert reason(consent={"usp": "1YYN"}, **question) == expected
    assert reason(consent={"usp": "1YYN"}, **question, public_ip=True) == "ok_us_ldu"


def test_notes() -> None:
    """An order's consent note allows where the policy takes it."""
    note = "marketing=granted;ts=2026-11-20T17:00:00Z;src=cmp"
    assert reason(policy={}, notes=[note]) == "ok_note"
    assert reason(policy={"accepted_signals": ["tcf"]}, notes=[note]) == "signal_not_accepted"


@pytest.mark.parametrize(
    "at", [NOW, float(NOW), str(NOW), "2026-11-20T18:40:00Z", "2026-11-20T19:40:00+01:00"], ids=repr
)
def test_clock(at: float | str) -> None:
    """The moment decides how old consent is, in every way to write it; the event happened then unless it says when."""
    policy = {**TAKES_FLAG, "max_consent_age_days": 1}
    assert reason(policy=policy, consent={"granted": True, "at": NOW - 86_400}, at=at) == "ok_flag"
    assert reason(policy=policy, consent={"granted": True, "at": NOW - 86_401}, at=at) == "consent_expired"
    assert reason(policy=policy, consent=GIVEN, at=at, event_time="2026-11-20T12:00:00Z") == "consent_after_event"


def test_without_a_clock_it_is_now() -> None:
    """Consent of 2001 has expired."""
    assert reason(policy=TAKES_FLAG, consent={"granted": True, "at": 1_000_000_000}, at=None) == "consent_expired"


def test_of_two_cookies_with_one_name_the_refusal_counts() -> None:
    """Whichever is the person's, an agreement and a refusal are none; a part without a sign is no cookie."""
    header = "cmplz_marketing=deny;flag;  cmplz_marketing=allow ; cmplz_banner-status=dismissed"
    assert reason(policy={}, headers={"cookie": header}) == "denied"
    given = {"cookies": {"cmplz_marketing": "allow"}}
    assert reason(policy={}, headers={"cookie": header}, consent=given) == "denied"
    same = "cmplz_marketing=allow; cmplz_marketing=allow"
    assert reason(policy={}, headers={"cookie": same}, consent=given) == "ok_cookie"
    assert reason(policy={}, headers={"cookie": same}, consent={"cookies": {"cmplz_marketing": "deny"}}) == "denied"


def test_a_grant_that_is_needed_and_not_told_of_is_missing() -> None:
    """Without a ledger an event that needs its grant is answered as the sender would in the end."""
    found = answer(policy={**TAKES_FLAG, "ledger_required": True}, consent=GIVEN)
    assert (found["allow"], found["reason"]) == (False, "ledger_missing")


def test_match_keys_that_do_not_exist() -> None:
    """A policy that lets a wrong name leave is a wrong question."""
    assert refused('{"policy": {"user_data_fields": ["email"]}}')["error"] == "bad_question"
    assert set(get_args(MatchKey)) == FIELDS.keys()


@pytest.mark.parametrize(
    ("line", "slug", "message"),
    [
        ("{", "bad_json", "column 2: not JSON: Expecting property name enclosed in double quotes"),
        (b'{"country": "\xff"}', "bad_json", "not UTF-8"),
        ('{"at": NaN}', "bad_json", "not JSON"),
        ('{"notes": ["\\ud800"]}', "bad_json", "not JSON"),
        ("[" * 100_000, "bad_json", "not JSON"),
        ("5", "bad_question", "the object: Expected `object`, got `int`"),
        ('{"colour": 1}', "bad_question", "the object: Object contains unknown field `colour`"),
        ('{"policy": {"mood": 1}}', "bad_question", "policy: Object contains unknown field `mood`"),
        ('{"consent": {"jo@example.com": 1}}', "bad_question", "consent: Object contains unknown field"),
        ('{"policy": {"mode": "lax"}}', "bad_question", "policy.mode: a value that is not allowed"),
        ('{"policy": {"regions_strict": ["de"]}}', "bad_question", "policy.regions_strict[0]: Expected `str` matching"),
        ('{"policy": []}', "bad_question", "policy: Expected `object | null`, got `array`"),
        ('{"consent": {"at": "-1"}}', "bad_question", "consent.at: Expected `int | null`, got `str`"),
        ('{"headers": {"Sec-GPC": 1}}', "bad_question", "headers[...]: Expected `str`, got `int`"),
        ('{"headers": {"Sec-GPC": "1", "sec-gpc": "0"}}', "bad_question", "headers: a name stands twice"),
        ('{"at": "yesterday"}', "bad_question", "at: Give Unix seconds"),
        ('{"event_time": "2026-11-20"}', "bad_question", "event_time: Give Unix seconds"),
        ('{"ledger": {"granted_at": "x"}}', "bad_question", "ledger.granted_at: Give Unix seconds"),
        ('{"ledger": {"refused_at": "x"}}', "bad_question", "ledger.refused_at: Give Unix seconds"),
        ('{"ledger": {"expires_at": "x"}}', "bad_question", "ledger.expires_at: Give Unix seconds"),
        ('{"subject_secret": "xyz"}', "bad_question", "subject_secret: Expected `str` matching regex"),
    ],
)
def test_a_wrong_line_names_place_and_rule(line: bytes | str, slug: str, message: str) -> None:
    """The error says where and what, so that it can be mended."""
    error = refused(line)
    assert error["error"] == slug
    assert message in error["message"]


@pytest.mark.parametrize("place", Question.__struct_fields__)
def test_no_value_is_quoted(place: str) -> None:
    """Whatever stands at the wrong place, no error repeats it."""
    for wrong in ("mia.marker@example.com", ["mia.marker@example.com"], {"mia.marker@example.com": 1}):
        output = CliRunner().invoke(app, ["consent", "explain"], input=json.dumps({place: wrong})).output
        assert "marker" not in output


def test_a_bad_line_costs_only_itself() -> None:
    """Answers stand in the order of the lines, empty lines have none, and the status tells that one was wrong."""
    good = json.dumps({"policy": TAKES_FLAG, "consent": GIVEN, "at": NOW})
    lines = explain(f"\ufeff{good}\r\n\n{{\n{good}", exit_code=1).stdout.splitlines()
    assert [json.loads(line).get("reason") for line in lines] == ["ok_flag", None, "ok_flag"]


def test_nothing_in_nothing_out() -> None:
    """Without a line there is no answer and no error."""
    assert explain("").stdout == ""


def test_a_denial_is_an_answer() -> None:
    """The exit status is 0 whatever is decided."""
    assert answer()["allow"] is False


def test_lines_are_answered_as_they_come() -> None:
    """The answer to the first line is there before the second line is written."""
    process = subprocess.Popen(
        [sys.executable, "-c", "from cli.main import app; app()", "consent", "explain"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'layers' / 'sluice'}"},
    )
    with process:
        assert process.stdin
        assert process.stdout
        for _ in range(3):
            process.stdin.write(b"{}\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["reason"] == "policy_missing"
        process.stdin.close()
        assert process.stdout.read() == b""


def test_the_sample() -> None:
    """The lines of the sample get the answers that the samples' README promises, in the checkout and without AWS."""
    result = CliRunner().invoke(app, ["consent", "explain", str(ROOT / "events" / "consent.jsonl")])
    assert result.exit_code == 0
    promised = re.findall(r"^\| \d \| .* \| `(\w+)` \|$", (ROOT / "events" / "README.md").read_text(), re.MULTILINE)
    assert [json.loads(line)["reason"] for line in result.stdout.splitlines()] == promised
    assert len(promised) == 9


@pytest.mark.parametrize("name", ["nowhere.jsonl", "."])
def test_a_file_that_cannot_be_opened_is_a_wrong_call(name: str) -> None:
    """A missing file and a directory are named, with status 2."""
    result = CliRunner().invoke(app, ["consent", "explain", name])
    assert (result.exit_code, name in result.stderr) == (2, True)


def test_a_file_that_cannot_be_read() -> None:
    """A file that fails while it is read is told in a sentence."""
    result = CliRunner().invoke(app, ["consent", "explain", "/proc/self/mem"])
    assert (result.exit_code, "cannot be read" in result.stderr) == (1, True)


def test_a_person_at_a_terminal_reads_sentences(tmp_path: Path) -> None:
    """Each reason stands with its meaning, Limited Data Use and errors in words; --json gives JSON Lines there, too."""
    file = tmp_path / "questions.jsonl"
    opted_out = {"policy": {"mode": "us_opt_out"}, "consent": {"usp": "1YYN"}, "country": "US", "state": "CA"}
    file.write_text(f"{json.dumps(opted_out)}\n{{}}\n{{\n")
    with Terminal("explain", str(file), group="consent") as terminal:
        assert terminal.status() == 1
    assert "Line 1: allowed  ok_us_ldu" in terminal.shown
    assert "Limited Data Use: country 1, state 1000" in terminal.shown
    assert f"Line 2: denied  policy_missing\r\n  {meaning('policy_missing')}" in terminal.shown
    assert "Line 3: bad_json, column 2: not JSON" in terminal.shown
    with Terminal("explain", "--json", str(file), group="consent") as terminal:
        assert terminal.status() == 1
    assert json.loads(terminal.shown.splitlines()[0])["reason"] == "ok_us_ldu"


changed_questions = st.dictionaries(st.sampled_from([*Question.__struct_fields__, "colour"]), json_values, max_size=4)
hostile_bytes = st.one_of(
    st.binary(),
    any_text.map(lambda text: text.encode(errors="surrogatepass")),
    changed_questions.map(lambda question: json.dumps(question).encode()),
    st.lists(st.binary() | changed_questions.map(lambda question: json.dumps(question).encode())).map(b"\n".join),
    st.builds(
        lambda policy, rest: json.dumps({"policy": policy, **rest}).encode(),
        st.sampled_from([{}, {"mode": "us_opt_out"}, {"mode": "custom", **TAKES_FLAG}]),
        st.fixed_dictionaries(
            {},
            optional={
                "consent": st.dictionaries(st.sampled_from(["tcf", "ac", "gpp", "usp", "gcs", "token"]), st.text()),
                "headers": st.dictionaries(st.sampled_from(["Cookie", "Sec-GPC", "cookie"]), st.text()),
                "country": st.text(max_size=3),
                "state": st.text(max_size=6),
                "user_data": st.dictionaries(st.sampled_from(["em", "ph", "fbp"]), json_values),
                "ledger": st.dictionaries(st.sampled_from(["granted_at", "refused_at"]), st.integers(0, 2**40)),
                "notes": st.lists(st.text()),
            },
        ),
    ),
)


@settings(max_examples=200, deadline=None)
@given(hostile_bytes)
@example(b"[" * 100_000)
@example(b'{"at": ' + b"9" * 5_000 + b"}")
@example(b'{"policy": {}, "at": 9007199254740991}')
@example(b'{"ledger": {"granted_at": 9007199254740991}, "policy": {}, "at": 0}')
@example(b'{"at": "9999-12-31T23:59:59-23:59", "policy": {}}')
@example(b'{"consent_keys": {"k": "\\ud83d\\ude00"}, "policy": {}, "consent": {"token": "v1.e30.x"}}')
@example(b"\xef\xbb\xbf\n\xff\n\r\n\x00")
def test_any_bytes(sent: bytes) -> None:
    """Whatever the input is, every line that is not empty has one answer, and the status tells of a wrong one."""
    result = CliRunner().invoke(app, ["consent", "explain"], input=sent)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    answers = [json.loads(line) for line in result.stdout_bytes.split(b"\n") if line]
    assert len(answers) == len([line for line in sent.split(b"\n") if line.removeprefix(b"\xef\xbb\xbf").strip()])
    assert all(list(each) in (KEYS, ["error", "message"]) for each in answers)
    assert result.exit_code == any("error" in each for each in answers)
