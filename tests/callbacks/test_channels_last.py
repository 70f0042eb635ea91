from functools import partial

import torch
from lightning.pytorch.utilities import CombinedLoader
from torch.utils.data import DataLoader, TensorDataset

from tangle.algorithms import DARTS
from tangle.callbacks import ChannelsLast
from tangle.modules import Classification, SearchModule
from tangle.spaces import ToyCell
from tests.planted import PlantedData, make_trainer


class Images(PlantedData):
    """The planted points, each as an image."""

    def __init__(self):
        super().__init__(batches=2)

    def train_dataloader(self):
        images = torch.randn(16, 1, 8, 8, generator=torch.Generator().manual_seed(0))
        loader = DataLoader(TensorDataset(images, torch.arange(16) % 10), batch_size=8)
        return CombinedLoader({"weights": loader, "arch": loader}, "min_size")


def fit(folder, callbacks):
    """Return the trained module, and whether channels came last in what its first cell made."""
    torch.manual_seed(0)
    module = SearchModule(
        ToyCell((4, 4, 4), image_size=8, dropout=0.0), Classification(10), algorithm=DARTS,
        weight_optimizer=partial(torch.optim.SGD, lr=0.1),
        arch_optimizer=partial(torch.optim.Adam, lr=0.1),
        check_network=False,  # which would run it in another format first
    )  # fmt: skip
    last = set()
    module.supernet.net.features[0].register_forward_hook(
        lambda m, i, y: last.add(y.is_contiguous(memory_format=torch.channels_last))
    )
    make_trainer(folder, 1, callbacks, limit_val_batches=0).fit(module, Images())
    return module, last


def test_feature_maps_have_channels_last_and_train_to_the_same_numbers(tmp_path):
    plain, before = fit(tmp_path, [])
    laid_out, after = fit(tmp_path, [ChannelsLast()])
    assert (before, after) == ({False}, {True})
    for (name, one), other in zip(plain.named_parameters(), laid_out.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4, msg=name)
