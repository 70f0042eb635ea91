"""What a run trains, in a small table before it begins."""

from __future__ import annotations

from typing import Any

from lightning.pytorch.callbacks import ModelSummary
from rich import get_console
from rich.table import Table


class ParameterSummary(ModelSummary):
    """Lightning's summary of a model without its FLOPs.

    Lightning counts them on an example input, which a search, with many networks in one, does not
    have, and tells 0 instead. `tangle space` counts those of the smallest, median and largest
    network; `anytime.csv` those of each network found.
    """

    @staticmethod
    def summarize(
        summary_data: list[tuple[str, list[str]]],
        total_parameters: int,
        trainable_parameters: int,
        model_size: float,
        total_training_modes: dict[str, int],
        total_flops: int = 0,
        **summarize_kwargs: Any,
    ) -> None:
        """Print the table, and the numbers of parameters below it."""
        columns = [(name, cells) for name, cells in summary_data if name != "FLOPs"]
        table = Table(header_style="bold")
        for name, _ in columns:
            table.add_column(name.strip(), justify="right" if name == "Params" else "left")
        for row in zip(*(cells for _, cells in columns), strict=True):
            table.add_row(*row)
        console = get_console()
        console.print(table)
        fixed = total_parameters - trainable_parameters
        console.print(
            f"{total_parameters:,} parameters"
            + (f", {fixed:,} of them not trained" if fixed else "")
            + f", {model_size:.1f} MB",
            highlight=False,
        )
