"""The parts of a search's network that have stages."""

from __future__ import annotations

from tangle.modules import SearchModule
from tangle.nn import Staged


def staged_parts(search: SearchModule) -> dict[str, Staged]:
    """Return the parts of the supernet that have stages, by their names in it."""
    named = search.supernet.named_modules()
    return {name: part for name, part in named if isinstance(part, Staged)}


def waiting_weights(search: SearchModule) -> set[str]:
    """Return names of the supernet's weights of which a part waits for a later stage."""
    return {
        f"{place}.{name}"
        for place, part in staged_parts(search).items()
        if part.stage < part.num_stages - 1
        for name, _ in part.named_parameters()
    }
