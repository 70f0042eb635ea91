"""`tangle report`: a page about runs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tangle.report.page import write
from tangle.report.run import Run


def main(verb: str, arguments: Sequence[str]) -> None:
    """Run `tangle report`.

    Raises:
        FileNotFoundError: If a folder holds no run.
        ValueError: If the page's file is a folder.
    """
    options = _parser().parse_args(arguments)
    runs = [Run(Path(folder)) for folder in options.runs]
    out = Path(options.out) if options.out else runs[0].path / "report.html"
    if out.is_dir():
        raise ValueError(
            f"--out is {out}, which is a folder: give the page's file, such as {out}/report.html"
        )
    write(out, runs, Path(options.figures) if options.figures else None)
    sys.stdout.write(f"{out} ({out.stat().st_size / 1e6:.1f} MB): open it in a browser\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tangle report",
        description="Write one page about runs: the architecture found, how it was decided, what "
        "it is worth, and what looked wrong. The page needs no server and no network.",
        epilog="example: tangle report runs/drnas runs/darts --out report.html",
        exit_on_error=False,
    )
    parser.add_argument(
        "runs", nargs="+", metavar="RUN", help="folder of a run; several are compared"
    )
    parser.add_argument("--out", metavar="FILE", help="the page (report.html in the first run)")
    parser.add_argument(
        "--figures", metavar="DIR", help="folder for the figures as SVG files of their own"
    )
    return parser
