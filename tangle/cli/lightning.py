"""The verbs of Lightning's trainer: fit, validate, test, predict."""

from __future__ import annotations

import argparse
import logging
import re
import warnings
from collections.abc import Sequence
from pathlib import Path

from lightning.pytorch.utilities import rank_zero_only

from tangle.cli.run_folder import RunFolder
from tangle.cli.tangle_cli import TangleCLI

_QUESTION = re.compile(r"-h$|--help$|--print_config|--\S+\.help\b")
_CONFIGURATION = ("-c", "--config", "--model")
DESCRIPTION = (
    "Beside the options below, --run DIR chooses the folder of the run (runs/latest); fit --resume "
    "goes on with the run in it, from its last checkpoint and configuration, to which changes can "
    "be given; fit --overwrite replaces it. One seed decides everything: those of data and "
    "algorithm that are 0 follow --seed_everything."
)


def main(verb: str, arguments: Sequence[str]) -> None:
    """Run `tangle fit`, `validate`, `test` or `predict`.

    Raises:
        FileExistsError: If a new run would go into the folder of another.
        FileNotFoundError: If there is no run to go on with.
        ValueError: If no configuration is given.
    """
    _show_log()
    own, rest = _own_options().parse_known_args(arguments)
    folder = RunFolder(Path(own.run))
    asks = any(_QUESTION.match(argument) for argument in rest)
    if verb == "fit" and not asks:
        _prepare(folder, own)
    goes_on = own.resume or (verb != "fit" and folder.config.is_file())
    if not goes_on and not asks and not any(a.startswith(_CONFIGURATION) for a in rest):
        raise ValueError(
            f"there is no configuration to {verb}: give one by -c FILE"
            + (
                ""
                if verb == "fit"
                else f", or by --run the folder of a run ({folder.path} is none)"
            )
        )
    TangleCLI(
        [
            verb,
            *(["--config", str(folder.config)] if goes_on else []),
            *rest,
            *([] if asks else [f"--trainer.default_root_dir={folder.path}"]),
        ],
        folder,
        resume=own.resume,
        description=DESCRIPTION,
    )


def _own_options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--run", default="runs/latest")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--overwrite", action="store_true")
    return parser


@rank_zero_only
def _prepare(folder: RunFolder, own: argparse.Namespace) -> None:
    if own.resume and own.overwrite:
        raise ValueError("--resume and --overwrite contradict each other: give one of them")
    if own.resume:
        folder.check_resumable()
    elif not own.overwrite:
        folder.check_free()


def _show_log() -> None:
    """Show tangle's own messages, and hide what Lightning says that no user can act on."""
    for text in ("LeafSpec", "callbacks used to create the checkpoint"):
        warnings.filterwarnings("ignore", message=f".*{text}.*")
    logger = logging.getLogger("tangle")
    if not logger.handlers:
        logger.addHandler(logging.StreamHandler())
    logger.setLevel(logging.INFO)
    for name in ("lightning.pytorch.utilities.rank_zero", "lightning.pytorch.trainer.setup"):
        logging.getLogger(name).addFilter(lambda record: "Tip:" not in record.getMessage())
