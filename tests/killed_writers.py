"""Writers killed at random moments: what is left is the old or the new, never some of both.

``python -m tests.killed_writers --kills 100`` kills commands, a report and a study with a
checkpoint so often at random moments. What each leaves behind is one of the sets of files that
a whole run makes, files of the user stay, the next run clears all litter, and a study that goes
on from its checkpoint ends in the same bytes. Exit status 1 where one does not.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parents[1]
MARK = ".paraneo-"
PEOPLE = (
    "birth,entry,exit,event\n1940-05-01,2000-01-01,2005-03-01,1\n1950-02-03,2001-01-01,2007-01-01,0"
    "\n1945-07-01,2000-06-01,2004-02-01,1\n"
)
RATES = "age,rate\n0,0.001\n40,0.01\n60,0.02\n"
RATIOS = "start,end,estimate,lower,upper\n0,1,8,5,13\n1,5,2,1.2,3.3\n"
_REPORT = """
import sys, paraneo
table = paraneo.diagnostic_accuracy(31, 12, 9, int(sys.argv[2]))
paraneo.html_report({"Part": table}, title="t").save(sys.argv[1] + "/page.html")
paraneo.html_report({"Part": table}, title="t").save(sys.argv[1] + "/page.html")
"""
_FOLDER = """
import sys
from pathlib import Path
from paraneo.gate.writing import written_together
turn = int(sys.argv[2])
while True:
    with written_together(sys.argv[1]) as part:
        for name in "abcdefgh":
            (part / name).write_text(str(turn % 2) * 20000)
    if sys.argv[3] == "once":
        break
    turn += 1
"""
_STUDY = """
import sys, time
from tests import face
from paraneo.simulation import simulation_study
def slow(scenario, rng):
    time.sleep(0.002)
    return face.draw(scenario, rng)
done = simulation_study([{"mean": 0.0}], slow, {"by_mean": face.mean},
                        replicates=int(sys.argv[2]), seed=1, checkpoint=sys.argv[1])
"""
Command = Callable[[Path, Path, bool], list[str]]


class Writer(NamedTuple):
    """How something is written into a folder, in one of two ways."""

    command: Command
    #: Whether a run goes on from what a killed one has left.
    resumes: bool = False
    #: Whether it writes again and again until it is killed; then only the first time is told.
    endless: bool = False


def _cli(*words: str) -> list[str]:
    return [sys.executable, "-m", "paraneo", *words]


def _risk(out: Path, inputs: Path, new: bool, name: str, *more: str) -> list[str]:
    rates = str(inputs / "rates.csv")
    return _cli(
        name, "--ratios", str(inputs / "ratios.csv"), "--rates", rates, "--mortality", rates,
        "--age", "61" if new else "58", "--year", "2000", "--horizon", "4", *more,
        "--out", str(out),
    )  # fmt: skip


WRITERS: dict[str, Writer] = {
    "analyse": Writer(
        lambda out, _, new: _cli("analyse", "--prevalence", "0.3" if new else "0.2", "--out", out)  # type: ignore[arg-type]
    ),
    "cohort": Writer(
        lambda out, inputs, new: _cli(
            "cohort", str(inputs / "people.csv"), "--rates", str(inputs / "rates.csv"),
            "--birth", "birth", "--entry", "entry", "--exit", "exit", "--event", "event",
            "--age", "0,50,70,inf" if new else "0,55,70,inf", "--out", str(out),
        )
    ),
    "risk": Writer(lambda out, inputs, new: _risk(out, inputs, new, "risk")),
    "schedule": Writer(
        lambda out, inputs, new: _risk(
            out, inputs, new, "schedule", "--test-sensitivity", "0.8", "--mean-sojourn", "2"
        )
    ),
    "report": Writer(
        lambda out, _, new: [sys.executable, "-c", _REPORT, str(out), "150" if new else "148"]
    ),
    "folder": Writer(
        lambda out, _, new: [
            sys.executable, "-c", _FOLDER, str(out), "1" if new else "0",
            "again" if out.parent.name == "tried" else "once",
        ],
        endless=True,
    ),
    "checkpoint": Writer(
        lambda out, _, __: [sys.executable, "-c", _STUDY, str(out), "400"], resumes=True
    ),
}  # fmt: skip


def prints(folder: Path) -> dict[str, str]:
    """Return what every file of a folder holds, litter left out."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and MARK not in str(file.relative_to(folder))
    }


