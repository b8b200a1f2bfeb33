"""What anyone can do to an endpoint: people by the API, users by the data plane, and fate by a scenario."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, assert_never
from zlib import crc32

from service.simulator.course import Course
from service.simulator.credits import NO_CREDITS
from service.simulator.deeds import Deed, creation_of
from service.simulator.document import check_name, check_values, completed, merged, updated
from service.simulator.errors import Invalid, Taken, Unknown
from service.simulator.life import Life
from service.simulator.lifecycle import Fate
from service.simulator.past import Past
from service.simulator.rules import EFFECTS, Effect, State
from service.simulator.scaling import clamped


@dataclass(frozen=True, slots=True, kw_only=True)
class Creation:
    """Someone creates an endpoint; `state` other than pending sows it in the middle of its life."""

    namespace: str
    name: str
    actor: str
    document: Mapping[str, Any] = field(default_factory=dict)
    state: State = State.PENDING
    fate: Fate | None = None  # of the first start
    start_seconds: float | None = None  # of every start
    past: Past = field(default_factory=Past)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Someone, or something, does something to an endpoint that there is."""

    namespace: str
    name: str
    verb: str
    actor: str
    document: Mapping[str, Any] = field(default_factory=dict)  # what an update changes
    fate: Fate | None = None  # of the start or update that this sets off


def create(course: Course, creation: Creation) -> Life:
    """Bring an endpoint into the world, now."""
    check_name(creation.name)
    if creation.state is State.ABSENT:
        raise Invalid("an endpoint cannot be created as absent")
    if course.truth.find(creation.namespace, creation.name) is not None:
        raise Taken(f"Conflict: an endpoint named {creation.name!r} already exists in {creation.namespace!r}")
    document = completed(creation.document)
    check_values(document)
    now, past = course.stamp(), creation.past
    born_at, edited_at = past.born_at(now), past.edited_at(now)

    def bear(number: int, order: int) -> Life:
        digits = (0, 3, 9)[(crc32(f"{creation.namespace}/{creation.name}".encode()) + number) % 3]
        return Life(
            namespace=creation.namespace,
            name=creation.name,
            number=number,
            order=order,
            document=document,
            created_at=_precise(born_at, digits),
            created_by=creation.actor,
            fraction_digits=digits,
            updated_at=edited_at,
            updated_by=past.edited_by or creation.actor,
            start_seconds=creation.start_seconds,
            requests=past.requests(now, born_at=born_at),
        )

    life = course.truth.add(creation.namespace, creation.name, bear)
    course.deeds += creation_of(life, edited=past.edited_days_ago is not None)
    cause, actor = ("sow", None) if past.told else ("create", creation.actor)
    course.enter(life, creation.state, cause, actor, since=min(edited_at, course.truth.now), fate=creation.fate)
    return life


def _precise(at: datetime, digits: int) -> datetime:
    """Cut an instant to its digits: the precision that is shown is the one that there is, a part of the identity."""
    return at.replace(microsecond={0: 0, 3: at.microsecond // 1000 * 1000, 9: at.microsecond}[digits])


def perform(course: Course, act: Act) -> Life:
    """Carry out an act, now; refuse what cannot be, with nothing changed."""
    life = course.truth.find(act.namespace, act.name)
    if life is None or life.deleting:
        raise Unknown(f"Endpoint not found: {act.namespace}/{act.name}")
    if act.verb in EFFECTS:
        _command(course, life, act)
    elif act.verb in VERBS:
        VERBS[act.verb](course, life, act)
    else:
        raise Invalid(f"unknown verb {act.verb!r}; known are {sorted({*EFFECTS, *VERBS})}")
    if act.verb in {*EFFECTS, "delete"}:
        course.deeds.append(Deed(at=course.truth.now, life=life, verb=act.verb, actor=act.actor))
    return life


def _command(course: Course, life: Life, act: Act) -> None:
    effect = EFFECTS[act.verb][life.state]
    match effect:
        case Effect.ALREADY_RUNNING:
            raise Invalid(f"Bad Request: endpoint {life.name!r} is already running")
        case Effect.INVALID:
            raise Invalid(f"Bad Request: Invalid state: cannot {act.verb} while {life.state}")
        case Effect.SAME:
            return
        case Effect.EDIT:
            life.document = updated(life.document, act.document)
        case Effect.UPDATE:
            life.document = updated(life.document, act.document)
            # Labels need no new revision. That all else does, the number of replicas included, is assumed.
            if not act.document or act.document.keys() - {"name", "tags"}:
                course.update(life, act.verb, act.actor, act.fate)
        case Effect.STOP:
            course.put_out(life, State.PAUSED, act.verb, act.actor)
        case Effect.SLEEP:
            course.put_out(life, State.SCALED_TO_ZERO, act.verb, act.actor)
        case Effect.START | Effect.REQUEUE:
            _reset_scaling(course, life)
            course.start(life, act.verb, act.actor, requeue=effect is Effect.REQUEUE, fate=act.fate)
        case _:
            assert_never(effect)
    course.resize(life, clamped(life.replicas, life))
    life.updated_at, life.updated_by = course.stamp(), act.actor


def _reset_scaling(course: Course, life: Life) -> None:
    if course.faults.resume_resets_scaling:
        life.document = merged(life.document, {"compute": {"scaling": {"minReplica": 1, "maxReplica": 1}}})


def _delete(course: Course, life: Life, act: Act) -> None:
    life.deleting, life.deleted_by = True, act.actor
    linger = timedelta(seconds=course.faults.delete_linger_seconds)
    if linger:
        course.truth.at(course.truth.now + linger, lambda: course.truth.remove(life))
    else:
        course.truth.remove(life)


def _request(course: Course, life: Life, act: Act) -> None:
    now = course.truth.now
    if life.answers(now):
        life.active_at = now
        life.requests[int(now.timestamp()) // 60] += 1
        course.scale(life)
    elif life.state is State.SCALED_TO_ZERO:
        course.start(life, "wake", act.actor, requeue=False, fate=act.fate)


def _fail(course: Course, life: Life, _act: Act) -> None:
    if life.state is State.UPDATING:
        course.fail_update(life)
    elif life.state in {State.PENDING, State.INITIALIZING, State.RUNNING}:
        course.fail(life)
    else:
        raise Invalid(f"{life.name!r} cannot fail while {life.state}")


def _stick(course: Course, life: Life, _act: Act) -> None:
    course.stick(life)


def _unstick(course: Course, life: Life, _act: Act) -> None:
    course.unstick(life)


def _suspend(course: Course, life: Life, _act: Act) -> None:
    if life.state is not State.PAUSED:
        course.put_out(life, State.PAUSED, "suspend", None, error=NO_CREDITS)


def _mute(_course: Course, life: Life, act: Act) -> None:
    life.mute = act.verb == "mute"


def _vanish(course: Course, life: Life, act: Act) -> None:
    course.truth.hide(life, hidden=act.verb == "vanish")


# What is not a command of the API, by name: some of it people's, most of it fate's.
VERBS: Mapping[str, Callable[[Course, Life, Act], None]] = MappingProxyType(
    {
        "delete": _delete,
        "request": _request,  # on the data plane: counts if it is answered, wakes what is scaled to zero
        "fail": _fail,  # crash, or let the start or the update fail
        "stick": _stick,  # let the present, or else the next, start never end
        "unstick": _unstick,
        "suspend": _suspend,  # the platform pauses it: no credits
        "mute": _mute,  # says running and does not answer
        "unmute": _mute,
        "vanish": _vanish,  # the API stops telling it, as if it were deleted
        "return": _vanish,
    }
)
