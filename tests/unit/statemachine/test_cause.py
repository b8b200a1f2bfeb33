"""Who did it: as far as the table, the document and our own intents tell, and no further."""

from datetime import datetime, timedelta

import pytest

from statemachine.cause import SUSPECTS, Suspects, cause_of_edit, cause_of_status, suspects_of_every_pair
from statemachine.legality import CLASSIFIED, build, classify_every_pair
from statemachine.machine import TABLE, Arrow, By, Trigger, decide
from statemachine.model import Cause, Deleted, Kind, Missing, Ours, Reconfigured, Seen, StatusChanged
from statemachine.status import AnyStatus, Status, UnknownStatus
from tests.unit.statemachine.histories import START, known_as, look_at, sighting
from tests.unit.statemachine.test_classify import CIRCLING, every_walk

S = Status
PAUSE = Ours("i-1", Trigger.PAUSE)
NOW = look_at(60)
LAST = START + timedelta(seconds=50)
BEFORE, WITHIN = START - timedelta(days=1), START + timedelta(seconds=55)


def changed(
    old: AnyStatus,
    new: AnyStatus,
    *,
    known_edit: datetime | None = BEFORE,
    edited_at: datetime | None = BEFORE,
    remembered: bool = True,
    ours: tuple[Ours, ...] = (),
) -> Cause:
    known = known_as(sighting(old, updated_at=known_edit, updated_by="ann"))
    seen = Seen(look=NOW, sighting=sighting(new, updated_at=edited_at, updated_by="bob"))
    (event,) = decide(
        known,
        seen,
        not_before=LAST,
        gap=False,
        edited_at=known_edit if remembered else None,
        ours=ours,
    )
    assert isinstance(event, StatusChanged)
    return event.cause


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        (S.PENDING, S.INITIALIZING, Cause(by=By.PLATFORM, trigger=Trigger.SCHEDULE)),
        (S.RUNNING, S.FAILED, Cause(by=By.PLATFORM, trigger=Trigger.FAIL)),
        (S.PENDING, S.RUNNING, Cause(by=By.PLATFORM)),
        (S.PAUSED, S.PENDING, Cause(by=By.PERSON, trigger=Trigger.RESUME)),
        (S.PAUSED, S.RUNNING, Cause(by=By.PERSON, trigger=Trigger.RESUME)),
        (S.RUNNING, S.UPDATING, Cause(by=By.PERSON, trigger=Trigger.UPDATE)),
        (S.RUNNING, S.SCALED_TO_ZERO, Cause()),  # the idle timer, or a person
        (S.SCALED_TO_ZERO, S.RUNNING, Cause()),  # a request, or a person
        (S.RUNNING, S.PAUSED, Cause()),  # a person, or no credits
        (S.RUNNING, UnknownStatus("warming"), Cause()),
        (UnknownStatus("warming"), S.PAUSED, Cause()),
    ],
)
def test_the_table_tells_who_where_it_leaves_but_one(old: AnyStatus, new: AnyStatus, cause: Cause) -> None:
    assert changed(old, new) == cause


def test_an_edit_since_the_look_before_names_the_editor_who_did_what_a_person_can_do() -> None:
    assert changed(S.RUNNING, S.PAUSED, edited_at=WITHIN) == Cause(by=By.PERSON, editor="bob")


def test_an_editor_who_was_there_did_not_do_what_only_the_platform_does() -> None:
    assert changed(S.RUNNING, S.FAILED, edited_at=WITHIN) == Cause(by=By.PLATFORM, trigger=Trigger.FAIL, editor="bob")


def test_an_edit_of_before_the_look_before_names_nobody() -> None:
    assert changed(S.RUNNING, S.PAUSED, known_edit=WITHIN, edited_at=WITHIN) == Cause()


@pytest.mark.parametrize(
    ("known_edit", "edited_at", "editor"),
    [
        (BEFORE, WITHIN, "bob"),
        (BEFORE, NOW.answered_at, "bob"),
        (BEFORE, NOW.answered_at + timedelta(seconds=1), None),
        (BEFORE, LAST, None),
        (WITHIN, WITHIN, None),
        (None, WITHIN, None),
    ],
)
def test_after_a_restart_an_edit_counts_only_if_it_is_news_and_falls_into_the_window(
    known_edit: datetime | None, edited_at: datetime, editor: str | None
) -> None:
    cause = changed(S.RUNNING, S.PAUSED, known_edit=known_edit, edited_at=edited_at, remembered=False)

    assert cause.editor == editor


def test_an_edit_since_a_look_that_is_remembered_counts_whatever_the_other_sides_clock_says() -> None:
    assert changed(S.RUNNING, S.PAUSED, edited_at=START - timedelta(hours=1)).editor == "bob"


def test_whoever_edited_the_document_since_the_look_before_edited_the_configuration() -> None:
    assert cause_of_edit(editor="bob", ours=()) == Cause(by=By.PERSON, trigger=Trigger.UPDATE, editor="bob")


def test_of_a_change_that_the_table_does_not_explain_no_intent_is_the_cause() -> None:
    assert changed(S.PAUSED, S.UPDATING, ours=(PAUSE,)) == Cause()


def test_an_edit_that_follows_an_intent_of_ours_names_it() -> None:
    update = Ours("i-3", Trigger.UPDATE)

    assert cause_of_edit(editor=None, ours=(PAUSE, update)).intent == "i-3"
    assert cause_of_edit(editor=None, ours=(PAUSE,)).intent is None


def test_what_follows_an_intent_of_ours_names_it() -> None:
    assert changed(S.RUNNING, S.PAUSED, ours=(PAUSE,)) == Cause(by=By.PERSON, trigger=Trigger.PAUSE, intent="i-1")


