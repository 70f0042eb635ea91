"""What an architecture may cost, as a user says it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """Upper limits of costs that a search keeps to.

    The best architecture that a search names is always within the limits: of those that are, it is
    the one with the largest product of architecture weights, found exactly. Of a network that grows
    in stages, the limits are those of its last stage.

    Args:
        max_params: Largest number of learned numbers of the network; None for no limit.
        max_macs: Largest number of multiply-accumulates for one input, as `count_macs` counts them;
            None for no limit.
        penalty: Weight in the architecture loss of `max(0, log(expected cost / limit))`, summed
            over the limits; it steers the search below them, and 0 leaves it alone. The form is the
            logarithm of MnasNet's reward (Tan et al., CVPR 2019, equation 2 with exponents 0 and
            `-penalty`; -1 there), of the expected cost as in ProxylessNAS (Cai et al., ICLR 2019,
            section 3.3).
        strict: Whether the best architecture must be within the limits. If not, only the penalty
            acts.

    Raises:
        ValueError: If there is no limit, an option is out of range, or nothing would act.
    """

    max_params: int | None = None
    max_macs: int | None = None
    penalty: float = 0.0
    strict: bool = True

    def __post_init__(self) -> None:
        limits = {"max_params": self.max_params, "max_macs": self.max_macs}
        if all(value is None for value in limits.values()):
            raise ValueError(
                "The budget has neither max_params nor max_macs: set one of them, or no budget"
            )
        for name, value in limits.items():
            if value is not None and value < 1:
                raise ValueError(
                    f"budget.{name} is {value}: it must be at least 1, or null for no limit"
                )
        if not 0 <= self.penalty < float("inf"):
            raise ValueError(f"budget.penalty is {self.penalty}: it must be a number from 0 on")
        if self.penalty == 0 and not self.strict:
            raise ValueError(
                "budget.strict is false and budget.penalty is 0, so that the budget does nothing: "
                "set a penalty, or leave the budget out"
            )
