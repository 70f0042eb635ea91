"""The order of samples as a function of (seed, epoch), so that a resumed run is the same run."""

import numpy as np
import torch
from torch import Tensor


def mix_seed(*parts: int) -> int:
    """One 64-bit seed that depends on every part and on their sequence; parts are at least 0."""
    # With the number of parts, since a seed sequence is blind to zeros at its end.
    return int(np.random.SeedSequence((len(parts), *parts)).generate_state(1, np.uint64)[0])


def shuffled(part: Tensor, *parts: int) -> Tensor:
    """The entries of `part` [N] in an order drawn from the seed that `parts` mix to."""
    generator = torch.Generator().manual_seed(mix_seed(*parts))
    return part[torch.randperm(len(part), generator=generator)]


def one_pass(epoch: int, *, part: Tensor, seed: int, repeats: int = 1) -> Tensor:
    """Every sample of `part` [N] once, in this epoch's order.

    With repeats it holds one in `repeats` of the samples, each so often in a row, so that as many
    epochs hold all samples equally often, but for the last one of an epoch. MultiGrain (Berman et
    al., 2019), DeiT and AutoFormer do so too, but draw their samples anew in each epoch.

    >>> one_pass(3, part=torch.tensor([7, 8, 9]), seed=0).sort().values
    tensor([7, 8, 9])
    """
    if repeats == 1:
        return shuffled(part, seed, epoch)
    distinct = endless(epoch, part=part, seed=seed, length=-(-len(part) // repeats))
    return distinct.repeat_interleave(repeats)[: len(part)]


def endless(epoch: int, *, part: Tensor, seed: int, length: int) -> Tensor:
    """This epoch's stretch of `length` samples of an endless chain of shuffled passes over `part`.

    Epoch e holds positions [e * length, (e + 1) * length) of the chain, whatever the size of
    `part`, so over a run all samples are used equally often, to within one.

    >>> chain = [endless(e, part=torch.arange(3), seed=0, length=2) for e in range(3)]
    >>> torch.cat(chain).bincount()
    tensor([2, 2, 2])
    """
    first, skip = divmod(epoch * length, len(part))
    last = (epoch * length + length - 1) // len(part)
    passes = [shuffled(part, seed, number) for number in range(first, last + 1)]
    return torch.cat(passes)[skip : skip + length]
