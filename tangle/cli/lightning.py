"""The verbs of Lightning's trainer: fit, validate, test, predict."""

from __future__ import annotations

import argparse
import logging
import os
import re
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from lightning.pytorch.utilities import rank_zero_only
from rich.console import Console

from tangle.cli.alone import alone
from tangle.cli.beginning import without_beginning
from tangle.cli.closing import tell_fit, tell_written
from tangle.cli.config_files import check_files, check_model, check_trains, given_files
from tangle.cli.own_options import description, examples, own_options
from tangle.cli.run import WEIGHTS, check_weights, network_config, read_config
from tangle.cli.run_folder import RunFolder
from tangle.cli.tangle_cli import TangleCLI

_QUESTION = re.compile(r"-h$|--help$|--print_config|--\S+\.help\b")
_NOISE = re.compile(
    "Tip:|Restoring states from|configured with model summary callbacks|[GTH]PU available: False|"
    r"`Trainer.fit` stopped: `max_epochs"
)
_CONFIGURATION = ("-c", "--config", "--model")
_PATIENCE = 10.0
"""Seconds after a kill in which its last processes, such as those that load data, end."""
_OTHER_RANKS = ("NODE_RANK", "GROUP_RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK")
"""Variables that tell the rank of a process or a machine, beside those that Lightning reads."""


def main(verb: str, arguments: Sequence[str]) -> None:
    """Run `tangle fit`, `validate`, `test` or `predict`, and say what there is now.

    Raises:
        FileExistsError: If a new run would go into the folder of another.
        FileNotFoundError: If there is no run to go on with.
        ValueError: If no configuration is given.
    """
    folder = execute(verb, arguments)
    if folder is not None:
        _tell(verb, folder)


@rank_zero_only
def _tell(verb: str, folder: RunFolder) -> None:
    console = Console()
    if verb == "fit":
        tell_fit(folder.path, console)
    else:
        tell_written(folder.path, verb, console)


def execute(verb: str, arguments: Sequence[str]) -> RunFolder | None:
    """Do what a verb does, and leave it to others to say what there is now.

    Returns:
        Where the results are; None if there are none, as after a question or a trial run.

    Raises:
        FileExistsError: If a new run would go into the folder of another.
        FileNotFoundError: If there is no run to go on with.
        ValueError: If no configuration is given, or another process trains in the folder.
    """
    _show_log()
    own, rest = own_options(verb).parse_known_args(arguments)
    _check(verb, own)
    files = list(given_files(rest))
    check_files(files)
    if own.search:
        check_trains(files, own.search)
    folder = RunFolder(Path(own.run))
    if verb != "fit" or _is_question(rest) or not _is_first_process():
        return _carry_out(verb, own, rest, folder)
    folder.check_is_folder()
    goes_on = own.resume or own.overwrite
    with alone(folder.path, "--run", patience=_PATIENCE if goes_on else 0.0):
        _prepare(folder, own)
        return _carry_out(verb, own, rest, folder)


def _carry_out(
    verb: str, own: argparse.Namespace, rest: Sequence[str], folder: RunFolder
) -> RunFolder | None:
    """Do what a verb does in a folder that is ready for it; see `execute`."""
    files = list(given_files(rest))
    asks = _is_question(rest)
    resumes = bool(own.resume) and (own.resume != "auto" or folder.can_resume())
    base = _base(verb, own, folder, resumes=resumes)
    if not base and not asks and not any(a.startswith(_CONFIGURATION) for a in rest):
        raise ValueError(
            f"there is no configuration to {verb}: give one by -c FILE"
            + (
                ", such as lightning_configs/quickstart.yaml"
                if verb == "fit"
                else f", or by --run the folder of a run ({folder.path} is none)"
            )
        )
    if base is None and not asks and not any(a.startswith("--model") for a in rest):
        check_model(files)
    takes_weights = any(a.startswith((*_CONFIGURATION, "--ckpt_path")) for a in rest)
    if base == folder.config and verb != "fit" and not asks and not takes_weights:
        check_weights(folder)
    if own.arch and verb != "fit":
        folder = RunFolder(folder.path / "judged" / Path(own.arch).stem)
    with _as_options(base) as options:
        cli = TangleCLI(
            [
                verb,
                *options,
                *rest,
                *([] if asks else [f"--trainer.default_root_dir={folder.path}"]),
            ],
            folder,
            resume=resumes,
            description=description(verb),
            epilog=examples(verb),
        )
    return None if cli.config[verb].trainer.fast_dev_run else folder


