"""The test tree mirrors the package, so that the tests of a file are found without searching."""

from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_source_file_has_a_test_file_of_its_name() -> None:
    sources = [
        path.relative_to(ROOT / "tangle")
        for path in sorted((ROOT / "tangle").rglob("*.py"))
        if path.name not in {"__init__.py", "__main__.py"}
    ]
    mirrors = [ROOT / "tests" / path.parent / f"test_{path.name}" for path in sources]
    missing = [str(mirror.relative_to(ROOT)) for mirror in mirrors if not mirror.is_file()]
    assert not missing, f"without a test file: {missing}"
