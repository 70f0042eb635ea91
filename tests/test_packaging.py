"""What a wheel has, and what a source distribution has to make the same one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tangle.cli.shipped import CONFIGS

ROOT = Path(__file__).parents[1]
PARTS = ("tangle", "lightning_configs", "pyproject.toml", "setup.cfg", "README.md", "LICENSE")
BUILD = "from setuptools import build_meta; build_meta.build_{}({!r})"


def build(kind: str, source: Path, out: Path) -> None:
    command = [sys.executable, "-c", BUILD.format(kind, str(out))]
    subprocess.run(command, cwd=source, check=True, capture_output=True)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an unpacked wheel, which was built from a source distribution."""
    folder = tmp_path_factory.mktemp("packaging")
    clone = folder / "clone"
    clone.mkdir()
    for part in PARTS:  # as building leaves files beside the sources
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, clone / part)
    build("sdist", clone, folder)
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(folder / "source", filter="data")
    build("wheel", next((folder / "source").iterdir()), folder)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as archive:
        archive.extractall(folder / "installed")
    return folder / "installed"


def files(folder: Path, suffix: str) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob(f"*{suffix}")}


def test_a_wheel_has_every_module_and_every_configuration(wheel: Path) -> None:
    assert files(wheel / "tangle", ".py") == files(ROOT / "tangle", ".py")
    inside, beside = wheel / "tangle" / "lightning_configs", ROOT / "lightning_configs"
    assert files(inside, ".yaml") == files(beside, ".yaml")
    assert sorted(part.name for part in wheel.iterdir() if part.suffix != ".dist-info") == [
        "tangle"
    ]


def test_the_demo_of_a_wheel_finds_the_quickstart(wheel: Path, tmp_path: Path) -> None:
    code = "from tangle.cli.shipped import shipped; print(shipped('quickstart.yaml'))"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(wheel)},
    )  # fmt: skip
    found = Path(run.stdout.strip())
    assert found.is_relative_to(wheel)
    assert found.read_bytes() == (ROOT / "lightning_configs" / "quickstart.yaml").read_bytes()


def test_every_configuration_of_a_wheel_is_found_by_its_path(wheel: Path, tmp_path: Path) -> None:
    paths = sorted(f"{CONFIGS}/{path.as_posix()}" for path in files(ROOT / CONFIGS, ".yaml"))
    code = "import sys; from tangle.cli.shipped import with_shipped; " \
           "print(*with_shipped(sys.argv[1:]), sep='\\n')"  # fmt: skip
    run = subprocess.run(
        [sys.executable, "-c", code, *paths], cwd=tmp_path, check=True, capture_output=True,
        text=True, env={**os.environ, "PYTHONPATH": str(wheel)},
    )  # fmt: skip
    assert run.stdout.splitlines() == [str(wheel / "tangle" / path) for path in paths]
