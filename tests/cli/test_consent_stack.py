"""`sluice consent show`, `withdraw` and `export`."""

import hashlib
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.consent_record import state
from sluice.consent.ledger import Asked, Standing, Statement, standing_of, stopped_by
from sluice.delivery.parcel import State
from sluice.policy import ConsentPolicy
from sluice.told import Proof, Told
from tests.cli.conftest import Run
from tests.cli.tables import DAY, PERSON, RETENTION_DAYS, TableStack, event_of, grant, settings_of_one, subjects
from tests.cli.terminal import Terminal
from tests.samples import DATASET, NOW, OTHER_DATASET, ROOT, document

EM, PH = PERSON["em"], PERSON["ph"]


@pytest.fixture
def consent(sluice: Run) -> Run:
    """``consent("show", "--em", EM)``; no output tells who the person is."""

    def run(*arguments: str, **keywords: Any) -> Any:
        result = sluice("consent", *arguments, **keywords)
        assert not [value for value in PERSON.values() if value in result.output]
        return result

    return run


def standing(tables: TableStack, **person: str) -> Standing:
    """What the sender would find."""
    return standing_of(tables.consent.standings(DATASET, subjects(**person)).values())


@pytest.mark.usefixtures("tables")
def test_a_person_of_whom_nothing_is_known(consent: Run) -> None:
    """An empty ledger is an answer, not an error."""
    assert "holds nothing under these identifiers" in consent("show", "--em", EM).output


def test_standing_and_decisions_are_shown(tables: TableStack, consent: Run) -> None:
    """What counts now stands in a sentence, every decision in a row."""
    proof = Proof(method="button", cmp="usercentrics", text_version="7")
    tables.state(Statement("grant", NOW - 9 * DAY, NOW - 8 * DAY, NOW, "server", "ab" * 32, "request-1", proof), em=EM)
    tables.state(Statement("withdraw", NOW - DAY, NOW - DAY, 0, "browser", "cd" * 32, "request-2"), em=EM)
    output = consent("show", "--em", EM).output
    assert "refused or took consent back on 2026-11-19T18:40:00Z" in output
    assert "2026-11-11T18:40:00Z" in output
    assert "button usercentrics" in output
    assert output.index("grant ") < output.index("withdraw ")


def test_programs_get_json(tables: TableStack, consent: Run) -> None:
    """A statement is there once, with each subject key that it is kept under; nothing else is printed."""
    tables.state(grant(), em=EM, ph=PH)
    shown = json.loads(consent("show", "--em", EM, "--ph", PH, "--json").stdout)
    keys = subjects(em=EM, ph=PH)
    assert shown["named_by"] == ["em", "ph"]
    assert shown["subjects"] == keys
    assert shown["standing"]["state"] == "granted"
    assert shown["standing"]["refused_at"] is None
    (statement,) = shown["statements"]
    assert statement["decision"] == "grant"
    assert statement["decided_at"] == "2026-11-19T18:40:00Z"
    assert sorted(statement["subjects"]) == sorted(keys)


@pytest.mark.parametrize(
    ("option", "typed"),
    [
        ("--em", "  Jo.Sample@EXAMPLE.com"),
        ("--em", hashlib.sha256(EM.encode()).hexdigest()),
        ("--ph", "0171 1234567"),
        ("--ph", "0049 (0)171 1234567"),
        ("--external-id", PERSON["external_id"]),
    ],
)
def test_a_person_is_found_however_they_are_written(tables: TableStack, consent: Run, option: str, typed: str) -> None:
    """Values are read as the doors read them: in the dataset's country, raw or hashed."""
    tables.state(grant(), **PERSON)
    assert "The person agreed" in consent("show", option, typed).output


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("--cmp-consent-id", Told(cmp_consent_id="record-1")),
        ("--checkout-token", Told(checkout_token="record-1")),
    ],
)
def test_a_person_is_found_by_a_record_of_the_shop(tables: TableStack, consent: Run, option: str, told: Told) -> None:
    """The consent tool's id and the shop's checkout name a person too."""
    tables.consent.record(DATASET, subjects(told), grant())
    assert "The person agreed" in consent("show", option, "record-1").output
    assert "holds nothing" in consent("show", option, "record-2").output


def test_what_was_recorded_under_an_earlier_pepper_is_found(tables: TableStack, consent: Run) -> None:
    """After the pepper was changed, nobody's decision is lost."""
    tables.state(grant(), em=EM)
    pepper = document()["pepper"]
    tables.store(settings_of_one(pepper="ff" * 16, previous_peppers=[pepper]))
    assert "The person agreed" in consent("show", "--em", EM).output
    tables.store(settings_of_one(pepper="ff" * 16))
    assert "holds nothing" in consent("show", "--em", EM).output


