"""Every status, every command."""

from itertools import product

import pytest

from statemachine.legality import GOALS
from statemachine.machine import MACHINE, TABLE, AlreadySo, Command, NotPermitted, Permitted, Sureness, Trigger, permits
from statemachine.status import Status, UnknownStatus

# yes: there is evidence · perhaps: none, but people may try · so: already so · no
ANSWERS = """
status        pause    resume   scale_to_zero  update   delete
absent        no       no       no             no       so
pending       yes      so       no             perhaps  yes
initializing  yes      so       no             perhaps  yes
running       yes      so       yes            yes      yes
updating      yes      no       no             perhaps  yes
updateFailed  perhaps  no       no             perhaps  yes
failed        perhaps  perhaps  no             perhaps  yes
scaledToZero  yes      yes      so             perhaps  yes
paused        so       yes      no             perhaps  yes
"""
HEAD, *ROWS = (line.split() for line in ANSWERS.strip().splitlines())
EXPECTED = {
    (Status(row[0]), Command(command)): answer
    for row in ROWS
    for command, answer in zip(HEAD[1:], row[1:], strict=True)
}
ALL = tuple(product(Status, Command))


def in_a_word(status: Status, command: Command) -> str:
    match permits(status, command):
        case Permitted(sureness=sureness):
            return "yes" if sureness is Sureness.EVIDENCE else "perhaps"
        case AlreadySo():
            return "so"
        case NotPermitted():
            return "no"


@pytest.mark.parametrize(("status", "command"), ALL)
def test_every_command_is_answered_in_every_status(status: Status, command: Command) -> None:
    assert in_a_word(status, command) == EXPECTED[status, command]


@pytest.mark.parametrize(("status", "command"), ALL)
def test_a_command_is_permitted_where_the_machine_has_its_trigger(status: Status, command: Command) -> None:
    in_machine = command in MACHINE.get_triggers(status)

    assert isinstance(permits(status, command), Permitted) is in_machine


@pytest.mark.parametrize(("status", "command"), ALL)
def test_what_is_permitted_is_as_sure_as_the_best_of_its_arrows(status: Status, command: Command) -> None:
    answer = permits(status, command)
    arrows = [arrow for arrow in TABLE if arrow.source is status and arrow.trigger is Trigger(command)]

    if isinstance(answer, Permitted):
        evidence = any(arrow.certain for arrow in arrows)
        assert answer.sureness is (Sureness.EVIDENCE if evidence else Sureness.NO_EVIDENCE)


@pytest.mark.parametrize("sureness", Sureness)
def test_only_evidence_is_certain(sureness: Sureness) -> None:
    assert Permitted(sureness).certain is (sureness is Sureness.EVIDENCE)


@pytest.mark.parametrize(("status", "command"), [pair for pair, answer in EXPECTED.items() if answer == "no"])
def test_a_refusal_says_why_and_what_is_permitted(status: Status, command: Command) -> None:
    answer = permits(status, command)

    assert isinstance(answer, NotPermitted)
    assert answer.reason.startswith(f"cannot {command.replace('_', ' ')} while the status is {status}; permitted now: ")
    assert answer.permitted == tuple(other for other in Command if EXPECTED[status, other] in {"yes", "perhaps"})


@pytest.mark.parametrize("command", Command)
def test_an_unknown_status_refuses_nothing_and_is_certain_of_nothing(command: Command) -> None:
    assert permits(UnknownStatus("hibernating"), command) == Permitted(Sureness.UNKNOWN_STATUS)


def test_a_command_other_than_update_leads_to_its_goal() -> None:
    for arrow in TABLE:
        command = next((command for command in Command if command.value == arrow.trigger.value), Command.UPDATE)
        assert command is Command.UPDATE or arrow.target in GOALS[command]


@pytest.mark.parametrize(
    ("status", "command", "reason"),
    [
        (Status.ABSENT, Command.PAUSE, "cannot pause while the status is absent; permitted now: nothing"),
        (
            Status.UPDATING,
            Command.SCALE_TO_ZERO,
            "cannot scale to zero while the status is updating; permitted now: pause, update, delete",
        ),
    ],
)
def test_a_refusal_reads_like_this(status: Status, command: Command, reason: str) -> None:
    answer = permits(status, command)

    assert isinstance(answer, NotPermitted)
    assert answer.reason == reason
