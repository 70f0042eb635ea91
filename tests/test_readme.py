"""The README's code runs, and its commands and those of the configurations are understood."""

import re
import shlex
from pathlib import Path

import pytest

from tangle.cli.main import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONFIGS = sorted((ROOT / "lightning_configs").rglob("*.yaml"))


def commands(text: str) -> list[str]:
    """Return the `tangle fit` commands of a text, without comments and continuations."""
    text = re.sub(r"^# ?", "", text.replace("\\\n#", " ").replace("\\\n", " "), flags=re.MULTILINE)
    found = re.findall(r"^ *(tangle fit [^#\n]*)", text, flags=re.MULTILINE)
    return [re.split(r" {4,}", line)[0].strip() for line in found]


COMMANDS = [
    pytest.param(command, id=f"{path.relative_to(ROOT)}: {command[:60]}")
    for path in [ROOT / "README.md", *CONFIGS]
    for command in commands(path.read_text(encoding="utf-8"))
]


def test_python_blocks_run():
    blocks = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    assert len(blocks) >= 2
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})


def test_the_readme_has_commands():
    assert len(commands(README)) >= 2


@pytest.fixture(scope="module")
def search(tmp_path_factory):
    """A short search, for commands that go on from one."""
    run = tmp_path_factory.mktemp("readme") / "search"
    words = ["--trainer.max_epochs=1", "--trainer.limit_train_batches=1", "--model.arch_warmup=0"]
    assert main(["fit", "-c", str(ROOT / "lightning_configs" / "quickstart.yaml"), *words,
                 "--run", str(run)]) == 0  # fmt: skip
    return run


@pytest.mark.parametrize("command", COMMANDS)
def test_command_is_understood(command, monkeypatch, capsys, search):
    monkeypatch.chdir(ROOT)
    command = re.sub(r"--search \S+", f"--search {search}", command)
    named = [Path(word) for word in shlex.split(command) if word.endswith(".yaml")]
    missing = [str(path) for path in named if not path.is_file()]
    assert not missing, f"{command} names files that do not exist"
    with pytest.raises(SystemExit) as stop:
        main([*shlex.split(command)[1:], "--print_config"])
    assert stop.value.code in (0, None)
    assert "class_path" in capsys.readouterr().out
