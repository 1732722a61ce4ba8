"""From tumour rows to person-time: an index, a lag, rules for multiple primaries, an account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paraneo.errors import Faults
from paraneo.follow_up.person_years import ENDPOINT, PersonYears, person_years
from paraneo.gate.arguments import check_option
from paraneo.gate.verbs import verb
from paraneo.gate.written_codes import Recode
from paraneo.gate.written_dates import DateFormat
from paraneo.numerics import calendar as _calendar
from paraneo.rates import RateTable
from paraneo.results.result import Result

from . import _rows
from ._register import Register, read_register

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: The label of people without an event.
NO_EVENT = "no event"
UNTIL = ("next", "any", "own")
RULES = ("first-of-site", "iarc", "all")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class IndexCohort(Result):
    """People followed from an index tumour or disease, and what became of everybody else.

    Attributes
    ----------
    data : DataFrame
        One row a person who is followed: the columns of the people, then ``index_date``,
        ``index_site``, ``entry``, ``exit`` and ``event`` (a site group or "no event"); where each
        site has its own follow-up, ``exit_NAME`` and ``event_NAME`` (0 or 1) of each instead.
    tumours : DataFrame
        One row a tumour, as given: its site group and its ``fate``.
    flow : DataFrame
        ``stage reason people tumours``: what was given, who was left out and why, and who is
        followed. People and tumours add up.
    sites : tuple of str
        The site groups.
    birth : str
        The column of births.
    until : str
        As asked for.
    civil : bool
        Time was given in dates.
    had : array of bool, shape (people, sites)
        Who has had a site group already when follow-up begins, and by the rule for multiple
        primaries cannot have it again: they are not at risk of it.
    """

    data: pd.DataFrame
    tumours: pd.DataFrame
    flow: pd.DataFrame
    sites: tuple[str, ...]
    birth: str
    until: str
    civil: bool
    had: NDArray[np.bool_]

    def summary(self) -> pd.DataFrame:
        """Return the flow from the rows that were given to the people who are followed."""
        return self.flow.copy()

    def person_years(
        self,
        *,
        rates: RateTable | Mapping[str, RateTable] | None = None,
        sites: Sequence[str] | None = None,
        **how: Any,
    ) -> PersonYears:
        """Count person-years, observed and expected cancers of each site group.

        People who have had a site group before follow-up begins, by their index or another
        tumour, are not at risk of it where the rule for multiple primaries lets nobody have it
        again; ``.excluded`` counts them as without follow-up time.

        Parameters
        ----------
        rates : RateTable or mapping, optional
            By site group, see `person_years`; groups that it does not hold are not counted.
        sites : sequence of str, optional
            Those to count; left out, all that the rates hold, or all that were met.
        **how
            The other arguments of `person_years`, such as ``by``, ``age`` and ``follow_up``
            (years since the index).
        """
        chosen = self._sites(rates, sites, how.get("endpoint") or ENDPOINT)
        faults = Faults("the arguments of person_years")
        if how.get("zero_time", "exclude") != "exclude":
            said = "people who are not at risk of a site have no time of it"
            faults.add("zero_time", said, "Leave it out")
        faults.raise_any()
        columns: dict[str, Any] = {}
        for name in chosen:
            had = self.had[:, self.sites.index(name)]
            own = self.until == "own"
            leave = self.data[f"exit_{name}" if own else "exit"]
            event = self.data[f"event_{name}"] if own else self.data["event"] == name
            columns[f"exit_{name}"] = leave.where(~had, self.data["entry"])
            columns[f"event_{name}"] = event.astype(int)
        return person_years(
            self.data.assign(**columns),
            birth=self.birth,
            entry="entry",
            origin="index_date",
            exit={name: f"exit_{name}" for name in chosen},
            event={name: f"event_{name}" for name in chosen},
            rates=rates,
            **how,
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the flow of people as STROBE asks for it."""
        from paraneo.plotting.flow import flow

        return flow(self.flow, ax=ax)

    def _sites(self, rates: Any, sites: Sequence[str] | None, column: str) -> list[str]:
        known = list(self.sites)
        if isinstance(rates, Mapping):
            known = [name for name in known if name in rates]
        elif isinstance(rates, RateTable) and column in rates.by:
            held = set(rates.groups[column].astype(str))
            known = [name for name in known if name in held]
        elif rates is None and self.until != "own":
            met = set(self.data["event"])
            known = [name for name in known if name in met]
        faults = Faults("the site groups to count")
        for name in sites or ():
            if name not in known:
                cure = f"Choose from: {', '.join(known)}"
                faults.add("sites", f"{name!r} is no site group that has rates", cure)
        if not known:
            faults.add("rates", "they hold none of the site groups", "Name them alike in both")
        faults.raise_any()
        return known if sites is None else list(sites)

    def _heading(self) -> str:
        people = len(self.data)
        kind = {"next": "next primary", "any": "next tumour of any kind", "own": "own first tumour"}
        return (
            f"Index cohort: {people:,d} people followed for {len(self.sites)} site groups, each to "
            f"the {kind[self.until]} or the end of follow-up"
        )


