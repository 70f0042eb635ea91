"""Every shipped configuration runs a batch of everything."""

import csv
from collections.abc import Sequence
from importlib import import_module
from itertools import product
from pathlib import Path

import pytest
import torch
import yaml

from tangle.benchmarks.toy_cell_key import EDGES, KINDS, OPERATIONS
from tangle.cli.main import main
from tangle.data import ImageNet, ImageNet16
from tangle.nn import Supernet
from tests.data.cifar_records import COUNTS, write_records
from tests.data.downstream_sets import write_cars, write_flowers, write_pets
from tests.data.hub_format import write_hub_images
from tests.data.imagenet16_file import SIZES, write_imagenet16
from tests.data.pictures import write_image_folder
from tests.data.texts import stories

CONFIGS = Path(__file__).parents[1] / "lightning_configs"
SPACES = CONFIGS / "spaces"
ALGORITHMS = sorted((CONFIGS / "algorithms").glob("*.yaml"))


def fit(*files: Path, run: Path, options: Sequence[str] = ()) -> int:
    layers = [word for file in files for word in ("-c", str(file))]
    debug = ["-c", str(CONFIGS / "trainer" / "debug.yaml"), "--trainer.detect_anomaly", "false"]
    return main(["fit", *layers, *debug, *options, "--run", str(run)])


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda path: path.stem)
def test_the_quickstart_runs_with_every_algorithm(algorithm, tmp_path):
    assert fit(CONFIGS / "quickstart.yaml", algorithm, run=tmp_path / "run") == 0


def test_the_quickstart_runs_as_it_is(tmp_path):
    assert fit(CONFIGS / "quickstart.yaml", run=tmp_path / "run") == 0


