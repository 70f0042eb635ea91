"""Texts are continued token by token, from what the network says of their end."""

from typing import Any

import pytest
import torch
from torch import Tensor

from tangle.modules import Generation


def counting(tokens: Tensor) -> Tensor:
    """Predicts the next number after the last, of ten."""
    return torch.nn.functional.one_hot((tokens + 1) % 10, 10).float() * 50


def random(tokens: Tensor) -> Tensor:
    torch.manual_seed(int(tokens.sum()))
    return torch.randn(*tokens.shape, 10)


@pytest.mark.parametrize("temperature", [0.0, 0.5, 1.0])
def test_a_sure_network_is_followed(temperature: float) -> None:
    generation = Generation(8, max_new_tokens=5, temperature=temperature)
    texts = generation.continued(counting, torch.tensor([[3], [8]]))
    assert texts.tolist() == [[3, 4, 5, 6, 7, 8], [8, 9, 0, 1, 2, 3]]


def test_the_network_sees_no_more_than_a_block() -> None:
    lengths: list[int] = []

    def network(tokens: Tensor) -> Tensor:
        lengths.append(tokens.shape[1])
        return counting(tokens)

    Generation(4, max_new_tokens=4).continued(network, torch.tensor([[1, 2, 3]]))
    assert lengths == [3, 4, 4, 4]


def test_one_seed_gives_one_text() -> None:
    def text(seed: int) -> list[int]:
        generation = Generation(8, max_new_tokens=20, seed=seed)
        return generation.continued(random, torch.tensor([[1]]))[0].tolist()

    assert text(0) == text(0) != text(1)


def test_tokens_are_drawn_from_the_likeliest_only() -> None:
    logits = torch.arange(10.0).expand(1, 1, -1)
    generation = Generation(1, max_new_tokens=200, top_k=3)
    drawn = generation.continued(lambda tokens: logits, torch.tensor([[0]]))[0, 1:]
    assert set(drawn.tolist()) == {7, 8, 9}


def test_draws_follow_the_temperature() -> None:
    logits = torch.tensor([0.0, 1.0]).expand(1, 1, -1)
    generation = Generation(1, max_new_tokens=4000, temperature=0.5)
    drawn = generation.continued(lambda tokens: logits, torch.tensor([[0]]))[0, 1:]
    expected = torch.tensor(2.0).sigmoid().item()
    assert drawn.float().mean().item() == pytest.approx(expected, abs=0.02)


def test_nothing_is_differentiated() -> None:
    weight = torch.ones(1, requires_grad=True)
    network = lambda tokens: counting(tokens) * weight  # noqa: E731
    assert not Generation(4, max_new_tokens=1).continued(network, torch.tensor([[0]])).requires_grad


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"block_size": 0}, "generation.block_size is 0: it must be at least 1"),
        ({"max_new_tokens": 0}, "generation.max_new_tokens is 0"),
        ({"top_k": 0}, "generation.top_k is 0"),
        ({"temperature": -1.0}, "generation.temperature is -1.0: it must be at least 0"),
        ({"temperature": float("nan")}, "generation.temperature is nan"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Generation(**{"block_size": 4, **options})


def test_an_empty_text_is_refused() -> None:
    with pytest.raises(ValueError, match="no tokens: begin it with at least one"):
        Generation(4).continued(counting, torch.zeros(1, 0, dtype=torch.long))
