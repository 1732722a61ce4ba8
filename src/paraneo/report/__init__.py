"""Results on one page: headings, sentences, tables and pictures in one HTML file."""

from .page import HtmlReport, html_report

__all__ = ["HtmlReport", "html_report"]
