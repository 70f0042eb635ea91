"""What the help of Lightning's verbs calls its groups of options, and says of the first ones."""

from __future__ import annotations

import re

from lightning.pytorch.cli import LightningArgumentParser

_TITLES = {
    "trainer": "options of Lightning's trainer",
    "model": "what is trained",
    "data": "what it is trained on",
    "checkpoint": "checkpoints, in RUN/checkpoints",
    "arch_logger": "how the decision is made, in RUN/arch_weights.csv and .png",
    "anytime": "what the architecture of each epoch is worth, in RUN/anytime.csv",
    "fit": "where to begin",
    "validate": "which weights to judge",
    "test": "which weights to judge",
    "predict": "which weights to take",
}
_MARKUP = re.compile(r"(?::\w+:)?`+(?:~(?:\w+\.)+)?([^`]+?)`+")
"""Of Sphinx, in Lightning's docstrings: a role, its quotes, and the modules before a name."""
_TEXTS = {
    "config": "YAML file of options, such as those in lightning_configs; may be given several "
    "times, later files over earlier ones",
    "print_config": "show what all files and options come to, and leave; =skip_default leaves out "
    "what is as it would be anyway",
    "seed_everything": "the seed of everything; true draws one",
    "trainer": "YAML file of the trainer's options",
    "model": "a class, such as SearchModule, whose own options follow as --model.NAME VALUE; "
    "--model.help SearchModule tells them",
    "data": "a class, such as FashionMNIST, whose own options follow as --data.NAME VALUE; "
    "--data.help FashionMNIST tells them",
    "trainer.default_root_dir": "not to be given: the folder of a run is that of --run",
    "trainer.logger": "where measurements go besides RUN/csv, such as WandbLogger or a list of "
    "loggers (RUN/tensorboard); false turns all off",
    "trainer.log_every_n_steps": "updates between two rows of RUN/csv within an epoch",
    "checkpoint": "YAML file of these options",
    "arch_logger": "YAML file of these options",
    "anytime": "YAML file of these options",
    "weights_only": "whether to load numbers only from the checkpoint (true); false also runs the "
    "code that is in one, which must be trusted",
    "ckpt_path": "file of a checkpoint to take the state from (that of the run in --run)",
}


def explain(parser: LightningArgumentParser) -> None:
    """Let the help of a verb say what its groups and first options are for.

    Lightning and jsonargparse take the titles from docstrings, which tell how a class is written,
    not what a user sets by it.

    Args:
        parser: The parser of the verb, with all its options.
    """
    for name, group in (parser.groups or {}).items():
        group.title = _TITLES.get(name, group.title)
    for action in parser._actions:
        text = _TEXTS.get(action.dest, action.help)
        action.help = text and _MARKUP.sub(r"\1", text)
