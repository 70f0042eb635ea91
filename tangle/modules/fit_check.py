"""Whether a network takes the data that it is to see."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tangle.modules.batches import Pair
from tangle.modules.task import Task


def check_fits(net: nn.Module, task: Task, pair: Pair) -> None:
    """Check on one batch that a network takes inputs, and its task targets, of these data.

    Raises:
        ValueError: If it does not; names the shapes and what to change.
    """
    x, target = pair
    modes = [(module, module.training) for module in net.modules()]
    device = next((parameter.device for parameter in net.parameters()), torch.device("cpu"))
    try:
        with torch.no_grad():
            task.loss(net.eval()(_to(x, device)), _to(target, device))
    except (RuntimeError, IndexError, ValueError, TypeError) as error:
        shape = list(x.shape) if isinstance(x, Tensor) else type(x).__name__
        raise ValueError(
            f"{type(net).__name__} does not take the data, of which a batch has the shape {shape}: "
            f"{str(error).rstrip('.')}. Build net for the channels and sizes of the data, and net "
            "and task for their classes, or choose other data"
        ) from error
    finally:
        for module, mode in modes:
            module.training = mode


def _to(value: object, device: torch.device) -> object:
    return value.to(device) if isinstance(value, Tensor) else value
