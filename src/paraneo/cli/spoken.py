"""What verbs say to who calls them, said to who types options."""

from __future__ import annotations

import re

#: Cures that have other words on the command line.
_OTHER_WORDS = {
    r"the arguments of person_years": "the options of the cohort",
    r"For codes write event=\{.*?\}": "For codes give --event-codes",
    r"Give per=, such as per=100_000, or raise highest_rate if the rates are right": (
        "Give --per, such as --per 100000, or --highest-rate if the rates are right"
    ),
    r"Keep one, or name in by the column that tells them apart": (
        "Keep one; a column that tells them apart does so if the cohort has it too"
    ),
    r"Give whole days, e\.g\. by \.dt\.floor\('D'\)": "Give whole days",
    r"Give dates \(20010131 as text, not as a number\)": (
        "Give dates (20010131 by --date-format %Y%m%d)"
    ),
    r", or convert the column to dates": ", or give --date-format",
    r", or convert the column to numbers": "",
    r"Convert the column to numbers": "Take off what makes text of it",
    r"In rate_table, (.*?), and kind='probability' where they are no hazards": (
        r"Among the options, \1"
    ),
    r"\bsite=": "--cancers",
    r"\barea=": "--area",
    r"\bin population=": "by --population",
    r"(holds \d+ regist.*) Name one:": r"\1 Name one by --area:",
    r"\((standardised_rates)\)": "(--standard)",
    r"\((ratio_regression)\)": "(--formula)",
}
_OPTIONS = "per|holes|missing_rates|zero_time|highest_rate"
_ARGUMENT = re.compile(rf"\b({_OPTIONS})=(?:float\()?[\"']?([\w.]+)[\"']?\)?")


def spoken(text: str) -> str:
    """Return a message with options in place of arguments.

    >>> spoken('say missing_rates="nearest" or pass per=1000')
    'say --missing-rates nearest or pass --per 1000'
    """
    for said, words in _OTHER_WORDS.items():
        text = re.sub(said, words, text)
    return _ARGUMENT.sub(lambda found: f"--{found[1].replace('_', '-')} {found[2]}", text)
