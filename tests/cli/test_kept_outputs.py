import pytest
import torch
import yaml
from safetensors.torch import load_file

from tangle.cli.kept_outputs import keep_metrics, keep_outputs, keep_texts


class Letters:
    """Prompts whose tokens are letters of the alphabet."""

    def decode(self, tokens):
        return "".join(chr(ord("a") + token) for token in tokens.tolist())


def test_metrics_are_a_file_of_the_verb(tmp_path):
    keep_metrics(tmp_path, "test", [{"test/accuracy": 0.5}, {"test/accuracy": 0.1}])
    assert yaml.safe_load((tmp_path / "test.yaml").read_text()) == {"test/accuracy": 0.5}


def test_texts_are_shown_and_kept(tmp_path, capsys):
    keep_texts(tmp_path, Letters(), [torch.tensor([[0, 1], [2, 3]]), torch.tensor([[4, 5]])])
    assert capsys.readouterr().out == "ab\n\ncd\n\nef\n"
    assert (tmp_path / "generated.txt").read_text() == "ab\n\ncd\n\nef\n"


def test_numbers_are_no_text(tmp_path):
    with pytest.raises(ValueError, match="with numbers, not with text: predict by a run whose"):
        keep_texts(tmp_path, Letters(), [torch.randn(1, 2)])
    assert not list(tmp_path.iterdir())


def test_outputs_are_read_as_they_were(tmp_path):
    outputs = torch.randn(3, 4).T
    keep_outputs(tmp_path, outputs)
    torch.testing.assert_close(load_file(tmp_path / "predictions.safetensors")["predictions"],
                               outputs)  # fmt: skip
