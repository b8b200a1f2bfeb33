"""What keeps secrets out of everything that is stored, logged, shown or sent.

`Masker` is for documents: an allow-list of places may keep their values. `scrub` is for text that people wrote: it
finds what looks like a token; `one_line` takes out what a terminal would obey. `scrub_event` does as `scrub` to every
log line. `find_marks` finds where a mark stands, so that none is ever written back over the value that it hides.
"""

from service.masking.documents import NAME, Masked, Masker, find_marks, fit_name
from service.masking.logs import scrub_event
from service.masking.text import MARK, one_line, scrub, scrub_value, token_shaped

__all__ = [
    "MARK",
    "NAME",
    "Masked",
    "Masker",
    "find_marks",
    "fit_name",
    "one_line",
    "scrub",
    "scrub_event",
    "scrub_value",
    "token_shaped",
]