def write_data(file: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A miniature of the data of a configuration, and the options that it needs."""
    section = yaml.safe_load(file.read_text())["data"]
    name = section["class_path"].rpartition(".")[2]
    if name == "FashionMNIST":
        return []
    num_classes, image_size = 3, section["init_args"].get("image_size", 32)
    downstream = {"Flowers102": write_flowers, "OxfordIIITPet": write_pets,
                  "StanfordCars": write_cars}  # fmt: skip
    if name.startswith("CIFAR"):
        cifar = getattr(import_module("tangle.data"), name)
        monkeypatch.setattr(cifar, "records_per_file", COUNTS[cifar])
        write_records(cifar, root)
        num_classes = cifar.num_classes
    elif name == "ImageNet16":
        monkeypatch.setattr(ImageNet16, "sizes", SIZES)
        write_imagenet16(root)
        num_classes = 120
    elif name in downstream:
        if name != "OxfordIIITPet":
            pytest.importorskip("scipy")
        downstream[name](root)
        num_classes, image_size = getattr(import_module("tangle.data"), name).total, 32
    else:
        monkeypatch.setattr(ImageNet, "total", 3)
        (write_hub_images if name == "HubImages" else write_image_folder)(root)
        if name == "ImageNet":
            (root / "test").rename(root / "val")
        image_size = 32
    place = "data.dataset" if name == "HubImages" else "data.root"
    options = {
        place: root, "data.batch_size": 12, "data.num_workers": 0,
        "data.image_size": image_size, "data.val_fraction": 0.1, "data.arch_fraction": 0.4,
        "model.net.in_channels": 3, "model.net.image_size": image_size,
        "model.net.num_classes": num_classes, "model.task.num_classes": num_classes,
    }  # fmt: skip
    return [f"--{option}={value}" for option, value in options.items()]


TEXT = {"text_files", "tiny_stories"}
IMAGES = [path for path in sorted((CONFIGS / "data").glob("*.yaml")) if path.stem not in TEXT]


@pytest.mark.parametrize("data", IMAGES, ids=lambda path: path.stem)
def test_the_quickstart_runs_with_every_data_set(data, tmp_path, monkeypatch):
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    options = write_data(data, tmp_path / "data", monkeypatch)
    assert fit(CONFIGS / "quickstart.yaml", data, run=tmp_path / "run", options=options) == 0


OURS = {"inherit", "finetune", "retrain", "transfer", "ema", "distill"}
TRAINING = [
    pytest.param(path, id=path.stem, marks=() if path.stem in OURS else pytest.mark.slow)
    for path in sorted((CONFIGS / "train").glob("*.yaml"))
    if "gpt" not in path.stem  # below
    and not path.stem.startswith(("darts", "nasbench201"))  # in test_final_training.py
]  # the papers' differ in their numbers, which test_documentation.py reads
NEEDS = {"distill": "finetune"}  # which it goes over


@pytest.fixture(scope="module")
def search(tmp_path_factory):
    """A short search by the quickstart, with few channels."""
    run = tmp_path_factory.mktemp("train") / "search"
    options = {
        "trainer.max_epochs": 1, "trainer.limit_train_batches": 1, "trainer.limit_val_batches": 1,
        "model.arch_warmup": 0.0, "model.net.channels": [[2, 4]] * 4,
    }  # fmt: skip
    words = [f"--{name}={value}" for name, value in options.items()]
    assert main(["fit", "-c", str(CONFIGS / "quickstart.yaml"), "--run", str(run), *words]) == 0
    return run


@pytest.mark.parametrize("training", TRAINING)
def test_every_training_recipe_runs_on_what_a_search_found(training, search, tmp_path):
    if training.stem == "inherit":
        assert main(["test", "--run", str(search), "-c", str(training)]) == 0
        return
    below = NEEDS.get(training.stem)
    files = [] if below is None else ["-c", str(CONFIGS / "train" / f"{below}.yaml")]
    files += ["-c", str(training), "-c", str(CONFIGS / "trainer" / "debug.yaml")]
    words = ["--trainer.detect_anomaly", "false", "--run", str(tmp_path / "run")]
    assert main(["fit", "--search", str(search), *files, *words]) == 0


def test_the_small_autoformer_runs_as_it_is(tmp_path):
    assert fit(SPACES / "autoformer_small.yaml", run=tmp_path / "run") == 0


def tiny_stories(folder):
    """Options for a text of few stories in the set's own format, as bytes."""
    for part in ("train", "valid"):
        (folder / f"TinyStories-{part}.txt").write_text(stories(90), encoding="utf-8")
    return ["--data.root", str(folder), "--data.token_folder", str(folder / "tokens"),
            "--data.tokens", "bytes", "--data.block_size", "16"]  # fmt: skip


@pytest.mark.parametrize("data", [None, *sorted(TEXT)])
def test_the_small_gpt_runs_with_every_text(data, tmp_path):
    layers = [] if data is None else [CONFIGS / "data" / f"{data}.yaml"]
    options = tiny_stories(tmp_path) if data == "tiny_stories" else []
    assert fit(SPACES / "gpt_small.yaml", *layers, run=tmp_path / "run", options=options) == 0


SMALL_GPT = ["--model.net.embed_dim", "[6, 12]", "--model.net.num_heads", "[1, 2]",
             "--model.net.depth", "[1, 2]", "--model.net.mlp_ratio", "[1, 2]"]  # fmt: skip
BRIEF = ["--trainer.accelerator", "cpu", "--trainer.max_epochs", "1", "--trainer.max_steps", "-1",
         "--trainer.limit_train_batches", "2", "--trainer.limit_val_batches", "1",
         "--trainer.enable_progress_bar", "false"]  # fmt: skip


@pytest.mark.parametrize(("space", "training"), [("gpt", "gpt"), ("gpt_small", "gpt_small")])
def test_a_language_model_is_searched_retrained_tested_and_asked(
    space, training, tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    bytes_ = ["--model.net.vocab_size", "256", "--model.task.vocab_size", "256"]
    text = [*tiny_stories(tmp_path), *bytes_] if space == "gpt" else []
    search, trained = str(tmp_path / "search"), str(tmp_path / "trained")
    algorithm = ["-c", str(CONFIGS / "algorithms" / "drnas.yaml")] if space == "gpt" else []
    given = ["-c", str(SPACES / f"{space}.yaml"), *algorithm, *SMALL_GPT, *BRIEF, *text]
    warm = ["--model.arch_warmup", "0"]
    assert main(["fit", *given, *warm, "--run", search]) == 0
    recipe = ["-c", str(CONFIGS / "train" / f"{training}.yaml"), *BRIEF]
    assert main(["fit", "--search", search, *recipe, "--run", trained]) == 0
    assert main(["test", "--run", trained, "--trainer.limit_test_batches", "1"]) == 0
    prompt = ["--data", "Prompts", "--data.prompts", '["the cat"]',
              "--model.task.generation.max_new_tokens", "5"]  # fmt: skip
    for run in (search, trained):
        capsys.readouterr()
        assert main(["predict", "--run", run, *prompt]) == 0
        assert capsys.readouterr().out.startswith("the cat")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--data.block_size", "129"], "model.net.block_size is 128: set it to at least 129"),
        (["--data.path", "none.txt"], "none.txt does not exist; give a text file"),
        (["--model.task.vocab_size", "99"], "model.task.vocab_size is 99: set it to at least 256"),
    ],
)
def test_text_that_does_not_fit_is_refused_in_one_line_before_training(
    options, message, tmp_path, capsys
):
    run = tmp_path / "run"
    words = ["fit", "-c", str(SPACES / "gpt_small.yaml"), *BRIEF, *options, "--run", str(run)]
    assert main(words) != 0
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("tangle: error: ")
    assert message in error
    assert not (run / "checkpoints").exists()


