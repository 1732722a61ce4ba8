"""Results on one page: headings, sentences, tables and pictures in one HTML file."""

from .methods import methods_of
from .page import HtmlReport, captioned, html_report
from .people_tested import PeopleTested, people_tested, whole_people

__all__ = [
    "HtmlReport",
    "PeopleTested",
    "captioned",
    "html_report",
    "methods_of",
    "people_tested",
    "whole_people",
]
