"""Which statuses can be asked for: those that are known, and whatever else the API may come to tell.

The API's set is open, and what it tells is recorded as it came, so it must be possible to ask for it. A word that looks
like a known one misspelt is refused all the same: it would look like an answer to the question.
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches

from statemachine.status import Status

STATUSES = tuple(status.value for status in Status)
MOST = 32  # that are asked for at once
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_PARTS = re.compile(r"[_.-]")
_BEGUN = 4  # letters: `fail` is the beginning of failed
_ALIKE = 0.85  # of 1: `pause` is nearer to paused, and `scalingToZero`, which there may be one day, is not


def why_no_status(text: str, *, beside: Iterable[str] = ()) -> str | None:
    """Return why a text can be no status, nor one of the words `beside`, or None."""
    known = (*beside, *STATUSES)
    if text in known:
        return None
    if _WORD.fullmatch(text) is None:
        return f"{text[:60]!r} can be no status: write one word, like {', '.join(known)}"
    spelt = {word.lower(): word for word in known}
    said = _PARTS.sub("", text.lower())
    begun = [word for word in spelt if len(said) >= _BEGUN and word.startswith(said)]
    near = begun or get_close_matches(said, spelt, n=1, cutoff=_ALIKE)
    if not near or (near[0] in said and len(said) >= len(near[0]) + 2):  # `reinitializing` is a word of its own
        return None
    return f"there is no status {text!r}: did you mean {spelt[near[0]]}?"