@verb
def index_cohort(
    tumours: Any,
    people: Any,
    *,
    id: str = "id",  # noqa: A002 - the word for who is who
    birth: str = "birth",
    date: str = "date",
    site: str = "site",
    ends: str | Sequence[str] = (),
    death: str | None = None,
    study_end: Any = None,
    index: Any = None,
    index_date: str | None = None,
    groups: Mapping[str, Any] | None = None,
    synchronous_months: float | None = None,
    lag_months: float = 0.0,
    until: Literal["next", "any", "own"] = "next",
    rule: Literal["first-of-site", "iarc", "all"] = "first-of-site",
    prior: Literal["exclude", "keep"] = "exclude",
    faulty: Literal["raise", "leave_out"] = "raise",
    recode: Recode | None = None,
    date_format: DateFormat | None = None,
) -> IndexCohort:
    """Turn tumour rows and people into follow-up from an index tumour or disease.

    Parameters
    ----------
    tumours : frame, mapping or path
        One row a tumour.
    people : frame, mapping or path
        One row a person.
    id : str
        The column, in both, that tells people apart.
    birth : str
        Column of the people.
    date, site : str
        Columns of the tumours: when it was found, and its code, such as C34.1.
    ends : str or sequence of str
        Columns of the people in which follow-up may end, such as emigration; empty where it
        did not.
    death : str, optional
        Column of the people: an end too, after which no tumour can be.
    study_end : date or number, optional
        When follow-up ends for all.
    index : code or sequence of codes, optional
        The tumours from which people are followed, patterns ("C50*") and ranges among them:
        the first of each person. Left out, the first tumour of any site.
    index_date : str, optional
        Column of the people, instead: the date of an index disease, empty for people without.
    groups : mapping from name to codes, optional
        The site groups that are outcomes, such as `evidence.site_groups`. Left out, each code
        in ``site`` is one.
    synchronous_months : number, optional
        Tumours up to so many months after the index belong to it and are no outcome; left out,
        as many as the lag.
    lag_months : number
        So many months after the index people come to be at risk. A month is a twelfth of a
        year, in whole days, as in ``window=(2/12, inf)``.
    until : {"next", "any", "own"}
        Follow-up ends at the next tumour of any site group, at the next tumour whatever it
        is, or for each site group at its own first tumour; and at death or other ends.
    rule : {"first-of-site", "iarc", "all"}
        Which tumours are primaries: the first of each site group (of each three-character
        code outside them); the first of each organ, by the topography codes that the
        international rules of 2004 take for one; or every row. The histological exceptions of
        those rules are not applied.
    prior : {"exclude", "keep"}
        What becomes of people with a tumour before the index.
    faulty : {"raise", "leave_out"}
        What to do with tumours before birth, after death or of nobody, and with people who have
        two index tumours on one day: name them all, or leave them out and count them.

    Returns
    -------
    IndexCohort

    Raises
    ------
    TableError, ArgumentError
        Naming every fault of rows, columns and arguments at once.

    References
    ----------
    International rules for multiple primary cancers (ICD-O third edition). Eur J Cancer Prev
    2005;14:307-308. PMID 16030420.
    Curtis RE, Ries LAG. Methods. In: Curtis RE et al., eds. New Malignancies Among Cancer
    Survivors: SEER Cancer Registries, 1973-2000. NCI 2006, ch. 2.

    Examples
    --------
    Three people had a first cancer; one has a second a year later, one of the same organ:

    >>> tumours = {"id": [1, 1, 2, 2, 3], "site": ["C50.1", "C34.0", "C18.2", "C18.7", "C61"],
    ...            "date": ["2000-03-01", "2001-03-01", "2001-05-01", "2003-05-01", "2004-01-10"]}
    >>> people = {"id": [1, 2, 3], "birth": ["1940-01-01", "1938-06-01", "1950-02-02"],
    ...           "died": ["2005-01-01", None, "2004-02-01"]}
    >>> cohort = index_cohort(tumours, people, death="died", study_end="2010-12-31", lag_months=2,
    ...                       groups={"lung": "C33-C34", "colon": "C18*"})
    >>> cohort.data[["id", "index_site", "entry", "exit", "event"]]
       id index_site      entry       exit     event
    0   1      C50.1 2000-05-01 2001-03-01      lung
    1   2      C18.2 2001-07-01 2010-12-31  no event
    >>> cohort.flow.query("stage == 'left out' and people > 0")[["reason", "people", "tumours"]]
                               reason  people  tumours
    4  follow-up ended within the lag       1        1
    """
    faults = Faults("the arguments of index_cohort")
    check_option(until, UNTIL, "until", faults)
    check_option(rule, RULES, "rule", faults)
    check_option(prior, ("exclude", "keep"), "prior", faults)
    check_option(faulty, ("raise", "leave_out"), "faulty", faults)
    if index is not None and index_date is not None:
        faults.add("index", "index_date is named as well", "Follow people from one of the two")
    lag, close = _months(lag_months, synchronous_months, faults)
    faults.raise_any()
    register = read_register(
        tumours,
        people,
        columns={"id": id, "birth": birth, "date": date, "site": site},
        ends=ends,
        death=death,
        study_end=study_end,
        index=index,
        index_date=index_date,
        groups=groups,
        rule=rule,
        faulty=faulty,
        recode=recode,
        date_format=date_format,
    )
    origin = register.index
    found = _rows.course(
        register.tumours,
        register.index_tumour,
        origin,
        _after(origin, close, civil=register.civil),
        _after(origin, lag, civil=register.civil),
        register.end,
        until=until,
        keep_prior=prior == "keep",
        groups=len(register.sites),
    )
    return IndexCohort(
        _data(register, found, until),
        _fates(register, found),
        _flow(register, found),
        register.sites,
        birth,
        until,
        register.civil,
        _had(register, found, rule),
    )


