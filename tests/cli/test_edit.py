"""`sluice settings edit`."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import NEW_TOKEN, Gateway, Run
from tests.samples import DATASET, TOKEN, document

Editor = Callable[[str], None]
RENAME = 'path.write_text(path.read_text().replace("Example shop", "Renamed shop"))'


def test_a_change_is_shown_and_written(gateway: Gateway, run: Run, editor: Editor) -> None:
    """What changes is listed by place before the question, and only that is different afterwards."""
    gateway.store()
    editor(RENAME)
    output = run("edit", typed="y\n").output
    assert f'~ datasets.{DATASET}.name: "Example shop" -> "Renamed shop"' in output
    assert "pepper" not in output
    assert "up to five minutes" in output
    assert gateway.stored["datasets"][DATASET]["name"] == "Renamed shop"
    assert gateway.stored["sources"] == document()["sources"]


def test_a_new_secret_of_the_same_length_is_a_change(gateway: Gateway, run: Run, editor: Editor) -> None:
    """The list says that a secret changes without saying what it is."""
    gateway.store()
    other = TOKEN[::-1]
    editor(f'path.write_text(path.read_text().replace("{TOKEN}", "{other}"))')
    output = run("edit", typed="y\n").output
    masked = f"*** ({len(TOKEN)} characters)"
    assert f"~ datasets.{DATASET}.access_token: {masked} -> {masked}" in output
    assert other not in output
    assert gateway.stored["datasets"][DATASET]["access_token"] == other


def test_an_invalid_document_can_be_mended(gateway: Gateway, run: Run, editor: Editor, tmp_path: Path) -> None:
    """Place and rule are shown, and the editor opens again on the operator's own text."""
    gateway.store()
    editor(f"""
text = path.read_text()
once = pathlib.Path({str(tmp_path / "once")!r})
if once.exists():
    path.write_text(text.replace('"de"', '"AT"'))
else:
    once.touch()
    path.write_text(text.replace('"DE"', '"de"'))
""")
    output = run("edit", typed="y\ny\n").output
    assert "This is not valid yet. " in output
    assert "default_country" in output
    assert gateway.stored["datasets"][DATASET]["default_country"] == "AT"


def test_what_is_not_json_is_told_by_line(gateway: Gateway, run: Run, editor: Editor) -> None:
    """A missing quote is told by line and column; giving up writes nothing."""
    gateway.store()
    before = gateway.text
    editor(f"""path.write_text('{{\\n  "pepper": {NEW_TOKEN}"')""")
    result = run("edit", typed="n\n", exit_code=1)
    assert "line 2, column 13" in result.output
    assert "Nothing was written" in result.stderr
    assert gateway.text == before


@pytest.mark.parametrize("program", ["pass", "path.write_text(path.read_text().replace(' ', ''))"])
def test_no_change_writes_nothing(gateway: Gateway, run: Run, editor: Editor, program: str) -> None:
    """Neither leaving the editor nor other spaces make a new version."""
    gateway.store('{"datasets": {}, "sources": {}, "pepper": "00112233445566778899aabbccddeeff"}')
    before = gateway.text
    editor(program)
    assert "Nothing changed" in run("edit").output
    assert gateway.text == before


def test_a_refusal_writes_nothing(gateway: Gateway, run: Run, editor: Editor) -> None:
    """The last question is whether to write."""
    gateway.store()
    before = gateway.text
    editor(RENAME)
    assert "Nothing was written." in run("edit", typed="n\n", exit_code=1).stderr
    assert gateway.text == before


def test_a_change_by_somebody_else_is_kept(gateway: Gateway, run: Run, editor: Editor) -> None:
    """Who wrote while the editor was open is not overwritten."""
    gateway.store()
    theirs = '{"datasets": {}, "sources": {}, "pepper": "ffeeddccbbaa99887766554433221100"}'
    editor(f"""
import boto3
boto3.client("secretsmanager").put_secret_value(SecretId={gateway.secret_id!r}, SecretString={theirs!r})
{RENAME}
""")
    assert "somebody else changed" in run("edit", typed="y\n", exit_code=1).stderr
    assert gateway.text == theirs


def test_a_stored_document_that_is_not_valid_can_be_mended(gateway: Gateway, run: Run, editor: Editor) -> None:
    """The operator learns what is wrong with it, and everything of the mended one is listed."""
    gateway.store('{"datasets": {}, "sources": {}}')
    editor("""path.write_text('{"datasets": {}, "sources": {}, "pepper": "00112233445566778899aabbccddeeff"}')""")
    output = run("edit", typed="y\n").output
    assert "The stored settings are not valid." in output
    assert "+ pepper: *** (32 characters)" in output


def test_a_removed_source_is_listed(gateway: Gateway, run: Run, editor: Editor) -> None:
    """What goes is listed with its place, its secrets masked."""
    gateway.store()
    editor("""
document = json.loads(path.read_text())
del document["sources"]["shopify-demo"]
path.write_text(json.dumps(document))
""")
    output = run("edit", typed="y\n").output
    assert "- sources.shopify-demo.secrets.0: *** (28 characters)" in output
    assert gateway.stored["sources"] == {}


def test_the_file_is_private_and_goes(gateway: Gateway, run: Run, editor: Editor, tmp_path: Path) -> None:
    """Nobody else can read the file or look into its folder, and both are gone afterwards, backups included."""
    gateway.store()
    note = tmp_path / "note"
    editor(f"""
path.with_name("settings.json~").write_text(path.read_text())
modes = oct(path.stat().st_mode & 0o777) + " " + oct(path.parent.stat().st_mode & 0o777)
pathlib.Path({str(note)!r}).write_text(str(path) + " " + modes)
""")
    run("edit")
    path, file_mode, folder_mode = note.read_text().split()
    assert (file_mode, folder_mode) == ("0o600", "0o700")
    assert not Path(path).parent.exists()


def test_an_editor_that_fails_writes_nothing(gateway: Gateway, run: Run, editor: Editor) -> None:
    """An editor that ends with an error or leaves no text has decided nothing."""
    gateway.store()
    before = gateway.text
    editor(f"{RENAME}\nsys.exit(3)")
    assert "status 3" in run("edit", exit_code=1).stderr
    editor("path.write_bytes(bytes([0xff, 0xfe, 0x00]))")
    assert "UTF-8" in run("edit", exit_code=1).stderr
    assert gateway.text == before


@pytest.mark.parametrize("program", ["no-such-editor-anywhere", "'"])
def test_an_editor_that_does_not_start_is_told(
    gateway: Gateway, run: Run, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    """The operator is told which variable names the editor; VISUAL goes before EDITOR."""
    gateway.store()
    monkeypatch.setenv("EDITOR", "true")
    monkeypatch.setenv("VISUAL", program)
    assert "Set EDITOR" in run("edit", exit_code=1).stderr
