import torch

from tangle.spaces.blocks.drop_path import DropPath


def test_whole_samples_are_dropped_and_the_others_scaled():
    y = DropPath(0.25)(torch.ones(4000, 2, 3)).flatten(1)
    assert torch.equal(y.amin(1), y.amax(1))
    assert set(y[:, 0].tolist()) == {0.0, torch.tensor(1 / 0.75).item()}
    assert abs(float((y[:, 0] == 0).float().mean()) - 0.25) < 0.03


def test_evaluation_and_a_probability_of_zero_change_nothing():
    x = torch.randn(3, 2)
    assert DropPath(0.5).eval()(x) is x
    assert DropPath(0.0)(x) is x
