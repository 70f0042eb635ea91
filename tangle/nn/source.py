"""Plain torch source of a network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor, fx, nn

from tangle.nn.body import write_body
from tangle.nn.declarations import Declarations
from tangle.nn.trace import CONSTANT, VALUE, UntraceableError, trace

_INDENT = "    "


@dataclass(frozen=True)
class Source:
    """A network as source, and what it needs beside it.

    Attributes:
        text: A file that imports nothing but torch and defines the class `Network`.
        tensors: The content of every parameter and buffer of a `Network`, by dotted path.
        trains: Whether the source does in training mode what the network does; else it is for
            evaluation.
    """

    text: str
    tensors: dict[str, Tensor]
    trains: bool


def write_source(net: nn.Module, example: Any, *, about: str = "") -> Source:
    """Return a network as plain torch source, its parts under the names that they have in `net`.

    Args:
        net: A plain network, such as `supernet.extract(arch)`.
        example: An input.
        about: What the file's docstring says; the first line is a sentence.

    Raises:
        UntraceableError: If the network's forward can't be followed, or a part has no source.
    """
    graph, trained = trace(net, example, training=False), _training_graph(net, example)
    declared = Declarations(net, _constants(graph))
    bodies = [write_body(graph, declared.reference)]
    if trained is not None:
        bodies.append(write_body(trained, declared.reference))
    mode = "" if trained is not None else ", in evaluation: in training it does what it does there"
    lines = ["", "", "class Network(nn.Module):", *_indent([f'"""The network{mode}."""', ""])]
    lines += _indent(["def __init__(self) -> None:", *_indent(declared.lines), ""])
    lines += _indent(_forward(graph, bodies))
    text = "\n".join([*_head(about, lines), *lines, ""])
    return Source(text, declared.tensors, trained is not None)


def _training_graph(net: nn.Module, example: Any) -> fx.Graph | None:
    """Return the calls in training mode; None if they can't be told for sure."""
    try:
        graph = trace(net, example, training=True)
    except UntraceableError:
        return None
    return None if _constants(graph) else graph  # a constant may have been a random number


def _constants(graph: fx.Graph) -> dict[str, Tensor]:
    return {
        str(node.target): node.meta[VALUE]
        for node in graph.nodes
        if node.op == "get_attr" and str(node.target).startswith(CONSTANT)
    }


def _forward(graph: fx.Graph, bodies: list[list[str]]) -> list[str]:
    inputs = ", ".join(
        ["self", *(str(node.target) for node in graph.nodes if node.op == "placeholder")]
    )
    if len(bodies) == 1 or bodies[0] == bodies[1]:
        return [f"def forward({inputs}):", *_indent(bodies[0])]
    evaluation, training = bodies
    return [
        f"def forward({inputs}):", *_indent(["if self.training:", *_indent(training)]),
        *_indent(evaluation),
    ]  # fmt: skip


def _head(about: str, lines: list[str]) -> Iterator[str]:
    yield from ('"""' + (about or "A network.")).split("\n")
    yield '"""'
    yield from ("",) if not any("math." in line for line in lines) else ("", "import math", "")
    yield "import torch"
    if any("F." in line for line in lines):
        yield "import torch.nn.functional as F"
    yield "from torch import nn"


def _indent(lines: list[str]) -> list[str]:
    return [_INDENT + line if line else line for line in lines]
