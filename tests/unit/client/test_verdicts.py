"""What a document means to someone who waits."""

import pytest

from service.client.verdicts import MayBeReady, Never, NotYet, judge
from statemachine.status import Status
from tests.unit.client.scripted import document

NEVER = {Status.PAUSED, Status.FAILED, Status.UPDATE_FAILED}
MOVING = {Status.PENDING, Status.INITIALIZING, Status.UPDATING}


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.ABSENT])
def test_every_status_has_its_meaning(status: Status) -> None:
    verdict = judge(document(status.value), None)

    match verdict:
        case MayBeReady(health_url=url):
            assert (status, url) == (Status.RUNNING, "https://tgi.example/health")
        case Never(error=error):
            assert status in NEVER
            assert "tgi" in str(error)
        case NotYet(missing=missing, moving=moving):
            assert status not in NEVER | {Status.RUNNING}
            assert status in MOVING if moving else status is Status.SCALED_TO_ZERO
            assert missing


def test_a_status_that_nobody_knows_is_waited_through() -> None:
    assert judge(document("hibernating"), None) == NotYet(missing="status running; it is hibernating", moving=False)


def test_running_needs_a_replica_and_a_url() -> None:
    assert judge(document(readyReplica=0), None) == NotYet(missing="its first ready replica", moving=False)
    assert judge(document(url=None), None) == NotYet(missing="its url", moving=False)
    assert isinstance(judge(document(readyReplica=None), None), MayBeReady)  # older answers do not tell


@pytest.mark.parametrize("status", list(Status))
def test_what_is_older_than_the_last_write_decides_nothing(status: Status) -> None:
    verdict = judge(document(status.value, edited=5), document(edited=6))

    assert isinstance(verdict, NotYet)
    assert "as new as its last change" in verdict.missing


def test_somebody_elses_later_edit_counts() -> None:
    verdict = judge(document(edited=7, revision="theirs"), document("updating", edited=6, revision="mine"))

    assert isinstance(verdict, MayBeReady)
