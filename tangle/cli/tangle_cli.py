"""LightningCLI with a run folder."""

from __future__ import annotations

import logging
from argparse import ArgumentError, RawDescriptionHelpFormatter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
import yaml
from jsonargparse import DefaultHelpFormatter
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch import LightningDataModule, LightningModule, Trainer
from lightning.pytorch.callbacks import Callback, Checkpoint, ModelSummary, ProgressBar
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI
from lightning.pytorch.loggers import CSVLogger, Logger, TensorBoardLogger
from lightning.pytorch.utilities import rank_zero_only

# Imported so that a configuration can name their classes without their modules.
from tangle import algorithms, benchmarks, data, modules, spaces  # noqa: F401
from tangle.callbacks import (
    Anytime,
    ArchLogger,
    BatchCheckpoint,
    Discretize,
    KeptMemory,
    ParameterSummary,
    ReplicaCheck,
    SearchHealth,
    SearchProgressBar,
    StopOnNonFinite,
    Throughput,
)
from tangle.cli.beginning import with_beginning
from tangle.cli.closing import command
from tangle.cli.devices import check_devices
from tangle.cli.errors import one_line
from tangle.cli.kept_outputs import FOR_TEXT, keep_metrics, keep_outputs, keep_texts
from tangle.cli.known_options import known_options
from tangle.cli.option_groups import explain
from tangle.cli.run import finished_epochs
from tangle.cli.run_folder import RunFolder
from tangle.cli.suggestions import of_option
from tangle.core.atomic import write_text

log = logging.getLogger(__name__)

_PLACE = ("ckpt_path", "config")
"""Options that say where a run is or begins, and are no part of what it does."""
_SEEDS = ("data.init_args.seed", "model.init_args.algorithm.init_args.seed")
"""Seeds that follow `seed_everything` where they are 0. (Links of jsonargparse would do the same,
but leave the seed out of checkpoints.)"""


class _Help(RawDescriptionHelpFormatter, DefaultHelpFormatter):
    """Jsonargparse's help, but with the lines of description and examples as they are."""


