"""What was done, in sentences for the methods section of a paper, and its sources."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from paraneo._version import __version__

#: Libraries whose versions may move a number.
LIBRARIES = ("numpy", "scipy", "pandas", "statsmodels", "numba")
_GARWOOD = "Garwood F. Biometrika 1936;28:437-442. doi:10.1093/biomet/28.3-4.437"
_BRESLOW = "Breslow NE, Day NE. Statistical Methods in Cancer Research II. IARC 1987"
_STIJNEN = "Stijnen T, Hamza TH, Özdemir P. Stat Med 2010;29:3046-3067. doi:10.1002/sim.4040"
_GAIL = "Gail MH et al. J Natl Cancer Inst 1989. doi:10.1093/jnci/81.24.1879"
_ZELEN = "Zelen M, Feinleib M. Biometrika 1969;56:601-614. doi:10.1093/biomet/56.3.601"
_WALTER = "Walter SD, Day NE. Am J Epidemiol 1983. doi:10.1093/oxfordjournals.aje.a113705"
_VISITS = (
    "Schedules of visits were scored by the cancers they find, in a model of natural history in "
    "which a cancer can be detected for an exponential time before symptoms"
)
#: Of a kind of result: what was done, and where the method comes from. A {word} is an attribute.
METHODS: dict[str, tuple[str, tuple[str, ...]]] = {
    "PersonYears": (
        "Person-years at risk were counted by age, calendar time and time since diagnosis, and "
        "expected numbers of events are person-years times the rates of the population",
        (_BRESLOW,),
    ),
    "IncidenceRatios": (
        "Standardised incidence ratios are observed over expected numbers of events, with "
        "{interval} Poisson confidence intervals",
        (_GARWOOD, _BRESLOW),
    ),
    "RatioRegression": (
        "Ratios were compared by Poisson regression with the logarithm of the expected number "
        "as offset",
        (_BRESLOW,),
    ),
    "StandardisedRates": ("Rates were standardised directly", (_BRESLOW,)),
    "AuditedRatios": (
        "Published ratios were checked by recomputing the confidence interval from the number of "
        "events, and the number of events from the interval",
        ("Ulm K. Am J Epidemiol 1990;131:373-375. doi:10.1093/oxfordjournals.aje.a115507",),
    ),
    "PooledRatios": (
        "Ratios of several studies were pooled in a {model}–normal random-effects model, with "
        "confidence intervals by the t distribution",
        (_STIJNEN,),
    ),
    "PooledRatioCurve": (
        "Ratios by time since diagnosis were pooled over the unequal windows of the studies in a "
        "random-effects model",
        (_STIJNEN,),
    ),
    "DiagnosticAccuracy": (
        "Sensitivity and specificity have {intervals} confidence intervals",
        (
            "Brown LD, Cai TT, DasGupta A. Stat Sci 2001;16:101-133. doi:10.1214/ss/1009213286",
            "Simel DL, Samsa GP, Matchar DB. J Clin Epidemiol 1991. "
            "doi:10.1016/0895-4356(91)90128-V",
        ),
    ),
    "PooledAccuracy": (
        "Sensitivity and specificity of several studies were pooled in a bivariate "
        "random-effects model ({model})",
        (
            "Reitsma JB et al. J Clin Epidemiol 2005. doi:10.1016/j.jclinepi.2005.02.022",
            "Chu H, Cole SR. J Clin Epidemiol 2006. doi:10.1016/j.jclinepi.2006.06.011",
        ),
    ),
    "PredictiveValues": (
        "Predictive values follow from the likelihood ratios and the prevalence by Bayes' theorem, "
        "with confidence intervals on the logit scale",
        ("Mercaldo ND, Lau KF, Zhou XH. Stat Med 2007;26:2170-2183. doi:10.1002/sim.2677",),
    ),
    "CancerRisk": (
        "The risk of cancer is the {estimand} risk, by the population's rates times the ratio at "
        "each time since diagnosis, with death from other causes competing",
        (_GAIL,),
    ),
    "ScreeningWindow": (
        "Screening windows end where the excess of cancers has run down by a stated rule",
        (),
    ),
    "ScreeningYield": (_VISITS, (_ZELEN, _WALTER)),
    "ScheduleComparison": (_VISITS, (_ZELEN, _WALTER)),
    "KaplanMeier": (
        "Survival was estimated after Kaplan and Meier",
        ("Kaplan EL, Meier P. J Am Stat Assoc 1958. doi:10.1080/01621459.1958.10501452",),
    ),
    "CumulativeIncidence": (
        "Cumulative incidence was estimated after Aalen and Johansen, with competing events",
        ("Andersen PK et al. Springer 1993. doi:10.1007/978-1-4612-4348-9",),
    ),
    "CoxRegression": (
        "Hazard ratios are from a Cox proportional hazards model",
        ("Cox DR. J R Stat Soc B 1972. doi:10.1111/j.2517-6161.1972.tb00899.x",),
    ),
    "NetSurvival": (
        "Net survival was estimated after Pohar Perme",
        (
            "Pohar Perme M, Stare J, Estève J. Biometrics 2012;68:113-120. "
            "doi:10.1111/j.1541-0420.2011.01640.x",
        ),
    ),
}
#: Results that hold another, whose method is theirs.
ALIKE = {"PeopleTested": "PredictiveValues", "AuditedAccuracy": "DiagnosticAccuracy"}
_WORD = re.compile(r"\{(\w+)\}")


def methods_of(results: Iterable[Any]) -> tuple[str, tuple[str, ...]]:
    """Return a methods paragraph for some results, and the sources of the methods.

    Examples
    --------
    >>> import paraneo as pn
    >>> ratios = pn.incidence_ratios({"observed": [12], "expected": [6.7]})
    >>> words, sources = methods_of([ratios])
    >>> words.split(". ")[0]
    'Standardised incidence ratios are observed over expected numbers of events, with exact
     Poisson confidence intervals'
    """
    sentences: list[str] = []
    sources: list[str] = []
    for result in results:
        name = type(result).__name__
        sentence, theirs = METHODS.get(ALIKE.get(name, name), ("", ()))
        words = sentence
        for attribute in _WORD.findall(sentence):
            words = words.replace(f"{{{attribute}}}", _attribute(result, attribute))
        if words and f"{words}." not in sentences:
            sentences.append(f"{' '.join(words.split())}.")
        sources += [source for source in theirs if source not in sources]
    if sentences:
        sentences.append(f"Computed with paraneo {__version__} (Python).")
    return " ".join(sentences), tuple(sources)


def versions() -> str:
    """Return the versions of all that computes."""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return f"paraneo {__version__}, Python {platform.python_version()}, {libraries}"


def _attribute(result: Any, name: str) -> str:
    if name == "intervals":
        name, result = "method", result.sensitivity
        return str(getattr(result, name, "")) or "published"
    return str(getattr(result, name, ""))
