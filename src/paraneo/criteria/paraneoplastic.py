"""The 2004 criteria of paraneoplastic neurological syndromes."""

from __future__ import annotations

from dataclasses import dataclass

from paraneo.errors import Faults
from paraneo.gate.arguments import check_option
from paraneo.gate.verbs import verb

from ._answers import read_answers, read_years, say
from ._classified import Classified, Item
from ._unknowns import Part, settle

SOURCE = (
    "Graus F et al. (2004). Recommended diagnostic criteria for paraneoplastic neurological "
    "syndromes. J Neurol Neurosurg Psychiatry 75:1135-40. "
    "https://doi.org/10.1136/jnnp.2003.034447"
)
NOT_MET = "criteria not met"
ORDER = (NOT_MET, "possible", "definite")
#: Years between the neurological diagnosis and the cancer.
DEFINITE_YEARS = 5.0
POSSIBLE_YEARS = 2.0
CLASSICAL, NON_CLASSICAL = 1, 2
SYNDROMES = {"classical": CLASSICAL, "non-classical": NON_CLASSICAL}
NO_CANCER, EARLY, WITHIN, LATE = 1, 2, 3, 4
NO_ANTIBODY, PARTIAL, WELL = 1, 2, 3
ANTIBODIES = {"none": NO_ANTIBODY, "partially-characterised": PARTIAL, "well-characterised": WELL}
NO, YES = 0, 1
ITEMS = ("syndrome", "cancer", "antibodies", "improves_with_cancer_treatment", "high_cancer_risk")


@dataclass(frozen=True, slots=True, repr=False)
class Pns2004(Classified):
    """A class under the 2004 criteria of paraneoplastic neurological syndromes.

    Attributes
    ----------
    category : str
        ``"definite"``, ``"possible"`` or ``"criteria not met"``. Where items are not
        known it is the class that holds at least.
    possible : tuple of str
        All classes that the items not known leave open.
    rules : tuple of str
        The rules that are met by what is known, such as ``"definite 1"``, numbered as
        in the publication.
    items : tuple of Item
        Every item, what was found, and what it counts.
    """

    rules: tuple[str, ...]

    @property
    def criteria(self) -> str:
        """The name of the criteria."""
        return "Paraneoplastic neurological syndrome, Graus 2004"

    @property
    def source(self) -> str:
        """Where the criteria were published, with DOI."""
        return SOURCE

    def _verdict(self) -> str:
        numbers = [rule.rpartition(" ")[2] for rule in self.rules if rule.startswith(self.category)]
        return f"{self.category} (rule {', '.join(numbers)})" if numbers else self.category


@verb
def pns_2004(
    *,
    syndrome: str | None = None,
    cancer: bool | None = None,
    years_to_cancer: float | None = None,
    antibodies: str | None = None,
    improves_with_cancer_treatment: bool | None = None,
    high_cancer_risk: bool | None = None,
) -> Pns2004:
    """Classify a paraneoplastic neurological syndrome by the criteria of 2004.

    Definite: (1) a classical syndrome and cancer within 5 years; (2) a non-classical
    syndrome that resolves or clearly improves after treatment of the cancer alone; (3) a
    non-classical syndrome with onconeural antibodies and cancer within 5 years; (4) any
    syndrome with well-characterised onconeural antibodies and no cancer. Possible: (1) a
    classical syndrome without antibodies or cancer but at high risk of one; (2) any
    syndrome with partially characterised antibodies and no cancer; (3) a non-classical
    syndrome without antibodies and cancer within 2 years.

    Parameters
    ----------
    syndrome : {"classical", "non-classical"}, optional
        Dermatomyositis counts as classical. Here and below None means not known.
    cancer : bool, optional
        Whether there is a cancer.
    years_to_cancer : float, optional
        Years between the neurological diagnosis and the cancer, whichever came first; 5
        years exactly are within 5 years.
    antibodies : {"none", "partially-characterised", "well-characterised"}, optional
        Onconeural antibodies. Well characterised are anti-Hu, Yo, CV2, Ri, Ma2 and
        amphiphysin; myositis-specific antibodies such as anti-TIF1-gamma are not onconeural.
    improves_with_cancer_treatment : bool, optional
        Whether the syndrome resolves or clearly improves after treatment of the cancer,
        without immunotherapy, and is not one prone to remit by itself.
    high_cancer_risk : bool, optional
        Whether an underlying tumour is likely although none was found.

    Returns
    -------
    Pns2004

    Raises
    ------
    ArgumentError
        Where an item is not one of the values above, or years are given without a cancer.

    Notes
    -----
    The criteria of 2021 (https://doi.org/10.1212/NXI.0000000000001014) leave the
    inflammatory myopathies to criteria of their own and are not meant for dermatomyositis.

    References
    ----------
    Graus F et al. (2004). Recommended diagnostic criteria for paraneoplastic neurological
    syndromes. J Neurol Neurosurg Psychiatry 75:1135-40.
    https://doi.org/10.1136/jnnp.2003.034447

    Examples
    --------
    Of a classical syndrome with a cancer nothing more need be known:

    >>> found = pns_2004(syndrome="classical", cancer=True, years_to_cancer=0.5)
    >>> found.category, found.rules, found.unknown_that_matter
    ('definite', ('definite 1',), ())
    """
    faults = Faults("the paraneoplastic criteria of 2004")
    for name, value, words in (
        ("syndrome", syndrome, SYNDROMES),
        ("antibodies", antibodies, ANTIBODIES),
    ):
        if value is not None:
            check_option(value, words, name, faults)
    asked = {
        "cancer": cancer,
        "improves_with_cancer_treatment": improves_with_cancer_treatment,
        "high_cancer_risk": high_cancer_risk,
    }
    answers = read_answers(asked, faults)
    years = read_years(years_to_cancer, "years_to_cancer", faults)
    if years is not None and answers["cancer"] is not True:
        faults.add(
            "years_to_cancer",
            "years are given, but cancer is not True",
            "Say cancer=True, or leave the years out",
        )
    improves = answers["improves_with_cancer_treatment"]
    if improves and answers["cancer"] is False:
        faults.add(
            "improves_with_cancer_treatment",
            "it is True, but cancer is False",
            "Without a cancer there was none to treat; correct one of the two",
        )
    faults.raise_any()
    choices = {
        "syndrome": [SYNDROMES[syndrome]] if syndrome else [*SYNDROMES.values()],
        "cancer": _cancer(True if improves else answers["cancer"], years),
        "antibodies": [ANTIBODIES[antibodies]] if antibodies else [*ANTIBODIES.values()],
        "improves_with_cancer_treatment": _yes_no(improves),
        "high_cancer_risk": _yes_no(answers["high_cancer_risk"]),
    }
    findings = {
        "syndrome": syndrome or "not known",
        "cancer": _say_cancer(answers["cancer"], years),
        "antibodies": antibodies or "not known",
        "improves_with_cancer_treatment": say(improves),
        "high_cancer_risk": say(answers["high_cancer_risk"]),
    }
    return _result(choices, findings)


