import logging
from pathlib import Path

import pytest
import torchvision.datasets.utils

import tangle.data.download
from tangle.data.download import fetch_archive

WANTED = {"md5": "0" * 32, "name": "Things", "size": "7 MB", "remedies": "Bring them."}


def test_it_is_told_what_is_fetched_from_where_and_how_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(
        tangle.data.download, "download_and_extract_archive", lambda *args, **settings: None
    )
    with caplog.at_level(logging.WARNING):
        fetch_archive("https://example.org/a.tar", tmp_path, **WANTED)
    assert "Things: downloading 7 MB from https://example.org/a.tar" in caplog.text


def test_a_damaged_archive_is_refused_with_the_remedies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deliver(url: str, file: str | Path) -> None:
        Path(file).write_bytes(b"not what was published")

    monkeypatch.setattr(torchvision.datasets.utils, "_get_redirect_url", lambda url, **_: url)
    monkeypatch.setattr(torchvision.datasets.utils, "_urlretrieve", deliver)
    with pytest.raises(
        ConnectionError, match=r"Things \(7 MB\) could not .*not found or corrupted\. Bring them\."
    ):
        fetch_archive("https://example.org/a.tar", tmp_path, **WANTED)
