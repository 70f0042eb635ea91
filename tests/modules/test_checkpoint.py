"""Reading a search's checkpoint, and refusing what is none."""

from pathlib import Path

import pytest
import torch

from tangle.core import Choice, SearchSpace
from tangle.modules.checkpoint import (
    SEARCH,
    fill,
    load_supernet_weights,
    read_search_state,
    search_state,
)

SPACE = SearchSpace([Choice("width", (1, 2))])
OTHER = SearchSpace([Choice("width", (1, 3))])


def test_the_number_of_updates_comes_back() -> None:
    assert read_search_state({SEARCH: search_state(7, SPACE)}, SPACE) == 7


def test_another_space_is_refused() -> None:
    with pytest.raises(
        ValueError, match=rf"space {OTHER.hash}, but this network has .*{SPACE.hash}"
    ):
        read_search_state({SEARCH: search_state(7, OTHER)}, SPACE)


def test_a_checkpoint_of_something_else_is_refused() -> None:
    with pytest.raises(ValueError, match="no checkpoint of a search"):
        read_search_state({"state_dict": {}}, SPACE)


def test_weights_of_the_supernet_come_without_prefix_and_alone(tmp_path: Path) -> None:
    weight = torch.randn(2)
    state = {"supernet.net.weight": weight, "algorithm.alpha": torch.zeros(1)}
    torch.save({SEARCH: search_state(1, SPACE), "state_dict": state}, tmp_path / "x.ckpt")
    loaded = load_supernet_weights(tmp_path / "x.ckpt", SPACE)
    torch.testing.assert_close(loaded, {"net.weight": weight})


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no checkpoint .*x\.ckpt"):
        load_supernet_weights(tmp_path / "x.ckpt", SPACE)


def test_a_network_is_filled_and_what_it_makes_itself_is_left_out() -> None:
    net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2))
    net[1].weight = net[0].weight
    net.register_buffer("table", torch.zeros(1), persistent=False)
    state = {"0.weight": torch.ones(2, 2), "0.bias": torch.ones(2), "1.bias": torch.ones(2),
             "table": torch.ones(1)}  # fmt: skip
    fill(net, state, source="x")
    assert all(parameter.eq(1).all() for parameter in net.parameters())
    with pytest.raises(ValueError, match=r"lacks \['1.bias'\] and has \['other'\] beside"):
        fill(net, {k: v for k, v in state.items() if k != "1.bias"} | {"other": state["table"]},
             source="x")  # fmt: skip
