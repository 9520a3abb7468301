"""`sluice consent token` and `sluice consent secret`."""

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from cli.main import app
from sluice.consent.malformed import Malformed
from sluice.consent.subject import subject_secrets
from sluice.consent.token import MAX_CHARACTERS, Claims, Expected, read, verify
from sluice.settings import Secret
from tests import samples
from tests.cli.conftest import Gateway
from tests.cli.terminal import Terminal
from tests.fakes.rooms import IngestRoom
from tests.samples import DATASET, PEPPER, dataset_changed, wire_event

KEY = "planted-consent-key-0123456789"
SUBJECT_SECRET = subject_secrets(samples.settings(), DATASET)[0]
DOCUMENT = dataset_changed(consent={"mode": "strict"}, consent_keys={"k1": KEY, "empty": ""})
PERSON = "em=Jo.Sample@example.com"
DIGEST = hashlib.sha256(b"jo.sample@example.com").hexdigest()

Write = Callable[..., str]


@pytest.fixture
def document(tmp_path: Path) -> Write:
    """``document(**changes)`` writes the settings, with other top-level keys, and gives the file's name."""

    def write(**changes: Any) -> str:
        file = tmp_path / "settings.json"
        file.write_text(json.dumps({**DOCUMENT, **changes}))
        return str(file)

    return write


def run(*arguments: str, exit_code: int = 0, typed: str = "") -> Result:
    """Run `sluice consent`; no output shows a consent key or the pepper."""
    result = CliRunner().invoke(app, ["consent", *arguments], input=typed)
    assert result.exit_code == exit_code, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert KEY not in result.output
    assert PEPPER not in result.output
    return result


def minted(*arguments: str) -> Claims:
    """The claims of the token that is printed, and printed alone."""
    output = run("token", "--dataset", DATASET, "--kid", "k1", *arguments).stdout
    claims = read(output.removesuffix("\n"), {"k1": Secret(KEY)})
    assert isinstance(claims, Claims), claims
    return claims


def test_the_door_takes_the_token(document: Write) -> None:
    """A token for a person opens the door for their event, in whatever form the event names them, and for no other."""
    file = document()
    output = run("token", "--settings", file, "--dataset", DATASET, "--kid", "k1", "--subject", PERSON).stdout
    room = IngestRoom()
    room.clock.now = int(time.time())
    room.configure(DOCUMENT)

    def reasons(**user_data: str) -> list[str]:
        event = wire_event(
            user_data={**user_data, "client_user_agent": "Mozilla/5.0"},
            consent={"token": output.strip()},
            event_time=room.clock.now,
        )
        messages: list[str] = room.post(event).body["messages"]
        return messages

    assert reasons(em="jo.sample@example.com ") == []
    assert reasons(em="other@example.com") == ["data[0]: token_wrong_subject"]


def test_claims(document: Write) -> None:
    """Without options it is a grant of now for an hour; each option is a claim."""
    before = int(time.time())
    claims = minted("--settings", document(), "--subject", PERSON)
    after = int(time.time())
    assert (claims.v, claims.kid, claims.aud, claims.dec, claims.pur) == (1, "k1", DATASET, "grant", ("meta_capi",))
    assert before <= claims.iat == claims.dts <= after
    assert claims.exp == claims.iat + 3_600
    assert (claims.jur, claims.src, claims.txt, len(claims.subjects)) == (None, None, None, 1)
    claims = minted(
        "--settings", document(), "--subject", PERSON, "--subject", "cmp=4f2a", "--decision", "deny",
        "--decided-at", "2026-01-02T03:04:05Z", "--valid-for", "15m", "--text-version", "7", "--jurisdiction", "us-ca",
        "--source", "klaro",
    )  # fmt: skip
    assert (claims.dec, claims.dts, claims.exp - claims.iat) == ("deny", 1_767_323_045, 900)
    assert (claims.jur, claims.src, claims.txt, len(claims.subjects)) == ("US-CA", "klaro", "7", 2)


def test_every_token_is_another(document: Write) -> None:
    """Two tokens for the same have different ids."""
    options = ("--settings", document(), "--subject", PERSON)
    assert minted(*options).jti != minted(*options).jti


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (PERSON, "em= jo.sample@EXAMPLE.com"),
        ("ph=+49 151 12345678", "ph=0151 12345678"),
        (PERSON, f"em={DIGEST}"),
    ],
)
def test_subjects_are_made_as_an_event_is(document: Write, one: str, other: str) -> None:
    """Raw or hashed, tidy or not, it is the same person; a telephone number is read by the dataset's country."""
    file = document()
    subjects = [minted("--settings", file, "--subject", each).subjects for each in (one, other)]
    assert subjects[0] == subjects[1]


