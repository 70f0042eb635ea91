"""The network, its input and its optimizer, as a configuration has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import torch
import torch._dynamo  # which shapes on the meta device take: here, without a search for garbage
from jsonargparse import ArgumentParser
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils._pytree import tree_map

# Imported so that a configuration can name their classes without their modules.
from tangle import algorithms, spaces  # noqa: F401
from tangle.cli.loading import load
from tangle.cli.network_config import DEFAULTS, read_network
from tangle.metrics.dry_run import MISFITS
from tangle.metrics.shape_memo import ShapeMemo
from tangle.metrics.training_memory import OptimizerFactory
from tangle.nn import Supernet


@dataclass(frozen=True)
class Subject:
    """What is inspected.

    Attributes:
        supernet: The supernet, whose tensors are on the meta device where that is possible.
        example: One input `[1, ...]`.
        batch_size: Inputs of a training step.
        optimizer: What makes the optimizer of the weights.
        is_guess: Whether nothing said how large an input is.
        with_numbers: Makes the supernet with its tensors on the CPU.
    """

    supernet: Supernet
    example: Any
    batch_size: int
    optimizer: OptimizerFactory
    is_guess: bool
    with_numbers: Callable[[], Supernet]


def read_subject(
    files: Sequence[str], overrides: Sequence[str], *, shape: str | None, batch_size: int | None
) -> Subject:
    """Return what configurations describe, later ones over earlier ones.

    Args:
        files: Paths of configurations.
        overrides: Options of `tangle fit`, such as `--model.net.depth`.
        shape: Shape of one input, such as `3x32x32`, or `224` for tokens; None for that of the
            configuration's data, or else what the network's own sizes say.
        batch_size: Inputs of a training step; None for those of the data, or else 64.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the configuration is wrong, or does not tell the shape of an input.
    """
    options = read_network(files, overrides)
    if options is None:
        options = _whole().read_whole(files, overrides)
    given = options["model"]["init_args"]
    known_size = ((options.get("data") or {}).get("init_args") or {}).get("batch_size")
    has_data = bool(options.get("data")) and shape is None
    first = _whole().first_input_of(options) if has_data else None
    supernet = _supernet(options, on_meta=True)
    is_guess = False
    if shape is not None:
        takes_tokens = any(isinstance(m, nn.Embedding) for m in supernet.net.modules())
        first = _example(_numbers(shape), is_real="x" in shape or not takes_tokens)
    elif first is None:
        first, is_guess = _own_example(
            supernet.net, (given.get("net") or {}).get("init_args") or {}
        )
    if not _runs_if_on_meta(supernet, first):
        supernet = _supernet(options, on_meta=False)  # perhaps it needs numbers to run
    return Subject(
        supernet, first, batch_size or known_size or 64, _optimizer(given.get("weight_optimizer")),
        is_guess, lambda: _supernet(options, on_meta=False),
    )  # fmt: skip


def _supernet(options: dict[str, Any], *, on_meta: bool) -> Supernet:
    """Return the supernet, on the meta device if it is asked for and the network lets it."""
    try:
        with torch.device("meta" if on_meta else "cpu"), ShapeMemo():
            return Supernet(_network(options))
    except (RuntimeError, NotImplementedError):
        if not on_meta:
            raise
        return _supernet(options, on_meta=False)


def _runs_if_on_meta(supernet: Supernet, example: Any) -> bool:
    """Return whether a supernet without numbers runs at its largest architecture."""
    if not any(tensor.is_meta for tensor in supernet.parameters()):
        return True
    modes = [(module, module.training) for module in supernet.modules()]
    try:
        with torch.no_grad(), ShapeMemo():
            supernet.eval()(tree_map(_on_meta, example), supernet.space.largest())
    except MISFITS:
        return False
    finally:
        for module, mode in modes:
            module.training = mode
    return True


def _on_meta(part: Any) -> Any:
    return part.to("meta") if isinstance(part, Tensor) else part


def _network(options: dict[str, Any]) -> nn.Module:
    net = options["model"]["init_args"].get("net")
    made: nn.Module
    if net is None:
        made = _whole().own_network(options)
    else:
        parser = ArgumentParser(exit_on_error=False)
        parser.add_subclass_arguments(nn.Module, "net", required=True)
        made = parser.instantiate_classes(parser.parse_object({"net": net})).net
    return made


def _whole() -> ModuleType:
    # At the first use, as it takes Lightning, which loads longer than most spaces are looked at.
    return load("tangle.cli.whole_config")


def _optimizer(given: dict[str, Any] | None) -> OptimizerFactory:
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("--optimizer", type=Callable[[Iterable], Optimizer])  # type: ignore[type-arg]
    made: OptimizerFactory = parser.instantiate_classes(
        parser.parse_object({"optimizer": given or DEFAULTS["weight_optimizer"]})
    ).optimizer
    return made


def _own_example(net: nn.Module, sizes: dict[str, Any]) -> tuple[Tensor, bool]:
    """Return an input by the sizes that a network is given, and whether its own is a guess.

    Networks that take images of any size get 224 pixels for 1,000 classes, else 32.
    """
    if isinstance(length := sizes.get("block_size"), int):
        return _example([length], is_real=False), False
    first = next((m for m in net.modules() if isinstance(m, nn.Conv2d)), None)
    if first is None:
        raise ValueError(
            f"The configuration has no data, and {type(net).__name__} does not say what it takes: "
            "give the shape of one input by --input, such as 3x32x32, or 128 for tokens"
        )
    known = sizes.get("image_size")
    side = known or (224 if sizes.get("num_classes") == 1000 else 32)
    return _example([first.in_channels, side, side], is_real=True), known is None


def _example(shape: Sequence[int], *, is_real: bool) -> Tensor:
    return torch.zeros(1, *shape, dtype=torch.float32 if is_real else torch.long)


def _numbers(shape: str) -> list[int]:
    parts = shape.split("x")
    if not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise ValueError(
            f"--input is {shape!r}: give the sizes of one input, such as 3x32x32, or 128 for tokens"
        )
    return [int(part) for part in parts]
