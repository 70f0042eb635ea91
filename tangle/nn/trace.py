"""From a plain network's forward to a graph of calls."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor, fx, nn
from torch.fx.proxy import Attribute

VALUE = "value"
"""Key of a node's metadata under which its value for the example is."""
CONSTANT = "_tensor_constant"
"""How the names of tensors begin that a forward makes without its input."""


class UntraceableError(Exception):
    """A network's forward does not reduce to a fixed sequence of torch's calls."""


def trace(net: nn.Module, example: Any, *, training: bool) -> fx.Graph:
    """Return the calls that a network's forward makes, layers of torch counting as one each.

    Sizes stay symbolic, so the graph holds for other batches; what the forward decides by them (an
    `if`, the number of parts to unpack) is decided as for the example.

    Args:
        net: A plain network, such as `supernet.extract(arch)`; left as it is.
        example: An input.
        training: Whether to follow the forward in training or in evaluation mode.

    Raises:
        UntraceableError: If the forward depends on the content of tensors, or can't be followed.
    """
    if fx.Tracer().is_leaf_module(net, ""):
        raise UntraceableError(f"{type(net).__name__} is a single layer of torch, with no forward")
    root = _OneInput(copy.deepcopy(net).train(training))
    try:
        with torch.no_grad(), torch.random.fork_rng(), _symbolic_len(root.net):
            graph = _Tracer(example).trace(root)
    except Exception as error:  # whatever a forward makes of a stand-in for a tensor
        raise UntraceableError(f"{type(net).__name__}: {error}") from error
    for node in graph.nodes:
        if node.op in ("get_attr", "call_module"):
            node.target = str(node.target).removeprefix("net.")
    graph.eliminate_dead_code(_has_effect)
    return graph


class _OneInput(nn.Module):
    """Hides what a forward takes beside its input, each of which has a default."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Any) -> Any:
        return self.net(x)


def _has_effect(node: fx.Node) -> bool:
    """Return whether a call does more than return a value, as those of names like `add_` do."""
    if node.op in ("placeholder", "output", "call_module"):
        return True
    name = str(getattr(node.target, "__name__", node.target))
    return name.endswith("_") or name in ("setitem", "iadd", "isub", "imul", "itruediv")


class _Known:
    """What stand-ins know from the example: kinds, numbers of parts, and answers about sizes."""

    node: fx.Node

    def __getattr__(self, name: str) -> Any:
        return _Attribute(self, name)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[Any]:
        proxy: Any = self
        return iter([proxy[i] for i in range(len(self.node.meta[VALUE]))])

    def __len__(self) -> int:
        value = self.node.meta[VALUE]
        if isinstance(value, Tensor):  # whose length is a size, and would be no longer symbolic
            raise TypeError(f"the length of the tensor {self.node.name} is asked for by torch")
        return len(value)

    def __bool__(self) -> bool:
        value = self.node.meta[VALUE]
        if isinstance(value, Tensor):
            raise UntraceableError(f"it asks whether the tensor {self.node.name} is true")
        return bool(value)


class _Proxy(_Known, fx.Proxy):
    """Stands for the result of a call."""


class _Attribute(_Known, Attribute):
    """Stands for an attribute or a method."""


class _Tracer(fx.Tracer):
    """Follows a forward with stand-ins, and computes beside it what they stand for."""

    proxy_buffer_attributes = True

    def __init__(self, example: Any) -> None:
        super().__init__()
        self._example = example
        self._computes = False

    def proxy(self, node: fx.Node) -> fx.Proxy:
        return _Proxy(node, self)

    def create_proxy(self, *args: Any, **kwargs: Any) -> fx.Proxy:
        proxy: fx.Proxy = super().create_proxy(*args, **kwargs)
        self._computes = True  # layers that run now are not to be recorded
        try:
            proxy.node.meta[VALUE] = self._value(proxy.node)
        finally:
            self._computes = False
        return proxy

    def _value(self, node: fx.Node) -> Any:
        args, kwargs = fx.node.map_arg((node.args, node.kwargs), lambda n: n.meta[VALUE])
        if node.op == "placeholder":
            return self._example
        if node.op == "output":
            return args[0]
        if node.op == "call_method":
            return getattr(args[0], str(node.target))(*args[1:], **kwargs)
        if callable(node.target):
            return node.target(*args, **kwargs)
        part: Any = self.root
        for name in node.target.split("."):
            part = getattr(part, name)
        return part if node.op == "get_attr" else part(*args, **kwargs)

    def create_arg(self, a: Any) -> Any:
        arg = super().create_arg(a)
        if isinstance(arg, fx.Node) and VALUE not in arg.meta:  # a tensor that came as it is
            arg.meta[VALUE] = a
        return arg

    def call_module(
        self,
        m: nn.Module,
        forward: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        if self._computes:
            return forward(*args, **kwargs)
        return super().call_module(m, forward, args, kwargs)

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: dict[str, Any]) -> Any:
        if self._computes:
            return attr_val
        return super().getattr(attr, attr_val, parameter_proxy_cache)


@contextmanager
def _symbolic_len(net: nn.Module) -> Iterator[None]:
    """Let `len(x)` be a size of the input in the files that define a network, not a number."""

    def length(value: Any) -> Any:
        if not isinstance(value, _Known):
            return len(value)
        known = value.node.meta[VALUE]
        return value.size(0) if isinstance(known, Tensor) else len(known)

    with ExitStack() as stack:
        for name in {type(module).__module__ for module in net.modules()}:
            if not name.startswith("torch."):
                stack.enter_context(patch.object(sys.modules[name], "len", length, create=True))
        yield
