from functools import partial

import torch
from lightning.pytorch.utilities import CombinedLoader
from torch import nn

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
        batch = torch.randn(8, 1, 8, 8, generator=torch.Generator().manual_seed(0)), torch.arange(8)
        return CombinedLoader({"weights": [batch] * 2, "arch": [batch] * 2}, "min_size")


def fit(folder, callbacks):
    torch.manual_seed(0)
    module = SearchModule(
        ToyCell((4, 4, 4), image_size=8, dropout=0.0), Classification(10), algorithm=DARTS,
        weight_optimizer=partial(torch.optim.SGD, lr=0.1),
        arch_optimizer=partial(torch.optim.Adam, lr=0.1),
    )  # fmt: skip
    make_trainer(folder, 1, callbacks, limit_val_batches=0).fit(module, Images())
    return module


def test_weights_are_laid_out_anew_and_train_to_the_same_numbers(tmp_path):
    plain, laid_out = fit(tmp_path, []), fit(tmp_path, [ChannelsLast()])
    convs = [m for m in laid_out.modules() if isinstance(m, nn.Conv2d)]
    assert all(c.weight.is_contiguous(memory_format=torch.channels_last) for c in convs)
    assert not all(
        m.weight.is_contiguous(memory_format=torch.channels_last)
        for m in plain.modules()
        if isinstance(m, nn.Conv2d)
    )
    for (name, one), other in zip(plain.named_parameters(), laid_out.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4, msg=name)
