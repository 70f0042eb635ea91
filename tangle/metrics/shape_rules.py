"""Shortcuts for shapes of operations whose meta kernels are slow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode


class ShapeRules(TorchFunctionMode):
    """Returns the shape of a batch normalisation at once, which torch would decompose.

    It holds for tensors on the meta device only, and refuses the same sizes that torch refuses.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run an operation, or only tell its shape."""
        if func is functional.batch_norm and args and args[0].is_meta:
            return _batch_norm(args[0], [*args[1:5], *(kwargs or {}).values()])
        return func(*args, **(kwargs or {}))


def _batch_norm(x: Tensor, others: Sequence[Any]) -> Tensor:
    channels = x.shape[1]
    for tensor in others:
        if isinstance(tensor, Tensor) and tensor.numel() != channels:
            raise RuntimeError(
                f"batch normalisation of {tensor.numel()} channels got an input of {channels}"
            )
    return torch.empty_like(x)