def test_datasets_of_one_site_know_the_same_persons(tables: TableStack, consent: Run) -> None:
    """The site is asked, not the dataset; with several datasets one has to be named."""
    whole = document()
    whole["datasets"][OTHER_DATASET]["site"] = DATASET
    tables.store(whole)
    tables.state(grant(), em=EM)
    assert "The person agreed" in consent("show", "--em", EM, "--dataset", OTHER_DATASET).output
    refusal = consent("show", "--em", EM, exit_code=1).stderr
    assert f"--dataset which one is meant: {DATASET} (Example shop), {OTHER_DATASET}" in refusal
    assert "--dataset" in consent("show", "--em", EM, "--dataset", "3334567890123456", exit_code=1).stderr


def test_a_dash_reads_what_no_history_remembers(tables: TableStack) -> None:
    """Values come from standard input, one a line, in the order of the questions, which stay apart from the answer."""
    tables.state(grant(), em=EM, ph=PH)
    arguments = ("consent", "show", "--em", "-", "--ph", "-", "--json")
    answered = program(*arguments, typed=f"{EM}\n{PH}\n")
    assert json.loads(answered.stdout)["subjects"] == subjects(em=EM, ph=PH)
    assert "Telephone number" in answered.stderr
    assert "ended before --ph was answered" in program(*arguments, typed=f"{EM}\n").stderr


def program(*arguments: str, typed: str) -> "subprocess.CompletedProcess[str]":
    """`sluice` as a process of its own: typer's runner shows what is typed."""
    return subprocess.run(
        [sys.executable, "-c", "from cli.main import app; app()", *arguments],
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'layers' / 'sluice'}"},
    )


def test_a_dash_asks_at_a_terminal(tables: TableStack) -> None:
    """At a terminal the question is answered and the person shown."""
    tables.state(grant(), em=EM)
    with Terminal("show", "--em", "-", group="consent") as terminal:
        terminal.answer("SHA-256: ", EM)
        assert terminal.status() == 0
    assert "The person agreed" in terminal.shown


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        ((), "Say who it is about: --em, --ph, --external-id, --fbp"),
        (("--em", "secret-word"), "e-mail address"),
        (("--ph", "12"), "country code"),
        (("--fbp", "secret-word"), "_fbp cookie"),
        (("--checkout-token", ""), "token of a checkout"),
        (("--em", EM, "--ph", "secret-word"), "--ph holds nothing"),
    ],
)
@pytest.mark.parametrize("command", ["show", "withdraw", "export"])
def test_a_wrong_name_is_told_and_never_repeated(
    consent: Run, command: str, arguments: tuple[str, ...], hint: str
) -> None:
    """Each value has to name somebody; the sentence says which option is wrong, not what it held."""
    output = consent(command, *arguments, exit_code=1).output
    assert hint in output
    assert "secret-word" not in output


def test_a_withdrawal_is_recorded_and_stops_what_waits(tables: TableStack, consent: Run) -> None:
    """After a yes the ledger refuses under every key, for as long as the stack keeps evidence."""
    tables.state(grant(), em=EM, ph=PH)
    output = consent("withdraw", "--em", EM, "--ph", PH, typed="y\n").output
    assert "Now: The person agreed" in output
    assert "cannot be recalled" in output
    for person in ({"em": EM}, {"ph": PH}):
        known = standing(tables, **person)
        assert stopped_by(known, Asked(NOW, "flag", NOW, False, None), NOW) == "withdrawn"  # noqa: FBT003
    (record,) = tables.consent.history(DATASET, subjects(em=EM))
    withdrawal = record.statements[-1]
    assert (withdrawal.decision, withdrawal.source) == ("withdraw", "operator")
    items = tables.dynamodb.scan(TableName=tables.outputs["ConsentTable"])["Items"]
    kept = [
        int(item["kept_until"]["N"]) for item in items if item["sk"]["S"].startswith(f"H#{withdrawal.decided_at:012}")
    ]
    assert kept == [withdrawal.recorded_at + RETENTION_DAYS * DAY] * 2


@pytest.mark.parametrize(("arguments", "typed", "exit_code"), [(("--dry-run",), "", 0), ((), "n\n", 1), ((), "", 1)])
def test_nothing_is_recorded_without_a_yes(
    tables: TableStack, consent: Run, arguments: tuple[str, ...], typed: str, exit_code: int
) -> None:
    """A dry run and a no leave the ledger as it was; a dry run says what it would do."""
    output = consent("withdraw", "--em", EM, *arguments, typed=typed, exit_code=exit_code).output
    assert ("would be recorded" in output) == (exit_code == 0)
    assert tables.consent.history(DATASET, subjects(em=EM)) == []


def test_a_withdrawal_wins_over_a_grant_from_a_clock_ahead(tables: TableStack, consent: Run) -> None:
    """A grant that is dated after now does not outlive a withdrawal of now."""
    ahead = NOW + 10_000 * DAY
    tables.state(grant(ahead), em=EM)
    consent("withdraw", "--em", EM, "--yes")
    assert "refused or took consent back" in consent("show", "--em", EM).output
    assert standing(tables, em=EM).refused_at == ahead


