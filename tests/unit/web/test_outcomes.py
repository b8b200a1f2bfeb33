"""Each way that a command can end has its code, and its document says why."""

import msgspec
import pytest

from service.commands import (
    CannotApply,
    Done,
    GivenUp,
    KeyTaken,
    NotAllowed,
    NothingToDo,
    Outcome,
    Rejected,
    Unfit,
)
from service.web.acting import told
from service.web.answers import encode, title_of

UNFIT = title_of(422)  # newer versions of Python call it otherwise


def refusal(status: int, title: str, kind: str, sentence: str, **more: object) -> dict[str, object]:
    found = {"type": f"urn:lamplighter:problem:{kind}", "title": title, "status": status, "detail": sentence}
    return {**found, "error": sentence, **more}


@pytest.mark.parametrize(
    ("outcome", "document"),
    [
        (Done(status="paused", intent="i1"), {"outcome": "done", "status": "paused", "intent": "i1"}),
        (NothingToDo(status="paused"), {"outcome": "nothingToDo", "status": "paused"}),
        (
            NotAllowed(reason="acme is observed"),
            refusal(403, "Forbidden", "not-allowed", "acme is observed", outcome="notAllowed"),
        ),
        (CannotApply(reason="it runs"), refusal(409, "Conflict", "cannot-apply", "it runs", outcome="cannotApply")),
        (
            CannotApply(reason="it is gone", gone=True),
            refusal(404, "Not Found", "cannot-apply", "it is gone", outcome="cannotApply"),
        ),
        (
            Unfit(reason="a mark", fields=("model.env.A",)),
            refusal(422, UNFIT, "unfit", "a mark", outcome="unfit", fields=["model.env.A"]),
        ),
        (KeyTaken(reason="used"), refusal(422, UNFIT, "key-taken", "used", outcome="keyTaken")),
        (
            Rejected(reason="no", intent="i1", code=422, body='{"error":"x"}'),
            refusal(422, UNFIT, "rejected", "no", outcome="rejected", intent="i1", code=422, body='{"error":"x"}'),
        ),
        (
            Rejected(reason="no", intent="i1", code=499, body=""),
            refusal(499, "HTTP 499", "rejected", "no", outcome="rejected", intent="i1", code=499, body=""),
        ),
        (
            Rejected(reason="never", intent="i1"),
            refusal(502, "Bad Gateway", "rejected", "never", outcome="rejected", intent="i1"),
        ),
        (
            GivenUp(reason="it changed", intent=""),
            refusal(409, "Conflict", "given-up", "it changed", outcome="givenUp"),
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_outcome_has_its_code(outcome: Outcome, document: dict[str, object]) -> None:
    answered, shape = told(outcome)

    assert answered == (document["status"] if "type" in document else 200)
    assert msgspec.json.decode(encode(shape)) == document


def test_a_code_of_upstream_that_is_no_error_is_not_handed_on() -> None:
    assert told(Rejected(reason="odd", intent="i1", code=302, body=""))[0] == 502
