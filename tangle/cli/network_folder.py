"""A network as files that need no tangle: source or program, weights, ONNX."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_model, save_model
from torch import Tensor, nn

from tangle.core.atomic import replacing
from tangle.nn.source import write_source
from tangle.nn.trace import UntraceableError

log = logging.getLogger(__name__)

SOURCE, PROGRAM, ONNX, WEIGHTS = "model.py", "model.pt2", "model.onnx", "weights.safetensors"
TOLERANCE = 1e-5
"""Largest difference of logits that rounding explains, in float32, of the largest logit or 1."""
ONNX_TOLERANCE = 1e-4
ONNX_PACKAGES = ("onnx", "onnxscript", "onnxruntime")


def check_onnx() -> None:
    """Check that ONNX can be written and run.

    Raises:
        ValueError: If a package is not installed.
    """
    missing = [name for name in ONNX_PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise ValueError(
            f"--onnx needs {', '.join(missing)}, which are not installed: "
            "pip install 'tangle-nas[export]', or leave out --onnx"
        )


def write_network(folder: Path, net: nn.Module, example: Tensor, *, about: str) -> str:
    """Write a network's weights, and its source, or where it has none its program.

    Args:
        folder: An existing folder.
        net: A plain network in evaluation mode.
        example: A batch of inputs, on which the files are compared with the network.
        about: What the source says of itself.

    Returns:
        Why there is a program and no source; nothing if there is a source.
    """
    try:
        _write_source(folder, net, example, about=about)
    except UntraceableError as error:
        (folder / SOURCE).unlink(missing_ok=True)
        log.warning("The network has no source, its program is written instead: %s", error)
        program = torch.export.export(net, (example,), dynamic_shapes=(_any_batch(example),))
        torch.export.save(program, folder / PROGRAM)
        _save(net, folder)
        return str(error)
    return ""


def _write_source(folder: Path, net: nn.Module, example: Tensor, *, about: str) -> None:
    source = write_source(net, example[:1], about=about)
    (folder / SOURCE).write_text(source.text, encoding="utf-8")
    written = _build(folder)
    written.load_state_dict(source.tensors)
    _save(written, folder)
    with torch.no_grad():
        apart = difference(read_network(folder)(example), net(example))
    if not apart <= TOLERANCE:  # nor nan
        raise UntraceableError(
            f"the source that can be written for it computes something else ({apart:.1e} apart), "
            "as if its forward depended on the content or the size of a batch"
        )


def write_onnx(folder: Path, net: nn.Module, example: Tensor) -> None:
    """Write a network as ONNX, for batches of any size."""
    torch.onnx.export(
        net, (example,), folder / ONNX, dynamo=True, dynamic_shapes=(_any_batch(example),),
        external_data=False, verbose=False,
    )  # fmt: skip


def read_network(folder: Path) -> Callable[[Tensor], Any]:
    """Return the network in a folder, in evaluation mode."""
    if not (folder / SOURCE).is_file():
        return torch.export.load(folder / PROGRAM).module()
    net = _build(folder)
    load_model(net, folder / WEIGHTS)
    return net.eval()


def read_onnx(folder: Path) -> Callable[[Tensor], Tensor]:
    """Return the network of the ONNX file, run by ONNX Runtime on the CPU."""
    import onnxruntime

    session = onnxruntime.InferenceSession(folder / ONNX, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda x: torch.from_numpy(session.run(None, {name: x.numpy()})[0])


def difference(one: Tensor, other: Tensor) -> float:
    """Return the largest difference of two outputs, of the largest value or of 1 if that is more.

    An output of another shape is infinitely far.
    """
    if one.shape != other.shape:
        return float("inf")
    return float((one - other).abs().max() / other.abs().max().clamp_min(1.0))


def _save(net: nn.Module, folder: Path) -> None:
    with replacing(folder / WEIGHTS) as temporary:  # readable for others, too
        save_model(net, str(temporary))


def _build(folder: Path) -> nn.Module:
    """Return a network from source, with the weights it is made with."""
    spec = importlib.util.spec_from_file_location("tangle_extracted", folder / SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    net: nn.Module = module.Network()
    return net


def _any_batch(example: Tensor) -> dict[int, Any]:
    """Return which dimensions may differ: the batch, and the length of sequences of tokens.

    A picture's height and width stay: pooling and strides make of them what the exporter can't
    always follow.
    """
    free = 1 if example.is_floating_point() else example.ndim
    return dict.fromkeys(range(free), torch.export.Dim.AUTO)
