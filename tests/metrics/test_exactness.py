import copy
import math
import random

import pytest
import torch
from torch import Tensor, nn

import tangle.nn as tnn
from tangle.core import Choice
from tangle.metrics import check_exact, prove_exact
from tangle.nn import Supernet
from tests.cost_nets import NETS
from tests.metrics import wrong_nets
from tests.metrics.wrong_nets import WIDTH, Mlp

INPUTS = torch.randn(4, 12, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", NETS)
def test_networks_with_every_kind_of_layer_are_exact(name) -> None:
    net, x = NETS[name]
    supernet = Supernet(net())
    proof = prove_exact(supernet, x)
    assert proof.inexactness is None
    assert proof.modes == ("evaluation", "training")
    assert proof.architectures >= max(len(choice.candidates) for choice in supernet.space.values())


@pytest.mark.parametrize("net", wrong_nets.SUPERPOSED, ids=lambda net: net.__name__)
def test_what_breaks_a_prefix_is_found_with_choice_and_place(net) -> None:
    supernet = Supernet(net())
    with pytest.raises(ValueError, match=wrong_nets.SUPERPOSED[net]) as caught:
        check_exact(supernet, INPUTS)
    (choice,) = supernet.space
    assert str(caught.value).startswith(f"At {choice}=")
    assert "the superposed network computes something else" in str(caught.value)
    check_exact(supernet, INPUTS, roles=["extracted"])  # single architectures are well


def test_an_extracted_network_that_differs_is_found() -> None:
    with pytest.raises(ValueError, match="At width=4 the extracted network computes something els"):
        check_exact(Supernet(wrong_nets.ByAttribute()), INPUTS)
    with pytest.raises(ValueError, match=r"ByMethod says: 'Linear' object has no attribute 'read'"):
        check_exact(Supernet(wrong_nets.ByMethod()), INPUTS)


def test_a_layer_that_is_wrong_itself_is_named() -> None:
    class Halves(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x - x.mean(-1, keepdim=True)

    net = nn.Sequential(tnn.Linear(12, WIDTH), nn.Sequential(Halves()), tnn.Linear(WIDTH, 3))
    with pytest.raises(ValueError, match=r"they part in the layer 1\.0 \(Halves\)"):
        check_exact(Supernet(net), INPUTS)


def test_only_the_choices_that_matter_are_named() -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            other = Choice("other", (2, 5))
            self.right = nn.Sequential(tnn.Linear(12, other), nn.ReLU(), tnn.Linear(other, 12))
            self.wrong = wrong_nets.Softmax()

        def forward(self, x: Tensor) -> Tensor:
            return self.wrong(self.right(x))

    found = prove_exact(Supernet(Two()), INPUTS).inexactness
    assert found is not None
    assert found.values == {"width": 4}
    assert not found.training
    assert found.error is not None
    assert 1e-6 < found.error < 1e6
    assert "in the forward of wrong (Softmax), between wrong.up and wrong.down" in found.where


def test_an_architecture_that_does_not_run_is_told_with_the_layer() -> None:
    net = nn.Sequential(tnn.Linear(12, WIDTH), nn.Sequential(nn.Linear(12, 3)))
    with pytest.raises(ValueError, match=r"At width=4 the network does not run: 1\.0 says: mat1"):
        check_exact(Supernet(net), INPUTS)


def test_differences_in_training_mode_alone_are_found() -> None:
    class InTraining(Mlp):
        def middle(self, x: Tensor) -> Tensor:
            return x.softmax(-1) if self.training else x

    found = prove_exact(Supernet(InTraining()), INPUTS).inexactness
    assert found is not None
    assert found.training
    assert prove_exact(Supernet(InTraining()), INPUTS, training=False).inexactness is None
    assert "At width=4, in training, the superposed" in str(found)


def test_weights_that_start_at_zero_hide_nothing() -> None:
    net = wrong_nets.Softmax()
    nn.init.zeros_(net.down.weight)
    assert prove_exact(Supernet(net), INPUTS).inexactness is not None


def test_random_outputs_are_not_compared() -> None:
    class Dropping(Mlp):
        def middle(self, x: Tensor) -> Tensor:
            return nn.functional.dropout(x, 0.5, self.training)

    class Noisy(Mlp):
        def middle(self, x: Tensor) -> Tensor:
            return x + torch.rand_like(x)

    assert prove_exact(Supernet(Dropping()), INPUTS).modes == ("evaluation",)
    assert prove_exact(Supernet(Noisy()), INPUTS).architectures == 0


def test_outputs_that_vary_in_width_may_end_in_zeros() -> None:
    assert prove_exact(Supernet(nn.Sequential(tnn.Linear(12, WIDTH))), INPUTS).inexactness is None


def test_a_network_of_one_precision_is_compared_in_that() -> None:
    class Single(Mlp):
        def middle(self, x: Tensor) -> Tensor:
            return x.relu() @ torch.eye(x.shape[-1], dtype=torch.float32)

    proof = prove_exact(Supernet(Single()), INPUTS)
    assert proof.architectures > 0
    assert proof.inexactness is None


def test_inputs_may_be_several_tensors() -> None:
    class Several(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.numbers, self.kinds = tnn.Linear(12, WIDTH), tnn.Embedding(5, WIDTH)
            self.out = tnn.Linear(WIDTH, 1)

        def forward(self, x: dict[str, Tensor]) -> dict[str, Tensor]:
            hidden = self.numbers(x["numbers"]) + self.kinds(x["kinds"])
            return {"mean": self.out(hidden.relu()), "hidden": hidden}

    inputs = {"numbers": INPUTS, "kinds": torch.tensor([1, 4, 0, 2])}
    assert prove_exact(Supernet(Several()), inputs).modes == ("evaluation", "training")


def test_the_supernet_and_random_numbers_stay_as_they_are() -> None:
    supernet = Supernet(wrong_nets.Gated())
    before, state = copy.deepcopy(supernet.state_dict()), torch.get_rng_state()
    python = random.getstate()
    prove_exact(supernet, INPUTS)
    assert torch.equal(torch.get_rng_state(), state)
    assert random.getstate() == python
    assert supernet.training
    for name, tensor in supernet.state_dict().items():
        assert torch.equal(tensor, before[name])
    assert all(parameter.requires_grad for parameter in supernet.parameters())


def test_without_time_one_architecture_is_compared() -> None:
    supernet = Supernet(nn.Sequential(Mlp(), nn.ReLU()))
    proof = prove_exact(supernet, INPUTS, budget=0)
    assert (proof.architectures, proof.modes) == (1, ("evaluation",))
    assert prove_exact(supernet, INPUTS, budget=math.inf).architectures > 1
