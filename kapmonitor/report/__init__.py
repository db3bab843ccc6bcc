"""The report of one session, for people: numbers, trends, alarms and the record, on paper.

`summary` and `alarms` say what was, `charts` draws it, `sentences` says each entry in words, `page` puts
all of it into HTML; these are pure. `printing` makes a PDF of such a page, in a process of its own.
"""

from kapmonitor.report.page import Printed, page

__all__ = ["Printed", "page"]
