"""A slice is worth what the extracted network is worth, and the supernet stays as it was."""

from __future__ import annotations

from random import Random

import pytest
import torch

from tangle.modules import Classification, Inherited, LanguageModelling, recalibrate
from tangle.nn import Supernet
from tangle.spaces import GPT, ToyConvMacro
from tests.planted import CLASSES, PlantedNet, planted_pair, snapshot


def planted(norm=True):
    net = PlantedNet(norm=norm)
    if norm:
        net.layers[1].running_mean.normal_()
        net.layers[1].running_var.uniform_(0.5, 2)
    return Supernet(net), Classification(CLASSES), [planted_pair(n, n) for n in (32, 32, 7)]


def expected(net, task, batches):
    metrics = task.metrics()
    with torch.no_grad():
        for x, y in batches:
            metrics.update(net.eval()(x), y)
    return {name: float(value) for name, value in metrics.compute().items()}


@pytest.mark.parametrize("norm", [False, True])
def test_it_is_the_metrics_of_the_extracted_network(norm):
    supernet, task, batches = planted(norm)
    inputs = [planted_pair(16, seed)[0] for seed in (1, 2)]
    judge = Inherited(supernet, task, batches, inputs)
    for arch in [*supernet.space.enumerate(), supernet.space.smallest()]:
        net = supernet.extract(arch)
        recalibrate(net, inputs)
        assert judge(arch) == pytest.approx(expected(net, task, batches), rel=1e-5)


def test_without_calibration_the_statistics_of_the_supernet_are_used():
    supernet, task, batches = planted()
    arch = supernet.space.largest()
    found = Inherited(supernet, task, batches)(arch)
    assert found == pytest.approx(expected(supernet.extract(arch), task, batches), rel=1e-5)


@pytest.mark.parametrize("training", [False, True])
def test_the_supernet_stays_as_it_was(training):
    supernet, task, batches = planted()
    supernet.train(training)
    supernet.net.layers[0].eval()
    before = snapshot(supernet)
    judge = Inherited(supernet, task, batches, [batches[0][0]])
    judge(supernet.space.smallest())
    torch.testing.assert_close(snapshot(supernet), before, rtol=0, atol=0)
    assert supernet.training == supernet.net.layers[1].training == training
    assert not supernet.net.layers[0].training
    assert supernet.net.layers[1].momentum == 0.1
    # Neither the weights nor the statistics came out of inference mode unusable for training.
    supernet.train()(batches[0][0], supernet.space.largest()).sum().backward()


def test_the_supernet_stays_as_it_was_when_a_batch_fails():
    supernet, task, batches = planted()
    before = snapshot(supernet)
    judge = Inherited(supernet, task, [(torch.ones(3, 5), torch.ones(3))], [batches[0][0]])
    with pytest.raises(RuntimeError):
        judge(supernet.space.smallest())
    torch.testing.assert_close(snapshot(supernet), before, rtol=0, atol=0)


def test_dropout_is_off():
    supernet = Supernet(ToyConvMacro(((2, 3), (3, 4), (4, 8), (5, 9)), in_channels=1,
                                     image_size=16, last_channels=8, hidden=(8,)))  # fmt: skip
    batches = [(torch.randn(4, 1, 16, 16), torch.randint(10, (4,)))]
    judge = Inherited(supernet.train(), Classification(10), batches)
    arch = supernet.space.sample(Random(0))
    assert judge(arch) == judge(arch)


def test_sequences_are_judged_too():
    supernet = Supernet(GPT(20, 8, embed_dim=(8, 16), depth=(1, 2), num_heads=(1, 2),
                            mlp_ratio=(1, 2)))  # fmt: skip
    task = LanguageModelling(20)
    batches = [tuple(torch.randint(20, (2, 2, length))) for length in (8, 8, 5)]
    judge = Inherited(supernet, task, batches)
    for arch in [supernet.space.sample(Random(seed)) for seed in range(3)]:
        found = expected(supernet.extract(arch), task, batches)
        assert judge(arch) == pytest.approx(found, rel=1e-4)


def test_no_weight_is_copied_for_a_candidate():
    supernet, task, batches = planted(norm=False)
    shares = []

    def look(module, args, output):
        weight = module.read("weight")
        whole = module.weight
        shares.append(weight.untyped_storage().data_ptr() == whole.untyped_storage().data_ptr())

    supernet.net.layers[0].register_forward_hook(look)
    Inherited(supernet, task, batches)(supernet.space.smallest())
    assert shares == [True] * len(batches)
