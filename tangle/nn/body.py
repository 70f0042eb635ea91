"""From a graph of calls to the lines of a forward."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, fx
from torch.fx.graph import magic_methods

from tangle.nn.literal import literal, verbatim
from tangle.nn.trace import VALUE, UntraceableError

_SPACES: Mapping[str, Any] = {
    "torch": torch, "F": F, "torch.linalg": torch.linalg, "torch.special": torch.special,
    "torch.fft": torch.fft, "math": math,
}  # fmt: skip
"""Where a function that a forward calls may be found, and how source names the place."""


def write_body(graph: fx.Graph, reference: Callable[[str], str]) -> list[str]:
    """Return the statements of a forward.

    A variable is used again for what a call makes of it, as one would write by hand, so activations
    are let go as early.

    Args:
        graph: The calls, with values from an example.
        reference: Gives the source of a part of the network by its dotted path.

    Raises:
        UntraceableError: If a call is not torch's.
    """
    return list(_Body(graph, reference).lines())


class _Body:
    def __init__(self, graph: fx.Graph, reference: Callable[[str], str]) -> None:
        self._graph = graph
        self._reference = reference
        self._texts: dict[fx.Node, str] = {}
        self._last_use = {
            used: node for node in graph.nodes if not _is_inline(node) for used in _variables(node)
        }

    def lines(self) -> Iterator[str]:
        for node in self._graph.nodes:
            if node.op == "placeholder":
                self._texts[node] = str(node.target)
            elif node.op == "output":
                yield f"return {self._source(node.args[0])}"
            elif _is_inline(node):
                self._texts[node] = self._call(node)
            else:
                text = self._call(node)
                dying = [n for n in _variables(node) if self._last_use[n] is node]
                if node in self._last_use:
                    names = [self._texts.pop(used) for used in dying]
                    self._texts[node] = names[0] if names else self._fresh()
                    text = f"{self._texts[node]} = {text}"
                yield text

    def _fresh(self) -> str:
        taken = {text for node, text in self._texts.items() if not _is_inline(node)}
        return next(name for name in _names() if name not in taken)

    def _source(self, value: Any) -> str:
        return literal(fx.node.map_arg(value, lambda node: verbatim(self._texts[node])))

    def _call(self, node: fx.Node) -> str:
        if node.op == "get_attr":
            return self._reference(str(node.target))
        if node.op == "call_function":
            return self._function(node)
        if node.op == "call_module":
            called, args = self._reference(str(node.target)), node.args
        else:
            called, args = f"{self._source(node.args[0])}.{node.target}", node.args[1:]
        return f"{called}({self._arguments(args, node.kwargs)})"

    def _arguments(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
        named = (f"{name}={self._source(value)}" for name, value in kwargs.items())
        return ", ".join([*map(self._source, args), *named])

    def _function(self, node: fx.Node) -> str:
        name = getattr(node.target, "__name__", str(node.target))
        if node.target is getattr:
            return f"{self._source(node.args[0])}.{node.args[1]}"
        if node.target is operator.getitem:
            return f"{self._source(node.args[0])}[{self._index(node.args[1])}]"
        if getattr(operator, name, None) is node.target:
            operands = [self._source(arg) for arg in node.args]
            if name not in magic_methods:  # such as iadd
                return f"{operands[0]}.__{name.strip('_')}__({', '.join(operands[1:])})"
            text = magic_methods[name].format(*operands)
            return f"({text})" if _is_inline(node) else text
        for place, space in _SPACES.items():
            short = name.removeprefix(f"{place.split('.')[-1]}_")  # of linalg_norm
            if getattr(space, short, None) is node.target:
                return f"{place}.{short}({self._arguments(node.args, node.kwargs)})"
        raise UntraceableError(f"it calls {node.target!r}, which is no function of torch")

    def _index(self, index: Any) -> str:
        if isinstance(index, tuple):
            return ", ".join(map(self._index, index)) if index else "()"
        if not isinstance(index, slice):
            return self._source(index)
        start, stop, step = (
            "" if part is None else self._source(part)
            for part in (index.start, index.stop, index.step)
        )
        return f"{start}:{stop}" + (f":{step}" if step else "")


def _is_inline(node: fx.Node) -> bool:
    """Return whether a call is written where its result is used: sizes and parts of the network."""
    if node.op == "get_attr":
        return True
    return node.op in ("call_function", "call_method") and not _has_tensor(node.meta[VALUE])


def _has_tensor(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(map(_has_tensor, value))
    return isinstance(value, Tensor)


def _variables(node: fx.Node) -> list[fx.Node]:
    """Return the results that the source of a call names, also through sizes of them."""
    found: dict[fx.Node, None] = {}
    for used in node.all_input_nodes:
        found |= dict.fromkeys(_variables(used) if _is_inline(used) else [used])
    return list(found)


def _names() -> Iterator[str]:
    """Yield names of variables: x, y, z, and then numbered ones."""
    yield from "xyz"
    yield from (f"x{number}" for number in count(1))
