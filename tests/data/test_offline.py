"""Without a network: what a module would fetch is told before it tries, and its error is one."""

import logging
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tangle.data import (
    CIFAR10,
    CIFAR100,
    BilevelDataModule,
    FashionMNIST,
    Flowers102,
    HubImages,
    ImageNet,
    OxfordIIITPet,
    TextFiles,
    TinyStories,
)


def gpt2_text(folder: Path) -> BilevelDataModule:
    folder.mkdir(exist_ok=True)
    (folder / "a.txt").write_text("Once upon a time.")
    return TextFiles(folder / "a.txt", "gpt2", token_folder=folder)


MODULES: dict[str, tuple[Callable[[Path], BilevelDataModule], str, list[str]]] = {
    "fashion": (lambda f: FashionMNIST(f, True), "30 MB", ["download to true", "put the files"]),
    "cifar10": (lambda f: CIFAR10(f, True), "170 MB", ["put the extracted archive", "set root"]),
    "cifar100": (lambda f: CIFAR100(f, True), "169 MB", ["put the extracted archive", "set root"]),
    "flowers": (lambda f: Flowers102(f, True), "345 MB", ["put the set into", "set root"]),
    "pets": (lambda f: OxfordIIITPet(f, True), "811 MB", ["put the set into", "set root"]),
    "imagenet": (lambda f: ImageNet(f, True), "155 GB", ["class folders", "set root"]),
    "gpt2": (gpt2_text, "1.5 MB", ["copy that folder", "TIKTOKEN_CACHE_DIR", "tokens to bytes"]),
    "stories": (
        lambda f: TinyStories(download=True, token_folder=f),
        "1 GB",
        ["Fetch it once with a network", "HF_DATASETS_CACHE", "root to a folder with the text"],
    ),
    "hub": (
        lambda f: HubImages("owner/name"),
        "does not tell",
        ["Fetch it once with a network", "HF_DATASETS_CACHE", "give a folder that holds it"],
    ),
}


@pytest.mark.parametrize(("make", "size", "ways"), MODULES.values(), ids=MODULES)
def test_the_error_is_one_with_what_was_wanted_and_the_ways_out(
    make: Callable[[Path], BilevelDataModule],
    size: str,
    ways: list[str],
    tmp_path: Path,
    hub_cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    tried = []

    def unplugged(*args: object, **options: object) -> None:
        tried.append(caplog.text)
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", unplugged)
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "vocabulary"))
    with caplog.at_level(logging.WARNING), pytest.raises(ConnectionError) as error:
        make(tmp_path / "root").prepare_data()
    for fact in (size, *ways):
        assert fact in str(error.value)
    # The hub's offline mode asks nobody; all others told what they were about to fetch.
    assert all("downloading" in told and size in told for told in tried)
    assert tried or isinstance(make(tmp_path / "root"), (ImageNet, TinyStories, HubImages))
