from __future__ import annotations

from torch import nn

import tangle.nn as tnn
from tangle.callbacks.staged import staged_parts, waiting_weights
from tangle.core import Choice
from tangle.nn import Staged
from tests.planted import make_search

HIDDEN = Choice("hidden", (2, 4))


def net() -> nn.Module:
    return nn.Sequential(
        tnn.Linear(4, Choice("width", (1, 8))), Staged(tnn.Linear(Choice("width", (1, 8)), HIDDEN),
        HIDDEN), Staged(tnn.Linear(HIDDEN, 4), HIDDEN),
    )  # fmt: skip


def test_parts_with_stages_are_found_by_name() -> None:
    search = make_search(net=net())
    assert list(staged_parts(search)) == ["net.1", "net.2"]
    assert list(staged_parts(make_search())) == []


def test_weights_wait_until_the_last_stage_of_their_part() -> None:
    search = make_search(net=net())
    assert waiting_weights(search) == set()
    staged_parts(search)["net.1"].begin(0)
    names = {name for name, _ in search.supernet.named_parameters()}
    assert waiting_weights(search) == {"net.1.module.weight", "net.1.module.bias"} <= names
