"""Observed and expected events so far apart that only a mistaken unit explains it."""

from __future__ import annotations

from paraneo.errors import ComparabilityWarning, warn

#: Expected events from which few observed ones are no chance, and how few those are. Rates
#: 1000 times too large give a ratio below this up to a true ratio of 20.
_ENOUGH_EXPECTED, _TOO_FEW = 50.0, 50.0
#: Observed events from which few expected ones are no chance, and how few those are. No true
#: ratio is as high, but for a disease that hardly anybody else has.
_ENOUGH_OBSERVED, _TOO_MANY = 20, 500.0


def warn_of_unit(
    observed: int, expected: float, names: tuple[str, str], *, rates: bool = True
) -> None:
    """Warn where the observed events of all cells are out of all proportion to those expected.

    Parameters
    ----------
    observed, expected : number
        Sums over all cells.
    names : tuple of str
        The columns that hold them in the table.
    rates : bool
        Whether the expected events come from rates that the same call was given.
    """
    if expected >= _ENOUGH_EXPECTED and observed < expected / _TOO_FEW:
        factor = f"{_times(expected / observed)} times fewer" if observed else "none at all"
        cure = "give the rates per=100_000 where rates are per 100 000 person-years"
    elif observed >= _ENOUGH_OBSERVED and observed > _TOO_MANY * expected:
        factor = f"{_times(observed / expected)} times more" if expected else "none were expected"
        cure = "leave out per=100_000 of the rates where rates are per single person-year"
    else:
        return
    if not rates:
        cure = "correct the unit of the rates or of the person-years that gave the expected ones"
    warn(
        f"{observed:,d} events were observed ('{names[0]}') where {expected:,.6g} are expected "
        f"('{names[1]}'): {factor}. A mistaken unit does that, and hardly any disease: "
        f"{cure}. Check also that the column of events and the rates mean the same disease, and "
        "that times are in years.",
        ComparabilityWarning,
    )


def _times(factor: float) -> str:
    return f"{factor:,.0f}" if factor < 1e9 else f"{factor:.3g}"
