"""How an architecture is chosen by a trained supernet's scores."""

from tangle.selection.perturbation import decision_order, decisions_left, most_missed

__all__ = ["decision_order", "decisions_left", "most_missed"]