def test_the_small_gpt_continues_a_prompt(tmp_path, capsys):
    options = ["--data", "Prompts", "--data.prompts", '["Once upon"]',
               "--model.task.generation.max_new_tokens", "3"]  # fmt: skip
    run = tmp_path / "run"
    assert main(["predict", "-c", str(SPACES / "gpt_small.yaml"), "--run", str(run), *options]) == 0
    text = (run / "generated.txt").read_text(encoding="utf-8")
    assert text.startswith("Once upon")
    assert text in capsys.readouterr().out


@pytest.mark.parametrize(
    ("file", "cardinality", "parameters"),
    [("autoformer", 1_056_964_608, 10_278_682), ("autoformer_small", 27_864, 586_090),
     ("gpt", 16_120_377, 88_362_240), ("gpt_small", 22_113, 836_736),
     ("toy_conv_macro", 6_561, 7_725_450), ("mobilenetv3", 21_758_655_492_572_485_851, 7_678_880),
     ("mobilenetv3_small", 5_904_900_000, 984_566)],
)  # fmt: skip
def test_spaces_have_the_sizes_that_are_told(file, cardinality, parameters):
    options = yaml.safe_load((SPACES / f"{file}.yaml").read_text())["model"]["init_args"]
    with torch.device("meta"):
        net = build(options["net"])
    assert Supernet(net).space.cardinality == cardinality
    assert sum(p.numel() for p in net.parameters()) == parameters
    build(options["weight_optimizer"], net.parameters())


def build(section, *arguments):
    place, _, name = section["class_path"].rpartition(".")
    return getattr(import_module(place), name)(*arguments, **section["init_args"])


def test_the_small_mobile_network_runs_as_it_is_and_once_for_all(tmp_path):
    small = SPACES / "mobilenetv3_small.yaml"
    assert fit(small, run=tmp_path / "run") == 0
    assert fit(small, SPACES / "mobilenetv3_ofa.yaml", run=tmp_path / "ofa") == 0


