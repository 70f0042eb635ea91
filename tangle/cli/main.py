"""What `tangle` does first: find the verb, and answer without loading torch where it can."""

from __future__ import annotations

import os
import select
import sys
import warnings
from collections.abc import Sequence
from typing import TextIO

import tangle
from tangle.cli import started  # noqa: F401  # its clock begins with the first import
from tangle.cli.errors import is_mistake_of_user, one_line
from tangle.cli.loading import load
from tangle.cli.shipped import with_shipped
from tangle.cli.suggestions import did_you_mean

VERBS = {
    "demo": "tangle.cli.demo",
    "fit": "tangle.cli.lightning",
    "validate": "tangle.cli.lightning",
    "test": "tangle.cli.lightning",
    "predict": "tangle.cli.lightning",
    "space": "tangle.cli.space",
    "select": "tangle.cli.select",
    "compare": "tangle.cli.compare",
    "rank": "tangle.cli.rank",
    "report": "tangle.cli.report",
    "extract": "tangle.cli.extract",
    "similarity": "tangle.cli.similarity",
}
"""The module of each verb; its `main(verb, arguments)` runs it."""

HELP = """\
usage: tangle VERB [options]

Neural architecture search with weight entanglement.

verbs:
  demo       search on the embedded images, and compare what it finds; two to three minutes
               tangle demo
  fit        search an architecture, or train one that was found
               tangle fit -c space.yaml -c data.yaml -c algorithm.yaml --run runs/mine
               tangle fit --search runs/mine -c lightning_configs/train/retrain.yaml --run runs/new
  validate   judge a run by its validation data
               tangle validate --run runs/mine
  test       judge a run by its test data
               tangle test --run runs/mine
  predict    write a run's outputs for its test data, or continue prompts
               tangle predict --run runs/mine
               tangle predict --run runs/gpt_small --data Prompts --data.prompts '["Once upon"]'
  space      what a search space is and takes, and whether all choices fit, before any training
               tangle space -c space.yaml
  select     search the architectures of a trained supernet: the second stage
               tangle select runs/spos --sampler evolution --trials 300
  compare    search by several methods and seeds, and put the results side by side
               tangle compare --base space.yaml -c a.yaml -c b.yaml --seeds 4 --out runs/ab
  rank       how well inherited weights order architectures, by training some from scratch
               tangle rank runs/spos --architectures 20 --epochs 10
  report     write a page about runs: what was decided, when, and how good it is
               tangle report runs/mine
  extract    write the network found as plain PyTorch, with weights, card and proof
               tangle extract runs/mine --out found --onnx
  similarity compare what two networks compute, layer by layer
               tangle similarity runs/mine runs/retrained --out runs/similarity

Options are set in YAML files, later files over earlier ones, and on the command line over both:
  tangle fit -c space.yaml --trainer.max_epochs 20 --model.algorithm DrNAS
  tangle fit --help                          all options
  tangle fit --model.help SearchModule       those of one class
  tangle fit -c space.yaml --print_config    what they come to

A run keeps everything in its folder, runs/latest unless --run says otherwise:
  config.yaml              the whole configuration; tangle fit -c it repeats the run
  architecture.yaml        the architecture found so far
  subnet/                  the network found: architecture.yaml and weights.safetensors
  anytime.csv              after each epoch: seconds, accuracy, parameters, architecture
  health.csv               after each epoch: how certain the search is, and what looks wrong
  arch_weights.csv, .png   how the decision was made
  selection/<sampler>/     what tangle select found: architecture.yaml, trials.csv, study.journal
  checkpoints/last.ckpt    from which tangle fit --run runs/mine --resume goes on

options:
  -h, --help   show this and leave
  --version    show the version and leave
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: The command's arguments; those of the process by default.

    Returns:
        The exit code: 0, or 2 for a mistake of the user, which is told in one line. With
        TANGLE_TRACEBACK=1 in the environment it is raised instead. 130 after Ctrl-C, and 141 if
        nobody reads the output any more, as of `tangle --help | head -1`.
    """
    _open_closed_streams()
    try:
        code = _run(list(sys.argv[1:] if argv is None else argv) or ["--help"])
        sys.stdout.flush()  # or the interpreter would meet the broken pipe at its end
    except KeyboardInterrupt:
        sys.stderr.write("tangle: stopped\n")
        return 130
    except BrokenPipeError:
        unread = [name for name in ("stdout", "stderr") if _is_unread(getattr(sys, name))]
        if not unread:  # but another pipe is broken, as to a process of ours
            raise
        for name in unread:
            _discard(name)
        return 141
    return code


def _run(argv: Sequence[str]) -> int:
    verb, *arguments = argv
    if verb in ("-h", "--help", "--version"):
        sys.stdout.write(f"tangle {tangle.__version__}\n" if verb == "--version" else HELP)
        return 0
    try:
        if verb not in VERBS:
            meant = did_you_mean(verb, VERBS) or f": use one of {', '.join(VERBS)}"
            raise ValueError(f"there is no verb {verb!r}{meant}")
        # Of Lightning, about how it calls torch.
        warnings.filterwarnings("ignore", message=".*LeafSpec.*")
        os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # torch's profiler would say what it does
        load(VERBS[verb]).main(verb, with_shipped(arguments))
    except Exception as error:
        if not is_mistake_of_user(error) or os.environ.get("TANGLE_TRACEBACK") == "1":
            raise
        sys.stderr.write(f"tangle: error: {one_line(error)}\n")
        return 2
    return 0


def _open_closed_streams() -> None:
    """Let a process that was started without output, as by `>&-`, write into nothing."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            _discard(name)


def _discard(name: str) -> None:
    setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115


def _is_unread(stream: TextIO) -> bool:
    """Return whether a stream is a pipe whose other end is closed."""
    try:
        poll = select.poll()  # which Windows has not
        poll.register(stream, 0)
        return any(event & select.POLLERR for _, event in poll.poll(0))
    except (AttributeError, OSError, ValueError):
        return False
