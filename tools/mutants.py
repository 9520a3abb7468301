"""Mutation tests of match keys, event model and rules: changes the code in many small ways, each must fail a test.

mutmut knows no layers/ folder, so the code and its tests are laid out anew under .local/mutants. Names of modules may
be given to look at fewer: ``tools/mutants.py match_keys/place.py``. The share of killed mutants is printed, then
the names of the survivors; ``mutmut show <name>`` in that folder shows one.
"""

import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
STAGE: Final = ROOT / ".local/mutants"
MUTATED: Final = ("match_keys/*.py", "event/*.py", "rules/*.py")
TESTS: Final = ("match_keys", "samples.py", "strategies.py", "test_event.py", "rules")
WORKERS: Final = "2"
LEAST_KILLED: Final = 0.9
SETTINGS: Final = """\
[tool.mutmut]
source_paths = ["src"]
only_mutate = [{only}]
do_not_mutate = ["src/sluice/match_keys/countries.py"]
pytest_add_cli_args_test_selection = ["tests"]
pytest_add_cli_args = ["-p", "no:cacheprovider", "--hypothesis-profile=mutants"]

[tool.pytest]
addopts = ["--import-mode=importlib"]
pythonpath = ["src", "."]
"""
# The same examples for every mutant, and few of them: a survivor must not be one by chance of the draw.
PROFILE: Final = """\
from hypothesis import settings

settings.register_profile("mutants", derandomize=True, database=None, deadline=None, max_examples=30)
"""


def stage(only: list[str]) -> None:
    """Lay out code and tests as mutmut wants them."""
    shutil.rmtree(STAGE, ignore_errors=True)
    unneeded = shutil.ignore_patterns("__pycache__", "test_document.py", "test_simulator.py", "test_meanings.py")
    shutil.copytree(ROOT / "layers/sluice/sluice", STAGE / "src/sluice", ignore=unneeded)
    for name in TESTS:
        source, target = ROOT / "tests" / name, STAGE / "tests" / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=unneeded)
        else:
            shutil.copy(source, target)
    (STAGE / "tests/conftest.py").write_text(PROFILE)
    patterns = ", ".join(f'"src/sluice/{pattern}"' for pattern in only)
    (STAGE / "pyproject.toml").write_text(SETTINGS.format(only=patterns))


def mutmut(*arguments: str) -> str:
    """Run mutmut in the stage, its progress shown here; answers what it printed if it was asked for results."""
    command = [sys.executable, "-m", "mutmut", *arguments]
    output = subprocess.PIPE if arguments[0] == "results" else None
    done = subprocess.run(command, cwd=STAGE, stdout=output, text=True, check=False)  # noqa: S603  (no caller's text)
    return done.stdout or ""


def main(only: list[str]) -> None:
    """Stage, run, and say how many mutants survived."""
    stage(only or list(MUTATED))
    mutmut("run", "--max-children", WORKERS)
    lines = mutmut("results", "--all", "true").splitlines()
    results = dict(line.strip().rsplit(": ", 1) for line in lines if ": " in line)
    print("\n".join(f"{name}: {result}" for name, result in results.items() if result != "killed"))
    counted = Counter(results.values())
    killed = counted["killed"] / max(len(results), 1)
    print(f"mutants: {counted['killed']} of {len(results)} killed, {killed:.1%}")
    sys.exit(killed < LEAST_KILLED)


if __name__ == "__main__":
    main(sys.argv[1:])