def test_an_intent_is_not_named_for_what_it_did_not_ask_for() -> None:
    assert changed(S.RUNNING, S.FAILED, ours=(PAUSE,)).intent is None
    assert changed(S.PAUSED, S.RUNNING, ours=(PAUSE,)).intent is None


def test_of_several_intents_the_one_is_named_that_can_have_done_it() -> None:
    to_zero = Ours("i-2", Trigger.SCALE_TO_ZERO)

    cause = changed(S.RUNNING, S.SCALED_TO_ZERO, ours=(PAUSE, to_zero))

    assert cause == Cause(by=By.PERSON, trigger=Trigger.SCALE_TO_ZERO, intent="i-2")


def test_it_may_have_been_whoever_pulls_one_of_the_triggers_and_nobody_else() -> None:
    suspects = Suspects(None, None, frozenset({Trigger.WAKE, Trigger.FAIL}))

    assert [by for by in By if suspects.may_be(by)] == [By.PLATFORM, By.REQUEST]


def test_an_intent_is_named_also_where_its_own_step_was_not_seen() -> None:
    resume = Ours("i-2", Trigger.RESUME)

    assert changed(S.PAUSED, S.RUNNING, ours=(PAUSE, resume)).intent == "i-2"


def test_an_intent_is_named_where_it_led_to_also_from_a_status_that_nobody_knows_and_nothing_else_is() -> None:
    unknown = UnknownStatus("hibernating")

    assert changed(unknown, S.PAUSED, edited_at=WITHIN, ours=(PAUSE,)) == Cause(editor="bob", intent="i-1")
    assert changed(unknown, S.RUNNING, ours=(PAUSE,)) == Cause()
    assert changed(unknown, UnknownStatus("asleep"), ours=(PAUSE,)) == Cause()
    assert changed(S.RUNNING, unknown, ours=(PAUSE,)) == Cause()


def test_an_intent_that_asks_for_two_steps_is_named_for_the_one_that_was_taken() -> None:
    update = Ours("i-1", Trigger.UPDATE)

    assert changed(S.RUNNING, S.PAUSED, ours=(update, PAUSE)) == changed(S.RUNNING, S.PAUSED, ours=(PAUSE,))


def test_whoever_pulls_the_step_that_an_intent_asks_for_did_it_also_where_somebody_edited_meanwhile() -> None:
    wake = Ours("i-3", Trigger.WAKE)

    woken = changed(S.SCALED_TO_ZERO, S.RUNNING, edited_at=WITHIN, ours=(wake,))

    assert woken == Cause(by=By.REQUEST, trigger=Trigger.WAKE, editor="bob", intent="i-3")


def test_a_deletion_is_a_persons_and_an_edit_of_the_configuration_too() -> None:
    known = known_as(sighting(S.RUNNING, configuration={"a": 1}))

    (gone,) = decide(known, Missing(look=NOW), not_before=None, gap=False)
    other = Seen(look=NOW, sighting=sighting(S.RUNNING, configuration={"a": 2}))
    (edited,) = decide(known, other, not_before=None, gap=False)

    assert isinstance(gone, Deleted)
    assert isinstance(edited, Reconfigured)
    assert gone.cause == Cause(by=By.PERSON, trigger=Trigger.DELETE)
    assert edited.cause == Cause(by=By.PERSON, trigger=Trigger.UPDATE)


def test_every_pair_that_the_table_explains_has_suspects_and_no_other() -> None:
    explained = {pair for pair, found in CLASSIFIED.items() if found.kind is not Kind.UNEXPECTED and pair[0] != pair[1]}

    assert explained <= set(SUSPECTS)
    assert all(CLASSIFIED[pair].kind is not Kind.UNEXPECTED for pair in SUSPECTS)  # type: ignore[index]


def test_nobody_is_named_against_the_table_and_nothing_is_guessed_where_it_leaves_two() -> None:
    pulled = {arrow.trigger: arrow.by for arrow in TABLE}

    for (old, new), suspects in SUSPECTS.items():
        cause = cause_of_status(old, new, editor=None, ours=())
        doers = {pulled[trigger] for trigger in suspects.triggers}
        assert cause.by is None or cause.by in doers
        assert cause.trigger is None or pulled[cause.trigger] is cause.by
        if doers - {By.PLATFORM} == {By.PERSON, By.REQUEST}:
            assert cause.by is None, (old, new)


def test_where_the_platform_goes_in_circles_it_is_still_told_who_did_it() -> None:
    suspects = suspects_of_every_pair(CIRCLING, classify_every_pair(build(CIRCLING), CIRCLING))

    assert suspects[S.PENDING, S.SCALED_TO_ZERO].triggers == {
        *(Trigger.SCHEDULE, Trigger.BECOME_READY),
        *(Trigger.GO_IDLE, Trigger.SCALE_TO_ZERO),
    }
    assert suspects[S.SCALED_TO_ZERO, S.RUNNING].by is By.PLATFORM


def doer(walk: tuple[Arrow, ...]) -> By:
    return next((arrow.by for arrow in walk if arrow.by is not By.PLATFORM), By.PLATFORM)


def test_nobody_is_named_whom_another_way_that_is_as_certain_does_not_name() -> None:
    for (old, new), found in CLASSIFIED.items():
        if found.kind is not Kind.SKIPPED:
            continue
        walks = every_walk(old, new)
        least = min(sum(not arrow.certain for arrow in walk) for walk in walks)
        doers = {doer(walk) for walk in walks if sum(not arrow.certain for arrow in walk) == least}
        assert SUSPECTS[old, new].by in {None, *doers}
        assert SUSPECTS[old, new].by is None or len(doers) == 1, (old, new)
