"""Points of a search, as shares of its epochs."""

from __future__ import annotations

from collections.abc import Sequence

from lightning.pytorch import Trainer


def rising_shares(option: str, shares: Sequence[float]) -> list[float]:
    """Return shares of the epochs.

    Args:
        option: The option that has them.
        shares: The shares.

    Raises:
        ValueError: If one is out of range, or they are not in order.
    """
    values = [float(share) for share in shares]
    if any(not 0 < share < 1 for share in values) or values != sorted(set(values)):
        raise ValueError(f"{option} have the shares {values}: they must rise within (0, 1)")
    return values


def first_epoch(share: float, trainer: Trainer) -> int:
    """Return the first epoch, from 0 on, after a share of all epochs; never the very first."""
    return max(1, round(share * (trainer.max_epochs or 1)))
