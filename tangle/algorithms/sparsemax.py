"""The sparse sibling of the softmax."""

import torch
from torch import Tensor


def sparsemax(logits: Tensor) -> Tensor:
    """Return the point of the simplex that is closest to `logits` `[..., K]`, differentiable.

    Martins & Astudillo (ICML 2016), algorithm 1: all logits are lowered by one threshold and cut at
    zero, such that they sum to one. Candidates cut off get no gradient. Computed in single
    precision at least.
    """
    precise = logits.to(torch.promote_types(logits.dtype, torch.float32))
    ordered = precise.detach().sort(-1, descending=True).values
    ranks = torch.arange(1, ordered.shape[-1] + 1, device=ordered.device)
    counts = (1 + ranks * ordered > ordered.cumsum(-1)).sum(-1, keepdim=True)
    kept = precise.detach() >= ordered.gather(-1, counts - 1)
    # Equal logits at the rim are kept or cut together, hence the count of what is kept.
    threshold = ((precise * kept).sum(-1, keepdim=True) - 1) / kept.sum(-1, keepdim=True)
    return torch.where(kept, precise - threshold, 0).to(logits.dtype)
