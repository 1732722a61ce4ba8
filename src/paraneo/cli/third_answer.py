"""When the cancer shows, and when to stop looking: the person of the case report, by marker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from paraneo.screening import CancerRisk, screening_window

from .console import CAUTION, csv, grid, picture, say
from .personal_inputs import MARKERS, Person, usual
from .personal_risk import said_of, uncertainty
from .personal_schedule import USUAL_TEST, compared_schedules, shown, visits_of
from .personal_schedule import assumed as assumed_of_visits

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from rich.console import Console

#: The person of Merry et al. 2020, doi:10.1186/s13569-020-00140-w.
AGE, SEX, DISEASE = 43.0, "female", "dermatomyositis"
#: Years since diagnosis that are looked at, the last for windows, and for schedules.
YEARS, HORIZON, VISITED = (1.0, 3.0, 5.0), 10.0, 6.0
#: Each rule of a window with its threshold, and what it says in words.
RULES = {
    ("ratio", 2.0): "Hazard at most twice the population's",
    ("share", 0.9): "90% of the excess cancers of 10 years have shown",
    ("excess", 5.0): "At most 5 excess cancers per 1000 in the next year",
    ("residual", 0.01): "At most 1% still to get an excess cancer",
}
TITLE = f"When the cancer shows: a woman aged {AGE:g} with dermatomyositis, by antibody result"
_NOT = f"not within {HORIZON:g}"


@dataclass(frozen=True, slots=True)
class ThirdAnswer:
    """Risks, ends of windows and schedules by marker, and what is to be said of them."""

    risks: pd.DataFrame
    windows: pd.DataFrame
    schedules: pd.DataFrame
    said: tuple[str, ...]
    of_visits: str
    curves: dict[str, CancerRisk]

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return what is printed, under headings."""
        by = [f"Within {year:g} year{'s' * (year != 1)}, %" for year in YEARS]
        wide = self.risks.pivot_table(index="marker", columns="time", values="estimate", sort=False)
        plain = self.risks.drop_duplicates("time")["population"]
        rows = [[name, *(f"{100 * x:.1f}" for x in wide.loc[name])] for name in wide.index]
        rows.append(["population", *(f"{100 * x:.1f}" for x in plain)])
        ends = self.windows.pivot_table(
            index="rule", columns="marker", values="estimate", sort=False
        )
        ends = ends.map(lambda x: _NOT if np.isinf(x) else f"{x:.2g}").reset_index()
        ends["rule"] = ends["rule"].map({rule: words for (rule, _), words in RULES.items()})
        frames = [
            shown(part).assign(Marker=name)
            for name, part in self.schedules.groupby("marker", sort=False)
        ]
        visits = pd.concat(frames, ignore_index=True)
        return {
            TITLE: pd.DataFrame(rows, columns=["Marker", *by]),
            "Years after which the excess has run down, by four rules": ends.rename(
                columns={"rule": "Rule"}
            ),
            "What schedules of visits find and cost, per 1000": visits[
                ["Marker", *visits.columns.drop("Marker")]
            ],
        }


def third_answer() -> ThirdAnswer:
    """Work out the risk, the windows and the schedules."""
    people = {
        marker: usual(DISEASE, age=AGE, sex=SEX, horizon=HORIZON, marker=marker)
        for marker in MARKERS
    }
    risks = {marker: person.risk() for marker, person in people.items()}
    frames = [risk.at(YEARS).assign(marker=marker) for marker, risk in risks.items()]
    windows, schedules = [], []
    for marker, person in people.items():
        for rule, threshold in RULES:
            # the ratios have no CI, so that the end has none and one draw will do
            found = screening_window(risks[marker], rule=rule, threshold=threshold, draws=1)  # type: ignore[arg-type]
            windows.append(found.summary().assign(marker=marker))
        seen = replace(person, horizon=VISITED).risk()
        compared = compared_schedules(_plain(seen), {}, USUAL_TEST)
        schedules.append(compared.summary().assign(marker=marker))
    person, risk = people["positive"], risks["positive"]
    table = pd.concat(frames, ignore_index=True)
    said = (_with_ppv(table), uncertainty(person, risk).split(" The table")[0])
    return ThirdAnswer(
        risks=table,
        windows=pd.concat(windows, ignore_index=True),
        schedules=pd.concat(schedules, ignore_index=True),
        said=(*said, *said_of(person, risk), CAUTION),
        of_visits=_of_visits(people["unknown"], compared),
        curves=risks,
    )


def _of_visits(person: Person, compared: Any) -> str:
    words = assumed_of_visits(person, person.risk(), compared, USUAL_TEST)
    return words[words.index("Assumed") :]


def _plain(risk: CancerRisk) -> CancerRisk:
    """Return the risk by its estimates alone, where its figures have no CI anyway."""
    if not risk.engine.rows.unknown:
        return risk
    return replace(risk, engine=replace(risk.engine, rows=risk.engine.rows.first))


def _with_ppv(risks: pd.DataFrame) -> str:
    """Say why a predictive value of a clinic and the risk of this person differ."""
    three = risks[risks["time"] == YEARS[1]].set_index("marker")["estimate"].astype(float) * 100
    return (
        "A predictive value belongs to a prevalence: where 17% have cancer, a positive result "
        f"means the PPV above; of women aged {AGE:g} with dermatomyositis "
        f"{float(three['unknown']):.1f}% are diagnosed with cancer within 3 years, and of those "
        f"with a positive result {float(three['positive']):.1f}%."
    )


def show(console: Console, answer: ThirdAnswer) -> None:
    """Print the tables and what is to be said of them."""
    words = ("Marker", "Rule", "Schedule", "Visits, years")
    for heading, frame in answer.tables().items():
        sections = "Marker" if "Schedule" in frame else None
        console.print(grid(frame, heading, words=words, sections=sections))
    say(console, answer.of_visits, *answer.said)
    console.print()


def files(answer: ThirdAnswer) -> dict[str, Callable[[Path], object]]:
    """Return what is written under which name."""
    panels = [partial(_curve, risk, marker) for marker, risk in answer.curves.items()]
    return {
        "personal_risk.csv": csv(answer.risks),
        "personal_windows.csv": csv(answer.windows),
        "personal_schedules.csv": csv(answer.schedules),
        "personal_risk.png": picture(*panels, size=(4.2, 3.6), sharey=True),
        "personal_timeline.png": partial(_timeline, answer),
    }


def _timeline(answer: ThirdAnswer, path: Path) -> None:
    """Draw windows of a positive and a negative result, and the visits of the schedules."""
    from paraneo.plotting.forest import size_of
    from paraneo.plotting.timeline import timeline

    rules = {rule: words for (rule, _), words in RULES.items()}
    known = answer.windows[answer.windows["marker"] != "unknown"]
    windows = pd.DataFrame(
        {
            "label": known["marker"].str.capitalize() + ": " + known["rule"].map(rules),
            "start": 0.0,
            "end": known["estimate"],
        }
    )
    visits = visits_of(answer.schedules[answer.schedules["marker"] == "unknown"])
    names = [*windows["label"], *visits["label"].unique()]
    draw = partial(timeline, windows, visits, horizon=HORIZON)
    picture(lambda ax: draw(ax=ax), size=size_of(names))(path)


def _curve(risk: CancerRisk, marker: str, ax: Axes) -> None:
    risk.plot(ax)
    ax.set_title(f"Antibody {marker}", fontsize=10)
