"""What a build was made from, so that nothing is built twice."""

import hashlib
import platform
import sys
from collections.abc import Iterable
from pathlib import Path


def of(root: Path, names: Iterable[str]) -> str:
    """A digest of files and folders below a root: of their paths and contents, and of this Python."""
    digest = hashlib.sha256(f"{sys.version_info[:2]} {platform_tag()}".encode())
    for name in names:
        path = root / name
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(str(file.relative_to(root)).encode() + file.read_bytes())
    return digest.hexdigest()


def platform_tag() -> str:
    """This machine in uv's ``--python-platform`` names."""
    machine = {"arm64": "aarch64", "amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    return f"{machine}-apple-darwin" if sys.platform == "darwin" else f"{machine}-manylinux2014"
