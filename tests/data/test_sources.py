import pytest
import torch

from tangle.data.cached import CachedImages
from tangle.data.sources import Sources


def images(number: int) -> CachedImages:
    return CachedImages(
        torch.zeros(number, 1, 2, 2, dtype=torch.uint8),
        torch.zeros(number, dtype=torch.long),
        transform=torch.Tensor.float,
    )


def test_views_of_different_samples_are_refused() -> None:
    with pytest.raises(ValueError, match="hold 5, 4 and 5"):
        Sources(images(5), images(4), images(2))
    with pytest.raises(ValueError, match="hold 5, 5 and 3"):
        Sources(images(5), images(5), images(2), labels=torch.zeros(3))
    assert Sources(images(5), images(5), images(2)).labels is None
