"""`sluice settings check`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import NEW_TOKEN, Gateway, Run
from tests.samples import DATASET, OTHER_DATASET, SHOPIFY_SECRET, document


def test_a_valid_document_is_shown_as_tables(gateway: Gateway, run: Run) -> None:
    """Datasets and sources are rows, and the verdict ends the output."""
    gateway.store()
    output = run("check").output
    assert all(text in output for text in (DATASET, OTHER_DATASET, "Example shop", "shopify-demo", "DE"))
    assert output.endswith("The settings are valid.\n")
    assert "Warning" not in output


def test_a_narrow_terminal_keeps_ids_whole(gateway: Gateway, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """An id that is cut is of no use."""
    gateway.store()
    monkeypatch.setenv("COLUMNS", "60")
    output = run("check").output
    assert output.count(DATASET) == 2


def test_weaknesses_are_warnings(gateway: Gateway, run: Run) -> None:
    """A document that is valid and weak passes, with a sentence for each weakness."""
    weak = document(pepper="0011223344556677")
    weak["sources"]["shopify-demo"]["secrets"] = []
    gateway.store(json.dumps(weak))
    output = run("check").output
    assert "Warning: sources.shopify-demo.secrets holds no secret" in output
    assert "Warning: pepper is shorter" in output


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (json.dumps(document(surprise=1)), "surprise"),
        (json.dumps(document(sources={"Shop": {"kind": "shopify", "dataset": DATASET, "secrets": []}})), "sources: "),
        (json.dumps(document(pepper=NEW_TOKEN)), "pepper: "),
        (f'{{"pepper": "{SHOPIFY_SECRET}",\n oops}}', "line 2, column 2"),
        ("[" * 100_000, "nested too deeply"),
        ("NaN", "the document is not JSON"),
        (f'{{"pepper": {"9" * 5_000}}}', "a number with thousands of digits"),
    ],
)
def test_an_invalid_document_is_told_by_place(gateway: Gateway, run: Run, text: str, place: str) -> None:
    """The exit status is 1 and the message names place and rule, never a value."""
    gateway.store(text[:60_000])
    result = run("check", exit_code=1)
    assert result.stderr.startswith("Error: The settings are not valid. ")
    assert place in result.stderr


@pytest.mark.parametrize("command", ["check", "show", "edit"])
def test_a_stack_without_settings_is_told(gateway: Gateway, run: Run, command: str) -> None:
    """Directly after the deployment the secret has no value; every command says what to do."""
    assert gateway.text is None
    assert "no settings yet" in run(command, exit_code=1).stderr
    assert "sluice settings init" in run(command, exit_code=1).stderr


def test_the_emulators_empty_value_is_told_too(
    aws: Callable[[str], Any], emulator: str, run: Run, local_stack: Callable[[str, str], None]
) -> None:
    """The embedded AWS answers with an empty text where AWS answers that there is none."""
    secret = aws("secretsmanager").create_secret(Name="cli-without-settings")["ARN"]
    local_stack(emulator, secret)
    assert "no settings yet" in run("check", "--local", exit_code=1).stderr


def test_a_file_needs_no_stack(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is checked without AWS."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    file = tmp_path / "settings.json"
    file.write_text(json.dumps(document()))
    assert "The settings are valid." in run("check", str(file)).output


def test_standard_input_is_a_file_too(run: Run) -> None:
    """`-` reads what is piped in."""
    assert "The settings are valid." in run("check", "-", typed=json.dumps(document())).output
    assert "not valid" in run("check", "-", typed="{}", exit_code=1).stderr
    assert "line 1, column 1" in run("check", "-", exit_code=1).stderr


def test_a_file_that_is_not_text_is_not_valid(run: Run, tmp_path: Path) -> None:
    """Bytes that are not UTF-8 are refused, as the functions refuse them."""
    file = tmp_path / "settings.json"
    file.write_bytes(json.dumps(document()).encode().replace(b"Example shop", b"Shop \xe9"))
    assert "not JSON" in run("check", str(file), exit_code=1).stderr


def test_a_file_that_is_not_there_is_a_wrong_call(run: Run, tmp_path: Path) -> None:
    """The usage is shown, with status 2."""
    assert "nowhere.json" in run("check", str(tmp_path / "nowhere.json"), exit_code=2).stderr
