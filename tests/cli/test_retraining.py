"""A network is trained by the recipe of its search."""

from pathlib import Path

import yaml

from tangle.cli.retraining import retraining, set_epochs


def config():
    scheduler = {
        "class_path": "torch.optim.lr_scheduler.CosineAnnealingLR",
        "init_args": {"T_max": 10},
    }
    return {
        "trainer": {"max_epochs": 10, "callbacks": [{"class_path": "X"}], "accelerator": "cpu"},
        "model": {
            "class_path": "tangle.modules.SearchModule",
            "init_args": {
                "net": "net", "task": "task", "algorithm": "algorithm", "weight_clip": 5.0,
                "weight_optimizer": "optimizer", "scheduler": scheduler, "accumulate": 2,
                "scheduler_interval": "epoch", "calibration_batches": 20,
            },
        },
        "data": {"class_path": "Data", "init_args": {"arch_fraction": 0.5, "batch_size": 4}},
    }  # fmt: skip


def test_a_cosine_schedule_ends_with_the_epochs():
    changed = config()
    set_epochs(changed, 3)
    assert changed["trainer"]["max_epochs"] == 3
    assert changed["model"]["init_args"]["scheduler"]["init_args"]["T_max"] == 3


def test_a_search_without_a_schedule_only_gets_its_epochs():
    changed = config()
    changed["model"]["init_args"]["scheduler"] = None
    set_epochs(changed, 3)
    assert changed["trainer"]["max_epochs"] == 3


def test_a_retraining_has_the_recipe_of_the_search_and_all_data(tmp_path):
    (tmp_path / "search").mkdir()
    (tmp_path / "search" / "config.yaml").write_text(yaml.safe_dump(config()))
    made = retraining(tmp_path / "search", Path("found.yaml"), 4)
    init = made["model"]["init_args"]
    assert made["model"]["class_path"] == "tangle.modules.SubnetModule"
    assert init["optimizer"] == "optimizer"
    assert init["clip_norm"] == 5.0
    assert init["architecture"] == "found.yaml"
    assert init["scheduler"]["init_args"]["T_max"] == 4
    assert made["data"]["init_args"] == {"arch_fraction": 0.0, "batch_size": 4}
    assert init["scheduler_interval"] == "epoch"
    assert made["trainer"]["callbacks"] is None
    assert made["trainer"]["accumulate_grad_batches"] == 2
    assert made["trainer"]["max_epochs"] == 4


def test_a_schedule_of_updates_keeps_its_length():
    changed = config()
    changed["model"]["init_args"]["scheduler_interval"] = "step"
    set_epochs(changed, 3)
    assert changed["model"]["init_args"]["scheduler"]["init_args"]["T_max"] == 10


def test_a_schedule_with_warm_up_ends_with_the_epochs_too():
    changed = config()
    changed["model"]["init_args"]["scheduler"]["init_args"] = {"total": 10, "warmup": 1}
    set_epochs(changed, 3)
    assert changed["model"]["init_args"]["scheduler"]["init_args"] == {"total": 3, "warmup": 1}
