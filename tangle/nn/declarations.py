"""The statements that build a network's parts."""

from __future__ import annotations

import keyword
from dataclasses import dataclass, field

import torch
from torch import Tensor, fx, nn

from tangle.nn.constructor import constructor
from tangle.nn.literal import literal
from tangle.nn.trace import UntraceableError


@dataclass
class Declarations:
    """The statements that build a network's parts, under the same names.

    Attributes:
        net: The network.
        constants: Tensors that its forward makes without its input, by name.
        lines: The statements.
        tensors: All parameters and buffers, by dotted path.
    """

    net: nn.Module
    constants: dict[str, Tensor]
    lines: list[str] = field(default_factory=lambda: ["super().__init__()"])
    tensors: dict[str, Tensor] = field(default_factory=dict)
    _lists: set[str] = field(default_factory=set)
    _paths: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._module("", self.net)
        for name, constant in self.constants.items():
            self._own_tensor("", name, constant)
        self._cast()

    def reference(self, path: str) -> str:
        """Return the expression for the part at a dotted path."""
        text, parent = "self", ""
        for name in path.split(".") if path else ():
            if parent in self._lists:
                text += f"[{name}]"
            elif _is_name(name):
                text += f".{name}"
            else:
                text = f"getattr({text}, {name!r})"
            parent = f"{parent}.{name}" if parent else name
        return text

    def _module(self, path: str, module: nn.Module) -> None:
        known = self._paths.setdefault(id(module), path)
        if known != path:
            self._add(path, self.reference(known))
            self.tensors |= {
                _join(path, name.removeprefix(f"{known}.")): tensor
                for name, tensor in [*self.tensors.items()]
                if name.startswith(f"{known}.")
            }
        elif path and fx.Tracer().is_leaf_module(module, path) and not _is_container(module):
            self._add(path, constructor(module))
            for name, tensor in _tensors(module):
                self._tensor(_join(path, name), tensor)
        else:
            self._container(path, module)

    def _container(self, path: str, module: nn.Module) -> None:
        # Unlike named_children, with those that have been met before.
        children = {name: part for name, part in module._modules.items() if part is not None}
        if path:
            is_list = [*children] == [str(i) for i in range(len(children))] and bool(children)
            self._add(path, "nn.ModuleList()" if is_list else "nn.Module()")
            if is_list:
                self._lists.add(path)
        for name, tensor in _own_tensors(module):
            self._own_tensor(path, name, tensor)
        for name, child in children.items():
            self._module(_join(path, name), child)

    def _add(self, path: str, source: str) -> None:
        parent, _, name = path.rpartition(".")
        if parent in self._lists:
            self.lines.append(f"{self.reference(parent)}.append({source})")
        elif _is_name(name):
            self.lines.append(f"{self.reference(path)} = {source}")
        else:
            self.lines.append(f"{self.reference(parent)}.add_module({name!r}, {source})")

    def _own_tensor(self, path: str, name: str, tensor: Tensor) -> None:
        source = f"torch.zeros({literal(tuple(tensor.shape))}"
        source += f", dtype={tensor.dtype})" if not tensor.is_floating_point() else ")"
        owner = self.reference(path)
        if isinstance(tensor, nn.Parameter):
            source = f"nn.Parameter({source})"
            self.lines.append(f"{owner}.register_parameter({name!r}, {source})")
        else:
            self.lines.append(f"{owner}.register_buffer({name!r}, {source})")
        self._tensor(_join(path, name), tensor)

    def _tensor(self, path: str, tensor: Tensor) -> None:
        """Note a tensor, and tie it to the one that it is."""
        known = self._paths.setdefault(id(tensor), path)
        if known != path:
            self.lines.append(f"{self.reference(path)} = {self.reference(known)}")
        self.tensors[path] = tensor.detach()

    def _cast(self) -> None:
        kinds = {tensor.dtype for tensor in self.tensors.values() if tensor.is_floating_point()}
        if len(kinds) > 1:
            raise UntraceableError(f"its tensors have several precisions, {kinds}")
        if kinds - {torch.float32}:
            self.lines.append(f"self.to({kinds.pop()})")


def _is_container(module: nn.Module) -> bool:
    return isinstance(module, nn.ModuleList | nn.ModuleDict | nn.ParameterList | nn.ParameterDict)


def _is_name(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _tensors(module: nn.Module) -> list[tuple[str, Tensor]]:
    return [*module.named_parameters(remove_duplicate=False),
            *module.named_buffers(remove_duplicate=False)]  # fmt: skip


def _own_tensors(module: nn.Module) -> list[tuple[str, Tensor]]:
    return [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]
