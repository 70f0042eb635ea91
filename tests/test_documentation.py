"""What the documents show works: their code runs, their commands and configurations are understood.

Documents are the README and its like, the pages of `docs/`, and the headers of the configurations.
A page's blocks with a title are files of the user's, which its other blocks and commands may name.
"""

import re
import shlex
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from string import Template
from typing import NamedTuple

import pytest
import yaml

from tangle.cli.compare import Method
from tangle.cli.main import VERBS, main

ROOT = Path(__file__).parents[1]
CONFIGS = sorted((ROOT / "lightning_configs").rglob("*.yaml"))
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"),
                *(ROOT / "lightning_configs").rglob("*.md")])  # fmt: skip
LIGHTNING = ("fit", "validate", "test", "predict")


class Block(NamedTuple):
    """A fenced block of a page."""

    language: str
    title: str | None
    text: str


def blocks(page: Path, *languages: str) -> list[Block]:
    """Return the fenced blocks of a page in some languages."""
    found = re.findall(r"^ *```(\w+)([^\n]*)\n(.*?)^ *```", page.read_text("utf-8"), re.S | re.M)
    return [
        Block(
            language, match[1] if (match := re.search(r'title="([^"]+)"', options)) else None, text
        )
        for language, options, text in found
        if language in languages
    ]


def commands(text: str) -> list[str]:
    """Return the commands of a text that begin a line, without comments and continuations."""
    text = re.sub(r"\\\n *#?", " ", text)
    variables = dict(re.findall(r"^ *([A-Z]+)=(\S+)$", text, flags=re.MULTILINE))
    found = re.findall(rf"^ *(tangle (?:{'|'.join(VERBS)})\b[^#\n]*)", text, flags=re.MULTILINE)
    lines = [re.split(r" {4,}", line)[0].strip() for line in found]
    return [Template(line).safe_substitute(variables) for line in lines]


def shown_commands() -> Iterator[tuple[Path, str]]:
    """Yield all commands, and where they stand."""
    for page in PAGES:
        for block in blocks(page, "bash", "sh", "console"):
            yield from ((page, command) for command in commands(block.text))
    for path in CONFIGS:
        comments = "\n".join(re.findall(r"^# ?(.*)$", path.read_text("utf-8"), flags=re.M))
        yield from ((path, command) for command in commands(comments))


COMMANDS = [
    pytest.param(page, command, id=f"{page.relative_to(ROOT)}: {command[:60]}")
    for command, page in {command: page for page, command in shown_commands()}.items()
]
NAMES = [pytest.param(page, id=str(page.relative_to(ROOT))) for page in PAGES]


@pytest.fixture
def users_folder(tmp_path, monkeypatch):
    """A folder as a user's, beside the shipped configurations; what is imported from it goes."""
    (tmp_path / "lightning_configs").symlink_to(ROOT / "lightning_configs")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]


def write_files(page: Path, folder: Path) -> None:
    """Write the blocks of a page that are files."""
    for block in blocks(page, "python", "yaml"):
        if block.title:
            (folder / block.title).write_text(block.text, encoding="utf-8")


def test_the_readme_has_code_and_commands():
    readme = ROOT / "README.md"
    assert len(blocks(readme, "python")) >= 2
    assert sum(page == readme for page, _ in shown_commands()) >= 5


@pytest.mark.parametrize("page", NAMES)
def test_python_blocks_run(page, users_folder):
    write_files(page, users_folder)
    namespace = {"__name__": "page"}
    for block in blocks(page, "python"):
        exec(compile(block.text, str(page), "exec"), namespace)


@pytest.mark.parametrize("page", NAMES)
def test_yaml_blocks_name_classes_that_exist(page, users_folder):
    write_files(page, users_folder)
    for block in blocks(page, "yaml"):
        yaml.safe_load(block.text)
        for path in re.findall(r"class_path: ([\w.]+\.\w+)", block.text):
            module, name = path.rsplit(".", 1)
            assert hasattr(import_module(module), name), path


@pytest.mark.parametrize("page", NAMES)
def test_links_lead_to_files(page):
    prose = re.sub(r"^ *```.*?^ *```", "", page.read_text("utf-8"), flags=re.S | re.M)
    for target in re.findall(r"\]\(([^)\s#]+)[^)]*\)", prose):
        if not re.match(r"https?://|mailto:", target):
            assert (page.parent / target).exists(), target


@pytest.fixture(scope="module")
def search(tmp_path_factory):
    """A short search, for commands that go on from one."""
    run = tmp_path_factory.mktemp("documents") / "search"
    words = ["--trainer.max_epochs=1", "--trainer.limit_train_batches=1", "--model.arch_warmup=0"]
    assert main(["fit", "-c", str(ROOT / "lightning_configs" / "quickstart.yaml"), *words,
                 "--run", str(run)]) == 0  # fmt: skip
    return run


@pytest.mark.parametrize(("page", "command"), COMMANDS)
def test_command_is_understood(page, command, users_folder, capsys, search):
    write_files(page, users_folder)
    verb, *words = shlex.split(command)[1:]
    named = [Path(word) for word in words if word.endswith(".yaml") and "=" not in word]
    missing = [path for path in named if path.parts[0] != "runs" and not path.is_file()]
    assert not missing or verb == "compare", f"{command} names files that do not exist"
    if any(word.endswith(".help") for word in words):
        with pytest.raises(SystemExit):
            main([verb, *words])
        assert "usage" in capsys.readouterr().out
    elif verb in LIGHTNING:
        understood_by_lightning(verb, words, search)
        assert "class_path" in capsys.readouterr().out
    else:
        understood_by_parser(verb, words)


def understood_by_lightning(verb: str, words: list[str], search: Path) -> None:
    """Print what a command comes to, with the one search in the place of those it names."""
    goes_on = verb != "fit" or "--resume" in words
    words = [
        str(search) if before == "--search" or (before == "--run" and goes_on)
        else str(search / "architecture.yaml") if before == "--arch" and word.startswith("runs")
        else word
        for before, word in zip(["", *words], words, strict=False)
    ]  # fmt: skip
    with pytest.raises(SystemExit) as stop:
        main([verb, *words, "--print_config"])
    assert stop.value.code in (0, None)


def understood_by_parser(verb: str, words: list[str]) -> None:
    """Parse the options of a command whose parser is tangle's own."""
    module = import_module(VERBS[verb])
    if verb == "select":
        module.parse_options(words)
    elif verb in ("compare", "space"):
        options, rest = module._parser().parse_known_args(words)
        assert verb == "space" or all(Method.parse(text) for text in options.config)
        assert all(word.startswith("--") for word in rest[::2])
    else:
        module._parser().parse_args(words)
