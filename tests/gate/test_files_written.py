"""Files are written all or none, and a folder is checked before the work begins."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest

from paraneo.errors import FileError
from paraneo.gate import writing
from paraneo.gate.writing import check_folder, guarded, write_csv, written_together, written_whole


def write_all(folder, *names):
    """Write files together; those named first are the oldest."""
    with written_together(folder) as part:
        for time, name in enumerate(names):
            (part / name).write_text("new")
            os.utime(part / name, (time, time))


def contents(folder):
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


def test_new_files_come_together_with_those_that_are_there(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    write_all(tmp_path, "a.csv")
    assert contents(tmp_path) == {"mine.txt": "mine", "a.csv": "new"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "mine.txt"]


def test_where_one_file_cannot_be_moved_all_are_as_they_were(tmp_path):
    (tmp_path / "a.csv").write_text("old")
    (tmp_path / "c.csv").mkdir()  # no file takes the place of a folder
    (tmp_path / "c.csv" / "inside").write_text("mine")
    with pytest.raises(FileError, match="Cannot write into"):
        write_all(tmp_path, "c.csv", "a.csv", "b.csv")
    assert contents(tmp_path) == {"a.csv": "old"}
    assert [path.name for path in (tmp_path / "c.csv").iterdir()] == ["inside"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "c.csv"]


def test_a_folder_that_need_not_exist_yet_is_checked_without_making_it(tmp_path):
    check_folder(tmp_path / "new" / "folder")
    assert not (tmp_path / "new").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="is a file"):
        check_folder(tmp_path / "file" / "folder")


def test_where_the_last_file_cannot_be_moved_those_before_it_are_put_back(tmp_path, monkeypatch):
    (tmp_path / "a.csv").write_text("old")
    moved = Path.replace

    def replace(self, target):
        if self.name == "first.csv":
            raise OSError(5, "Input/output error")
        return moved(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    monkeypatch.setattr(writing, "_exchange", lambda *_: False)
    with pytest.raises(FileError, match="Input/output error"):
        write_all(tmp_path, "first.csv", "a.csv", "new.csv")
    assert contents(tmp_path) == {"a.csv": "old"}


def test_files_of_the_user_and_the_mode_of_the_folder_stay(tmp_path):
    folder = tmp_path / "results"
    write_all(folder, "a.csv")
    (folder / "mine.txt").write_text("mine")
    folder.chmod(0o750)
    inode = (folder / "mine.txt").stat().st_ino
    write_all(folder, "b.csv")
    assert contents(folder) == {"a.csv": "new", "mine.txt": "mine", "b.csv": "new"}
    assert (folder / "mine.txt").stat().st_ino == inode
    assert folder.stat().st_mode & 0o777 == 0o750
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_a_folder_made_for_nothing_is_taken_away(tmp_path):
    def fail():
        with written_together(tmp_path / "deep" / "results") as part:
            (part / "a.csv").write_text("new")
            raise OSError(28, "No space left on device")

    with pytest.raises(FileError, match=r"No space left on device\. Free some space"):
        fail()
    assert not any(tmp_path.iterdir())


def test_what_a_run_that_is_no_more_has_left_is_taken_away(tmp_path):
    gone = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    own = f"{writing._MARK}{writing._machine()}-"
    (tmp_path / f"{own}{gone}-x.csv").write_text("half")
    (tmp_path / f"{own}{gone}-y").mkdir()
    (tmp_path / f"{own}{os.getpid()}-z").mkdir()
    (tmp_path / f"{writing._MARK}elsewhere-{gone}-x").write_text("half")
    write_all(tmp_path / "results", "a.csv")
    left = {f"{own}{os.getpid()}-z", f"{writing._MARK}elsewhere-{gone}-x"}
    assert {path.name for path in tmp_path.iterdir()} == {"results", *left}


def test_two_runs_into_one_folder_leave_the_files_of_both(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: write_all(tmp_path / "results", name), map(str, range(40))))
    assert len(contents(tmp_path / "results")) == 40


def test_why_a_file_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "a.csv", tmp_path / ("x" * 300) / "a", "a\0b"):
        with pytest.raises(FileError, match="Cannot write"), written_whole(path) as part:
            part.write_text("")


@pytest.mark.parametrize(
    "cell", ["=1+1", "+cmd|' /C calc'!A0", "-2+3+cmd", "@SUM(A1)", "\t=1", "-a"]
)
def test_what_a_spreadsheet_would_run_is_text(tmp_path, cell):
    frame = pd.DataFrame({cell: [cell], "n": [-1.5], "band": ["-3 to -1"], "low": ["-2.50"]})
    write_csv(frame, tmp_path / "a.csv")
    read = pd.read_csv(tmp_path / "a.csv")
    assert list(read) == [f"'{cell}", "n", "band", "low"]
    assert read.iloc[0].tolist() == [f"'{cell}", -1.5, "-3 to -1", -2.5]
    assert guarded(guarded(cell)) == guarded(cell)