def _had(register: Register, found: _rows.Course, rule: str) -> NDArray[np.bool_]:
    """Return who of those followed has had each site group and cannot have it again."""
    kept = found.left_out == _rows.KEPT
    sites = len(register.sites)
    if rule == "all":
        return np.zeros((int(kept.sum()), sites), dtype=bool)
    return np.asarray(_rows.had_before(register.tumours, found.entry, sites)[kept])


def _months(lag: Any, close: Any, faults: Faults) -> tuple[float, float]:
    """Return lag and synchronous time in years."""
    close = lag if close is None else close
    for name, months in (("lag_months", lag), ("synchronous_months", close)):
        number = isinstance(months, int | float) and not isinstance(months, bool)
        if not number or not 0 <= months < 1200:
            faults.add(name, f"{months!r} must be a number of months of 0 or more", "Give months")
            return 0.0, 0.0
    return float(lag) / 12.0, float(close) / 12.0


def _after(origin: NDArray[np.float64], years: float, *, civil: bool) -> NDArray[np.float64]:
    """Return when so many years have gone by."""
    if not civil:
        return origin + years
    known = np.isfinite(origin)
    later = origin.copy()
    later[known] = _calendar.anniversary(origin[known].astype(np.int64), years)
    return later


def _data(register: Register, found: _rows.Course, until: str) -> pd.DataFrame:
    kept = np.flatnonzero(found.left_out == _rows.KEPT)
    frame = register.people.iloc[kept].reset_index(drop=True)
    names = np.array([*register.sites, NO_EVENT], dtype=object)
    index_row = found.index_tumour[kept]
    codes = np.append(register.codes, "")
    columns = {
        "index_date": _moments(found.origin[kept], civil=register.civil),
        "index_site": codes[np.where(index_row >= 0, index_row, len(codes) - 1)],
        "entry": _moments(found.entry[kept], civil=register.civil),
    }
    if until == "own":
        for k, name in enumerate(register.sites):
            columns[f"exit_{name}"] = _moments(found.own_exit[kept, k], civil=register.civil)
            columns[f"event_{name}"] = found.own_event[kept, k].astype(np.int64)
    else:
        columns["exit"] = _moments(found.exit[kept], civil=register.civil)
        columns["event"] = names[found.event[kept]]
    return frame.assign(**columns)


def _moments(at: NDArray[np.float64], *, civil: bool) -> NDArray[Any]:
    return _calendar.dates(at.astype(np.int64)) if civil else at


def _fates(register: Register, found: _rows.Course) -> pd.DataFrame:
    """Return the tumours in the order given, each with its group and fate."""
    fate = np.full(len(register.rows), "", dtype=object)
    group = np.full(len(register.rows), "", dtype=object)
    names = np.array([*register.sites, ""], dtype=object)
    fate[:] = register.faults_of_rows
    sound = register.order
    fate[sound] = np.array(_rows.FATES, dtype=object)[found.fate]
    group[sound] = names[register.tumours.group]
    return register.rows.assign(site_group=group, fate=fate)


def _flow(register: Register, found: _rows.Course) -> pd.DataFrame:
    """Return what was given, left out and kept, of people and of tumours."""
    who = register.tumours.person
    rows = [("given", "", len(register.people), len(register.rows))]
    rows += [("left out", reason, 0, count) for reason, count in register.faulty_rows.items()]
    rows += [("left out", reason, count, 0) for reason, count in register.faulty_people.items()]
    for number, reason in enumerate(_rows.REASONS):
        out = found.left_out == number
        rows.append(("left out", reason, int(out.sum()), int(out[who].sum())))
    kept = found.left_out == _rows.KEPT
    rows.append(("followed", "", int(kept.sum()), int(kept[who].sum())))
    for number, fate in enumerate(_rows.FATES):
        if number != _rows.LEFT_OUT:
            mine = found.fate == number
            rows.append(("tumours of those followed", fate, _people(who, mine), int(mine.sum())))
    return pd.DataFrame(rows, columns=["stage", "reason", "people", "tumours"])


def _people(who: NDArray[np.int64], among: NDArray[np.bool_]) -> int:
    return len(np.unique(who[among]))