def _cancer(answer: bool | None, years: float | None) -> list[int]:
    if answer is False:
        return [NO_CANCER]
    if years is not None:
        within = WITHIN if years <= DEFINITE_YEARS else LATE
        return [EARLY if years <= POSSIBLE_YEARS else within]
    return [EARLY, WITHIN, LATE] if answer else [NO_CANCER, EARLY, WITHIN, LATE]


def _yes_no(answer: bool | None) -> list[int]:
    return [NO, YES] if answer is None else [YES if answer else NO]


def _say_cancer(answer: bool | None, years: float | None) -> str:
    if answer and years is None:
        return "present, time not known"
    return say(answer) if years is None else f"within {years:g} years"


def _result(choices: dict[str, list[int]], findings: dict[str, str]) -> Pns2004:
    """Settle the class; each item has a place of its own in the total."""
    parts = {
        name: [tuple(value * (name == place) for place in ITEMS) for value in choices[name]]
        for name in ITEMS
    }
    settled = settle(parts, _classify, order=ORDER, outside="")
    known = tuple(choices[name][0] if len(choices[name]) == 1 else 0 for name in ITEMS)
    met = _rules_met(known)
    used = {name for rule in met for name in RULE_ITEMS[rule]}
    named = {name: ", ".join(rule for rule in met if name in RULE_ITEMS[rule]) for name in used}
    items = tuple(
        Item(name, findings[name], named.get(name, ""), name in settled.deciding) for name in ITEMS
    )
    return Pns2004(settled.category, settled.possible, items, met)


RULE_ITEMS = {
    "definite 1": ("syndrome", "cancer"),
    "definite 2": ("syndrome", "improves_with_cancer_treatment"),
    "definite 3": ("syndrome", "antibodies", "cancer"),
    "definite 4": ("antibodies", "cancer"),
    "possible 1": ("syndrome", "antibodies", "cancer", "high_cancer_risk"),
    "possible 2": ("antibodies", "cancer"),
    "possible 3": ("syndrome", "antibodies", "cancer"),
}


def _rules_met(total: Part) -> tuple[str, ...]:
    syndrome, cancer, antibodies, improves, high_risk = total
    classical, other = syndrome == CLASSICAL, syndrome == NON_CLASSICAL
    none_found, within = cancer == NO_CANCER, cancer in (EARLY, WITHIN)
    met = {
        "definite 1": classical and within,
        "definite 2": other and improves == YES and not none_found,
        "definite 3": other and antibodies in (PARTIAL, WELL) and within,
        "definite 4": antibodies == WELL and none_found,
        "possible 1": classical and antibodies == NO_ANTIBODY and none_found and high_risk == YES,
        "possible 2": antibodies == PARTIAL and none_found,
        "possible 3": other and antibodies == NO_ANTIBODY and cancer == EARLY,
    }
    definite = tuple(rule for rule, holds in met.items() if holds and rule.startswith("definite"))
    return definite or tuple(rule for rule, holds in met.items() if holds)


def _classify(total: Part) -> str:
    met = _rules_met(total)
    return met[0].partition(" ")[0] if met else NOT_MET
