"""Where a training began, which need not be there any more when it goes on or is judged."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tangle.cli.run import ARCHITECTURE, is_search
from tangle.cli.run_folder import RunFolder

_FILES = ("architecture", "checkpoint")
_BEGINNING = (*_FILES, "new_head", "distillation")
_NAMED = ("largest", "smallest")


def without_beginning(config: dict[str, Any], folder: RunFolder) -> dict[str, Any]:
    """Return a configuration that takes a training's network and weights from its own folder.

    Its checkpoint has all weights, and its folder the architecture. A relative path is another file
    in another working directory, and the folder of the search may have moved or be gone. What is
    still there is left as it is; so is a run that has no checkpoint, and one that needs the search
    as its teacher.

    Args:
        config: The configuration of the run.
        folder: The run.
    """
    own = folder.path / ARCHITECTURE
    if not folder.checkpoint.is_file() or not own.is_file() or is_search(config):
        return config
    options: Mapping[str, Any] = config["model"]["init_args"]
    paths = [options.get(name) for name in _FILES]
    if all(path is None or path in _NAMED or Path(path).is_file() for path in paths):
        return config
    changed = copy.deepcopy(config)
    given: dict[str, Any] = changed["model"]["init_args"]
    given["architecture"] = str(own)
    if not given.get("distillation"):
        given |= {"checkpoint": None, "new_head": False}
    return changed


def with_beginning(config: dict[str, Any], former: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration of a run that goes on, which tells where it had begun.

    Args:
        config: The configuration that it goes on with.
        former: The one that the folder holds.
    """
    if is_search(config) or is_search(former):
        return config
    changed = copy.deepcopy(config)
    began: Mapping[str, Any] = former["model"]["init_args"]
    changed["model"]["init_args"] |= {name: began[name] for name in _BEGINNING if name in began}
    return changed
