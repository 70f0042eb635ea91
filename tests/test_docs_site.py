"""The documentation site builds without a warning, and leads everywhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mkdocs", reason="the site needs the extra `docs`")

ROOT = Path(__file__).parents[1]
PACKAGES = sorted({p.stem for p in (ROOT / "docs" / "reference").glob("*.md")} - {"index"})


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "WARNING" not in run.stderr
    return folder


def test_every_page_is_built(site):
    pages = [path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md")]
    assert len(pages) > 20
    missing = [page for page in pages if not (site / page.with_suffix(".html")).is_file()]
    assert not missing


@pytest.mark.parametrize("page", PACKAGES)
def test_the_reference_tells_of_everything_public(site, page):
    package = __import__(f"tangle.{page}", fromlist=["__all__"])
    text = (site / "reference" / f"{page}.html").read_text(encoding="utf-8")
    shown = set(re.findall(r'id="tangle\.([\w.]+)"', text))
    # A function that has the name of its file is shown by its whole path.
    missing = [n for n in package.__all__ if not {f"{page}.{n}", f"{page}.{n}.{n}"} & shown]
    assert not missing


def test_pages_load_nothing_from_elsewhere(site):
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        loaded = re.findall(r'<(?:script|img|link)[^>]* (?:src|href)="(https?:[^"]*)"', text)
        assert not loaded, path
