"""One person under the IMACS 2023 guideline: the factors, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from paraneo.errors import Faults
from paraneo.gate.arguments import check_option

from . import _imacs_rules as rules
from ._answers import read_answers, say
from ._unknowns import Part

SINGLE_PET = "PET-CT as the single investigation"


class Further(NamedTuple):
    """An investigation beside the panels; ``applies`` is None where that is not known."""

    investigation: str
    rule: str
    applies: bool | None


def count_of(risk: str) -> Part:
    """Return what a factor adds: high, intermediate, reasons for which nothing applies."""
    return (
        int(risk == rules.HIGH),
        int(risk == rules.INTERMEDIATE),
        int(risk == rules.NOT_COVERED),
    )


@dataclass(frozen=True, slots=True)
class Person:
    """All that was given, checked."""

    age: float | None
    sex: str | None
    subtype: str | None
    antibodies: dict[str, bool | None]
    answers: dict[str, bool | None]
    delay: float | None

    def factors(self) -> dict[str, tuple[str, tuple[str, ...]]]:
        """Return for each factor what was found, and the risks it may count for."""
        known = {
            f"antibody {name}": (self.antibodies[name], risk)
            for name, risk in rules.ANTIBODIES.items()
        } | {name: (self.answers[name], risk) for name, risk in rules.CLINICAL.items()}
        return {
            "age_at_onset": self._age(),
            "sex": (
                self.sex or "not known",
                _risks(None if self.sex is None else self.sex == "male", rules.INTERMEDIATE),
            ),
            "subtype": (
                self.subtype or "not known",
                (rules.SUBTYPES[self.subtype],)
                if self.subtype
                else tuple(dict.fromkeys(rules.SUBTYPES.values())),
            ),
            **{name: (say(answer), _risks(answer, risk)) for name, (answer, risk) in known.items()},
            "years_to_diagnosis": (
                "not known" if self.delay is None else f"{self.delay:g} years",
                _risks(
                    None if self.delay is None else self.delay > rules.WITHIN_YEARS,
                    rules.NOT_COVERED,
                ),
            ),
        }

    def _age(self) -> tuple[str, tuple[str, ...]]:
        if self.age is None:
            return "not known", ("", rules.HIGH, rules.NOT_COVERED)
        if self.age < rules.ADULT:
            return f"{self.age:g} years", (rules.NOT_COVERED,)
        return f"{self.age:g} years", _risks(self.age > rules.AGE_ABOVE, rules.HIGH)

    def exclusions(self) -> tuple[str, ...]:
        """Return why the guideline does not apply, as far as that is known."""
        reasons = {
            "onset under 18 years of age": self.age is not None and self.age < rules.ADULT,
            "inclusion body myositis": self.subtype == rules.IBM,
            "diagnosed more than 3 years after onset": self.delay is not None
            and self.delay > rules.WITHIN_YEARS,
        }
        return tuple(reason for reason, holds in reasons.items() if holds)

    def further(self, possible: tuple[str, ...]) -> tuple[Further, ...]:
        """Return what is to be considered beside the panels, given the groups left open."""
        outside = _one_of(possible, rules.NOT_COVERED)
        covered = None if outside is None else not outside
        high = _one_of(possible, "high")
        found = self.answers["cancer_at_diagnosis"]
        after = _all(high, None if found is None else not found)
        single = _all(
            covered,
            None if self.subtype is None else self.subtype == "dermatomyositis",
            self.antibodies["tif1-gamma"],
            None if self.age is None else self.age > rules.AGE_ABOVE,
            _any(*(self.answers[name] for name in rules.PET_FEATURES)),
        )
        negative = "high risk, and no cancer found by the investigations at diagnosis"
        return (
            Further("PET-CT", negative, after),
            Further(
                SINGLE_PET,
                "dermatomyositis with anti-TIF1-gamma, onset above 40 years of age, and one "
                "more high-risk clinical feature",
                single,
            ),
            Further("upper and lower gastrointestinal endoscopy", negative, after),
            Further(
                "nasoendoscopy",
                "at diagnosis, in regions of raised risk of nasopharyngeal carcinoma",
                _all(covered, self.answers["nasopharyngeal_region"]),
            ),
        )


def _risks(answer: bool | None, risk: str) -> tuple[str, ...]:
    if answer is None:
        return ("", risk)
    return (risk if answer else "",)


def _one_of(possible: tuple[str, ...], group: str) -> bool | None:
    if group not in possible:
        return False
    return True if len(possible) == 1 else None


def _all(*answers: bool | None) -> bool | None:
    """Return whether all hold; None where that hangs on what is not known."""
    if any(answer is False for answer in answers):
        return False
    return None if any(answer is None for answer in answers) else True


def _any(*answers: bool | None) -> bool | None:
    """Return whether one holds; None where that hangs on what is not known."""
    if any(answers):
        return True
    return None if any(answer is None for answer in answers) else False


def group_of(total: Part) -> str:
    """Return the group for so many high and intermediate factors and exclusions."""
    high, intermediate, not_covered = total
    if not_covered:
        return rules.NOT_COVERED
    if high >= rules.HIGH_FACTORS_FOR_HIGH:
        return "high"
    if (
        high >= rules.HIGH_FACTORS_FOR_MODERATE
        or intermediate >= rules.INTERMEDIATE_FACTORS_FOR_MODERATE
    ):
        return "moderate"
    return "standard"


def read_antibodies(given: object, faults: Faults) -> dict[str, bool | None]:
    """Return for each antibody of the guideline whether it is there, or None if not known.

    None: nothing known. A name or a collection of names: these found, the others absent.
    A mapping: as it says, and nothing known of those it leaves out.
    """
    if given is None:
        return dict.fromkeys(rules.ANTIBODIES)
    listed = (given,) if isinstance(given, str) else given
    if not isinstance(listed, Iterable):
        faults.add(
            "antibodies", f"{given!r} must be a list of names", "Pass for example ['tif1-gamma']"
        )
        return dict.fromkeys(rules.ANTIBODIES)
    names = [x for x in listed if check_option(x, rules.ANTIBODIES, "antibodies", faults)]
    if isinstance(listed, Mapping):
        told = read_answers({f"antibodies[{name!r}]": listed[name] for name in names}, faults)
        return {name: told.get(f"antibodies[{name!r}]") for name in rules.ANTIBODIES}
    return {name: name in names for name in rules.ANTIBODIES}