def test_the_papers_recipe_of_mobile_networks_runs(tmp_path):
    options = ["--model.net.in_channels", "1", "--model.net.width", "0.25",
               "--model.net.depth", "[1, 2]", "--data.batch_size", "8"]  # fmt: skip
    files = CONFIGS / "data" / "fashion_mnist.yaml", CONFIGS / "algorithms" / "drnas.yaml"
    assert fit(SPACES / "mobilenetv3.yaml", *files, run=tmp_path / "run", options=options) == 0


def test_the_papers_recipe_of_the_toy_space_runs(tmp_path):
    options = ["--model.net.in_channels", "1", "--model.net.image_size", "28",
               "--data.batch_size", "8"]  # fmt: skip
    files = CONFIGS / "data" / "fashion_mnist.yaml", CONFIGS / "algorithms" / "drnas.yaml"
    assert fit(SPACES / "toy_conv_macro.yaml", *files, run=tmp_path / "run", options=options) == 0


NET = "--model.init_args.net.init_args"
CELL_SPACES = {
    "toy_cell": [],
    "toy_cell_short": ["--data.init_args.val_fraction", "0.5"],  # of the embedded images
    "nasbench201": [
        f"{NET}.in_channels",
        "1",
        f"{NET}.channels",
        "[4, 8]",
        f"{NET}.num_cells",
        "1",
    ],
    "darts": [f"{NET}.in_channels", "1", f"{NET}.channels", "2", f"{NET}.num_cells", "3"],
}


@pytest.mark.parametrize("entangle", ["true", "false"])
@pytest.mark.parametrize("space", CELL_SPACES)
def test_cell_spaces_run_entangled_and_not(space, entangle, tmp_path):
    options = [*CELL_SPACES[space], "--data.init_args.batch_size", "8", f"{NET}.entangle", entangle]
    files = CONFIGS / "data" / "fashion_mnist.yaml", CONFIGS / "algorithms" / "drnas.yaml"
    layers = files if space != "toy_cell_short" else files[1:]
    config = CONFIGS / "spaces" / f"{space}.yaml"
    assert fit(config, *layers, run=tmp_path / "run", options=options) == 0


def test_incumbents_of_a_search_are_looked_up_in_a_table(tmp_path):
    table = tmp_path / "table.csv"
    edges = [f"{kind}_{edge}" for kind in KINDS for edge in EDGES]
    rows = [
        ",".join([*operations, str(number / 100), "99", "500"])
        for number, operations in enumerate(product(OPERATIONS, repeat=6))
    ]
    header = ",".join([*edges, "test_acc", "train_acc", "latency_gpu_mean_us"])
    table.write_text("\n".join([header, *rows]))
    layers = [CONFIGS / "spaces" / "toy_cell.yaml", CONFIGS / "data" / "fashion_mnist.yaml",
              CONFIGS / "algorithms" / "drnas.yaml"]  # fmt: skip
    assert main([
        "fit", *(word for layer in layers for word in ("-c", str(layer))), "--run",
        str(tmp_path / "run"), "--anytime.benchmark", "ToyCellTable", "--anytime.benchmark.path",
        str(table), "--trainer.max_epochs", "2", "--trainer.limit_train_batches", "1",
        "--trainer.limit_val_batches", "1", f"{NET}.channels", "[2, 2, 2]",
        "--trainer.accelerator", "cpu", "--trainer.enable_progress_bar", "false",
    ]) == 0  # fmt: skip
    with (tmp_path / "run" / "anytime.csv").open() as file:
        found = list(csv.DictReader(file))
    assert len(found) == 2
    for row in found:
        index = 0
        for edge in edges:
            index = 4 * index + OPERATIONS.index(row[edge])
        assert float(row["benchmark/test_acc"]) == index / 100
        assert float(row["benchmark/rank"]) == 4096 - index
        assert float(row["benchmark/regret"]) == pytest.approx((4095 - index) / 100)
    assert (tmp_path / "run" / "anytime.png").is_file()


def test_the_quickstart_keeps_to_a_budget(tmp_path):
    assert fit(CONFIGS / "quickstart.yaml", CONFIGS / "budget.yaml", run=tmp_path / "run") == 0