def litter(folder: Path) -> list[str]:
    """Return what is unfinished beside a folder or in it."""
    return [str(file) for file in folder.parent.rglob(f"{MARK}*")]


class Trial:
    """One writer, its whole results, and how it fares when it is killed."""

    def __init__(self, name: str, place: Path) -> None:
        self.name, self.writer, self.place = name, WRITERS[name], place
        for file, text in (("people", PEOPLE), ("rates", RATES), ("ratios", RATIOS)):
            (place / f"{file}.csv").write_text(text)
        self.old = self._whole(place / "old", new=False)
        begun = time.monotonic()
        self.new = self.old if self.writer.resumes else self._whole(place / "new", new=True)
        self.seconds = time.monotonic() - begun
        self.ends: Counter[str] = Counter()

    def _run(self, out: Path, *, new: bool) -> subprocess.Popen[bytes]:
        out.parent.mkdir(exist_ok=True)
        environment = os.environ | {"PYTHONPATH": f"{HERE}/src:{HERE}", "MPLBACKEND": "Agg"}
        return subprocess.Popen(
            self.writer.command(out, self.place, new),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd=self.place,
        )

    def _whole(self, place: Path, *, new: bool) -> dict[str, str]:
        status = self._run(place / "results", new=new).wait()
        if status:
            raise RuntimeError(f"{self.name} ends with status {status}")
        return prints(place / "results")

    def kill(self, moment: float) -> None:
        """Kill a run over old results at a share of its usual time, and look what is left."""
        out = self.place / "tried" / "results"
        shutil.rmtree(out, ignore_errors=True)
        if not self.writer.resumes:
            shutil.copytree(self.place / "old" / "results", out)
            (out / "mine.txt").write_text("of the user")
        run = self._run(out, new=True)
        time.sleep(self.seconds * (moment + self.writer.endless))
        run.kill()
        run.wait()
        left = prints(out)
        mine = left.pop("mine.txt", None)
        if self.writer.resumes:
            self._go_on(out, left)
        elif mine is None:
            self.ends["lost"] += 1
        else:
            whole = "old" if left == self.old else "new" if left == self.new else "mixed"
            self.ends[whole] += 1

    def finish(self) -> None:
        """Run once to the end: nothing of all that was killed before is left then."""
        out = self.place / "tried" / "results"
        if not self.writer.endless:
            self._run(out, new=True).wait()
            self.ends["litter"] += bool(litter(out))

    def _go_on(self, out: Path, left: dict[str, str]) -> None:
        """Let a study go on from what is left; blocks that are there are not made again."""
        wrong = [file for file, held in left.items() if self.old.get(file) != held]
        again = self._run(out, new=True).wait()
        same = again == 0 and prints(out) == self.old
        self.ends["mixed" if wrong else "resumed" if same else "lost"] += 1


def tried(kills: int, seed: int, names: list[str]) -> dict[str, Counter[str]]:
    """Kill each writer so often in turn; return how that ended."""
    moments = random.Random(seed)
    with tempfile.TemporaryDirectory() as place:
        trials = []
        for name in names:
            (Path(place) / name).mkdir()
            trials.append(Trial(name, Path(place) / name))
        for number in range(kills):
            trials[number % len(trials)].kill(moments.uniform(0.3, 1.1))
        for trial in trials:
            trial.finish()
        return {trial.name: trial.ends for trial in trials}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=list(WRITERS), action="append")
    options = parser.parse_args()
    ends = tried(options.kills, options.seed, options.only or list(WRITERS))
    total: Counter[str] = Counter()
    for name, counts in ends.items():
        total.update(counts)
        print(f"{name}: " + ", ".join(f"{end} {counts[end]}" for end in sorted(counts)))
    bad = sum(total[end] for end in ("mixed", "lost", "litter"))
    print(f"{options.kills} kills: mixed {total['mixed']}, lost {total['lost']}, ", end="")
    print(f"litter {total['litter']}")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
