import torch

from tangle.algorithms import ArchParameters
from tangle.algorithms.alpha_average import AlphaAverage
from tangle.core import Choice, SearchSpace

SPACE = SearchSpace([Choice("width", (8, 16, 32)), Choice("operation", ("skip", "conv"))])


def moved(parameters: ArchParameters, generator: torch.Generator) -> dict[str, torch.Tensor]:
    """Gives each alpha a new value, and returns all of them."""
    with torch.no_grad():
        for alpha in parameters.parameters():
            alpha.copy_(torch.randn(alpha.shape, generator=generator))
    return {name: alpha.detach().clone() for name, alpha in parameters.items()}


def test_it_is_the_mean_of_what_was_counted_in() -> None:
    parameters, generator = ArchParameters(SPACE).double(), torch.Generator().manual_seed(0)
    average, seen = AlphaAverage(parameters), []
    for _ in range(7):
        seen.append(moved(parameters, generator))
        average.update(parameters)
    assert average.count == 7
    for name, mean in average.items():
        expected = torch.stack([values[name] for values in seen]).mean(0)
        torch.testing.assert_close(mean, expected, rtol=1e-6, atol=1e-6)


def test_it_has_nothing_to_train_and_is_saved_and_loaded() -> None:
    parameters = ArchParameters(SPACE)
    saved, loaded = AlphaAverage(parameters), AlphaAverage(parameters)
    moved(parameters, torch.Generator().manual_seed(0))
    saved.update(parameters)
    loaded.load_state_dict(saved.state_dict())
    moved(parameters, torch.Generator().manual_seed(1))
    for average in (saved, loaded):
        average.update(parameters)
    assert list(saved.parameters()) == []
    for (_, a), (_, b) in zip(saved.items(), loaded.items(), strict=True):
        assert torch.equal(a, b)
