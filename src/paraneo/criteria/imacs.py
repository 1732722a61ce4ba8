"""The IMACS 2023 guideline: who runs which risk, and which visits it asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from paraneo.errors import Faults
from paraneo.gate.arguments import check_option
from paraneo.gate.verbs import verb

from . import _imacs_rules as rules
from ._answers import OLDEST, read_answers, read_years
from ._classified import Classified, Item
from ._imacs_person import SINGLE_PET, Further, Person, count_of, group_of, read_antibodies
from ._unknowns import settle


@dataclass(frozen=True, slots=True, repr=False)
class Imacs2023(Classified):
    """A risk group under the IMACS 2023 guideline, and what the guideline asks for.

    Attributes
    ----------
    category : str
        ``"high"``, ``"moderate"`` or ``"standard"``; ``"not covered"`` where the guideline
        does not apply. Where factors are not known it is the group that holds at least.
        Validation papers call the moderate group intermediate.
    possible : tuple of str
        All groups that the factors not known leave open.
    items : tuple of Item
        Every factor, what was found, and the risk it counts for.
    exclusions : tuple of str
        Why the guideline does not apply; empty where it does.
    sex : str or None
    years_to_diagnosis : float or None
        From onset to diagnosis.
    further : tuple
        What is to be considered beside the panels, as `further_investigations` shows it.
    """

    exclusions: tuple[str, ...]
    sex: str | None
    years_to_diagnosis: float | None
    further: tuple[Further, ...]

    @property
    def criteria(self) -> str:
        """The name of the guideline."""
        return "IMACS 2023"

    @property
    def source(self) -> str:
        """Where the guideline was published, with DOI."""
        return rules.SOURCE

    @property
    def pet_ct_alone(self) -> bool | None:
        """Whether a PET-CT may stand as the single investigation; None if not known."""
        return next(each.applies for each in self.further if each.investigation == SINGLE_PET)

    def visits(self) -> pd.DataFrame:
        """Return a row a visit and panel of the group.

        Returns
        -------
        pandas.DataFrame
            ``panel`` (basic or enhanced), ``years_after_onset`` and
            ``years_after_diagnosis``. The guideline counts repeats from the onset; a repeat
            due before the diagnosis falls away. Where the time from onset to diagnosis is
            not known, ``years_after_onset`` of the first visit is NaN, and the repeats are
            placed as though onset and diagnosis fell together.
        """
        delay = self.years_to_diagnosis or 0.0
        onset = float("nan") if self.years_to_diagnosis is None else delay
        rows = [(panel, onset, 0.0) for panel in rules.AT_DIAGNOSIS.get(self.category, ())]
        if self.category == "high":
            due = [year for year in rules.REPEATED_AFTER_ONSET if year > delay]
            rows += [("basic", year, year - delay) for year in due]
        return pd.DataFrame(rows, columns=["panel", "years_after_onset", "years_after_diagnosis"])

    def visit_years(self) -> tuple[float, ...]:
        """Return the years after diagnosis at which the group is examined, rising."""
        return tuple(sorted(set(self.visits()["years_after_diagnosis"].tolist())))

    def panels(self) -> pd.DataFrame:
        """Return a row an investigation of the group: ``panel investigation sex``.

        ``sex`` is empty where the investigation is for both; those for the other sex are
        left out where the sex is known.
        """
        asked = rules.AT_DIAGNOSIS.get(self.category, ())
        rows = [
            (panel, investigation, sex)
            for panel, listed in (("basic", rules.BASIC), ("enhanced", rules.ENHANCED))
            for investigation, sex in listed
            if panel in asked and (not sex or self.sex in (None, sex))
        ]
        return pd.DataFrame(rows, columns=["panel", "investigation", "sex"])

    def further_investigations(self) -> pd.DataFrame:
        """Return what the guideline asks to consider beside the panels.

        Returns
        -------
        pandas.DataFrame
            ``investigation``, ``rule`` and ``applies``: ``"yes"``, ``"no"`` or ``"not known"``.
        """
        said = {True: "yes", False: "no", None: "not known"}
        rows = [(name, rule, said[applies]) for name, rule, applies in self.further]
        return pd.DataFrame(rows, columns=["investigation", "rule", "applies"])

    def _verdict(self) -> str:
        if self.exclusions:
            return f"{self.category} ({'; '.join(self.exclusions)})"
        said = f" (called {rules.SYNONYM} elsewhere)" if self.category == "moderate" else ""
        return f"{self.category} risk{said}"


@verb
def imacs_2023(
    *,
    age_at_onset: float | None = None,
    sex: str | None = None,
    subtype: str | None = None,
    antibodies: Iterable[str] | Mapping[str, bool | None] | str | None = None,
    persistent_activity: bool | None = None,
    dysphagia: bool | None = None,
    cutaneous_necrosis: bool | None = None,
    raynaud: bool | None = None,
    arthropathy: bool | None = None,
    interstitial_lung_disease: bool | None = None,
    years_to_diagnosis: float | None = None,
    cancer_at_diagnosis: bool | None = None,
    nasopharyngeal_region: bool | None = None,
) -> Imacs2023:
    """Place a person with myositis in a risk group of the IMACS 2023 guideline.

    Two high-risk factors or more make the group high; one, or two intermediate ones,
    moderate; anything less standard. Low-risk factors are recorded and subtract nothing.

    Parameters
    ----------
    age_at_onset : float, optional
        Years; strictly above 40 is a high-risk factor, under 18 is not covered. Here and
        below None means not known, which is not the same as absent.
    sex : {"female", "male"}, optional
        Male is an intermediate-risk factor.
    subtype : str, optional
        ``"dermatomyositis"``, ``"amyopathic-dermatomyositis"``, ``"polymyositis"``,
        ``"necrotising-myopathy"``, ``"antisynthetase-syndrome"``, ``"overlap-myositis"`` or
        ``"inclusion-body-myositis"`` (not covered).
    antibodies : collection of str or mapping, optional
        The antibodies found, others being absent: ``"tif1-gamma"``, ``"nxp2"``, ``"sae1"``,
        ``"hmgcr"``, ``"mi2"``, ``"mda5"``, ``"srp"``, ``"jo1"``,
        ``"non-jo1-antisynthetase"``, ``"myositis-associated"``; empty where all were sought
        and none found. Or a mapping of these names to True, False or None; of those left
        out nothing is known.
    persistent_activity : bool, optional
        High disease activity despite immunosuppressive therapy, relapse included.
    dysphagia : bool, optional
        Moderate to severe dysphagia.
    cutaneous_necrosis : bool, optional
    raynaud, arthropathy, interstitial_lung_disease : bool, optional
        Low-risk factors.
    years_to_diagnosis : float, optional
        From the onset of symptoms to the diagnosis; above 3 the guideline does not apply.
    cancer_at_diagnosis : bool, optional
        Whether the investigations at diagnosis found a cancer.
    nasopharyngeal_region : bool, optional
        Whether the person is from a region of raised risk of nasopharyngeal carcinoma.

    Returns
    -------
    Imacs2023

    Raises
    ------
    ArgumentError
        Where a value is not one of the above, each named with its cure.

    References
    ----------
    Oldroyd AGS et al. (2023). International Guideline for Idiopathic Inflammatory
    Myopathy-Associated Cancer Screening. Nat Rev Rheumatol 19:805-17.
    https://doi.org/10.1038/s41584-023-01045-w

    Examples
    --------
    >>> found = imacs_2023(
    ...     age_at_onset=43, sex="female", subtype="dermatomyositis", antibodies=["tif1-gamma"],
    ...     persistent_activity=False, dysphagia=False, cutaneous_necrosis=False,
    ...     years_to_diagnosis=0.2,
    ... )
    >>> found.category, found.counted, found.pet_ct_alone
    ('high', ('age_at_onset', 'subtype', 'antibody tif1-gamma'), False)
    >>> found.visit_years()
    (0.0, 0.8, 1.8, 2.8)
    """
    faults = Faults("the IMACS 2023 guideline")
    for name, value, words in (
        ("sex", sex, ("female", "male")),
        ("subtype", subtype, tuple(rules.SUBTYPES)),
    ):
        if value is not None:
            check_option(value, words, name, faults)
    answers = read_answers(
        {
            "persistent_activity": persistent_activity,
            "dysphagia": dysphagia,
            "cutaneous_necrosis": cutaneous_necrosis,
            "raynaud": raynaud,
            "arthropathy": arthropathy,
            "interstitial_lung_disease": interstitial_lung_disease,
            "cancer_at_diagnosis": cancer_at_diagnosis,
            "nasopharyngeal_region": nasopharyngeal_region,
        },
        faults,
    )
    found = read_antibodies(antibodies, faults)
    age = read_years(age_at_onset, "age_at_onset", faults, highest=OLDEST)
    delay = read_years(years_to_diagnosis, "years_to_diagnosis", faults)
    faults.raise_any()
    return _classified(Person(age, sex, subtype, found, answers, delay))


def _classified(person: Person) -> Imacs2023:
    factors = person.factors()
    parts = {name: [count_of(risk) for risk in risks] for name, (_, risks) in factors.items()}
    settled = settle(parts, group_of, order=rules.ORDER, outside=rules.NOT_COVERED)
    items = tuple(
        Item(name, finding, risks[0] if len(risks) == 1 else "", name in settled.deciding)
        for name, (finding, risks) in factors.items()
    )
    return Imacs2023(
        category=settled.category,
        possible=settled.possible,
        items=items,
        exclusions=person.exclusions(),
        sex=person.sex,
        years_to_diagnosis=person.delay,
        further=person.further(settled.possible),
    )
