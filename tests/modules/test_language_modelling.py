"""Language modelling: perplexity is the exponential of the loss."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from tangle.modules import Generation, LanguageModelling


def test_perplexity_is_the_exponential_of_the_loss() -> None:
    task = LanguageModelling(11)
    metrics = task.metrics()
    for batch in (2, 3):
        target = torch.randint(11, (batch, 4))
        target[0, 0] = -100
        metrics.update(torch.randn(batch, 4, 11), target)
    values = metrics.compute()
    torch.testing.assert_close(values["perplexity"], values["loss"].exp())


def test_the_loss_of_no_knowledge_is_the_logarithm_of_the_vocabulary() -> None:
    loss = LanguageModelling(11).loss(torch.zeros(2, 4, 11), torch.randint(11, (2, 4)))
    torch.testing.assert_close(loss, torch.tensor(11.0).log())


def test_a_vocabulary_of_one_token_is_refused() -> None:
    with pytest.raises(ValueError, match="vocab_size is 1: a language needs at least 2"):
        LanguageModelling(1)


def _always(token: int) -> Callable[[Tensor], Tensor]:
    return lambda tokens: torch.eye(11)[token].mul(99).expand(*tokens.shape, -1)


def test_predictions_are_logits_or_continuations() -> None:
    tokens = torch.tensor([[1, 2]])
    assert LanguageModelling(11).predict(_always(7), tokens).shape == (1, 2, 11)
    task = LanguageModelling(11, Generation(block_size=8, max_new_tokens=3))
    assert task.predict(_always(7), tokens).tolist() == [[1, 2, 7, 7, 7]]


def test_tokens_beyond_the_vocabulary_are_refused() -> None:
    task = LanguageModelling(11, Generation(block_size=8))
    with pytest.raises(ValueError, match="the token 11, but the network's vocabulary has 11"):
        task.predict(_always(7), torch.tensor([[1, 11]]))
