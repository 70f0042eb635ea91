"""How alike what two networks compute is, layer by layer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from tangle.metrics.latency import evaluating

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def linear_cka(x: Tensor, y: Tensor) -> Tensor:
    """Return the linear centred kernel alignment of two sets of features, in [0, 1].

    `||Y'X||^2 / (||X'X|| ||Y'Y||)` with centred columns and Frobenius norms (Kornblith et al.,
    ICML 2019, section 3; the TangleNAS paper's Table 25). It is 1 for equal features, and invariant
    to orthogonal maps, scaling and shifts. Features that do not vary at all give nan.

    Args:
        x: Features `[N, ...]` of N inputs.
        y: Features `[N, ...]` of the same inputs.

    Raises:
        ValueError: If the numbers of inputs differ, or there are fewer than two.
    """
    if len(x) != len(y) or len(x) < 2:
        raise ValueError(
            f"There are features of {len(x)} and of {len(y)} inputs: give the same ones, at least 2"
        )
    one, other = _gram(x), _gram(y)
    return (one * other).sum() / (one.norm() * other.norm())


def _gram(features: Tensor) -> Tensor:
    """Return the inner products of all centred pairs, `[N, N]`, in double precision.

    As large as the number of inputs, not of features, which of feature maps are many more.
    """
    flat = features.flatten(1).double()
    flat = flat - flat.mean(0)
    return flat @ flat.T


def layer_features(
    net: nn.Module, inputs: Iterable[Any], layers: Sequence[str] | None = None
) -> dict[str, Tensor]:
    """Return what layers put out in evaluation mode, `[N, ...]` each, on the CPU.

    Args:
        net: A plain network; its mode is left as it was.
        inputs: Batches of inputs, N in all.
        layers: Names of the layers; those with weights of their own by default.

    Raises:
        ValueError: If the network has no such layer, or one does not put out a tensor.
    """
    modules = dict(net.named_modules())
    names = weighted_layers(net) if layers is None else list(layers)
    unknown = [name for name in names if name not in modules]
    if unknown or not names:
        raise ValueError(f"The network has no layer {unknown}: it has {weighted_layers(net)}")
    kept: dict[str, list[Tensor]] = {name: [] for name in names}

    def keep(name: str) -> Any:
        return lambda module, args, output: kept[name].append(output.detach().cpu())

    handles = [modules[name].register_forward_hook(keep(name)) for name in names]
    try:
        with evaluating(net):
            for x in inputs:
                net(x)
    finally:
        for handle in handles:
            handle.remove()
    return {name: torch.cat(parts) for name, parts in kept.items() if parts}


def weighted_layers(net: nn.Module) -> list[str]:
    """Return the names of the layers with parameters of their own, normalisations left out."""
    return [
        name
        for name, module in net.named_modules()
        if "Norm" not in type(module).__name__
        and any(parameter.ndim > 1 for parameter in module.parameters(recurse=False))
        and type(module).forward is not nn.Module.forward  # a mere holder is never called
    ]


def similarity(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> Tensor:
    """Return the linear CKA of each layer of one network with each of another, `[L, M]`.

    Args:
        one: Features of each layer, as of `layer_features`.
        other: Features of the same inputs.
    """
    grams = [_gram(features) for features in one.values()], [_gram(f) for f in other.values()]
    rows, columns = (torch.stack(part).flatten(1) for part in grams)
    rows, columns = (part / part.norm(dim=1, keepdim=True) for part in (rows, columns))
    return rows @ columns.T


def draw_similarity(
    matrix: Tensor,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    names: tuple[str, str] = ("one network", "the other"),
) -> Figure:
    """Return a heat map of the similarity of layers.

    Args:
        matrix: Similarities in [0, 1], `[len(rows), len(columns)]`.
        rows: Names of the layers of the first network.
        columns: Names of those of the second.
        names: What the networks are.
    """
    from matplotlib.figure import Figure  # slow to import, and most of this package draws nothing

    size = 2 + 0.35 * max(len(rows), len(columns))
    figure = Figure((size + 1, size), layout="constrained")
    panel = figure.subplots()
    image = panel.imshow(matrix.numpy(), vmin=0, vmax=1, cmap="viridis", origin="lower")
    panel.set_xticks(range(len(columns)), columns, rotation=90, fontsize="small")
    panel.set_yticks(range(len(rows)), rows, fontsize="small")
    panel.set_ylabel(names[0])
    panel.set_xlabel(names[1])
    figure.colorbar(image, label="linear CKA")
    return figure
