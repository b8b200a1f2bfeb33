"""Every step that an endpoint can take, as data: who causes it, and how we know.

The rules:

1. A step goes from one status to another because of one trigger. The same trigger may lead to different statuses.
2. A trigger belongs to the platform, which acts by itself; to a person, or a program on a person's behalf; or to an
   inference request. The last two come from outside, and nobody can foresee them.
3. Every step names its evidence. One that is only inferred, or that nothing speaks for or against, is not certain:
   people may go that way, policies may not.
4. An edit of what is not up changes the document and leaves the status. It stands here as a step from a status to
   itself, so that the table also answers what a command may be tried on.
5. Nothing is taken out because it looks unlikely. A change that the table does not know is believed all the same: the
   table explains what was seen, it does not forbid it.

This file decides nothing. Its source is what is known of the API; evidence reads as there: `docs` is the official
documentation, `client` the official client's code, guides and changes, `[C]` a third-party client, `[I]` an inference.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from statemachine.status import Status


class Trigger(StrEnum):
    """What makes an endpoint take a step."""

    CREATE = "create"
    CREATE_AGAIN = "create_again"  # the name of a deleted endpoint; a new life
    SCHEDULE = "schedule"
    BECOME_READY = "become_ready"
    FAIL = "fail"
    UPDATE = "update"
    FINISH_UPDATE = "finish_update"
    FAIL_UPDATE = "fail_update"
    GO_IDLE = "go_idle"
    WAKE = "wake"
    SCALE_TO_ZERO = "scale_to_zero"
    PAUSE = "pause"
    RESUME = "resume"
    RUN_OUT_OF_CREDITS = "run_out_of_credits"
    DELETE = "delete"


class By(StrEnum):
    """Who pulls a trigger; each trigger is always pulled by the same."""

    PLATFORM = "platform"
    PERSON = "person"
    REQUEST = "request"


@dataclass(frozen=True, slots=True)
class Arrow:
    """One step: `certain` if its evidence is more than an inference."""

    source: Status
    target: Status
    trigger: Trigger
    by: By
    evidence: str
    certain: bool = True


ABSENT, PENDING, INITIALIZING = Status.ABSENT, Status.PENDING, Status.INITIALIZING
RUNNING, UPDATING, UPDATE_FAILED = Status.RUNNING, Status.UPDATING, Status.UPDATE_FAILED
FAILED, SCALED_TO_ZERO, PAUSED = Status.FAILED, Status.SCALED_TO_ZERO, Status.PAUSED
PLATFORM, PERSON, REQUEST = By.PLATFORM, By.PERSON, By.REQUEST

NO_EVIDENCE = "no evidence either way: allowed"
STAYS = "[I] an edit of what is not up; not established, and a refusal would need evidence"

TABLE: tuple[Arrow, ...] = (
    # absent: not yet created, or deleted
    Arrow(ABSENT, PENDING, Trigger.CREATE, PERSON, "client tests, docs"),
    Arrow(ABSENT, PENDING, Trigger.CREATE_AGAIN, PERSON, "[I] same name, new createdAt", certain=False),
    # pending: created or resumed, and waiting for a machine
    Arrow(PENDING, INITIALIZING, Trigger.SCHEDULE, PLATFORM, "docs"),
    Arrow(PENDING, FAILED, Trigger.FAIL, PLATFORM, "docs, client PR 1935"),
    Arrow(PENDING, PAUSED, Trigger.PAUSE, PERSON, "client, [C]"),
    Arrow(PENDING, PENDING, Trigger.UPDATE, PERSON, STAYS, certain=False),
    # initializing: loading; minutes as a rule, hours when something is wrong
    Arrow(INITIALIZING, RUNNING, Trigger.BECOME_READY, PLATFORM, "docs"),
    Arrow(INITIALIZING, FAILED, Trigger.FAIL, PLATFORM, "docs, client PR 1935"),
    Arrow(INITIALIZING, PAUSED, Trigger.PAUSE, PERSON, "client, [C]"),
    Arrow(INITIALIZING, INITIALIZING, Trigger.UPDATE, PERSON, STAYS, certain=False),
    # running: the endpoint is up
    Arrow(RUNNING, UPDATING, Trigger.UPDATE, PERSON, "docs, client PR 2867"),
    Arrow(RUNNING, PENDING, Trigger.UPDATE, PERSON, "client guide, older"),
    Arrow(RUNNING, FAILED, Trigger.FAIL, PLATFORM, "docs, field reports"),
    Arrow(RUNNING, SCALED_TO_ZERO, Trigger.GO_IDLE, PLATFORM, "docs"),
    Arrow(RUNNING, SCALED_TO_ZERO, Trigger.SCALE_TO_ZERO, PERSON, "docs"),
    Arrow(RUNNING, PAUSED, Trigger.PAUSE, PERSON, "client, [C]"),
    # updating: a change is being applied, the old revision may still serve
    Arrow(UPDATING, RUNNING, Trigger.FINISH_UPDATE, PLATFORM, "docs, client PR 2867"),
    Arrow(UPDATING, UPDATE_FAILED, Trigger.FAIL_UPDATE, PLATFORM, "docs; client `wait()` raises"),
    Arrow(UPDATING, PAUSED, Trigger.PAUSE, PERSON, "client, [C]"),
    Arrow(UPDATING, UPDATING, Trigger.UPDATE, PERSON, "[I] one more edit before the first is done", certain=False),
    # updateFailed: the change did not apply
    Arrow(UPDATE_FAILED, UPDATING, Trigger.UPDATE, PERSON, "[I] another update", certain=False),
    Arrow(UPDATE_FAILED, PAUSED, Trigger.PAUSE, PERSON, "[I]", certain=False),
    # failed: not operational, and nothing happens by itself
    Arrow(FAILED, UPDATING, Trigger.UPDATE, PERSON, NO_EVIDENCE, certain=False),
    Arrow(FAILED, PENDING, Trigger.RESUME, PERSON, NO_EVIDENCE, certain=False),
    Arrow(FAILED, PAUSED, Trigger.PAUSE, PERSON, "[I]", certain=False),
    # scaledToZero: idle; any request wakes it
    Arrow(SCALED_TO_ZERO, PENDING, Trigger.WAKE, REQUEST, "docs, two clients"),
    Arrow(SCALED_TO_ZERO, INITIALIZING, Trigger.WAKE, REQUEST, "docs, two clients"),
    Arrow(SCALED_TO_ZERO, PENDING, Trigger.RESUME, PERSON, "docs, two clients"),
    Arrow(SCALED_TO_ZERO, INITIALIZING, Trigger.RESUME, PERSON, "docs, two clients"),
    Arrow(SCALED_TO_ZERO, PAUSED, Trigger.PAUSE, PERSON, "client, [C]"),
    Arrow(SCALED_TO_ZERO, SCALED_TO_ZERO, Trigger.UPDATE, PERSON, STAYS, certain=False),
    # paused: stopped, until somebody resumes it
    Arrow(PAUSED, PENDING, Trigger.RESUME, PERSON, "client guide, docs"),
    Arrow(PAUSED, INITIALIZING, Trigger.RESUME, PERSON, "client guide, docs"),
    Arrow(PAUSED, PAUSED, Trigger.UPDATE, PERSON, STAYS, certain=False),
    # whatever exists may be stopped for want of credits, and deleted
    *(
        Arrow(
            status, PAUSED, Trigger.RUN_OUT_OF_CREDITS, PLATFORM, "[I] resulting status not documented", certain=False
        )
        for status in Status
        if status not in {ABSENT, PAUSED}
    ),
    *(
        Arrow(status, ABSENT, Trigger.DELETE, PERSON, "docs: the route DELETE")
        for status in Status
        if status is not ABSENT
    ),
)


def between(table: Iterable[Arrow]) -> dict[tuple[Status, Status], list[Arrow]]:
    """Return all arrows of each pair of statuses that has any, in the order of the table."""
    arrows: dict[tuple[Status, Status], list[Arrow]] = {}
    for arrow in table:
        arrows.setdefault((arrow.source, arrow.target), []).append(arrow)
    return arrows
