"""The report: one page about one or several runs, that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined
from matplotlib.figure import Figure

from tangle.core.atomic import write_text
from tangle.report.arch_figure import draw_arch_weights
from tangle.report.lines import draw_lines
from tangle.report.network_figure import draw_network, weighted_layers
from tangle.report.run import Rows, Run
from tangle.report.side_by_side import overview, summary
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
        pictures = [
            Picture(f"overview_{i}" if i else "overview", title, to_svg(figure, title))
            for i, (title, figure) in enumerate(overview(runs))
        ]
    environment = Environment(
        loader=PackageLoader("tangle.report", ""), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    page = environment.get_template("page.html.jinja").render(
        title=" · ".join(run.name for run in runs) if len(runs) < 4 else f"{len(runs)} runs",
        sections=sections,
        overview=pictures,
        summary=_together(runs) if len(runs) > 1 else None,
    )
    return page, [*pictures, *(picture for section in sections for picture in section.pictures)]


def _together(runs: Sequence[Run]) -> Table:
    header, *rows = summary(runs)
    return Table("Mean ± standard deviation over runs", header, rows)


_LOSSES = ("train/loss", "arch/loss", "val/best/loss", "val/loss")
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
    if run.epochs:
        yield "epochs", str(run.epochs)
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
    losses = {name: run.losses(name) for name in _LOSSES}
    losses |= {
        f"{name.removesuffix('_loss')} architecture": _by_epoch(run.health, name)
        for name in ("relaxed_loss", "discrete_loss")
    }
    if losses := {name: points for name, points in losses.items() if points}:
        label = "loss" if len(losses) > 1 else next(iter(losses))
        yield "losses", "Losses", draw_lines(losses, "epoch", label)
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
    for name, found in run.selections.items():
        yield _selected(name, found)
    for path in ("validate.yaml", "test.yaml"):
        if (run.path / path).is_file():
            metrics = yaml.safe_load((run.path / path).read_text(encoding="utf-8"))
            cells = [(name, f"{value:.4g}") for name, value in metrics.items()]
            yield Table(
                f"Metrics of tangle {path.removesuffix('.yaml')}", ("metric", "value"), cells
            )


def _selected(name: str, found: Mapping[str, Any]) -> Table:
    """Return what a second stage chose, with what it was worth there."""
    metrics = (found.get("provenance") or {}).get("metrics") or {}
    cells = [(name, _short(str(value))) for name, value in metrics.items()]
    cells += [(name, str(value)) for name, value in (found.get("architecture") or {}).items()]
    return Table(
        f"The best of the second stage ({name}), with inherited weights",
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
