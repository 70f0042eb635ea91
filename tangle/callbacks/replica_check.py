"""A search on several ranks that is one search."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor, distributed

from tangle.modules import SearchModule


class ReplicaCheck(Callback):
    """Stops a distributed search whose ranks no longer hold the same alphas and weights.

    After each epoch the ranks compare all alphas, bit by bit, and a sum of each weight. They can
    differ only by a defect, such as a draw that depends on the rank or a layer that changes its
    weights by itself; each rank would then search, and save, an architecture of its own.
    """

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Compare.

        Raises:
            RuntimeError: On every rank, if two ranks differ.
        """
        if trainer.world_size == 1 or not isinstance(pl_module, SearchModule):
            return
        named = {
            **{f"alphas {name}": p.detach() for name, p in pl_module.algorithm.named_parameters()},
            **{
                f"weights {name}": p.detach().double().sum()
                for name, p in pl_module.supernet.named_parameters()
            },
        }
        if different := divergent(named):
            shown = ", ".join(different[:3]) + (", ..." if len(different) > 3 else "")
            raise RuntimeError(
                f"After epoch {trainer.current_epoch} the ranks differ in {len(different)} of "
                f"{len(named)} parameters ({shown}): the search would not be one search. Look for "
                "random numbers or data that depend on the rank outside of the loaders, and for "
                "parameters that change other than by their gradient"
            )


def divergent(named: Mapping[str, Tensor]) -> list[str]:
    """Return the names of tensors in which the rank differs from the first, on any rank.

    All ranks must call it with the same names and shapes; each gets the same answer.

    Args:
        named: The tensors of this rank.
    """
    flat = torch.cat([tensor.double().flatten() for tensor in named.values()])
    of_first = flat.clone()
    distributed.broadcast(of_first, 0)
    # Not a number equals itself here: that ranks agree on it is all that is asked.
    differs = (flat != of_first) & ~(flat.isnan() & of_first.isnan())
    parts = differs.split([tensor.numel() for tensor in named.values()])
    found = torch.stack([part.any() for part in parts]).to(torch.uint8)
    distributed.all_reduce(found, distributed.ReduceOp.MAX)
    return [name for name, is_found in zip(named, found.tolist(), strict=True) if is_found]
