"""Bohan and Peter's criteria of dermatomyositis and polymyositis."""

from __future__ import annotations

from dataclasses import dataclass

from paraneo.errors import Faults
from paraneo.gate.verbs import verb

from ._answers import read_answers, say
from ._classified import Classified, Item
from ._unknowns import Part, settle

SOURCE = (
    "Bohan A, Peter JB (1975). Polymyositis and dermatomyositis (first of two parts). "
    "N Engl J Med 292:344-7. https://doi.org/10.1056/NEJM197502132920706"
)
NOT_MET = "criteria not met"
EXCLUDED = "excluded"
#: Weakest first: as many of the four muscle criteria as the class needs.
ORDER = (NOT_MET, "possible", "probable", "definite")
NEEDED_WITH_RASH = {"definite": 3, "probable": 2, "possible": 1}
NEEDED_WITHOUT_RASH = {"definite": 4, "probable": 3, "possible": 2}
#: The wording of Merry 2020 asks for three, with the rash or without it.
CASE_REPORT_DEFINITE = 3
MUSCLE = {"weakness": "I", "enzymes": "II", "emg": "III", "biopsy": "IV"}
NUMERALS = MUSCLE | {"rash": "V"}


@dataclass(frozen=True, slots=True, repr=False)
class BohanPeter1975(Classified):
    """A class under the criteria of Bohan and Peter.

    Attributes
    ----------
    category : str
        ``"definite"``, ``"probable"``, ``"possible"``, ``"criteria not met"``, or
        ``"excluded"`` where another disease explains the findings. Where items are not
        known it is the class that holds at least.
    possible : tuple of str
        All classes that the items not known leave open.
    disease : str or None
        ``"dermatomyositis"`` with the rash, ``"polymyositis"`` without, None where the
        rash is not known.
    case_report_category : str
        The class by the wording of Merry 2020 (https://doi.org/10.1186/s13569-020-00140-w),
        which calls three criteria definite where the original asks for all four without
        the rash.
    items : tuple of Item
        The criteria I to V and the exclusion.
    """

    disease: str | None
    case_report_category: str

    @property
    def criteria(self) -> str:
        """The name of the criteria."""
        return "Bohan and Peter 1975"

    @property
    def source(self) -> str:
        """Where the criteria were published, with DOI."""
        return SOURCE

    def _verdict(self) -> str:
        known = f" {self.disease}" if self.disease and self.category in ORDER[1:] else ""
        same = self.case_report_category == self.category
        other = "" if same else f" ({self.case_report_category} in the wording of Merry 2020)"
        return f"{self.category}{known}{other}"


@verb
def bohan_peter_1975(
    *,
    weakness: bool | None = None,
    enzymes: bool | None = None,
    emg: bool | None = None,
    biopsy: bool | None = None,
    rash: bool | None = None,
    other_disease: bool | None = None,
) -> BohanPeter1975:
    """Classify dermatomyositis or polymyositis by the criteria of Bohan and Peter.

    With the rash (dermatomyositis) three, two or one of the criteria I to IV make a
    definite, probable or possible case; without it (polymyositis) four, three or two.

    Parameters
    ----------
    weakness : bool, optional
        I, symmetrical weakness of proximal muscles. Here and below None means not known,
        which is not the same as absent.
    enzymes : bool, optional
        II, raised muscle enzymes in serum.
    emg : bool, optional
        III, electromyogram of a myopathy or myositis.
    biopsy : bool, optional
        IV, abnormal muscle biopsy. None where none was taken.
    rash : bool, optional
        V, typical rash: heliotrope, Gottron's sign or papules.
    other_disease : bool, optional
        Whether another disease explains the findings (neurological disease, muscular
        dystrophy, granulomatous or infectious myositis, metabolic or endocrine myopathy,
        myasthenia gravis). These are to be excluded first.

    Returns
    -------
    BohanPeter1975

    Raises
    ------
    ArgumentError
        Where an item is neither True, False nor None.

    References
    ----------
    Bohan A, Peter JB (1975). Polymyositis and dermatomyositis (first of two parts).
    N Engl J Med 292:344-7. https://doi.org/10.1056/NEJM197502132920706

    Examples
    --------
    No biopsy was taken, and none is needed:

    >>> found = bohan_peter_1975(
    ...     weakness=True, enzymes=True, emg=True, rash=True, other_disease=False
    ... )
    >>> found.category, found.disease, found.unknown_that_matter
    ('definite', 'dermatomyositis', ())

    Without the rash the biopsy decides:

    >>> found = bohan_peter_1975(
    ...     weakness=True, enzymes=True, emg=True, rash=False, other_disease=False
    ... )
    >>> found.category, found.possible, found.unknown_that_matter
    ('probable', ('probable', 'definite'), ('biopsy',))
    """
    faults = Faults("the Bohan and Peter criteria")
    muscle = {"weakness": weakness, "enzymes": enzymes, "emg": emg, "biopsy": biopsy}
    answers = read_answers(muscle | {"rash": rash, "other_disease": other_disease}, faults)
    faults.raise_any()
    parts = {name: _parts(name, answer) for name, answer in answers.items()}
    original = settle(parts, _original, order=ORDER, outside=EXCLUDED)
    case_report = settle(parts, _case_report, order=ORDER, outside=EXCLUDED)
    diseases = {True: "dermatomyositis", False: "polymyositis", None: None}
    return BohanPeter1975(
        category=original.category,
        possible=original.possible,
        items=tuple(
            Item(
                name,
                say(answer),
                (NUMERALS.get(name, "exclusion") if answer else ""),
                name in original.deciding,
            )
            for name, answer in answers.items()
        ),
        disease=diseases[answers["rash"]],
        case_report_category=case_report.category,
    )


def _parts(name: str, answer: bool | None) -> list[Part]:
    """Return what an item may add: muscle criteria, rash, exclusions."""
    unit = (int(name in MUSCLE), int(name == "rash"), int(name == "other_disease"))
    nothing = (0, 0, 0)
    return [nothing, unit] if answer is None else [unit if answer else nothing]


def _original(total: Part) -> str:
    muscle, rash, other = total
    if other:
        return EXCLUDED
    needed = NEEDED_WITH_RASH if rash else NEEDED_WITHOUT_RASH
    return next((name for name, count in needed.items() if muscle >= count), NOT_MET)


def _case_report(total: Part) -> str:
    muscle, _, other = total
    return "definite" if muscle >= CASE_REPORT_DEFINITE and not other else _original(total)
