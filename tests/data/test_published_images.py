from pathlib import Path

import pytest

from tangle.data import Flowers102, ImageNet, OxfordIIITPet, StanfordCars
from tangle.data.image_sources import EncodedPart
from tangle.data.published_images import PublishedImages


class Published(PublishedImages):
    """A set that its own `fetch` puts there, unless there is no network."""

    name = "Things"
    total = 7
    size = "5 MB"
    source = "example.org"

    def parts(self) -> tuple[EncodedPart, EncodedPart]:
        if not self.root.is_dir():
            raise FileNotFoundError(f"{self.root} does not exist. {self.remedies()}")
        return EncodedPart((), ()), EncodedPart((), ())

    def fetch(self) -> None:
        if self.root.name == "unreachable":
            raise OSError("no route to host")
        self.root.mkdir()

    def remedies(self) -> str:
        return "Bring them."


def test_a_set_is_fetched_when_asked_to_and_not_there(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Published(tmp_path / "a").prepare_data()
    assert not (tmp_path / "a").exists()
    for _ in range(2):
        Published(tmp_path / "a", download=True).prepare_data()
    assert caplog.text.count(f"Things: downloading 5 MB from example.org into {tmp_path}/a") == 1


def test_a_failed_download_is_told_with_the_remedies(tmp_path: Path) -> None:
    with pytest.raises(ConnectionError, match=r"Things \(5 MB\) could .* no route to host\. Bring"):
        Published(tmp_path / "unreachable", download=True).prepare_data()


@pytest.mark.parametrize("cls", [Flowers102, ImageNet, OxfordIIITPet, StanfordCars])
def test_options_that_would_mean_nothing_are_not_there(cls: type[PublishedImages]) -> None:
    with pytest.raises(TypeError, match="test_folder"):
        cls("anywhere", test_folder="val")
    assert not hasattr(cls, "classes")
