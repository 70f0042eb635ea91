"""Results of several methods over several seeds, as a table."""

from __future__ import annotations

import itertools
import math
import random
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_EXACT = 16
"""Most pairs whose signs are all tried, `2 ** 16` ways."""


@dataclass(frozen=True)
class Summary:
    """A column's values over the seeds of a method.

    Attributes:
        values: One value of each seed that has one.
    """

    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The mean; not a number where there is no value."""
        return statistics.fmean(self.values) if self.values else float("nan")

    @property
    def std(self) -> float:
        """The standard deviation of a sample, see `deviation`."""
        return deviation(self.values)


def deviation(values: Sequence[float]) -> float:
    """Return the standard deviation of a sample; 0 for one value, unknown if one is infinite.

    Args:
        values: The sample.
    """
    if not all(map(math.isfinite, values)):  # `statistics` would fail
        return math.nan
    return statistics.stdev(values) if len(values) > 1 else 0.0


@dataclass(frozen=True)
class Comparison:
    """The results of methods over seeds.

    Attributes:
        rows: Each with `method`, `seed`, and numbers.
        score: The column whose differences are tested.
    """

    rows: Sequence[Mapping[str, float | int | str]]
    score: str

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods, in the order of the rows."""
        return tuple(dict.fromkeys(str(row["method"]) for row in self.rows))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of numbers."""
        names = dict.fromkeys(name for row in self.rows for name in row)
        return tuple(name for name in names if name not in ("method", "seed"))

    def by_seed(self, method: str, column: str) -> dict[int, float]:
        """Return a column of a method, by seed."""
        return {
            int(row["seed"]): float(row[column])
            for row in self.rows
            if row["method"] == method and row.get(column) not in (None, "")
        }

    def summary(self, method: str, column: str) -> Summary:
        """Return the values of a column over a method's seeds."""
        return Summary(tuple(self.by_seed(method, column).values()))

    def p_value(self, method: str) -> float | None:
        """Return how likely the score's difference to the first method is without a cause.

        Compared are the seeds that both have; None for the first method, for fewer than two such
        seeds, and where a difference is no number, as of a loss that became infinite. See
        `sign_flip_p_value`.
        """
        reference = self.by_seed(self.methods[0], self.score)
        other = self.by_seed(method, self.score)
        seeds = sorted(reference.keys() & other.keys())
        if method == self.methods[0] or len(seeds) < 2:
            return None
        differences = [other[seed] - reference[seed] for seed in seeds]
        return sign_flip_p_value(differences) if all(map(math.isfinite, differences)) else None

    def lines(self) -> Iterator[list[str]]:
        """Yield the table: a header, then one line for each method, `mean ± std`."""
        yield ["method", *self.columns, "seeds", f"p (against {self.methods[0]})"]
        for method in self.methods:
            p_value = self.p_value(method)
            yield [
                method,
                *(_text(name, self.summary(method, name)) for name in self.columns),
                str(len(self.summary(method, self.score).values)),
                "" if p_value is None else f"{p_value:.3f}",
            ]

    def markdown(self) -> str:
        """Return the table in Markdown."""
        header, *body = ([cell.replace("|", r"\|") for cell in cells] for cells in self.lines())
        rule = ["---", *("---:" for _ in header[1:])]
        return "".join(f"| {' | '.join(cells)} |\n" for cells in [header, rule, *body])

    def latex(self) -> str:
        """Return the table in LaTeX, with the rules of the package booktabs."""
        header, *body = ([_latex(cell) for cell in cells] for cells in self.lines())
        lines = [" & ".join(cells) + r" \\" for cells in body]
        return "\n".join([
            rf"\begin{{tabular}}{{l{'r' * (len(header) - 1)}}}",
            r"\toprule",
            " & ".join(header) + r" \\",
            r"\midrule",
            *lines,
            r"\bottomrule",
            r"\end{tabular}",
            "",
        ])  # fmt: skip


def sign_flip_p_value(differences: Sequence[float]) -> float:
    """Return the two-sided p-value of a paired permutation test.

    Without a cause each difference is as likely to be its negative, so the p-value is the share of
    the `2 ** n` choices of signs whose mean is at least as far from zero (Fisher, 1935). It can't
    be less than `2 / 2 ** n`: 0.125 for 4 seeds. Of more than 16 pairs, `2 ** 16` choices of signs
    are drawn, always the same, and the observed one is counted among them.

    Args:
        differences: Differences of pairs.

    Raises:
        ValueError: If there is no difference, or one is no finite number.
    """
    count = len(differences)
    if not count:
        raise ValueError("there are no differences: the test takes at least 1")
    if not all(map(math.isfinite, differences)):
        raise ValueError(f"differences are {list(differences)}: the test takes finite numbers")
    observed = abs(sum(differences))
    sums = [
        abs(sum(sign * d for sign, d in zip(signs, differences, strict=True)))
        for signs in _signs(count)
    ]
    return sum(total >= observed * (1 - 1e-12) for total in sums) / len(sums)


def _signs(count: int) -> Iterator[Sequence[int]]:
    """Yield all choices of signs, or, if they are too many, none changed and a sample."""
    if count <= _EXACT:
        yield from itertools.product((1, -1), repeat=count)
        return
    rng = random.Random(0)
    yield [1] * count
    for _ in range(2**_EXACT - 1):
        bits = rng.getrandbits(count)
        yield [1 if bits >> place & 1 else -1 for place in range(count)]


def _text(column: str, summary: Summary) -> str:
    if not summary.values:
        return ""
    if column.endswith("accuracy"):
        forms = ".2%", ".2%"
    else:
        forms = (",.0f", ",.0f") if abs(summary.mean) >= 1000 else (".4g", ".2g")
    mean = format(summary.mean, forms[0])
    # A single value says nothing of how far others would be.
    return mean if len(summary.values) == 1 else f"{mean} ± {summary.std:{forms[1]}}"


def _latex(text: str) -> str:
    return text.translate(_LATEX)


_LATEX = str.maketrans({
    **{sign: rf"\{sign}" for sign in "%_&#${}"},
    "\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    "±": r"$\pm$",
})  # fmt: skip
