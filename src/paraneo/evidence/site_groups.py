"""Groups of cancer sites as published dictionaries make them."""

from __future__ import annotations

from paraneo.errors import Faults

from .tables import load


def site_groups(scheme: str = "globocan") -> dict[str, list[str]]:
    """Return groups of cancer sites with the codes of each.

    Parameters
    ----------
    scheme : {"globocan", "iarc-organs"}
        The 27 sites of the cancer dictionary of GLOBOCAN (ICD-10), or the organs of more than
        one ICD-O-3 topography code that count once by the international rules for multiple
        primaries of 2004.

    Returns
    -------
    dict from str to list of str
        Codes and ranges as `index_cohort` and `person_years` take them.

    Raises
    ------
    ArgumentError
        When there is no scheme of this name.

    Examples
    --------
    >>> site_groups()["Non-Hodgkin lymphoma"]
    ['C82-C85', 'C96*']
    """
    table = load("site_groups")
    known = list(dict.fromkeys(table["scheme"]))
    faults = Faults("the name of the site groups")
    if scheme not in known:
        cure = f"Choose from: {', '.join(known)}"
        faults.add("scheme", f"there are no site groups {scheme!r}", cure)
    faults.raise_any()
    own = table[table["scheme"] == scheme]
    return {
        site: [code if "-" in code else f"{code}*" for code in codes.split(";")]
        for site, codes in zip(own["site"], own["codes"], strict=True)
    }
