import torch
from torch import nn

import tangle.nn as tnn
from tangle.core import Choice
from tangle.metrics.exact_trial import ExactTrial
from tangle.metrics.inexactness import Inexactness, explained
from tangle.nn import Supernet
from tests.metrics.wrong_nets import Softmax


def test_it_names_choices_mode_size_place_and_remedy() -> None:
    found = Inexactness({"width": 4, "depth": 2}, "superposed", True, 0.25, "they part in x")
    assert str(found).startswith(
        "At width=4 with depth=2, in training, the superposed network computes something else than "
        "the sliced one (0.2 of the largest output): they part in x. Superposed, what a smaller "
    )
    found = Inexactness({}, "extracted", False, None, "its forward is another one")
    assert str(found).startswith("At the largest architecture the extracted network computes")
    assert "read varying sizes off tensors" in str(found)
    found = Inexactness({"width": 4}, "sliced", False, None, "0 says: no")
    assert str(found).startswith("At width=4 the network does not run: 0 says: no. Let sizes")


def test_choices_that_change_nothing_are_set_to_the_largest() -> None:
    other = Choice("other", (2, 5))
    net = nn.Sequential(tnn.Linear(12, other), tnn.Linear(other, 12), Softmax())
    trial = ExactTrial(Supernet(net), torch.zeros(1, 12), torch.float64)
    trial.supernet.eval()
    found = explained(trial, "superposed", {"other": 0, "width": 1}, training=False)
    assert found.values == {"width": 8}
    assert "2 (Softmax)" in found.where
