"""What callbacks that take part in a search need."""

from __future__ import annotations

from lightning.pytorch import Callback, LightningModule

from tangle.modules import SearchModule


def search_of(module: LightningModule, callback: Callback) -> SearchModule:
    """Return the module as a search.

    Raises:
        ValueError: If it is none.
    """
    if not isinstance(module, SearchModule):
        raise ValueError(
            f"{type(callback).__name__} takes part in a search, but {type(module).__name__} is "
            "none: remove the callback"
        )
    return module


def search_by_alphas(module: LightningModule, callback: Callback) -> SearchModule:
    """Return the module as a search whose algorithm has alphas.

    Raises:
        ValueError: If it is none.
    """
    search = search_of(module, callback)
    if not any(True for _ in search.algorithm.parameters()):
        raise ValueError(
            f"{type(callback).__name__} needs an algorithm with alphas, but the algorithm is "
            f"{type(search.algorithm).__name__}: remove the callback or choose another one"
        )
    return search
