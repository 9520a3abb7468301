"""The pages about sources: each says the same things in the same order, and what it says is true."""

import json
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import msgspec
import pytest

from sluice.settings import parse_settings
from sluice.sources import KINDS
from tests.consent.cmp.samples import ALLOWING
from tests.samples import ROOT, document

FOLDER = ROOT / "docs" / "sources"
INDEX = (FOLDER / "README.md").read_text()
GUIDE = (FOLDER / "adding.md").read_text()
PAGES = {kind: (FOLDER / f"{kind}.md").read_text() for kind in KINDS if (FOLDER / f"{kind}.md").exists()}
HEADINGS = [
    "Set-up in five steps",
    "What is sent",
    "How consent reaches us",
    "What to switch off so that nothing counts twice",
    "Options",
    "Answers and limits",
]
"""Of every page, in this order; a page may have more."""
every_page = pytest.mark.parametrize("kind", PAGES)


def chapter(page: str, title: str) -> str:
    """The text under a heading of the second level."""
    (text,) = re.findall(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    return str(text)


def entries(page: str) -> Iterator[dict[str, Any]]:
    """The JSON examples of a page that are a source's settings: those with a kind."""
    for _, block in re.findall(r"^( *)```json\n(.*?)^\1```$", page, re.MULTILINE | re.DOTALL):
        try:
            value = json.loads(textwrap.dedent(block))
        except ValueError:
            continue
        if isinstance(value, dict) and "kind" in value:
            yield value


def option_names(options: type[msgspec.Struct], place: str = "") -> Iterator[str]:
    """The name of every option, those of an object within it with dots."""
    for field in msgspec.structs.fields(options):
        kinds = (field.type, *(get_args(field.type) if get_origin(field.type) is not dict else ()))
        model = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, msgspec.Struct)), None)
        yield from option_names(model, f"{place}{field.name}.") if model else [place + field.name]


def files_of_the_guide() -> dict[str, str]:
    """The files that the guide shows, by their path."""
    blocks = re.findall(r"^`([\w./-]+)`:\n\n(`{3,})\w+\n(.*?)^\2$", GUIDE, re.MULTILINE | re.DOTALL)
    return {path: text for path, _, text in blocks}


def test_every_page_is_of_a_kind() -> None:
    """There is no page of a kind that does not exist; a browser is a source that is none."""
    assert {path.stem for path in FOLDER.glob("*.md")} - {"README", "adding", "browser"} == PAGES.keys()


@every_page
def test_headings(kind: str) -> None:
    """Whoever read one page finds their way on every other."""
    found = re.findall(r"^## (.*)$", PAGES[kind], re.MULTILINE)
    assert [heading for heading in found if heading in HEADINGS] == HEADINGS


@every_page
def test_settings_example(kind: str) -> None:
    """Each settings example of a page can be written into the settings; there is at least one."""
    found = list(entries(PAGES[kind]))
    assert found
    for entry in found:
        assert entry["kind"] == kind
        parse_settings(json.dumps(document(sources={"example": entry})), KINDS)


@every_page
def test_options(kind: str) -> None:
    """The table of options has each option of the kind, and no other."""
    named = re.findall(r"^\| `([\w.]+)` \|", chapter(PAGES[kind], "Options"), re.MULTILINE)
    assert sorted(named) == sorted(option_names(KINDS[kind].options))


@pytest.mark.parametrize(
    "title", ["Which kind", "How each proves itself, what it wants to hear, and whether it repeats"]
)
def test_index(title: str) -> None:
    """Both tables of the index have every kind."""
    named = re.findall(r"^\|.*?`([a-z_]+)`", chapter(INDEX, title), re.MULTILINE)
    assert sorted(named) == sorted(KINDS)


@pytest.mark.parametrize("tool", sorted(ALLOWING.keys() - {"usercentrics"}))
def test_the_code_for_pages_passes_on_what_the_tool_left(tool: str) -> None:
    """The browsers' page matches every cookie that shows a yes; Usercentrics leaves none."""
    (parts,) = re.findall(r"consentTool = new RegExp\((.*?)\);", (FOLDER / "browser.md").read_text(), re.DOTALL)
    known = re.compile("".join(re.findall(r'"(.*?)"', parts)))
    assert all(known.match(name) for name in ALLOWING[tool])


@pytest.fixture(scope="module")
def tree_with_lodge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in which somebody did what the guide says."""
    tree = tmp_path_factory.mktemp("lodge") / "tree"
    left_out = shutil.ignore_patterns(".*", "__pycache__", "node_modules")
    shutil.copytree(ROOT, tree, ignore=left_out, symlinks=True)
    for path, text in files_of_the_guide().items():
        (tree / path).write_text(text)
    registry = tree / "layers" / "sluice" / "sluice" / "sources" / "__init__.py"
    registry.write_text(registry.read_text().replace("_NAMES: Final = (\n", '_NAMES: Final = (\n    "lodge",\n'))
    return tree


def outcome(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What pytest says in a copy of the project."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)


def test_the_guide_s_kind_works(tree_with_lodge: Path) -> None:
    """The module, the sample and the page of the guide, put where it says, pass every test of a kind."""
    result = outcome(
        tree_with_lodge, "tests/sources/test_every_kind.py", "tests/docs/test_source_pages.py", "-k", "lodge"
    )
    assert result.returncode == 0, result.stdout
    assert int(re.findall(r"(\d+) passed", result.stdout)[0]) > 20


@pytest.mark.parametrize("path", files_of_the_guide())
def test_the_guide_s_kind_needs_all_three(tree_with_lodge: Path, path: str) -> None:
    """Without its module, its sample or its page a kind fails."""
    file = tree_with_lodge / path
    text = file.read_text()
    file.unlink()
    result = outcome(tree_with_lodge, "tests/sources/test_every_kind.py", "-k", "sample_and_a_page or registered")
    file.write_text(text)
    assert result.returncode != 0