class TangleCLI(LightningCLI):
    """Builds module, data and trainer from a configuration, and runs one of the trainer's verbs.

    Args:
        arguments: The verb and its options.
        folder: Where the run keeps everything.
        resume: Whether to go on from the last checkpoint.
        description: What the help says first.
        epilog: What the help says last.
    """

    def __init__(
        self,
        arguments: list[str],
        folder: RunFolder,
        *,
        resume: bool,
        description: str,
        epilog: str,
    ) -> None:
        self.folder = folder
        self.resume = resume
        self._former_config: str | None = None
        verb = {
            "exit_on_error": False,
            "description": description,
            "epilog": epilog,
            "usage": f"tangle {arguments[0]} [-c FILE ...] [--run DIR] [options]",
        }
        super().__init__(
            LightningModule,
            LightningDataModule,
            subclass_mode_model=True,
            subclass_mode_data=True,
            save_config_callback=None,
            trainer_defaults={"use_distributed_sampler": False, "log_every_n_steps": 10},
            seed_everything_default=0,
            auto_configure_optimizers=False,
            parser_kwargs={"exit_on_error": False, "prog": "tangle", "allow_abbrev": False}
            | {"formatter_class": _Help}
            | {name: verb for name in self.subcommands()},
            args=arguments,
        )

    @staticmethod
    def subcommands() -> dict[str, set[str]]:
        """Return each verb, and what of the trainer's method is no option of it."""
        own = {"validate": "verbose", "test": "verbose", "predict": "return_predictions"}
        verbs = LightningCLI.subcommands()
        return {verb: skipped | {own.get(verb, "model")} for verb, skipped in verbs.items()}

    def _prepare_subcommand_parser(
        self, klass: type, subcommand: str, **kwargs: Any
    ) -> LightningArgumentParser:
        parser = super()._prepare_subcommand_parser(klass, subcommand, **kwargs)
        explain(parser)
        return parser

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Let the callbacks of a run be set by name."""
        parser.add_lightning_class_args(BatchCheckpoint, "checkpoint")
        parser.add_lightning_class_args(ArchLogger, "arch_logger")
        parser.add_lightning_class_args(Anytime, "anytime")

    def parse_arguments(self, parser: LightningArgumentParser, args: Any) -> None:
        """Parse, and keep the checkpoint's path from Lightning, which would let it set options."""
        try:
            self.config = parser.parse_args(args)
        except ArgumentError as error:
            known = known_options(self._subcommand_parsers.values())
            if not (meant := of_option(str(error), known)):
                raise
            raise ValueError(one_line(error) + meant) from error
        options = self.config[self.config.subcommand]
        seed = options.seed_everything
        if not isinstance(seed, bool) and seed is not None and not 0 <= seed < 2**32:
            raise ValueError(f"seed_everything is {seed}: it must be in [0, {2**32 - 1}]")
        self.checkpoint, options.ckpt_path = options.ckpt_path, None

    def before_instantiate_classes(self) -> None:
        """Let one seed decide everything, and choose the checkpoint: a given one, or the last."""
        assert self.subcommand is not None
        self.given = self.config.clone()  # with seeds that still follow the one
        options = self.config[self.subcommand]
        for seed in _SEEDS:
            if options.get(seed) == 0 and not isinstance(options.seed_everything, bool):
                options[seed] = options.seed_everything
        if self.checkpoint is None and (self.resume or self.subcommand != "fit"):
            if self.folder.checkpoint.is_file():
                self.checkpoint = str(self.folder.whole_checkpoint())
            elif options.get("model.init_args.checkpoint") is None:
                log.warning("%s does not exist: the weights are untrained, unless the "
                            "configuration says where from", self.folder.checkpoint)  # fmt: skip
        options.ckpt_path = self.checkpoint
        if options.get("weights_only") is None:  # or Lightning would run the code in one from afar
            options["weights_only"] = True

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        """Return the trainer, with the callbacks and loggers that are not set otherwise."""
        options = {**self.config_init[self.subcommand]["trainer"], **kwargs}
        check_devices(options["accelerator"], options["devices"])
        options["logger"] = self._loggers(options["logger"])
        options["callbacks"] = self._callbacks(options)
        try:
            return Trainer(**options)
        except MisconfigurationException as error:
            if "backend found" not in str(error):
                raise
            raise ValueError(
                f"trainer.accelerator is {options['accelerator']}, and there is none here: choose "
                "auto or cpu"
            ) from error

    def _loggers(self, given: bool | Logger | Iterable[Logger] | None) -> list[Logger]:
        """Return the given loggers and the one that tangle report reads; none if False is given.

        A resumed run gets another file of measurements: Lightning would replace the first.
        """
        if given is False:
            return []
        kept = CSVLogger(self.folder.path, name="csv")
        if given is None or given is True:
            return [kept, TensorBoardLogger(self.folder.path, name="tensorboard", version="")]
        loggers = [given] if isinstance(given, Logger) else list(given)
        return loggers if any(isinstance(o, CSVLogger) for o in loggers) else [*loggers, kept]

    def _callbacks(self, options: Mapping[str, Any]) -> list[Callback]:
        """Return the given callbacks, and those of a run that are not among them."""
        given = options["callbacks"] or []
        given = given if isinstance(given, list) else [given]
        own = [*self._result_callbacks(options), *self._displays(options)]
        kinds = {Checkpoint, ProgressBar, ModelSummary}  # of which the trainer takes one
        taken = {kind for kind in kinds for callback in given if isinstance(callback, kind)}
        taken |= {type(callback) for callback in given}
        return [*given, *(c for c in own if not isinstance(c, tuple(taken)))]

    def _result_callbacks(self, options: Mapping[str, Any]) -> list[Callback]:
        if self.subcommand != "fit" or options["fast_dev_run"]:
            return []
        init = self.config_init["fit"]
        keeps = options["enable_checkpointing"] is not False
        results = [Discretize(), init.anytime, SearchHealth(), Throughput(), init.arch_logger]
        # What stops a run comes before what writes its results.
        first = [KeptMemory(), StopOnNonFinite(), ReplicaCheck()]
        return [*first, *results, *([init.checkpoint] if keeps else [])]

    def _displays(self, options: Mapping[str, Any]) -> list[Callback]:
        shows_bar = options["enable_progress_bar"] is not False
        shows_summary = options["enable_model_summary"] is not False
        bar: list[Callback] = [SearchProgressBar()] if shows_bar else []
        return [*bar, *([ParameterSummary()] if shows_summary else [])]

    @rank_zero_only
    def before_fit(self) -> None:
        """Set a former run aside, and write the configuration into the folder."""
        if self.config["fit"].trainer.fast_dev_run:
            return
        if self.trainer.max_epochs == 0:
            raise ValueError(
                "trainer.max_epochs is 0, by which nothing is trained: it must be at least 1"
            )
        if not self.resume:
            self.folder.set_aside()
        elif self.checkpoint == str(self.folder.previous):
            self.folder.restore_checkpoint()
        if self.resume:
            self._say_if_done()
            self._former_config = self.folder.config.read_text(encoding="utf-8")
        options = yaml.safe_load(self.parser.dump(self.given, skip_none=False))["fit"]
        del options["trainer"]["default_root_dir"]  # so that a run of this file is another run
        options = {name: value for name, value in options.items() if name not in _PLACE}
        if self._former_config is not None:
            options = with_beginning(options, yaml.safe_load(self._former_config))
        write_text(
            self.folder.config,
            "# The whole configuration of this run; repeat it by: tangle fit -c THIS --run DIR\n"
            + yaml.safe_dump(options, sort_keys=False),
        )
        # Lightning tells the loggers what the model is made of, and nothing else.
        for logger in self.trainer.loggers:
            logger.log_hyperparams({name: options[name] for name in ("data", "seed_everything")})

    def _say_if_done(self) -> None:
        own = (str(self.folder.checkpoint), str(self.folder.previous))
        epochs = finished_epochs(Path(self.checkpoint)) if self.checkpoint in own else 0
        if 0 < (self.trainer.max_epochs or 0) <= epochs:
            log.info(
                "The run has had all of its %d epochs: give more by --trainer.max_epochs", epochs
            )

    def fit(self, **options: Any) -> None:
        """Train; what is refused before its first update leaves the folder as it was.

        Raises:
            SystemExit: If it is stopped from the keyboard, with the code 130.
        """
        try:
            self.trainer.fit(**options)
        except BaseException as error:
            if self.trainer.global_step == 0:
                self._put_back()
            # Lightning catches the interruption, and leaves by another way.
            if isinstance(error, SystemExit) and isinstance(error.__context__, KeyboardInterrupt):
                self._say_how_to_go_on()
                raise SystemExit(130) from None
            raise
        self._forget_former()

    @rank_zero_only
    def _forget_former(self) -> None:
        if not self.config["fit"].trainer.fast_dev_run:
            self.folder.forget_former()

    @rank_zero_only
    def _say_how_to_go_on(self) -> None:
        goes_on = command("fit", "--run", str(self.folder.path), "--resume")
        if self.trainer.global_step == 0:
            log.info("Stopped before the first update, so the folder is as it was.")
        elif self.folder.can_resume():
            log.info("Stopped; this goes on from the last checkpoint:\n  %s", goes_on)

    @rank_zero_only
    def _put_back(self) -> None:
        if self.config["fit"].trainer.fast_dev_run:
            return
        if not self.resume:
            self.folder.put_back()
        elif self._former_config is not None:
            write_text(self.folder.config, self._former_config)

    def validate(self, **options: Any) -> None:
        """Validate, and keep the metrics."""
        keep_metrics(self.folder.path, "validate", self.trainer.validate(verbose=False, **options))

    def test(self, **options: Any) -> None:
        """Test, and keep the metrics."""
        keep_metrics(self.folder.path, "test", self.trainer.test(verbose=False, **options))

    def predict(self, **options: Any) -> None:
        """Predict, and keep the outputs; of prompts, show the texts that they became."""
        try:
            batches: list[Any] = self.trainer.predict(**options) or []
        except RuntimeError as error:  # a network of images or the like can't take numbers of text
            if not isinstance(self.datamodule, data.Prompts):
                raise
            raise ValueError(f"The network takes no prompts: {FOR_TEXT}") from error
        if isinstance(self.datamodule, data.Prompts):
            keep_texts(self.folder.path, self.datamodule, batches)
        else:
            keep_outputs(self.folder.path, torch.cat(batches))
