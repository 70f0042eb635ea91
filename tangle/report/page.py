"""The report: one page about one or several runs, that needs nothing but itself."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined
from matplotlib.figure import Figure

from tangle.core.atomic import write_text
from tangle.report.anytime_figure import draw_anytime
from tangle.report.arch_figure import draw_arch_weights
from tangle.report.comparison import deviation
from tangle.report.lines import draw_lines
from tangle.report.network_figure import draw_network, weighted_layers
from tangle.report.run import Rows, Run, larger_is_better
from tangle.report.svg import style, to_svg


@dataclass(frozen=True)
class Picture:
    """A figure of the page.

    Attributes:
        name: Its file name, without a suffix.
        title: What it shows.
        svg: The figure as an SVG element.
    """

    name: str
    title: str
    svg: str


@dataclass(frozen=True)
class Table:
    """A table of the page.

    Attributes:
        title: What it shows.
        header: The columns.
        rows: The cells.
    """

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Section:
    """What the page says about one run.

    Attributes:
        run: The run.
        facts: Names and values, in a few words.
        findings: What looked wrong, without repetition.
        pictures: Its figures.
        tables: Its tables.
    """

    run: Run
    facts: Sequence[tuple[str, str]]
    findings: Sequence[str]
    pictures: Sequence[Picture]
    tables: Sequence[Table]

    @property
    def config(self) -> str:
        """The configuration, as the run keeps it."""
        return yaml.safe_dump(self.run.config, sort_keys=False)


def build(runs: Sequence[Run]) -> tuple[str, list[Picture]]:
    """Return the page, in HTML, and its pictures.

    Args:
        runs: The runs, one or more.
    """
    with style():
        sections = [_section(run, f"{i}_" if len(runs) > 1 else "") for i, run in enumerate(runs)]
        overview = _overview(runs) if len(runs) > 1 else []
    environment = Environment(
        loader=PackageLoader("tangle.report", ""), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    page = environment.get_template("page.html.jinja").render(
        title=" · ".join(run.name for run in runs) if len(runs) < 4 else f"{len(runs)} runs",
        sections=sections,
        overview=overview,
        summary=_summary(runs) if len(runs) > 1 else None,
    )
    return page, [*overview, *(picture for section in sections for picture in section.pictures)]


_NOTHING = "the run has not finished an epoch, so there is nothing to see yet"


def _section(run: Run, prefix: str) -> Section:
    findings = dict.fromkeys(
        part for row in run.health for part in row.get("findings", "").split("; ") if part
    )
    if not run.anytime and not run.losses("train/loss"):
        findings[_NOTHING] = None
    pictures = [
        Picture(prefix + name, title, to_svg(figure, title))
        for name, title, figure in _figures(run)
    ]
    return Section(run, list(_facts(run)), list(findings), pictures, list(_tables(run)))


def _facts(run: Run) -> Iterator[tuple[str, str]]:
    yield "algorithm", run.algorithm
    yield "seed", str(run.seed)
    provenance = run.architecture_file.get("provenance") or {}
    if "epochs" in provenance:
        yield "epochs", str(provenance["epochs"])
    if run.seconds is not None:
        yield "training", f"{run.seconds:,.0f} s"
    if run.anytime and run.score and run.anytime[-1].get(run.score):
        yield run.score, f"{float(run.anytime[-1][run.score]):.4g}"
    if run.anytime and run.anytime[-1].get("parameters"):
        yield "parameters", f"{int(run.anytime[-1]['parameters']):,}"
    if run.architecture_file:
        yield "search space", str(run.architecture_file.get("space", ""))


def _figures(run: Run) -> Iterator[tuple[str, str, Figure]]:
    if run.weight_shapes and weighted_layers(run.weight_shapes):
        yield "network", "The layers of the network found", draw_network(run.weight_shapes)
    if run.arch_weights:
        figure = draw_arch_weights(run.arch_weights, run.choices)
        yield "arch_weights", "How each decision was made", figure
    if run.score and (curve := run.curve(run.score)):
        title = "What the architecture of each moment was worth"
        yield "anytime", title, draw_lines({run.score: curve}, "seconds of search", run.score)
    losses = {name: run.losses(name) for name in ("train/loss", "arch/loss", "val/best/loss")}
    losses |= {
        f"{name.removesuffix('_loss')} architecture": _by_epoch(run.health, name)
        for name in ("relaxed_loss", "discrete_loss")
    }
    if losses := {name: points for name, points in losses.items() if points}:
        yield "losses", "Losses", draw_lines(losses, "epoch", "loss")
    certainty = {name: _by_epoch(run.health, name) for name in ("entropy", "margin")}
    if certainty := {name: points for name, points in certainty.items() if points}:
        title = "How certain the decisions are"
        yield "certainty", title, draw_lines(certainty, "epoch", "share of the largest")


def _by_epoch(rows: Rows, column: str) -> list[tuple[float, float]]:
    return [(float(row["epoch"]), float(row[column])) for row in rows if row.get(column)]


def _tables(run: Run) -> Iterator[Table]:
    if run.architecture:
        cells = [(name, str(value)) for name, value in run.architecture.items()]
        yield Table("The architecture found", ("choice", "value"), cells)
    if comparison := run.table("comparison.csv"):
        yield _table("The network found beside others, trained alike", comparison)
    for pareto in sorted(run.path.glob("selection/*/pareto.csv")):
        rows = run.table(str(pareto.relative_to(run.path)))
        if rows:
            yield _table(f"Pareto front of the second stage ({pareto.parent.name})", rows)
    for best in sorted(run.path.glob("selection/*/architecture.yaml")):
        yield _selected(best)
    for path in ("validate.yaml", "test.yaml"):
        if (run.path / path).is_file():
            metrics = yaml.safe_load((run.path / path).read_text(encoding="utf-8"))
            cells = [(name, f"{value:.4g}") for name, value in metrics.items()]
            yield Table(
                f"Metrics of tangle {path.removesuffix('.yaml')}", ("metric", "value"), cells
            )


def _selected(path: Path) -> Table:
    """Return what the second stage chose, with what it was worth there."""
    found = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    metrics = (found.get("provenance") or {}).get("metrics") or {}
    cells = [(name, _short(str(value))) for name, value in metrics.items()]
    cells += [(name, str(value)) for name, value in (found.get("architecture") or {}).items()]
    return Table(
        f"The best of the second stage ({path.parent.name}), with inherited weights",
        ("metric or choice", "value"),
        cells,
    )


def _table(title: str, rows: Rows) -> Table:
    return Table(title, list(rows[0]), [[_short(value) for value in row.values()] for row in rows])


def _short(text: str) -> str:
    try:
        number = float(text)
    except ValueError:
        return text
    return f"{number:,.0f}" if number.is_integer() else f"{number:.4g}"


def _overview(runs: Sequence[Run]) -> list[Picture]:
    scores = {run.score for run in runs if run.score}
    if len(scores) != 1:
        return []
    score = scores.pop()
    curves: dict[str, list[Any]] = {}
    for run in runs:
        curves.setdefault(run.algorithm, []).append(run.curve(score))
    figure = draw_anytime(curves, score, larger_is_better=larger_is_better(score))
    title = "All runs over time: mean and range over seeds"
    return [Picture("overview", title, to_svg(figure, title))]


def _summary(runs: Sequence[Run]) -> Table:
    """Return a line for each algorithm: mean and deviation over its runs, of each score apart."""
    names = dict.fromkeys(run.score for run in runs if run.score)
    by_algorithm: dict[str, list[Run]] = {}
    for run in runs:
        by_algorithm.setdefault(run.algorithm, []).append(run)
    rows = []
    for algorithm, group in by_algorithm.items():
        last = [run.anytime[-1] for run in group if run.anytime]  # others finished no epoch yet
        rows.append([
            algorithm,
            str(len(group)),
            *(_over_runs(last, name, ".4g") for name in names),
            _over_runs(last, "seconds", ",.0f"),
            _over_runs(last, "parameters", ",.0f"),
        ])  # fmt: skip
    header = ("algorithm", "runs", *(f"{n}, last epoch" for n in names), "seconds", "parameters")
    return Table("Mean ± standard deviation over runs", header, rows)


def _over_runs(rows: Rows, column: str, form: str) -> str:
    return _mean_and_deviation([float(row[column]) for row in rows if row.get(column)], form)


def _mean_and_deviation(values: Sequence[float], form: str) -> str:
    if not values:
        return ""
    mean = f"{statistics.fmean(values):{form}}"
    return mean if len(values) == 1 else f"{mean} ± {deviation(values):{form}}"


def write(path: Path, runs: Sequence[Run], figures: Path | None = None) -> None:
    """Write the page, and if a folder is given the figures as SVG files of their own.

    Args:
        path: The page's file.
        runs: The runs, one or more.
        figures: Folder of the figures.
    """
    page, pictures = build(runs)
    write_text(path, page)
    for picture in pictures if figures is not None else ():
        assert figures is not None
        text = picture.svg.replace("<svg ", '<svg color="#222" ', 1)
        write_text(figures / f"{picture.name}.svg", text)
