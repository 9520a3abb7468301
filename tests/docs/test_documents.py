"""What the documents say is true: verbs, commands, parameters, links and names exist."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

import sluice
from cli.main import app
from tools import behaviour_doc

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "local" / "README.md"])
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    """A link or picture of a document names a file of the project."""
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text()):
        assert target.startswith("https://") or (path.parent / target).exists(), target


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_make_verb_exists(path: Path) -> None:
    """A document names no verb that the Makefile lacks."""
    verbs = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", path.read_text())) <= verbs


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_sluice_command_exists(path: Path) -> None:
    """A document names no command that `sluice` lacks."""
    for words in set(re.findall(r"sluice ((?:[a-z]+ ?)+)[^`\n]*`", path.read_text())):
        assert CliRunner().invoke(app, [*words.split(), "--help"]).exit_code == 0, words


def test_the_quick_start_is_two_commands() -> None:
    """`make run` and `make test`, and CI runs the second."""
    (block,) = re.findall(r"```sh\n(.*?)```", README.split("## Deploy")[0], re.DOTALL)
    assert block.splitlines() == ["make run", "make test"]
    assert "make test" in (ROOT / ".ci" / "run").read_text()


def test_named_parameters_are_in_the_template() -> None:
    """A parameter that a document names can be set."""
    parameters = set(re.findall(r"^  ([A-Z]\w+):$", (ROOT / "template.yaml").read_text(), re.MULTILINE))
    for path in DOCUMENTS:
        named = set(
            re.findall(r"`((?:Alarm|Batching|Evidence|Log|Graph|Custom|Certificate)[A-Z]\w+)`", path.read_text())
        )
        assert named <= parameters


def test_the_map_of_the_package_names_what_is_there() -> None:
    """Each name in the package's docstring and in the overview is a module or a function of it."""
    package = Path(sluice.__file__).parent
    source = "\n".join(path.read_text() for path in package.rglob("*.py"))
    text = (sluice.__doc__ or "") + (ROOT / "docs" / "overview.md").read_text()
    names = r"`+(?:\w+\.)*(to_match_keys|problems|decide|pack|deliver|read_request|Arrival)`"
    for name in set(re.findall(names, text)):
        assert re.search(rf"(def|class) {name}\b", source), name
    for module in set(re.findall(r"`+([a-z_/]+\.py)`", text)):
        assert (package / module).exists() or (ROOT / module).exists(), module


def test_the_page_of_behaviour_is_up_to_date() -> None:
    """After a slug changed, ``python tools/behaviour_doc.py`` writes the page anew."""
    assert behaviour_doc.document() == behaviour_doc.TARGET.read_text()
