import pytest
import torch
from torch import Tensor, nn

from tangle.metrics.events import Events


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(2, 3), nn.Linear(3, 2)

    def forward(self, x: Tensor, *, twice: bool = False) -> Tensor:
        y = self.second(self.first(x))
        return self.second(self.first(y)) if twice else y


def test_each_module_begins_and_ends_in_order() -> None:
    net = nn.Sequential(Block(), nn.ReLU())
    x = torch.ones(1, 2)
    events = Events(net).of(lambda: net(x))
    assert [(e.layer, e.is_end) for e in events] == [
        ("", False), ("0", False), ("0.first", False), ("0.first", True), ("0.second", False),
        ("0.second", True), ("0", True), ("1", False), ("1", True), ("", True),
    ]  # fmt: skip
    assert torch.equal(events[0].tensors[0], x)
    assert torch.equal(events[-1].tensors[0], net(x))


def test_an_event_tells_within_what_and_after_what_it_happened() -> None:
    net = nn.Sequential(Block(), nn.ReLU())
    events = {e.key: e for e in Events(net).of(lambda: net(torch.ones(1, 2)))}
    second, block = events["0.second", False, 0], events["0", True, 0]
    assert (second.within, second.after) == ("0", "0.first")
    assert (block.within, block.after) == ("", "0.second")
    assert events["0.first", False, 0].after is None


def test_calls_of_a_module_are_numbered_and_named_inputs_are_seen() -> None:
    block = Block()
    events = Events(block).of(lambda: block(x=torch.ones(1, 2), twice=True))
    assert [e.number for e in events if e.layer == "first" and e.is_end] == [0, 1]
    assert events[0].tensors[0].shape == (1, 2)


def test_a_run_that_fails_is_kept_up_to_there_and_leaves_no_hooks() -> None:
    net = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Linear(4, 1)))
    events = Events(net)
    assert [e.layer for e in events.of(lambda: net(torch.ones(1, 2)))] == ["", "0", "0", "1", "1.0"]
    assert events.innermost == "1.0"
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in net.modules())
    with pytest.raises(RuntimeError):
        net(torch.ones(1, 2))