def test_a_subject_for_each_pepper(document: Write) -> None:
    """While the pepper changes, the token names the person under the old one, too."""
    file = document(previous_peppers=["ab" * 16])
    assert len(minted("--settings", file, "--subject", PERSON).subjects) == 2


@pytest.mark.parametrize(
    ("subject", "sentence"),
    [
        ("em", "write KIND=VALUE"),
        ("jo@example.com", "write KIND=VALUE"),
        ("fn=Jo", "write KIND=VALUE"),
        ("cmp=", "write KIND=VALUE"),
        ("em=marker-4711", "no em that Meta would take"),
        ("ph=110", "no ph that Meta would take"),
        ("fbp=marker-4711", "no fbp that Meta would take"),
    ],
)
def test_a_subject_that_is_none(document: Write, subject: str, sentence: str) -> None:
    """It is told which one and what to write, without its value, and nothing is printed."""
    arguments = ("--settings", document(), "--dataset", DATASET, "--kid", "k1", "--subject", PERSON)
    result = run("token", *arguments, "--subject", subject, exit_code=1)
    assert sentence in result.stderr
    assert "--subject 2" in result.stderr
    assert "marker" not in result.output
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("option", "text"),
    [
        *[("--valid-for", text) for text in ("0s", "2d", "25h", "86401s", "1", "h", "", "-1h", "1w", "١h")],
        *[("--decided-at", text) for text in ("yesterday", "2026-01-02", "9999999999")],
        *[("--jurisdiction", text) for text in ("Germany", "XX", "D")],
        ("--decision", "maybe"),
        ("--dataset", "shop"),
    ],
)
def test_a_wrong_option_is_a_wrong_call(document: Write, option: str, text: str) -> None:
    """The option is named, with status 2, and nothing is printed."""
    arguments = {"--settings": document(), "--dataset": DATASET, "--kid": "k1", "--subject": PERSON, option: text}
    result = run("token", *[word for pair in arguments.items() for word in pair], exit_code=2)
    assert option in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("text", ["1s", "86400s", "1440m", "24h", "1d"])
def test_how_long_it_may_last(document: Write, text: str) -> None:
    """From a second to a day."""
    claims = minted("--settings", document(), "--subject", PERSON, "--valid-for", text)
    assert claims.exp - claims.iat in {1, 86_400}


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--kid", "k2", "it has k1, empty."),
        ("--kid", "empty", "no consent key of this id"),
        ("--dataset", "7654321", f"They have {DATASET}"),
        ("--source", "x" * 257, "longer than 256"),
        ("--text-version", "\udcff", "not UTF-8"),
    ],
)
def test_what_cannot_be_signed(document: Write, option: str, value: str, sentence: str) -> None:
    """A key or dataset that is not there, and texts that no gateway would read, are told in a sentence."""
    arguments = {"--settings": document(), "--dataset": DATASET, "--kid": "k1", "--subject": PERSON, option: value}
    result = run("token", *[word for pair in arguments.items() for word in pair], exit_code=1)
    assert sentence in result.stderr
    assert result.stdout == ""


def test_a_person_with_too_many_names(document: Write) -> None:
    """A token holds twenty subject keys."""
    subjects = [word for number in range(21) for word in ("--subject", f"cmp={number}")]
    assert len(minted("--settings", document(), *subjects[2:]).subjects) == 20
    arguments = ("--settings", document(), "--dataset", DATASET, "--kid", "k1")
    assert "at most 20" in run("token", *arguments, *subjects, exit_code=1).stderr


