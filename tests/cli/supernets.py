"""Small trained supernets in run folders, for the verbs that go on with them."""

from __future__ import annotations

from pathlib import Path

import yaml

from tangle.cli.main import main

ROOT = Path(__file__).parents[2]
CONFIGS = ROOT / "lightning_configs"


def train_conv_macro(folder: Path, *options: str) -> Path:
    """Return the folder of a minute SPOS run on real images: 1,296 architectures, 3 updates."""
    content = yaml.safe_load((CONFIGS / "quickstart.yaml").read_text())
    content["trainer"] |= {"max_epochs": 1, "limit_train_batches": 3, "limit_val_batches": 1}
    content["model"]["init_args"] |= {"arch_warmup": 0.0}
    content["model"]["init_args"]["net"]["init_args"] |= {"channels": [[2, 4]] * 4}
    content["data"]["init_args"] |= {"batch_size": 128, "val_fraction": 0.05}
    path = folder.parent / f"{folder.name}.yaml"
    path.write_text(yaml.safe_dump(content))
    spos = str(CONFIGS / "algorithms" / "spos.yaml")
    assert main(["fit", "-c", str(path), "-c", spos, "--run", str(folder), *options]) == 0
    return folder
