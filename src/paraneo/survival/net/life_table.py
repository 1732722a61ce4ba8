"""Survival by interval of follow-up, as registries print it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from paraneo.errors import Faults
from paraneo.gate.arguments import NONNEGATIVE, check_level, check_option, numbers
from paraneo.gate.events import Events
from paraneo.gate.tables import Columns
from paraneo.gate.verbs import verb
from paraneo.gate.written_codes import Recode
from paraneo.gate.written_dates import DateFormat
from paraneo.numerics.arrays import Vector
from paraneo.results.bands import band_label
from paraneo.results.result import Result
from paraneo.survival._group_curves import labelled
from paraneo.survival.curve_limits import SCALES
from paraneo.survival.left_out import ZeroTime, both_frames, with_time
from paraneo.survival.records import Records, read_records

from . import _intervals
from ._life_frames import QUANTITIES, as_curves, beyond, followed, quantities, with_limits
from ._standardised_survival import standard, standardise

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from paraneo.rates import RateTable

    from ._table_background import Predicted

FORMS = ("hazard", "actuarial")
POPULATIONS = ("exact", "midpoint")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LifeTable(Result):
    """Survival by interval: observed, cause-specific, relative or net, and incidence.

    Attributes
    ----------
    table : DataFrame
        The ``by`` columns; quantity ("observed", "cause-specific", "incidence", and with
        rates "relative" or "net"), start, end, at_risk, censored, events, person_time, with
        rates expected; estimate, lower, upper, std_error at the end of the interval.
    groups : DataFrame
        The ``by`` columns, one row a group.
    interval, level
        As asked for.
    excluded : DataFrame
        What lies after the last break: reason, rows, events, person_years.
    """

    table: pd.DataFrame
    groups: pd.DataFrame
    interval: str
    level: float
    excluded: pd.DataFrame

    def summary(self) -> pd.DataFrame:
        """Return the table, and beside ``start`` and ``end`` the text of each interval."""
        spans = zip(self.table["start"], self.table["end"], strict=True)
        shown = self.table.assign(follow_up_band=[band_label(*span) for span in spans])
        place = list(self.table).index("end") + 1
        return shown[[*self.table.columns[:place], "follow_up_band", *self.table.columns[place:]]]

    def _heading(self) -> str:
        return f"LifeTable, {100 * self.level:g}% CI on the {self.interval} scale"

    def standardised(self, over: str, weights: str | Mapping[Any, float] = "internal") -> LifeTable:
        """Return survival weighted over groups, such as of age, to one standard.

        Each estimate is the weighted mean of the groups', its variance the sum of their
        variances times the squared weights; counts are added up. Where a group has no events
        its own exact limits stand for its variance: the squared distances of all groups' limits
        from their estimates are added up. Only intervals that all groups
        have are kept. Compare populations by the weights of one standard.

        Parameters
        ----------
        over : str
            One of the ``by`` columns.
        weights : {"internal", "icss-1", "icss-2", "icss-3"} or mapping
            "internal": the people of each group at the start. The International Cancer
            Survival Standards want the five groups 15-44, 45-54, 55-64, 65-74 and 75 or
            more at diagnosis (for prostate cancer other ones), with labels that sort from
            young to old; 1 is for most cancers, 2 and 3 for those of younger people. Or a
            weight for each label.

        References
        ----------
        Corazziari I, Quinn M, Capocaccia R (2004). Eur J Cancer 40:2307-2316.
        https://doi.org/10.1016/j.ejca.2004.07.002
        Zou GY, Donner A (2008). Stat Med 27:1693-1702, for the sum of distances.
        https://doi.org/10.1002/sim.3095
        """
        first = self.table[(self.table["start"] == 0) & (self.table["quantity"] == "observed")]
        keys, share, kept = standard(self.groups, over, weights, first, "the life table")
        found = standardise(self.table, over, keys, share)
        found = with_limits(found, self.interval, self.level)
        return replace(self, table=found, groups=kept.reset_index(drop=True))

    def plot(self, ax: Axes | None = None, *, quantity: str | None = None) -> Axes:
        """Draw one quantity at the ends of the intervals, with its confidence intervals.

        Left out, it is relative or net survival where there is one, else observed.
        """
        from paraneo.plotting.curves import curves

        known = list(dict.fromkeys(self.table["quantity"]))
        wanted = known[-1] if {*known} & {*QUANTITIES.values()} else "observed"
        if quantity is not None:
            faults = Faults("the life table")
            check_option(quantity, known, "quantity", faults)
            faults.raise_any()
            wanted = quantity
        drawn, below = as_curves(self.table[self.table["quantity"] == wanted], self.groups)
        what = f"{wanted.capitalize()} survival"
        what = "Cumulative incidence" if wanted == "incidence" else what
        ylabel = f"{what} ({100 * self.level:g}% CI)"
        top = None if wanted in QUANTITIES.values() else 1.0
        ax = curves(drawn, below, steps=False, xlabel="Time", ylabel=ylabel, top=top, ax=ax)
        ax.set_xticks(np.union1d(ax.get_xticks(), drawn["time"].max()))
        return ax


@verb
def life_table(
    data: Any,
    *,
    exit: str,  # noqa: A002
    event: str,
    breaks: ArrayLike,
    entry: str | None = None,
    origin: str | None = None,
    cause: Any = 1,
    competing: Any = None,
    censored: Any = 0,
    zero_time: ZeroTime = "exclude",
    by: str | Sequence[str] = (),
    form: Literal["hazard", "actuarial"] = "hazard",
    birth: str | None = None,
    rates: RateTable | None = None,
    method: Literal["ederer2", "pohar-perme"] = "ederer2",
    population: Literal["exact", "midpoint"] = "exact",
    interval: Literal["log-log", "log", "plain"] = "log-log",
    recode: Recode | None = None,
    date_format: DateFormat | None = None,
    level: float = 0.95,
) -> LifeTable:
    r"""Estimate survival from events and person-time between breaks.

    With d events in person-time Y in an interval of width w, survival falls by the factor
    :math:`e^{-w d / Y}` ("hazard"), or by :math:`1 - d / (n - c / 2)` for n at risk at its
    start and c censored within it ("actuarial").

    Parameters
    ----------
    data, exit, event, entry, origin, cause, competing, censored, zero_time, by, level
        As in `cumulative_incidence`, which needs no intervals and is the better choice
        where times are known.
    recode, date_format
        As in `net_survival`.
    breaks : array
        Ends of the intervals, from 0 on. An event at a break is in the interval before.
    form : {"hazard", "actuarial"}
        The actuarial method does not support delayed entry.
    birth, rates
        Column of birth, and the population's rates of death from all causes, for survival
        over the population's, with every event a death. ``origin`` is then needed too, and
        times are dates, or years on the scale of the rates.
    method : {"ederer2", "pohar-perme"}
        "ederer2": relative survival, :math:`e^{-w (d - d^*) / Y}` or
        :math:`1 - (d - d^*) / (n - c / 2)` with :math:`d^*` expected deaths. "pohar-perme":
        net survival, with the deaths, expected deaths and person-time of each person
        divided by their expected survival at the time.
    population : {"exact", "midpoint"}
        "exact": the rates are followed through every birthday and New Year. "midpoint": one
        rate a person and interval, that at the middle of their time in it, as popEpi in R
        takes it where follow-up is not split further.
    interval : {"log-log", "log", "plain"}
        Scale on which the confidence interval is made. Of net and relative survival it is not cut
        at 1; where they are 1 or more, "log-log" is "log". Before the first event, and where all
        have died by the actuarial method, it is an exact one-sided one.

    Returns
    -------
    LifeTable

    Raises
    ------
    TableError, ArgumentError
        As in `cumulative_incidence` and `net_survival`.

    References
    ----------
    Ederer F, Axtell LM, Cutler SJ (1961). Natl Cancer Inst Monogr 6:101-121.
    Pohar Perme M, Stare J, Estève J (2012). Biometrics 68:113-120.
    https://doi.org/10.1111/j.1541-0420.2011.01640.x
    Seppä K, Dyba T, Hakulinen T. Cancer Survival. Reference Module in Biomedical Sciences.
    Elsevier 2015. https://doi.org/10.1016/B978-0-12-801238-3.02745-8

    Examples
    --------
    >>> people = {"years": [0.5, 1.5, 2.0, 2.0], "what": [1, 2, 0, 0]}
    >>> table = life_table(people, exit="years", event="what", breaks=[0, 1, 2]).summary()
    >>> table.loc[table["quantity"] == "observed", "estimate"].round(4).tolist()
    [0.7515, 0.5037]

    Half of these deaths were expected in the population:

    >>> from paraneo import rate_table
    >>> rates = rate_table({"age": [0], "rate": [0.16]}, rate="rate")
    >>> people |= {"born": [1940.0] * 4, "from": [2000.0] * 4, "to": [2000.5, 2001.5, 2002, 2002]}
    >>> known = {"birth": "born", "origin": "from", "exit": "to", "rates": rates}
    >>> table = life_table(people, event="what", breaks=[0, 1, 2], **known).summary()
    >>> table.loc[table["quantity"] == "relative", "estimate"].round(4).tolist()
    [0.8819, 0.6937]
    """
    faults = Faults("the table of follow-up")
    source = Columns(data, faults, recode=recode, date_format=date_format)
    check_option(form, FORMS, "form", faults)
    check_option(method, tuple(QUANTITIES), "method", faults)
    check_option(population, POPULATIONS, "population", faults)
    check_option(interval, SCALES, "interval", faults)
    check_level(level, faults)
    edges = _edges(breaks, faults)
    if form == "actuarial" and entry is not None:
        faults.add(
            "entry",
            "the actuarial method does not support delayed entry",
            "Take form='hazard' or omit entry",
        )
    if form == "actuarial" and rates is not None and method == "pohar-perme":
        faults.add("form", "net survival is by hazards here", "Take form='hazard'")
    meaning = Events(cause, competing, censored)
    source, left = with_time(
        source, zero_time, begin=entry or origin, exit_column=exit, event=event, events=meaning,
        at_zero=entry is None and rates is None,
    )  # fmt: skip
    records = read_records(
        source,
        exit_column=exit,
        event_column=event,
        entry_column=entry,
        id_column=None,
        events=meaning,
        by=by,
        origin_column=origin,
    )
    records = faults.checked(records)
    predicted = _predicted(
        source, records, rates, edges, population,
        birth=birth, origin=origin, entry=entry, exit_column=exit, by=by, method=method,
    )  # fmt: skip
    faults.raise_any()
    frames = []
    for k, people in enumerate(records.people):
        start = np.zeros(len(people.exit)) if people.entry is None else people.entry
        at = _intervals.counts(start, people.exit, people.cause, edges)
        frames.append(
            quantities(
                at, edges, predicted[k], form=form, method=method, interval=interval, level=level
            )
        )
    return LifeTable(
        labelled(records.groups, frames), records.groups, interval, level,
        both_frames(left, beyond(records.people, float(edges[-1]))),
    )  # fmt: skip


def _predicted(
    source: Columns,
    records: Records,
    rates: RateTable | None,
    edges: Vector,
    population: str,
    **names: Any,
) -> list[Predicted | None]:
    """Return what the rates predict for each group, None where there are no rates."""
    if rates is None:
        return [None] * len(records.people)
    from ._table_background import predicted

    groups = followed(source, records, rates, **names)
    return [predicted(people, edges, population) for people in groups or ()]


def _edges(breaks: ArrayLike, faults: Faults) -> Vector:
    edges = np.atleast_1d(numbers(breaks, "breaks", NONNEGATIVE, faults))
    if len(edges) < 2 or np.any(np.diff(edges) <= 0) or edges[0] != 0:
        faults.add("breaks", "breaks must rise from 0", "Write such as [0, 1, 2, 5]")
    return edges
