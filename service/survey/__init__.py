"""A look at everything that a token can see, for those who have no daemon yet: it reads, adds up, and writes nothing.

`gather` asks, `reading` understands what came, `reckon` adds up. What is not known is None all the way, and never zero.
"""

from service.survey.findings import Closed, Found, Requests, Survey
from service.survey.gather import Source, gather
from service.survey.reckon import HOURS_A_MONTH, Report, reckon

__all__ = ["HOURS_A_MONTH", "Closed", "Found", "Report", "Requests", "Source", "Survey", "gather", "reckon"]
