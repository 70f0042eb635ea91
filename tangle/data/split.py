"""The one rule by which every training set is divided among its three roles."""

from dataclasses import dataclass

import torch
from torch import Tensor

from tangle.data.order import shuffled


@dataclass(frozen=True)
class Split:
    """Indices of three disjoint parts of a training set, each [size of the part].

    Args:
        weights: trains the network weights.
        arch: trains the architecture weights.
        val: chooses and monitors, trains nothing.
    """

    weights: Tensor
    arch: Tensor
    val: Tensor

    @classmethod
    def draw(
        cls,
        labels: Tensor,
        *,
        arch_fraction: float,
        val_fraction: float,
        seed: int,
        stretch: int = 1,
    ) -> "Split":
        """Divides samples evenly over classes; the same for every rank and every run of a seed.

        The validation part depends on `val_fraction` and `seed` alone: a network that is retrained
        with another `arch_fraction` is validated on the images of its search.

        Args:
            labels: class of each sample [N]; equal ones where there are none.
            arch_fraction: share of what validation leaves, in [0, 1).
            val_fraction: share of all samples, in [0, 1).
            seed: of the draw.
            stretch: samples in a row that stay together, but for those where two parts meet; above
                1 labels do not count.
        """
        many = stretch > 1
        order = stretch_order(len(labels), stretch, seed) if many else even_order(labels, seed)
        num_val = round(len(order) * val_fraction)
        num_arch = round((len(order) - num_val) * arch_fraction)
        val, arch, weights = order.tensor_split((num_val, num_val + num_arch))
        # Where few validation batches are asked for, they are not to be all of one stretch.
        return cls(weights=weights, arch=arch, val=shuffled(val, seed, 2) if many else val)


def even_order(labels: Tensor, seed: int) -> Tensor:
    """A random order of the samples [N] whose every stretch holds all classes in proportion.

    Each sample stands at the quantile of its place within its class, so the first k samples hold
    k / N of every class, to within one.
    """
    order = shuffled(torch.arange(len(labels)), seed)
    by_class = order[labels[order].argsort(stable=True)]
    sizes = labels.unique(return_counts=True)[1]
    quantile = torch.cat([(torch.arange(size) + 0.5) / size for size in sizes.tolist()])
    # Classes of one size tie; they go in random order, or each cut would favour the first classes.
    ties = shuffled(torch.arange(len(labels)), seed, 1)
    return by_class[ties][quantile.double()[ties].argsort(stable=True)]


def stretch_order(number: int, stretch: int, seed: int) -> Tensor:
    """The samples 0 to `number` - 1 in stretches of consecutive ones, which go in random order.

    >>> stretch_order(7, 3, seed=1)
    tensor([6, 3, 4, 5, 0, 1, 2])
    """
    stretches = torch.arange(number).split(stretch)
    order = shuffled(torch.arange(len(stretches)), seed)
    return torch.cat([stretches[place] for place in order.tolist()])
