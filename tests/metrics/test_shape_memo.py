"""What is remembered is what torch would have told."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from tangle.metrics.shape_memo import ShapeMemo
from tangle.metrics.training_memory import kept_activations


def _net() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Hardswish(inplace=True), nn.MaxPool2d(2),
        nn.Dropout(0.1), nn.Flatten(), nn.Linear(36, 8), nn.LayerNorm(8), nn.GELU(), nn.Softmax(1),
    )  # fmt: skip


@pytest.mark.parametrize("training", [True, False])
def test_a_network_keeps_what_it_keeps_without_memory(training: bool) -> None:
    with torch.device("meta"):
        net, x = _net().train(training), torch.zeros(5, 3, 8, 8)
    expected = kept_activations(net, lambda: net(x))
    with ShapeMemo():
        assert [kept_activations(net, lambda: net(x)) for _ in range(3)] == [expected] * 3


OPERATIONS = {
    "transposed": lambda x: x.permute(0, 2, 3, 1) * 2,
    "channels last": lambda x: x.contiguous(memory_format=torch.channels_last) + 1,
    "integers": lambda x: x.argmax(1),
    "several": lambda x: torch.cat(x.topk(2, dim=1)[0].split(1, dim=1)),
    "new": lambda x: torch.arange(x.shape[1], device=x.device)[:, None] < x[0, 0, 0],
    "scalar": lambda x: x.sum() + 0.5,
    "a view": lambda x: x[:, 1:2].expand(-1, 4, -1, -1),
    "in place": lambda x: torch.zeros_like(x).relu_(),
    "otherwise shaped in place": lambda x: torch.zeros_like(x).transpose_(0, 1),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_outputs_are_as_torch_has_them(name: str) -> None:
    x, memo = torch.zeros(2, 3, 4, 5, device="meta"), ShapeMemo()
    expected = OPERATIONS[name](x)
    for _ in range(2):
        with memo:
            found = OPERATIONS[name](x)
        assert (found.shape, found.stride(), found.dtype) == (
            expected.shape, expected.stride(), expected.dtype
        )  # fmt: skip


def test_numbers_that_are_equal_but_of_other_types_are_not_confused() -> None:
    x = torch.zeros(2, dtype=torch.long, device="meta")
    with ShapeMemo():
        assert [(x * number).dtype for number in (2, 2.0, True)] == [
            torch.long, torch.float, torch.long
        ]  # fmt: skip


def test_outputs_share_no_memory() -> None:
    x = torch.zeros(2, 3, device="meta")
    with ShapeMemo():
        one, other = functional.gelu(x), functional.gelu(x)
    assert one is not other
    assert one.untyped_storage()._cdata != other.untyped_storage()._cdata


def test_what_torch_refuses_is_refused_each_time() -> None:
    norm, memo = nn.BatchNorm2d(3, device="meta").eval(), ShapeMemo()
    with memo:
        norm(torch.zeros(2, 3, 4, 4, device="meta"))
        for _ in range(2):
            with pytest.raises(RuntimeError, match="should contain 5 elements"):
                norm(torch.zeros(2, 5, 4, 4, device="meta"))
            with pytest.raises(RuntimeError, match="broadcast"):
                torch.zeros(2, 3, device="meta") + torch.zeros(4, device="meta")


def test_operations_are_told_once() -> None:
    x, memo = torch.zeros(2, 3, device="meta"), ShapeMemo()
    transposed = x.T
    with memo:
        functional.gelu(x)
    known = len(memo._known)
    with memo:
        functional.gelu(x)
        assert len(memo._known) == known
        functional.gelu(transposed)
    assert len(memo._known) == known + 1


def test_numbers_are_computed_as_ever() -> None:
    norm, x = nn.BatchNorm2d(3).eval(), torch.randn(2, 3, 4, 4)
    with ShapeMemo():
        assert torch.equal(norm(x), functional.batch_norm(x, norm.running_mean, norm.running_var,
                           norm.weight, norm.bias, eps=norm.eps))  # fmt: skip
        assert torch.randn(3).std() > 0
