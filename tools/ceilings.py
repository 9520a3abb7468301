"""Fail when a module grows past 250 lines or a function past 40: then it does two things and should be two."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOMS: Final = ("functions", "layers", "cli", "local", "tools", "benchmarks")
MODULE_LINES: Final = 250
FUNCTION_LINES: Final = 40


def too_long(path: Path) -> Iterator[str]:
    """The ceilings that a module breaks, a sentence each."""
    text = path.read_text()
    lines = text.count("\n")
    if lines > MODULE_LINES:
        yield f"{path}: {lines} lines, at most {MODULE_LINES}"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                yield f"{path}:{node.lineno}: {node.name} has {length} lines, at most {FUNCTION_LINES}"


if __name__ == "__main__":
    found = [line for room in ROOMS for path in sorted(Path(room).rglob("*.py")) for line in too_long(path)]
    print("\n".join(found) or "ceilings: every module and function is short enough")
    sys.exit(bool(found))
