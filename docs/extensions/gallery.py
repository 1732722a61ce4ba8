"""Pictures of the gallery: a question, the code that answers it, and what it draws."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parents[1]
FOLDER = HERE / "_pictures"


@dataclass(frozen=True)
class Drawing:
    """A question, which function answers it, and how."""

    name: str
    question: str
    verbs: tuple[str, ...]
    code: str


RISK = """\
flat = pn.rate_table({"age": [0], "rate": [0.01]}, rate="rate")
ratios = {"start": [0, 1, 3], "end": [1, 3, 10], "estimate": [7.0, 4.0, 2.0],
          "lower": [5.0, 3.0, 1.2], "upper": [9.8, 5.3, 3.3]}
risk = pn.cancer_risk(ratios, age=60, year=2020, rates=flat, mortality=flat, horizon=8)
"""
STUDIES = """\
studies = pn.evidence.load("antibody_accuracy").dropna(subset=["tp", "fp", "fn", "tn"])
studies = studies[studies["population"] == "DM"]
"""
PEOPLE = """\
people = {
    "years": [1, 2, 2, 3, 4, 5, 5, 6, 7, 8, 8, 9],
    "what": [1, 0, 1, 2, 1, 0, 1, 0, 2, 1, 0, 0],
    "group": ["a", "b"] * 6,
}
"""
SECTIONS: dict[str, tuple[Drawing, ...]] = {
    "What does a result mean?": (
        Drawing(
            "accuracy",
            "How good is the test?",
            ("diagnostic_accuracy",),
            "pn.diagnostic_accuracy(tp=31, fp=12, fn=9, tn=148).plot()",
        ),
        Drawing(
            "predictive_values",
            "What does a result mean at each prevalence?",
            ("predictive_values", "published_accuracy"),
            "import numpy as np\n\ntable = pn.diagnostic_accuracy(tp=31, fp=12, fn=9, tn=148)\n"
            "pn.predictive_values(table, np.linspace(0.01, 0.6, 60)).plot()",
        ),
        Drawing(
            "people_tested",
            "Of 1000 people tested, who is right to worry?",
            ("people_tested",),
            "table = pn.diagnostic_accuracy(tp=31, fp=12, fn=9, tn=148)\n"
            "pn.people_tested(table, 0.17).plot()",
        ),
        Drawing(
            "nomogram",
            "How far does a result move a clinician?",
            ("predictive_values",),
            "table = pn.diagnostic_accuracy(tp=31, fp=12, fn=9, tn=148)\n"
            'pn.predictive_values(table, 0.17).plot(kind="nomogram")',
        ),
        Drawing(
            "compared_tests",
            "Which of two tests is better?",
            ("compare_tests",),
            'men = {"disease": [1, 1, 1, 1, 0, 0, 0, 0], "exercise": [1, 1, 0, 0] * 2,\n'
            '       "history": [1, 0, 1, 0] * 2, "n": [786, 29, 183, 25, 69, 46, 176, 151]}\n'
            'pn.compare_tests(men, first="exercise", second="history", condition="disease",\n'
            '                 count="n").plot()',
        ),
        Drawing(
            "verified",
            "What if only some were verified?",
            ("verified_accuracy",),
            "pn.verified_accuracy(231, 32, 27, 54, unverified_positive=166,\n"
            "                     unverified_negative=140).plot()",
        ),
        Drawing(
            "pooled_roc",
            "What do several studies say together?",
            ("pooled_accuracy",),
            STUDIES + "pn.pooled_accuracy(studies).plot()",
        ),
        Drawing(
            "pooled_forest",
            "And each of them?",
            ("pooled_accuracy",),
            STUDIES + 'studies["study"] += " " + studies["year"].astype(str)\n'
            'pn.pooled_accuracy(studies).plot(kind="forest")',
        ),
    ),
    "How much more cancer than expected?": (
        Drawing(
            "ratios",
            "In which group?",
            ("incidence_ratios",),
            'table = {"sex": ["women", "men"], "observed": [12, 20], "expected": [6.7, 18.3]}\n'
            'pn.incidence_ratios(table, by="sex").plot()',
        ),
        Drawing(
            "ratios_over_time",
            "How long after the diagnosis?",
            ("person_years",),
            'table = {"follow_up": [0, 1, 5, 10], "observed": [9, 8, 3, 2],\n'
            '         "expected": [1.1, 2.4, 2.0, 1.9]}\n'
            'pn.incidence_ratios(table, by="follow_up").plot(over="follow_up")',
        ),
        Drawing(
            "pooled_ratios",
            "What do registers say together?",
            ("pooled_ratios",),
            'found = pn.evidence.load("sir_overall")\n'
            'found = found[(found["population"] == "DM") & found["ci_low"].notna()\n'
            '              & (found["sex"] == "both") & (found["measure"] == "SIR")]\n'
            "pn.pooled_ratios(found).plot()",
        ),
        Drawing(
            "funnel",
            "Do small studies say something else?",
            ("pooled_ratios",),
            'found = pn.evidence.load("sir_overall")\n'
            'found = found[(found["population"] == "DM") & found["ci_low"].notna()\n'
            '              & (found["sex"] == "both") & (found["measure"] == "SIR")]\n'
            'pn.pooled_ratios(found).plot(kind="funnel")',
        ),
        Drawing(
            "ratio_curve",
            "And over time, where their windows differ?",
            ("pooled_ratio_curve",),
            'found = pn.evidence.load("sir_by_time")\n'
            'found = found[found["study"].isin(["Chow 1995", "Buchbinder 2001"])]\n'
            "pn.pooled_ratio_curve(found, open_end=10).plot()",
        ),
        Drawing(
            "audited",
            "Can the printed limits be right?",
            ("audited_ratios",),
            'printed = {"study": ["Chen 2010, DM", "Kuo 2011, DM"], "observed": [95, None],\n'
            '           "sir": [5.11, 5.36], "ci_low": [5.01, 4.12], "ci_high": [5.22, 6.87]}\n'
            "pn.audited_ratios(printed).plot()",
        ),
        Drawing(
            "rates",
            "What are the population's rates?",
            ("rate_table",),
            'rates = pn.evidence.load("us_cancer_rates")\n'
            'pn.rate_table(rates, rate="rate", by="sex").plot()',
        ),
        Drawing(
            "standardised",
            "How do rates compare at the same ages?",
            ("standardised_rates",),
            'cells = {"age": [0, 40, 60] * 2, "sex": ["f"] * 3 + ["m"] * 3,\n'
            '         "cases": [1, 8, 12, 0, 9, 15], "person_years": [4000, 3000, 2000] * 2}\n'
            'standard = {"age": [0, 40, 60], "weight": [5, 3, 2]}\n'
            'pn.standardised_rates(cells, standard=standard, by="sex").plot()',
        ),
    ),
    "When does it show?": (
        Drawing(
            "cumulative_incidence",
            "How many have it by when, if death competes?",
            ("cumulative_incidence",),
            PEOPLE + 'pn.cumulative_incidence(people, exit="years", event="what", competing=2,\n'
            '                        by="group").plot()',
        ),
        Drawing(
            "kaplan_meier",
            "How many are free of it?",
            ("kaplan_meier",),
            PEOPLE + 'pn.kaplan_meier(people, exit="years", event="what").plot()',
        ),
        Drawing(
            "cox",
            "Which group has more?",
            ("cox_regression",),
            PEOPLE
            + 'pn.cox_regression(people, exit="years", event="what", formula="~ C(group)").plot()',
        ),
        Drawing(
            "excess",
            "By how much is the hazard above the population's?",
            ("excess_hazard",),
            'people = {"exit": [0.5, 0.7, 1.0, 2.0, 4.0, 6.0, 7.0, 8.0],\n'
            '          "event": [1, 1, 1, 1, 0, 1, 0, 0]}\n'
            "pn.excess_hazard(people, breaks=[0, 1, 4, 8]).plot()",
        ),
        Drawing(
            "occult",
            "How many cancers were there at diagnosis?",
            ("occult_cancer",),
            'people = {"exit": [0.1, 0.3, 0.4, 0.8, 9, 9, 10, 10, 10, 10],\n'
            '          "event": [1] * 4 + [0] * 6}\n'
            'pn.occult_cancer(people, distribution="exponential").plot()',
        ),
        Drawing(
            "risk",
            "What is a person's risk?",
            ("cancer_risk",),
            RISK + "risk.plot()",
        ),
        Drawing(
            "marker_hazards",
            "And by the marker?",
            ("marker_hazards",),
            "accuracy = pn.published_accuracy(sensitivity=0.6, specificity=0.9)\n"
            "pn.marker_hazards(([0, 2, 5, 10], [0.06, 0.03, 0.01]), [0.5, 1, 2, 3, 5, 7, 9],\n"
            "                  accuracy=accuracy, window=5, background=0.005).plot()",
        ),
    ),
    "When to look, and when to stop?": (
        Drawing(
            "window",
            "Until when is the excess worth a look?",
            ("screening_window",),
            RISK + 'pn.screening_window(risk, rule="excess", threshold=20, draws=200).plot()',
        ),
        Drawing(
            "visits",
            "What does each visit find?",
            ("screening_yield",),
            RISK
            + "pn.screening_yield(risk, [0, 1, 2, 3], sensitivity=0.8, mean_sojourn=0.8).plot()",
        ),
        Drawing(
            "schedules",
            "Which schedule finds more, at what cost?",
            ("compare_schedules",),
            RISK
            + 'named = {"once": [0], "yearly": [0, 1, 2, 3], "half-yearly": [0, 0.5, 1, 1.5, 2]}\n'
            "pn.compare_schedules(risk, named, sensitivity=0.8, mean_sojourn=0.8).plot()",
        ),
        Drawing(
            "frontier",
            "How much does one more visit add?",
            ("schedule_frontier", "best_schedule"),
            RISK + "pn.schedule_frontier(risk, 5, sensitivity=0.8, mean_sojourn=0.8).plot()",
        ),
        Drawing(
            "coverage",
            "Does the interval hold what it promises?",
            ("simulation.exact_coverage",),
            "import numpy as np\n\n"
            'pn.simulation.exact_coverage("binomial", interval=["wilson", "exact", "wald"], n=20,\n'
            "                             truth=np.linspace(0.01, 0.5, 99)).plot()",
        ),
    ),
}


def draw_all(_app: Any = None) -> None:
    """Run the code of every drawing and keep its picture."""
    import matplotlib.pyplot as plt
    import numpy as np

    import paraneo as pn

    FOLDER.mkdir(exist_ok=True)
    for one in drawings():
        lines, at = one.code.split("\n"), _last_line(one.code) - 1
        space: dict[str, Any] = {"pn": pn}
        exec("\n".join(lines[:at]), space)
        drawn = eval("\n".join(lines[at:]), space)
        figure = np.ravel(drawn)[0].figure
        figure.savefig(FOLDER / f"{one.name}.png", dpi=110)
        plt.close("all")


def _last_line(code: str) -> int:
    """Return on which line, from 1, the last statement begins."""
    import ast

    return ast.parse(code).body[-1].lineno


def drawings() -> list[Drawing]:
    """Return them in order."""
    return [one for section in SECTIONS.values() for one in section]


def picture_of(verb: str) -> str:
    """Return the directive of the first picture of a function, or nothing."""
    for one in drawings():
        if verb in one.verbs:
            return (
                f".. figure:: /_pictures/{one.name}.png\n   :alt: {one.question}\n\n"
                f"   {one.question} The code stands in the "
                f":ref:`gallery <picture-{one.name.replace('_', '-')}>`.\n"
            )
    return ""


def _page() -> str:
    parts = []
    for heading, several in SECTIONS.items():
        parts.append(f"## {heading}\n")
        for one in several:
            links = ", ".join(f"{{func}}`paraneo.{verb}`" for verb in one.verbs)
            code = (
                one.code
                if one.code.startswith("import paraneo")
                else f"import paraneo as pn\n\n{one.code}"
            )
            if one.code.startswith("import numpy"):
                code = one.code.replace(
                    "import numpy as np\n", "import numpy as np\n\nimport paraneo as pn\n", 1
                )
            parts += [
                f"(picture-{one.name.replace('_', '-')})=\n\n### {one.question}\n\n{links}\n",
                f"```python\n{code}\n```\n",
                f"```{{image}} /_pictures/{one.name}.png\n:alt: {one.question}\n```\n",
            ]
    return "\n".join(parts)


def _fill(_app: Any, _page_name: str, source: list[str]) -> None:
    source[0] = re.sub(r"^\{\{ gallery \}\}$", lambda _: _page(), source[0], flags=re.MULTILINE)


def setup(app: Any) -> dict[str, bool]:
    """Draw before the pages are read."""
    app.connect("builder-inited", draw_all)
    app.connect("source-read", _fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
