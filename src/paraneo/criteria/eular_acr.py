"""The EULAR/ACR 2017 classification criteria of idiopathic inflammatory myopathies."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from paraneo.errors import Faults
from paraneo.gate.verbs import verb

from ._answers import OLDEST, read_answers, read_years, say
from ._classified import Classified, Item
from ._unknowns import Part, Settled, settle

SOURCE = (
    "Lundberg IE et al. (2017). 2017 EULAR/ACR classification criteria for adult and juvenile "
    "idiopathic inflammatory myopathies and their major subgroups. Ann Rheum Dis 76:1955-64. "
    "https://doi.org/10.1136/annrheumdis-2017-211468"
)
NOT_MET = "not IIM"
BIOPSY_NEEDED = "biopsy needed"
NOT_APPLICABLE = "not applicable"
ORDER = (NOT_MET, BIOPSY_NEEDED, "possible", "probable", "definite")

#: Points in tenths, without and with a biopsy, so that scores add up exactly.
POINTS = {
    "proximal_upper_weakness": (7, 7),
    "proximal_lower_weakness": (8, 5),
    "neck_flexors_weaker": (19, 16),
    "proximal_legs_weaker": (9, 12),
    "heliotrope": (31, 32),
    "gottron_papules": (21, 27),
    "gottron_sign": (33, 37),
    "dysphagia": (7, 6),
    "anti_jo1": (39, 38),
    "muscle_enzymes": (13, 14),
}
#: Known only from a biopsy.
BIOPSY_POINTS = {
    "endomysial_infiltration": 17,
    "perimysial_infiltration": 12,
    "perifascicular_atrophy": 19,
    "rimmed_vacuoles": 31,
}
#: First age in years at the onset of symptoms, and its points.
AGE_POINTS = ((40.0, (21, 22)), (18.0, (13, 15)), (0.0, (0, 0)))
SKIN = ("heliotrope", "gottron_papules", "gottron_sign")
#: Lowest score of a class in tenths, without and with a biopsy.
CUT_POINTS = {"definite": (75, 87), "probable": (55, 67), "possible": (53, 65)}
#: Probability = 1 / (1 + exp(centre - score)).
CENTRES = (5.33, 6.49)
IBM = "inclusion body myositis"
JUVENILE = "juvenile dermatomyositis"
JUVENILE_OTHER = "juvenile myositis other than juvenile dermatomyositis"
#: Age in years at onset from which on a myositis is no juvenile one.
ADULT = 18.0
WITHOUT, WITH = 0, 1


@dataclass(frozen=True, slots=True)
class ClassificationScore:
    """The score on one of the two scales.

    Attributes
    ----------
    score, highest_score : float
        Points of what is present, and with all that is not known present too.
    probability, highest_probability : float
        Of an idiopathic inflammatory myopathy, in [0, 1], at these scores.
    category : str
        The class at least reached.
    """

    score: float
    highest_score: float
    probability: float
    highest_probability: float
    category: str


@dataclass(frozen=True, slots=True, repr=False)
class EularAcr2017(Classified):
    """A class under the EULAR/ACR 2017 classification criteria.

    Attributes
    ----------
    category : str
        ``"definite"``, ``"probable"``, ``"possible"`` or ``"not IIM"``, by the scale that
        applies; ``"biopsy needed"`` where the score would do but there is neither a
        typical skin sign nor a biopsy; ``"not applicable"`` where there is a better
        explanation. Where items are not known it is the class that holds at least.
    possible : tuple of str
        All classes that the items not known leave open.
    items : tuple of Item
        Every item, what was found, and its points on the scale that applies.
    without_biopsy : ClassificationScore
    with_biopsy : ClassificationScore or None
        None where no biopsy was taken.
    subgroup : str or None
        By the branches of the classification tree that are held here: before 18 years of age
        ``"juvenile dermatomyositis"`` with a typical skin sign and ``"juvenile myositis other
        than juvenile dermatomyositis"`` without one; from then on ``"inclusion body myositis"``
        where its rule is met. None elsewhere, where the age is not known, and below "probable".
    """

    without_biopsy: ClassificationScore
    with_biopsy: ClassificationScore | None
    subgroup: str | None

    @property
    def criteria(self) -> str:
        """The name of the criteria."""
        return "EULAR/ACR 2017"

    @property
    def source(self) -> str:
        """Where the criteria were published, with DOI."""
        return SOURCE

    @property
    def applied(self) -> ClassificationScore:
        """The score on the scale that applies: with a biopsy where there is one."""
        return self.with_biopsy or self.without_biopsy

    @property
    def score(self) -> float:
        """Points of what is present, on the scale that applies."""
        return self.applied.score

    @property
    def probability(self) -> float:
        """Probability of an idiopathic inflammatory myopathy, on the scale that applies."""
        return self.applied.probability

    def summary(self) -> pd.DataFrame:
        """Return a row an item: ``item finding counts matters points``.

        ``points`` is a number on the scale that applies, NaN where the item is not known.
        """
        frame = Classified.summary(self)
        points = pd.to_numeric(frame["counts"], errors="coerce").fillna(0.0)
        return frame.assign(points=points.mask(frame["finding"] == "not known"))

    def _verdict(self) -> str:
        scale = "with" if self.with_biopsy else "without"
        applied = self.applied
        points, chance = f"{applied.score:.1f}", f"{applied.probability:.4f}"
        if applied.highest_score > applied.score:
            points += f" to {applied.highest_score:.1f}"
            chance += f" to {applied.highest_probability:.4f}"
        name = "idiopathic inflammatory myopathy"
        of = f" {name}" if self.category in ORDER[2:] else ""
        subgroup = f", subgroup {self.subgroup}" if self.subgroup else ""
        return (
            f"{self.category}{of}{subgroup}; {points} points {scale} biopsy, probability {chance}"
        )


@verb
def eular_acr_2017(
    *,
    age_at_onset: float | None = None,
    proximal_upper_weakness: bool | None = None,
    proximal_lower_weakness: bool | None = None,
    neck_flexors_weaker: bool | None = None,
    proximal_legs_weaker: bool | None = None,
    heliotrope: bool | None = None,
    gottron_papules: bool | None = None,
    gottron_sign: bool | None = None,
    dysphagia: bool | None = None,
    anti_jo1: bool | None = None,
    muscle_enzymes: bool | None = None,
    biopsy: bool = False,
    endomysial_infiltration: bool | None = None,
    perimysial_infiltration: bool | None = None,
    perifascicular_atrophy: bool | None = None,
    rimmed_vacuoles: bool | None = None,
    finger_flexor_weakness: bool | None = None,
    responds_to_treatment: bool | None = None,
    better_explanation: bool | None = None,
) -> EularAcr2017:
    r"""Score and classify by the EULAR/ACR 2017 criteria of inflammatory myopathies.

    The points of what is present add up to a score :math:`s`, and

    .. math:: P(\mathrm{IIM}) = \frac{1}{1 + e^{c - s}},

    with :math:`c = 5.33` without and 6.49 with a muscle biopsy. Classes go by the score,
    as published: definite from 7.5 (8.7 with biopsy), probable from 5.5 (6.7), possible
    from 5.3 (6.5). These cut points are rounded: at 7.5 the formula gives 0.8975, and the
    class is definite all the same. Scores are added in whole tenths, so one that lies
    exactly on a cut point reaches the class.

    Parameters
    ----------
    age_at_onset : float, optional
        Age in years at the first symptom. Here and below None means not known, which is
        not the same as absent.
    proximal_upper_weakness, proximal_lower_weakness : bool, optional
        Objective symmetric weakness, usually progressive, of the proximal arms and legs.
    neck_flexors_weaker : bool, optional
        Neck flexors relatively weaker than neck extensors.
    proximal_legs_weaker : bool, optional
        In the legs, proximal muscles relatively weaker than distal ones.
    heliotrope, gottron_papules, gottron_sign : bool, optional
        Typical skin signs. Without any of them a biopsy is needed to classify.
    dysphagia : bool, optional
        Dysphagia or oesophageal dysmotility.
    anti_jo1 : bool, optional
        Anti-Jo-1 antibody.
    muscle_enzymes : bool, optional
        CK, LDH, ASAT or ALAT in serum above the upper limit of normal.
    biopsy : bool
        Whether a muscle biopsy was taken; then the scale with biopsy applies.
    endomysial_infiltration, perimysial_infiltration : bool, optional
        Findings of the biopsy: mononuclear cells around but not in the fibres; perimysial
        or perivascular mononuclear cells.
    perifascicular_atrophy, rimmed_vacuoles : bool, optional
        Further findings of the biopsy.
    finger_flexor_weakness, responds_to_treatment : bool, optional
        Used for the subgroup alone.
    better_explanation : bool, optional
        Whether something else explains the findings better; the criteria then do not apply.

    Returns
    -------
    EularAcr2017

    Raises
    ------
    ArgumentError
        Where an item is neither True, False nor None, where the age is not in years,
        or where findings of a biopsy are given though none was taken.

    References
    ----------
    Lundberg IE et al. (2017). 2017 EULAR/ACR classification criteria for adult and juvenile
    idiopathic inflammatory myopathies and their major subgroups. Ann Rheum Dis 76:1955-64.
    https://doi.org/10.1136/annrheumdis-2017-211468

    Examples
    --------
    The patient of Merry 2020 (https://doi.org/10.1186/s13569-020-00140-w), of whom Gottron's
    sign is not stated:

    >>> found = eular_acr_2017(
    ...     age_at_onset=43, proximal_upper_weakness=True, proximal_lower_weakness=True,
    ...     heliotrope=True, gottron_papules=True, muscle_enzymes=True, anti_jo1=False,
    ...     better_explanation=False,
    ... )
    >>> found.score, round(found.probability, 4), found.category, found.settled
    (10.1, 0.9916, 'definite', True)
    """
    faults = Faults("the EULAR/ACR 2017 criteria")
    scored = {
        "proximal_upper_weakness": proximal_upper_weakness,
        "proximal_lower_weakness": proximal_lower_weakness,
        "neck_flexors_weaker": neck_flexors_weaker,
        "proximal_legs_weaker": proximal_legs_weaker,
        "heliotrope": heliotrope,
        "gottron_papules": gottron_papules,
        "gottron_sign": gottron_sign,
        "dysphagia": dysphagia,
        "anti_jo1": anti_jo1,
        "muscle_enzymes": muscle_enzymes,
        "endomysial_infiltration": endomysial_infiltration,
        "perimysial_infiltration": perimysial_infiltration,
        "perifascicular_atrophy": perifascicular_atrophy,
        "rimmed_vacuoles": rimmed_vacuoles,
        "better_explanation": better_explanation,
    }
    answers = read_answers(scored, faults)
    extra = read_answers(
        {
            "finger_flexor_weakness": finger_flexor_weakness,
            "responds_to_treatment": responds_to_treatment,
            "biopsy": biopsy,
        },
        faults,
    )
    age = read_years(age_at_onset, "age_at_onset", faults, highest=OLDEST)
    _check_biopsy(answers, extra["biopsy"], faults)
    faults.raise_any()
    without, with_one = _scale(answers, age, WITHOUT), None
    applied = without
    if extra["biopsy"]:
        applied = with_one = _scale(answers, age, WITH)
    return EularAcr2017(
        category=applied.settled.category,
        possible=applied.settled.possible,
        items=applied.items,
        without_biopsy=without.score,
        with_biopsy=with_one.score if with_one else None,
        subgroup=_subgroup(answers, extra, applied.settled.category, age),
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    """Everything that one of the two scales says."""

    score: ClassificationScore
    settled: Settled
    items: tuple[Item, ...]


def _check_biopsy(answers: dict[str, bool | None], biopsy: bool | None, faults: Faults) -> None:
    """Note findings without a biopsy, and a biopsy of which it is not said whether it was."""
    given = [name for name in BIOPSY_POINTS if answers[name] is not None]
    if biopsy is None and not any(fault.column == "biopsy" for fault in faults.found):
        faults.add("biopsy", "it is not known whether one was taken", "Say True or False")
    if biopsy is False:
        for name in given:
            faults.add(name, "a finding is given without a biopsy", "Say biopsy=True")


def _scale(answers: dict[str, bool | None], age: float | None, scale: int) -> _Scale:
    """Score on one scale. A total holds points in tenths, skin signs, better explanations."""
    parts: dict[str, list[Part]] = {"age_at_onset": _age_parts(age, scale)}
    for name, answer in answers.items():
        if name in BIOPSY_POINTS and scale == WITHOUT:
            continue
        unit = (_points(name, scale), int(name in SKIN), int(name == "better_explanation"))
        nothing = (0, 0, 0)
        parts[name] = [nothing, unit] if answer is None else [unit if answer else nothing]
    settled = settle(
        parts, lambda total: _classify(total, scale), order=ORDER, outside=NOT_APPLICABLE
    )
    lowest, highest = (
        sum(pick(part[0] for part in choices) for choices in parts.values()) for pick in (min, max)
    )
    score = ClassificationScore(
        lowest / 10,
        highest / 10,
        _probability(lowest, scale),
        _probability(highest, scale),
        settled.category,
    )
    items = tuple(
        Item(name, _finding(name, answers, age), _counts(choices), name in settled.deciding)
        for name, choices in parts.items()
    )
    return _Scale(score, settled, items)


def _points(name: str, scale: int) -> int:
    return POINTS[name][scale] if name in POINTS else BIOPSY_POINTS.get(name, 0)


def _age_parts(age: float | None, scale: int) -> list[Part]:
    if age is None:
        return [(points[scale], 0, 0) for _, points in reversed(AGE_POINTS)]
    reached = next(points for first, points in AGE_POINTS if age >= first)
    return [(reached[scale], 0, 0)]


def _classify(total: Part, scale: int) -> str:
    points, skin, better_explanation = total
    if better_explanation:
        return NOT_APPLICABLE
    reached = next((name for name, cut in CUT_POINTS.items() if points >= cut[scale]), NOT_MET)
    if reached != NOT_MET and not skin and scale == WITHOUT:
        return BIOPSY_NEEDED
    return reached


def _probability(tenths: int, scale: int) -> float:
    return 1.0 / (1.0 + math.exp(CENTRES[scale] - tenths / 10))


def _finding(name: str, answers: dict[str, bool | None], age: float | None) -> str:
    if name == "age_at_onset":
        return "not known" if age is None else f"{age:g} years"
    return say(answers[name])


def _counts(choices: list[Part]) -> str:
    """Return the points of an item that is known and has some."""
    points, _, better_explanation = choices[0]
    if len(choices) > 1:
        return ""
    return f"{points / 10:.1f}" if points else ("exclusion" if better_explanation else "")


def _subgroup(
    answers: dict[str, bool | None], extra: dict[str, bool | None], category: str, age: float | None
) -> str | None:
    """Return the subgroup; the tree asks for the age first, then for skin signs."""
    if category not in ("probable", "definite") or age is None:
        return None
    if age < ADULT and any(answers[name] for name in SKIN):
        return JUVENILE
    if any(answers[name] is not False for name in SKIN):
        return None
    if age < ADULT:
        return JUVENILE_OTHER
    by_hand = extra["finger_flexor_weakness"] and extra["responds_to_treatment"] is False
    return IBM if by_hand or answers["rimmed_vacuoles"] else None
