import pytest
from lightning.pytorch import Callback

from tangle.algorithms import DARTS
from tangle.callbacks import DropPathRamp
from tests.planted import PlantedData, PlantedNet, make_search, make_trainer


class Dropping(PlantedNet):
    def __init__(self):
        super().__init__()
        self.shares = []

    def ramp_drop_path(self, share):
        self.shares.append(share)


def test_share_rises_linearly_over_the_epochs(tmp_path):
    module = make_search(DARTS, Dropping())
    callbacks: list[Callback] = [DropPathRamp()]
    make_trainer(tmp_path, 4, callbacks).fit(module, PlantedData(batches=2))
    assert module.supernet.net.shares == [0, 0.25, 0.5, 0.75]


def test_network_that_drops_no_paths_is_refused(tmp_path):
    with pytest.raises(ValueError, match="DropPathRamp needs a network that drops paths"):
        make_trainer(tmp_path, 1, [DropPathRamp()]).fit(make_search(DARTS), PlantedData())