def test_an_access_request_is_answered(tables: TableStack, consent: Run, tmp_path: Path) -> None:
    """The file holds the person's decisions and events, recipients and retention, and is the owner's alone."""
    tables.state(grant(), em=EM, ph=PH)
    (em,), other = subjects(em=EM), subjects(em="somebody.else@example.com")
    mine, stopped, _ = tables.claim(event_of("a", [em, *other]), event_of("b", [em]), event_of("c", other))
    mine.state, mine.fbtrace_id = State.DELIVERED, "trace-1"
    stopped.state, stopped.slug = State.WITHDRAWN, "withdrawn"
    tables.settle(mine, stopped)
    consent("export", "--em", EM, "--out", "person.json")
    path = tmp_path / "person.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert EM not in path.read_text()
    answer = json.loads(path.read_text())
    assert [each["decision"] for each in answer["consent"]["statements"]] == ["grant"]
    assert sorted(each["state"] for each in answer["events"]) == ["delivered", "withdrawn"]
    delivered = next(each for each in answer["events"] if each["state"] == "delivered")
    assert delivered["fbtrace_id"] == "trace-1"
    assert "vouched" in delivered["meaning"]
    (meta,) = answer["recipients"]
    assert meta["name"].startswith("Meta Platforms Ireland")
    assert (meta["events"], meta["first_at"]) == (1, "2026-11-20T18:41:00Z")
    assert answer["retention"]["consent"].startswith("1000 days")
    assert answer["purposes"]
    assert answer["not_held"]


@pytest.mark.usefixtures("tables")
def test_an_access_request_can_be_answered_to_a_pipe(consent: Run) -> None:
    """Without --out the JSON is all that is printed, also of a person of whom nothing is known."""
    answer = json.loads(consent("export", "--em", EM).stdout)
    assert answer["events"] == answer["consent"]["statements"] == []
    assert answer["recipients"][0]["events"] == 0


@pytest.mark.usefixtures("tables")
def test_an_existing_file_is_kept(consent: Run, tmp_path: Path) -> None:
    """Only --force replaces a file, and a folder that is not there is told."""
    path = tmp_path / "person.json"
    path.write_text("kept")
    assert "--force" in consent("export", "--em", EM, "--out", "person.json", exit_code=1).stderr
    assert path.read_text() == "kept"
    consent("export", "--em", EM, "--out", "person.json", "--force")
    assert json.loads(path.read_text())["events"] == []
    assert "cannot be made" in consent("export", "--em", EM, "--out", "no/person.json", exit_code=1).stderr


def test_a_table_that_is_gone_is_told(tables: TableStack, consent: Run, tmp_path: Path) -> None:
    """The sentence is about the table, and nothing of a file is left."""
    tables.dynamodb.delete_table(TableName=tables.table)
    assert "table of the stack is gone" in consent("export", "--em", EM, "--out", "p.json", exit_code=1).stderr
    assert not list(tmp_path.iterdir())
    tables.dynamodb.delete_table(TableName=tables.outputs["ConsentTable"])
    assert "table of the stack is gone" in consent("show", "--em", EM, exit_code=1).stderr
    assert "table of the stack is gone" in consent("withdraw", "--em", EM, "--yes", exit_code=1).stderr


def test_a_ledger_of_another_version_is_told(tables: TableStack, consent: Run) -> None:
    """An item that cannot be read is no "nothing known"."""
    (key,) = subjects(em=EM)
    item = {"pk": {"S": f"{DATASET}#{key}"}, "sk": {"S": "H#000000000001#new"}, "decision": {"S": "postponed"}}
    tables.dynamodb.put_item(TableName=tables.outputs["ConsentTable"], Item=item)
    assert "version that is deployed" in consent("show", "--em", EM, exit_code=1).stderr


def test_a_stack_without_settings_is_told(tables: TableStack, consent: Run) -> None:
    """Without the pepper nobody can be looked up."""
    tables.store({"datasets": {}})
    assert "not valid" in consent("show", "--em", EM, exit_code=1).stderr


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (Standing(), "unknown"),
        (Standing(granted_at=10, expires_at=30), "granted"),
        (Standing(granted_at=10, expires_at=20), "expired"),
        (Standing(granted_at=10, expires_at=30, text_version="1"), "outdated"),
        (Standing(refused_at=5), "refused"),
        (Standing(granted_at=10, refused_at=10, expires_at=30), "refused"),
        (Standing(granted_at=10, refused_at=5, expires_at=30, text_version="2"), "granted"),
        (Standing(granted_at=5, refused_at=10, expires_at=30), "refused"),
    ],
)
def test_the_standing_in_a_word(known: Standing, expected: str) -> None:
    """At second 20, under a policy that asks for the second text where a text is named."""
    policy = ConsentPolicy(min_text_version="2") if known.text_version else ConsentPolicy()
    assert state(known, policy, 20) == expected
