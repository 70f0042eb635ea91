"""Tables over the joint candidates of some choices."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from tangle.core import SearchSpace, joint_candidates

MOST_ENTRIES = 1_000_000
"""Joint candidates of one term; more of them would be enumerated for minutes."""


def joint_table(
    space: SearchSpace, names: Sequence[str], count: Callable[[Mapping[str, int]], int]
) -> npt.NDArray[np.int64]:
    """Return a count under each joint candidate of some choices, one dimension for each.

    Raises:
        ValueError: If there are too many joint candidates.
    """
    choices = [space[name] for name in names]
    shape = [len(choice.candidates) for choice in choices]
    if math.prod(shape) > MOST_ENTRIES:
        raise ValueError(
            f"One tensor or operation depends on the choices {', '.join(names)} together, which "
            f"have {math.prod(shape):,} joint candidates: costs in closed form work up to "
            f"{MOST_ENTRIES:,}, so share less between the places that these choices decide"
        )
    counts = [count(arch) for arch in joint_candidates(choices)]
    return np.array(counts, np.int64).reshape(shape)
