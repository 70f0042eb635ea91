"""Language modelling: perplexity is the exponential of the loss."""

import pytest
import torch

from tangle.modules import LanguageModelling


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
