"""Configuration files, looked at before they are merged, so that an error can name its file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

_OPTIONS = ("-c", "--config")


def given_files(arguments: Sequence[str]) -> Iterator[str]:
    """Yield the configuration files among the options of a verb.

    >>> list(given_files(["-c", "a.yaml", "--config=b.yaml", "--run", "c"]))
    ['a.yaml', 'b.yaml']
    """
    for word, value in zip(arguments, [*arguments[1:], ""], strict=False):
        name, equals, own = word.partition("=")
        if name in _OPTIONS:
            yield own if equals else value


def check_files(files: Iterable[str]) -> None:
    """Check that files hold options; one that does not exist is left to the parser.

    Args:
        files: Their paths.

    Raises:
        ValueError: If one is no YAML, is empty, or holds something else.
    """
    for file in files:
        if not Path(file).is_file():
            continue
        try:
            content = yaml.safe_load(Path(file).read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            raise ValueError(f"{file} is no text: give a YAML file of options by -c") from None
        except yaml.YAMLError as error:
            raise ValueError(f"{file} is no YAML: {_problem(error)}") from None
        if not isinstance(content, dict):
            held = "is empty" if content is None else f"holds {str(content)[:40]!r}"
            raise ValueError(
                f"{file} {held}: a configuration has options by name, such as model and data"
            )
        if "architecture" in content and "model" not in content:
            raise ValueError(
                f"{file} is an architecture, not a configuration: give it by --arch {file}, with "
                "the search that it is of"
            )


def check_trains(files: Iterable[str], search: str) -> None:
    """Check that files do not configure a search where one is given whose network is to be trained.

    Args:
        files: Their paths; all hold options.
        search: Folder of the search.

    Raises:
        ValueError: If one does, which would search again.
    """
    for file, model in _models(files):
        if "algorithm" in (model.get("init_args") or model):
            raise ValueError(
                f"{file} configures a search, but --search is given, which trains the network "
                f"that {search} found: leave out one of them, or give a recipe such as "
                "lightning_configs/train/retrain.yaml"
            )


_SPACE = "lightning_configs/spaces/toy_conv_macro.yaml"
ADD_SPACE = f"add a configuration with a space by --base, such as {_SPACE}"
"""The remedy where methods are compared."""
_ADD_MODEL = (
    f"for a search add a space, such as -c {_SPACE}; to train the network that a search found add "
    "--search, its folder"
)


def check_model(files: Iterable[str], remedy: str = _ADD_MODEL) -> None:
    """Check that one of the files names what is to be trained.

    Args:
        files: Their paths; all hold options.
        remedy: What to do if none does.

    Raises:
        ValueError: If none does, but all are there.
    """
    paths = list(files)
    if not all(Path(file).is_file() for file in paths):
        return  # the parser tells which is not
    if not any("class_path" in model for _, model in _models(paths)):
        raise ValueError(
            f"{', '.join(paths) or 'The configuration'} names no model to train: {remedy}"
        )


def _models(files: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the files that have options of a model, and these."""
    for file in files:
        if Path(file).is_file():
            model = yaml.safe_load(Path(file).read_text(encoding="utf-8")).get("model")
            if isinstance(model, str):
                yield file, {"class_path": model}
            elif isinstance(model, dict):
                yield file, model


def _problem(error: yaml.YAMLError) -> str:
    """Return what is wrong and in which line, counted from 1."""
    problem, mark = getattr(error, "problem", None), getattr(error, "problem_mark", None)
    where = "" if mark is None else f" in line {mark.line + 1}"
    return f"{problem or str(error).splitlines()[0]}{where}"
