import torch

from tangle.spaces.blocks.drop_path import DropPath


def test_some_samples_lose_the_branch_and_the_others_make_up_for_it():
    torch.manual_seed(0)
    y = DropPath(0.25)(torch.ones(4000, 2, 1, 1))
    assert torch.equal(y[:, 0], y[:, 1])
    assert set(y.unique().tolist()) == {0.0, torch.tensor(1 / 0.75).item()}
    assert abs(float((y[:, 0] == 0).float().mean()) - 0.25) < 0.03


def test_evaluation_and_zero_leave_the_branch_alone():
    x = torch.randn(3, 2)
    assert DropPath(0.5).eval()(x) is x
    assert DropPath(0.0)(x) is x
