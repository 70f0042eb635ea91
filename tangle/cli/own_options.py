"""What tangle adds to the options of Lightning's verbs, and the help that tells of it."""

from __future__ import annotations

import argparse
import textwrap

_ABOUT = {
    "fit": "Search an architecture, or train one that was found. A configuration says what: YAML "
    "files, later over earlier ones, and options over both.",
    "validate": "Judge a run by its validation data, and write validate.yaml into its folder.",
    "test": "Judge a run by its test data, and write test.yaml into its folder.",
    "predict": "Write a run's outputs for its test data into its folder, predictions.safetensors, "
    "or continue prompts, generated.txt.",
}
_SEEDS = (
    "One seed decides everything: those of data and algorithm that are 0 follow --seed_everything."
)
_EXAMPLES = {
    "fit": """\
  tangle fit -c lightning_configs/quickstart.yaml --run runs/mine --trainer.max_epochs 20
  tangle fit --run runs/mine --resume
  tangle fit --search runs/mine -c lightning_configs/train/retrain.yaml --run runs/new
  tangle fit --model.help SearchModule                       options of one class
  tangle fit -c lightning_configs/quickstart.yaml --print_config""",
    "validate": """\
  tangle validate --run runs/mine""",
    "test": """\
  tangle test --run runs/mine
  tangle test --run runs/mine --arch largest
  tangle test --run runs/spos --arch runs/spos/selection/evolution/architecture.yaml""",
    "predict": """\
  tangle predict --run runs/mine
  tangle predict --run runs/gpt_small --data Prompts --data.prompts '["Once upon a time"]'""",
}
_WIDTH = 100


def own_options(verb: str) -> argparse.ArgumentParser:
    """Return the parser of the options that are not of the configuration.

    It takes those of all verbs, so that one given to a wrong verb can be answered, but its help is
    that of the verb's own.

    Args:
        verb: `fit`, `validate`, `test` or `predict`.
    """
    parser = argparse.ArgumentParser(
        usage=argparse.SUPPRESS, add_help=False, allow_abbrev=False, exit_on_error=False,
        formatter_class=lambda prog: argparse.HelpFormatter(prog, width=_WIDTH),
    )  # fmt: skip
    group = parser.add_argument_group("options of the run")
    add = group.add_argument
    add("--run", metavar="DIR", default="runs/latest", help="folder of the run (%(default)s)")

    def of_fit(text: str) -> str:
        return text if verb == "fit" else argparse.SUPPRESS

    add(
        "--resume",
        nargs="?",
        const="last",
        choices=("last", "auto"),
        help=of_fit(
            "go on with the run in the folder, from its last checkpoint and its configuration, to "
            "which changes can be given; --resume auto begins it where there is none"
        ),
    )
    add(
        "--overwrite",
        action="store_true",
        help=of_fit("begin anew in the folder, whose run is removed"),
    )
    add(
        "--search",
        metavar="DIR",
        help=of_fit("train the network that the search in this folder found"),
    )
    add(
        "--arch",
        metavar="FILE",
        help="train this architecture of the space of --search instead; or largest or smallest"
        if verb == "fit"
        else "take this architecture, with the weights of the search in --run; or largest or "
        "smallest",
    )
    return parser


def description(verb: str) -> str:
    """Return what the help of a verb says first: what it does, and tangle's own options."""
    about = textwrap.fill(f"{_ABOUT[verb]} {_SEEDS}", _WIDTH)
    return f"{about}\n\n{own_options(verb).format_help().strip()}"


def examples(verb: str) -> str:
    """Return what the help of a verb says last."""
    return f"examples:\n{_EXAMPLES[verb]}"
