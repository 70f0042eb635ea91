import pytest
import torch
from torch import nn

from tangle.core import Choice
from tangle.nn import Gate, Supernet
from tangle.spaces.blocks.zero import Zero

CHOICE = Choice("kept", ("0+1", "0+2", "1+2"))


def gate(under=(0, 2)):
    return Supernet(Gate(CHOICE, under, nn.Linear(3, 3), Zero()))


def test_superposed_the_output_is_multiplied_by_the_mass_of_its_candidates():
    supernet, x = gate(), torch.randn(4, 3)
    weights = torch.tensor([0.2, 0.7, 0.1], requires_grad=True)
    y = supernet(x, {"kept": weights})
    torch.testing.assert_close(y, 0.3 * supernet.net.module(x))
    (gradient,) = torch.autograd.grad(y.sum(), weights)
    assert gradient[1] == 0
    assert gradient[0] == gradient[2] != 0


@pytest.mark.parametrize("index", range(3))
def test_one_hot_equals_sliced_equals_extracted(index):
    supernet, x = gate(), torch.randn(4, 3)
    sliced = supernet(x, {"kept": index})
    expected = supernet.net.module(x) if index in (0, 2) else torch.zeros_like(x)
    hot = torch.eye(3)[index]
    for y in (sliced, supernet(x, {"kept": hot}), supernet.extract({"kept": index})(x)):
        torch.testing.assert_close(y, expected)
    kind = nn.Linear if index in (0, 2) else Zero
    assert type(supernet.extract({"kept": index})) is kind


@pytest.mark.parametrize("under", [(), (0, 3)])
def test_impossible_candidates_are_refused(under):
    with pytest.raises(ValueError, match="at least one index from 0 to 2"):
        gate(under)