def test_secrets_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any settings, both secrets are read from the environment; one alone, or a wrong one, is told."""
    arguments = ("token", "--dataset", DATASET, "--kid", "k1", "--subject", PERSON)
    monkeypatch.setenv("SLUICE_CONSENT_KEY", KEY)
    assert "belong together" in run(*arguments, exit_code=1).stderr
    monkeypatch.setenv("SLUICE_SUBJECT_SECRET", "not hex")
    assert "must be hex digits" in run(*arguments, exit_code=1).stderr
    monkeypatch.setenv("SLUICE_SUBJECT_SECRET", SUBJECT_SECRET)
    claims = minted("--subject", PERSON)
    monkeypatch.delenv("SLUICE_CONSENT_KEY")
    assert "belong together" in run(*arguments, exit_code=1).stderr
    assert len(claims.subjects) == 1


def test_the_same_person_from_the_environment_and_from_the_settings(
    document: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `sluice consent secret` shows makes the subject keys that the settings make; a file goes first."""
    by_settings = minted("--settings", document(), "--subject", PERSON).subjects
    monkeypatch.setenv("SLUICE_CONSENT_KEY", KEY)
    shown = run("secret", "--settings", document(), "--dataset", DATASET, "--reveal").stdout
    monkeypatch.setenv("SLUICE_SUBJECT_SECRET", shown.strip())
    assert minted("--subject", PERSON).subjects == by_settings
    monkeypatch.setenv("SLUICE_SUBJECT_SECRET", "ff" * 32)
    assert minted("--subject", PERSON).subjects != by_settings
    assert minted("--settings", document(), "--subject", PERSON).subjects == by_settings


def test_the_settings_of_the_stack(gateway: Gateway) -> None:
    """Without a file and variables the deployed stack's settings are read; without settings there is a sentence."""
    arguments = ("token", "--dataset", DATASET, "--kid", "k1", "--subject", PERSON)
    assert "no settings yet" in run(*arguments, exit_code=1).stderr
    gateway.store(json.dumps(DOCUMENT))
    assert len(minted("--subject", PERSON).subjects) == 1
    assert "no stack other" in run(*arguments, "--stack", "other", exit_code=1).stderr


def test_the_local_stack(gateway: Gateway, simulated_aws: str, local_stack: Callable[[str, str], None]) -> None:
    """--local reads what `make up` runs."""
    gateway.store(json.dumps(DOCUMENT))
    local_stack(simulated_aws, gateway.secret_id)
    assert len(minted("--local", "--subject", PERSON).subjects) == 1


def test_settings_that_are_not_valid() -> None:
    """They are told as everywhere, by place and rule."""
    arguments = ("--settings", "-", "--dataset", DATASET)
    assert "The settings are not valid." in run("secret", *arguments, typed="{", exit_code=1).stderr


def test_the_subject_secret_is_masked_and_of_the_site(document: Write) -> None:
    """Its length is shown unless it is asked for; datasets of one site share it."""
    arguments = ("secret", "--settings", document(), "--dataset", DATASET)
    assert run(*arguments).stdout == "*** (64 hex digits; --reveal shows them)\n"
    assert run(*arguments, "--reveal").stdout == f"{SUBJECT_SECRET}\n"
    of_a_site = dataset_changed(site="example-site")
    file = document(datasets=of_a_site["datasets"])
    assert run("secret", "--settings", file, "--dataset", DATASET, "--reveal").stdout == (
        f"{subject_secrets(samples.settings(of_a_site), DATASET)[0]}\n"
    )
    assert "no such dataset" in run("secret", "--settings", file, "--dataset", "7654321", exit_code=1).stderr


@pytest.mark.parametrize(("answer", "status"), [("y", 0), ("n", 1)])
def test_a_terminal_is_asked_first(document: Write, answer: str, status: int) -> None:
    """On a screen the secret appears only after a yes."""
    with Terminal("secret", "--settings", document(), "--dataset", DATASET, "--reveal", group="consent") as terminal:
        terminal.answer("[y/N]: ", answer)
        assert terminal.status() == status
    assert (SUBJECT_SECRET in terminal.shown) == (status == 0)


printable = st.text(st.characters(exclude_characters="\0", codec=None, exclude_categories=()), max_size=300)


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(printable, printable, st.sampled_from(["em", "ph", "external_id", "fbp", "cmp", "checkout", "x"]))
def test_any_text(monkeypatch: pytest.MonkeyPatch, subject: str, other: str, kind: str) -> None:
    """Whatever is given, a printed token is one that the gateway reads, and anything else ends with a sentence."""
    monkeypatch.setenv("SLUICE_CONSENT_KEY", KEY)
    monkeypatch.setenv("SLUICE_SUBJECT_SECRET", SUBJECT_SECRET)
    arguments = ("--dataset", DATASET, "--kid=k1", f"--subject={kind}={subject}", f"--source={other}")
    result = CliRunner().invoke(app, ["consent", "token", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    if result.exit_code:
        assert result.stderr.startswith("Error: ")
        return
    text = result.stdout.removesuffix("\n")
    claims = verify(text, {"k1": Secret(KEY)}, Expected(DATASET, None, [1, 3, 4, 7], int(time.time())))
    assert not isinstance(claims, Malformed)
    assert len(text) <= MAX_CHARACTERS
