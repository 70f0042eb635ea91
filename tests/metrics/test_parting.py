import torch
from torch import Tensor, nn

import tangle.nn as tnn
from tangle.core import Choice, one_hot
from tangle.metrics.events import Events
from tangle.metrics.parting import parting
from tangle.nn import Supernet

WIDTH = Choice("width", (4, 8))


class Attention(nn.Module):
    """Queries that are larger superposed, on purpose, before something that is wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.q, self.scale = tnn.Linear(3, WIDTH), tnn.AttentionScale(WIDTH)
        self.out = tnn.Linear(WIDTH, 2)

    def forward(self, x: Tensor) -> Tensor:
        y = self.scale(self.q(x))
        scores = (y @ y.transpose(-2, -1) / y.shape[-1]).softmax(-1)
        return self.out((scores @ y).cumsum(-1).flip(-1))


def told(net: nn.Module, x: Tensor) -> str:
    supernet = Supernet(net).double().eval()
    arch = supernet.space.smallest()
    hot = one_hot(arch, supernet.space, dtype=torch.float64)
    events = Events(supernet.net)
    runs = [events.of(lambda a=a: supernet(x, a)) for a in (arch, hot)]
    return parting(supernet.net, *runs, limit=1e-6)


def test_a_scale_that_is_another_on_purpose_is_not_blamed() -> None:
    x = torch.randn(2, 5, 3, dtype=torch.float64)
    assert told(Attention(), x) == "they part in the forward of Attention, between scale and out"


def test_the_part_that_begins_with_something_else_is_named() -> None:
    class First(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bias, self.out = tnn.Tensor(WIDTH), tnn.Linear(WIDTH, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.out(self.bias.value.softmax(-1) + x[:, :1])

    x = torch.randn(2, 5, dtype=torch.float64)
    assert told(nn.Sequential(First()), x) == "they part in the forward of 0 (First), before 0.out"


def test_what_differs_only_after_the_last_layer_is_of_the_forward() -> None:
    class Last(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.up = tnn.Linear(5, WIDTH)

        def forward(self, x: Tensor) -> Tensor:
            return self.up(x).cos().sum(-1)

    x = torch.randn(2, 5, dtype=torch.float64)
    assert told(Last(), x) == "they part in the forward of Last, after up"


def test_parts_that_do_not_run_alike_leave_the_whole() -> None:
    class Lone(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bias = tnn.Tensor(WIDTH)

        def forward(self, x: Tensor) -> Tensor:
            return x

    x = torch.randn(2, 5, dtype=torch.float64)
    assert told(Lone(), x) == "they part at the end of the forward of Lone"
