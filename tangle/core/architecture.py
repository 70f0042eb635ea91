"""Architectures: relaxed, one-hot, and as small YAML files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import yaml
from torch import Tensor

from tangle.core.atomic import write_text
from tangle.core.space import Architecture, SearchSpace

Relaxation = Mapping[str, Tensor]
"""Choice name -> architecture weights, shape `[K]`, summing to one."""

FORMAT_VERSION = 1


def one_hot(
    arch: Architecture,
    space: SearchSpace,
    *,
    dtype: torch.dtype | None = None,
    device: torch.device | str | None = None,
) -> dict[str, Tensor]:
    """Return the relaxation whose whole weight lies on one architecture, `[K]` per choice."""
    space.validate(arch)
    return {
        name: torch.eye(len(choice.candidates), dtype=dtype, device=device)[arch[name]]
        for name, choice in space.items()
    }


def save_architecture(
    path: str | Path,
    arch: Architecture,
    space: SearchSpace,
    provenance: Mapping[str, Any] | None = None,
) -> None:
    """Write an architecture as a readable YAML file, atomically.

    Args:
        path: The file.
        arch: The architecture; its canonical form is written, by value.
        space: The space it belongs to; its hash is written.
        provenance: Where the architecture comes from: seed, epoch, metrics, as plain values.

    Raises:
        ValueError: If the architecture does not fit the space, or the provenance has other than
            plain values.
    """
    content = {
        "version": FORMAT_VERSION,
        "space": space.hash,
        "architecture": space.describe(arch),
        "provenance": dict(provenance or {}),
    }
    try:
        text = yaml.safe_dump(content, sort_keys=False)
    except yaml.representer.RepresenterError as error:
        raise ValueError(
            f"The provenance of an architecture must have plain values (text, numbers, lists, "
            f"mappings), but it has {error.args[-1]!r}: convert it, as in float(tensor)"
        ) from None
    write_text(path, f"# An architecture found by tangle: the value of every choice.\n{text}")


def load_architecture(path: str | Path, space: SearchSpace) -> dict[str, int]:
    """Read an architecture file of this space.

    Raises:
        ValueError: If the file is no architecture file, of a newer version, of another space, or
            has a missing, unknown or impossible choice.
    """
    content = read_architecture_file(path)
    if content["space"] != space.hash:
        raise ValueError(
            f"{path} belongs to the search space {content['space']}, but this network has the "
            f"space {space.hash}: use the configuration the architecture was found with. "
            f"{_difference(content['architecture'], space)}"
        )
    try:
        return space.parse(content["architecture"])
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def read_architecture_file(path: str | Path) -> dict[str, Any]:
    """Return the content of an architecture file: version, space, architecture, provenance.

    Raises:
        ValueError: If the file is no architecture file or of a newer version.
    """
    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(
            f"{path} is no architecture file: it is not valid YAML ({error})"
        ) from None
    keys = {"version", "space", "architecture"}
    if not isinstance(content, dict) or not keys <= content.keys():
        raise ValueError(f"{path} is no architecture file: it must have the keys {sorted(keys)}")
    if content["version"] != FORMAT_VERSION:
        raise ValueError(
            f"{path} has format version {content['version']!r}, but this tangle reads version "
            f"{FORMAT_VERSION}: use the tangle that wrote it"
        )
    if not isinstance(content["architecture"], dict):
        raise ValueError(f"{path}: 'architecture' must map choice names to values")
    return content


def _difference(values: Mapping[str, Any], space: SearchSpace) -> str:
    """Say in one sentence what sets the file's choices apart from the space's."""
    missing = [name for name in space if name not in values]
    unknown = [name for name in values if name not in space]
    if missing or unknown:
        return f"Only in the network: {missing}; only in the file: {unknown}."
    return "The choices have the same names but other candidates or conditions."
