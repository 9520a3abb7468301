"""What is deployed is what was tested: the locked third-party versions, for Lambda's Python and processor."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

LAYER_NEEDS = {"aws-lambda-powertools", "crawler-user-agents", "cryptography", "msgspec", "phonenumberslite", "urllib3"}
REQUIREMENT = re.compile(
    r"^(?P<name>[a-z0-9-]+)==(?P<version>\S+)(?: ;[^\\\n]+)?(?P<hashes>(?: \\\n +--hash=\S+)+)", re.MULTILINE
)
MAX_BYTES = 100_000_000
"""Of the unpacked dependencies; with function and layers together Lambda takes 250 MB."""


@pytest.fixture(name="locked", scope="module")
def packages_of_the_lock_file(root: Path) -> dict[str, dict[str, Any]]:
    """The packages of uv.lock by name."""
    lock = tomllib.loads((root / "uv.lock").read_text(encoding="utf-8"))
    return {package["name"]: package for package in lock["package"]}


def build(root: Path, layer: str, target: str, artifacts: Path) -> None:
    """Run one layer's build as ``sam build`` does: in a copy of its folder."""
    source = artifacts / "source"
    shutil.copytree(root / "layers" / layer, source)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SLUICE_LAYER_")}
    environment["PATH"] = f"{root / '.local/env/sam/bin'}{os.pathsep}{environment['PATH']}"
    subprocess.run(
        ["make", target, f"ARTIFACTS_DIR={artifacts}"],
        cwd=source,
        env=environment,
        check=True,
        timeout=120,
        capture_output=True,
    )


def test_the_layer_pins_what_the_lock_file_pins(root: Path, locked: dict[str, dict[str, Any]]) -> None:
    """Every package of the layer has the lock file's version and only its hashes; none is missing, none is extra."""
    written = (root / "layers/dependencies/requirements.txt").read_text(encoding="utf-8")
    found = {match["name"]: match for match in REQUIREMENT.finditer(written)}
    needed, unseen = set(LAYER_NEEDS), set(LAYER_NEEDS)
    while unseen:
        unseen = {d["name"] for name in unseen for d in locked[name].get("dependencies", [])} - needed
        needed |= unseen
    assert set(found) == needed
    for name, requirement in found.items():
        package = locked[name]
        assert requirement["version"] == package["version"]
        files = [*package["wheels"], *([package["sdist"]] if "sdist" in package else [])]
        assert set(re.findall(r"--hash=(\S+)", requirement["hashes"])) <= {file["hash"] for file in files}


def test_the_layer_needs_what_the_project_declares(locked: dict[str, dict[str, Any]]) -> None:
    """The project's dependencies are the layer's, what Lambda brings (boto3) and what only the command uses."""
    declared = {dependency["name"] for dependency in locked["sluice"]["dependencies"]}
    assert declared == LAYER_NEEDS | {"boto3", "rich", "typer"}


def test_the_dependencies_layer_is_built_for_lambda(root: Path, tmp_path: Path) -> None:
    """On any machine the build takes wheels for CPython 3.13 on 64-bit Arm, and leaves no bytecode of this one."""
    build(root, "dependencies", "build-DependenciesLayer", tmp_path)
    built = tmp_path / "python"
    libraries = [path.name for path in built.rglob("*.so")]
    assert libraries
    assert all(name.endswith((".cpython-313-aarch64-linux-gnu.so", ".abi3.so")) for name in libraries)
    tags = {
        tag
        for wheel in built.glob("*.dist-info/WHEEL")
        for tag in re.findall(r"^Tag: (\S+)$", wheel.read_text(encoding="utf-8"), re.MULTILINE)
    }
    for_lambda = re.compile(r"\w+-none-any|(?:cp313-cp313|cp3(?:[0-9]|1[0-3])-abi3)-manylinux\w+_aarch64")
    assert all(for_lambda.fullmatch(tag) for tag in tags)
    assert sum(path.stat().st_size for path in built.rglob("*")) < MAX_BYTES
    assert not list(built.rglob("*.pyc"))
    assert not (built / "bin").exists()
    assert not (built / "boto3").exists()


def test_our_layer_is_our_package_and_nothing_else(root: Path, tmp_path: Path) -> None:
    """The layer holds the package's files as they are in the checkout, without bytecode."""
    build(root, "sluice", "build-SluiceLayer", tmp_path)
    built = tmp_path / "python"
    source = root / "layers/sluice/sluice"
    expected = {path.relative_to(source) for path in source.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    assert [path.name for path in built.iterdir()] == ["sluice"]
    assert {path.relative_to(built / "sluice") for path in built.rglob("*") if path.is_file()} == expected


def test_a_laptop_s_build_is_never_deployed_to_aws(root: Path) -> None:
    """The local environment builds into a folder of its own, and each environment deploys only what it built."""
    config = tomllib.loads((root / "samconfig.toml").read_text(encoding="utf-8"))
    del config["version"]
    for name, environment in config.items():
        folder = environment["build"]["parameters"].get("build_dir", ".aws-sam/build")
        assert environment["deploy"]["parameters"]["template_file"] == f"{folder}/template.yaml"
        assert (folder == ".aws-sam/build") == (name != "local")
    stacks = [environment["global"]["parameters"]["stack_name"] for environment in config.values()]
    assert stacks == ["sluice", "sluice-prod", "sluice-local"]