def _base(
    verb: str, own: argparse.Namespace, folder: RunFolder, *, resumes: bool
) -> Mapping[str, Any] | Path | None:
    """Return the configuration to start from: that of a run, or of a network of a search."""
    if own.search or own.arch:
        return network_config(RunFolder(Path(own.search or own.run)), own.arch)
    if verb != "fit" and (folder.path / WEIGHTS).is_file():  # an extracted network
        return network_config(folder, None)
    if not resumes and (verb == "fit" or not folder.config.is_file()):
        return None
    config = read_config(folder)
    changed = without_beginning(config, folder)
    return folder.config if changed is config else changed


@contextmanager
def _as_options(base: Mapping[str, Any] | Path | None) -> Iterator[list[str]]:
    """Yield the options that pass on a configuration, which may first have to be a file."""
    if base is None or isinstance(base, Path):
        yield [] if base is None else ["--config", str(base)]
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.yaml"
        path.write_text(yaml.safe_dump(base, sort_keys=False), encoding="utf-8")
        yield ["--config", str(path)]


def _check(verb: str, own: argparse.Namespace) -> None:
    if own.search and verb != "fit":
        raise ValueError(
            f"--search is for fit: give {verb} the search by --run {own.search}, and an "
            "architecture by --arch FILE"
        )
    if own.resume and own.search:
        raise ValueError(
            "--resume and --search contradict each other: --resume goes on with the run in --run"
        )
    if verb == "fit" and own.arch and not own.search:
        raise ValueError(
            f"--arch is {own.arch}, but --search is not given: it is the folder of the search"
        )


def _is_question(options: Sequence[str]) -> bool:
    return any(_QUESTION.match(option) for option in options)


def _is_first_process() -> bool:
    """Return whether this is the one of a run's processes, on whatever machines, that writes.

    Before there is a trainer, Lightning knows the rank where a launcher or it itself tells it, but
    not where a user starts a process on each machine, nor under MPI.
    """
    rank: int = rank_zero_only.rank  # type: ignore[attr-defined]
    return rank == 0 and all(os.environ.get(name, "0") == "0" for name in _OTHER_RANKS)


def _prepare(folder: RunFolder, own: argparse.Namespace) -> None:
    folder.recover()
    if own.resume and own.overwrite:
        raise ValueError("--resume and --overwrite contradict each other: give one of them")
    if own.resume == "auto" and not folder.can_resume():
        folder.check_beginnable()
    elif own.resume:
        folder.check_resumable()
    elif not own.overwrite:
        folder.check_free()


def _show_log() -> None:
    """Show tangle's own messages, and hide what Lightning says that no user can act on."""
    for text in (
        "callbacks used to create the checkpoint",
        "Total length of .list. across ranks is zero",  # no validation
        "smaller than the logging interval",  # means of epochs are logged all the same
    ):
        warnings.filterwarnings("ignore", message=f".*{text}.*")
    logger = logging.getLogger("tangle")
    if not logger.handlers:
        logger.addHandler(_ErrorOutput())
    logger.setLevel(logging.INFO)
    for name in ("lightning.pytorch.utilities.rank_zero", "lightning.pytorch.trainer.setup"):
        logging.getLogger(name).addFilter(lambda record: not _NOISE.search(record.getMessage()))


class _ErrorOutput(logging.Handler):
    """Writes to what is the error output at the time, which a `StreamHandler` would not follow."""

    def emit(self, record: logging.LogRecord) -> None:
        print(self.format(record), file=sys.stderr)
