"""`tangle space`: what a search space is and takes, before any training."""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Container, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from tangle.cli.errors import one_line
from tangle.cli.space_config import read_subject
from tangle.cli.space_tables import Times, markdown, show
from tangle.cli.started import seconds_since_start
from tangle.cli.suggestions import of_option
from tangle.core.atomic import write_text
from tangle.metrics import inspect_space

_EXAMPLE = """\
examples:
  tangle space lightning_configs/spaces/gpt.yaml
  tangle space -c space.yaml -c data.yaml --model.net.depth '[2, 3]' --json space.json
"""


def main(verb: str, arguments: Sequence[str]) -> None:
    """Run `tangle space`.

    Raises:
        FileNotFoundError: If a configuration does not exist.
        ValueError: If the configuration is wrong, some choices do not fit, or the network is
            not the same in all its roles.
    """
    start = time.perf_counter()
    parser = _parser()
    words = list(with_values(arguments, parser._option_string_actions))
    options, overrides = parser.parse_known_args(words)
    files = [*options.configs, *(options.config or [])]
    _check(files, overrides, options)
    warnings.filterwarnings("ignore", message=".*no-op.*")
    try:
        subject = read_subject(files, overrides, shape=options.input, batch_size=options.batch_size)
    except argparse.ArgumentError as error:
        if not (meant := of_option(str(error), parser._option_string_actions)):
            raise
        raise ValueError(one_line(error) + meant) from error
    found = inspect_space(
        subject.supernet, subject.example, batch_size=subject.batch_size,
        optimizer=subject.optimizer, exhaustive=options.exhaustive, device=options.device,
        timed=not options.no_time, with_numbers=subject.with_numbers,
        compare=options.compare,
    )  # fmt: skip
    times = Times(time.perf_counter() - start, seconds_since_start())
    if options.json:
        write_text(Path(options.json), json.dumps(asdict(found), indent=1) + "\n")
    console = Console(highlight=False)
    if options.markdown:
        console.out(markdown(found, times, is_guess=subject.is_guess), highlight=False)
    else:
        show(found, times, console, is_guess=subject.is_guess)
    if not found.proof.fits:
        raise ValueError(" | ".join(str(misfit) for misfit in found.proof.misfits))
    if found.exactness is not None and found.exactness.inexactness is not None:
        raise ValueError(str(found.exactness.inexactness))


def with_values(arguments: Sequence[str], known: Container[str]) -> Iterator[str]:
    """Yield arguments, each option of the configuration joined with its value.

    Otherwise the value would be taken for a CONFIG.

    Args:
        arguments: Those of the verb.
        known: The verb's own options.

    >>> list(with_values(["a.yaml", "--model.net.depth", "3", "--no-time"], ["--no-time"]))
    ['a.yaml', '--model.net.depth=3', '--no-time']
    """
    words = list(arguments)
    while words:
        word = words.pop(0)
        is_foreign = word.startswith("--") and "=" not in word and word not in known
        if is_foreign and words and not words[0].startswith("--") and words[0] not in known:
            word = f"{word}={words.pop(0)}"
        yield word


def _check(files: Sequence[str], overrides: Sequence[str], options: argparse.Namespace) -> None:
    if not files and not any(word.startswith("--model") for word in overrides):
        raise ValueError("there is no configuration to look at: give one by -c FILE")
    if options.batch_size is not None and options.batch_size < 1:
        raise ValueError(f"--batch-size is {options.batch_size}: it must be at least 1")
    if options.exhaustive < 0:
        raise ValueError(f"--exhaustive is {options.exhaustive}: it must be at least 0")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tangle space", allow_abbrev=False, exit_on_error=False, epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Tell what a search space is and takes before any training: its size, which "
        "layers read which\nchoice, a proof on shapes that every choice fits, whether the network "
        "is the same superposed, sliced\nand extracted, what the smallest, median and largest "
        "architecture cost, and what is not elastic.\nAll options of tangle fit that begin with "
        "--model or --data may follow.",
    )  # fmt: skip
    add = parser.add_argument
    add("configs", nargs="*", metavar="CONFIG", help="configuration, later ones over earlier ones")
    add("-c", "--config", action="append", metavar="FILE", help="the same, as tangle fit has it")
    add(
        "--input",
        metavar="SHAPE",
        help="shape of one input, as 3x32x32, or 128 for tokens or features (that of the "
        "configuration's data, or else what the network's sizes say)",
    )
    add(
        "--batch-size",
        type=int,
        metavar="N",
        help="inputs of a training step (that of the configuration's data, or else 64)",
    )
    add(
        "--exhaustive",
        type=int,
        default=500,
        metavar="N",
        help="run every architecture of spaces that have at most so many (%(default)s)",
    )
    add(
        "--compare",
        action="store_true",
        help="compare large networks too, superposed, sliced and extracted, which takes a while; a "
        "search does so before it trains",
    )
    add(
        "--device",
        default="cpu",
        metavar="NAME",
        help="where training steps are timed, as cuda (%(default)s)",
    )
    add("--no-time", action="store_true", help="measure no training steps")
    add("--markdown", action="store_true", help="print Markdown instead of tables")
    add("--json", metavar="FILE", help="file to write everything to, all layers included")
    return parser
