from pathlib import Path

import pytest
import yaml

from tangle.cli.compare import merged_configuration
from tangle.cli.compare_job import Job, run_job
from tangle.core.table import read_table


def job(folder, **changes):
    given = {"methods": (("drnas", None),), "seed": 0, "epochs": None, "seconds": None}
    rest = {
        "trials": 5,
        "retrain": True,
        "retrain_epochs": None,
        "threads": 1,
        "config": Path("config.yaml"),
    }
    return Job(folder=folder, **{**given, **rest, **changes})


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


def test_a_job_is_done_when_all_its_results_are_there(tmp_path):
    both = job(tmp_path, methods=(("spos+random", "random"), ("spos+tpe", "tpe")))
    for sampler in ("random", "tpe"):
        assert not both.is_done
        both.result(sampler).parent.mkdir()
        both.result(sampler).write_text("method: x\n")
    assert both.is_done


def test_what_went_wrong_is_told_in_a_line_and_logged(tmp_path):
    broken = tmp_path / "broken.yaml"
    broken.write_text(yaml.safe_dump(config()))  # whose data are of no class
    failed = job(tmp_path / "job", config=broken)
    error = run_job(failed)
    assert error is not None
    assert "Expected a dot import path string: Data" in error
    assert "\n" not in error
    assert "Traceback" in failed.log.read_text()
    assert not failed.is_done


@pytest.mark.parametrize("sampler", [None, "random"])
def test_a_network_is_looked_up_in_place_of_training(tmp_path, sampler):
    planted = yaml.safe_load((Path(__file__).parents[1] / "planted.yaml").read_text())
    planted["anytime"] = {"benchmark": {"class_path": "tests.planted.PlantedTable"}}
    if sampler:
        planted["model"]["init_args"] |= {"algorithm": {"class_path": "SPOS"}}
        del planted["model"]["init_args"]["arch_optimizer"]
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump(merged(planted, tmp_path)))
    methods = (("planted", sampler),)
    looked_up = job(tmp_path / "job", config=config, methods=methods, retrain=False, trials=2)
    assert run_job(looked_up) is None, looked_up.log.read_text()
    result = yaml.safe_load(looked_up.result(sampler).read_text())
    curve = read_table(looked_up.result(sampler).parent / "curve.csv")
    assert set(result) == {"method", "seed", "benchmark/width", "benchmark/regret", "seconds",
                           "parameters"}  # fmt: skip
    assert float(curve[-1]["benchmark/width"]) == result["benchmark/width"]
    assert float(curve[-1]["seconds"]) == pytest.approx(result["seconds"], abs=0.06)
    assert not list(tmp_path.rglob("retrained"))


def merged(config, folder):
    """The configuration with all defaults, as a comparison keeps it."""
    path = folder / "given.yaml"
    path.write_text(yaml.safe_dump(config))
    return merged_configuration(["-c", str(path)])
