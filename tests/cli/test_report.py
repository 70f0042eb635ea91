import pytest

from tangle.cli.report import main


def test_the_page_is_in_the_run_unless_told_otherwise(tmp_path, capsys):
    (tmp_path / "config.yaml").write_text("seed_everything: 1\n")
    main("report", [str(tmp_path)])
    assert (tmp_path / "report.html").is_file()
    main("report", [str(tmp_path), "--out", str(tmp_path / "other" / "page.html")])
    assert (tmp_path / "other" / "page.html").is_file()
    assert "open it in a browser" in capsys.readouterr().out


def test_a_folder_as_the_page_is_refused_with_a_file(tmp_path):
    (tmp_path / "config.yaml").write_text("seed_everything: 1\n")
    with pytest.raises(ValueError, match=r"--out is .* a folder: give the page's file, such as"):
        main("report", [str(tmp_path), "--out", str(tmp_path)])


def test_a_folder_without_a_run_is_refused_before_anything_is_written(tmp_path):
    (tmp_path / "config.yaml").write_text("seed_everything: 1\n")
    with pytest.raises(FileNotFoundError, match="holds no run"):
        main("report", [str(tmp_path), str(tmp_path / "none")])
    assert not (tmp_path / "report.html").exists()
