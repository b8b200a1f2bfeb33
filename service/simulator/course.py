"""How a life runs by itself once something set it off: starts, readiness, updates, crashes, idleness.

Every step that takes time is scheduled in the truth and bound to the present plan: a pause, or any other change of
status, calls off whatever was to come.
"""

from datetime import datetime, timedelta
from random import Random
from typing import assert_never

from service.simulator.deeds import Deed
from service.simulator.faults import Faults
from service.simulator.life import UP, Life
from service.simulator.lifecycle import Durations, Fate, StartPlan, UpdatePlan, plan_start, plan_update
from service.simulator.rules import State
from service.simulator.scaling import EASE_SECONDS, clamped, wanted_replicas
from service.simulator.truth import Truth


class Course:
    """The platform at work; the dice belong to the life, so nobody's looking or asking changes how it runs."""

    def __init__(self, truth: Truth, *, seed: int, faults: Faults, durations: Durations) -> None:
        self.truth = truth
        self.seed = seed
        self.faults = faults
        self.durations = durations
        self.deeds: list[Deed] = []

    def stamp(self) -> datetime:
        """Return what the server's clock says now: it may be wrong, and what it stamps stays so."""
        return self.truth.now + timedelta(seconds=self.faults.clock_skew_seconds)

    def start(self, life: Life, cause: str, actor: str | None, *, requeue: bool, fate: Fate | None) -> None:
        """Bring it up, by pending, or straight by initializing where the platform has the choice."""
        plan = self._plan(life, fate)
        life.ready_at, life.error, life.replicas = [], "", clamped(1, life)
        if requeue or plan.by_pending:
            self.truth.move(life, State.PENDING, cause, actor)
            self._await_schedule(life, plan)
        else:
            self.truth.move(life, State.INITIALIZING, cause, actor)
            self._await_readiness(life, plan)

    def enter(
        self, life: Life, state: State, cause: str, actor: str | None, *, since: datetime, fate: Fate | None
    ) -> None:
        """Begin a life in any status, as if it had come there on its own; what is up has been so since then."""
        plan = self._plan(life, fate)
        life.replicas = clamped(life.replicas, life)
        if state in UP:
            life.ready_at = [since]  # else the bill would take it for one whose update failed with nothing up
        self.truth.move(life, state, cause, actor)
        if state is State.PENDING:
            self._await_schedule(life, plan)
        elif state is State.INITIALIZING:
            self._await_readiness(life, plan)
        elif state in UP:
            self._come_up(life, plan, since)
        if state is State.UPDATING:
            self._await_update(life, self._update_plan(life, fate))
        elif state not in {State.PENDING, State.INITIALIZING}:
            life.next_fate = fate  # it is in no start, so that its fate is that of the first one to come

    def update(self, life: Life, cause: str, actor: str | None, fate: Fate | None) -> None:
        """Apply a changed document; what was up serves on meanwhile."""
        plan = self._update_plan(life, fate)
        if plan.restarts and life.state is State.RUNNING:
            self.start(life, cause, actor, requeue=True, fate=None)
        else:
            self.truth.move(life, State.UPDATING, cause, actor)
            self._await_update(life, plan)

    def scale(self, life: Life) -> None:
        """Fit the replicas of what runs to its load: more at once, fewer when it is asked next whether they will do."""
        if life.state is not State.RUNNING or life.most_replicas == 1:
            return
        wanted = wanted_replicas(life, self.truth.now)
        if wanted > life.replicas:
            self.resize(life, wanted)
        if life.replicas > clamped(0, life) and life.easing_epoch != life.epoch:
            life.easing_epoch = life.epoch
            self.truth.later(EASE_SECONDS, life, self._ease)

    def resize(self, life: Life, replicas: int) -> None:
        """Set how many replicas there shall be; what comes in addition is up one by one."""
        if life.ready_at:
            further = range(1, replicas - len(life.ready_at) + 1)
            rising = [self.truth.now + timedelta(seconds=place * life.replica_seconds) for place in further]
            life.ready_at = [*life.ready_at, *rising][:replicas]
        life.replicas = replicas
        self.truth.changed(life)

    def _ease(self, life: Life) -> None:
        life.easing_epoch = None
        wanted = wanted_replicas(life, self.truth.now)
        if wanted < life.replicas:
            self.resize(life, wanted)
        self.scale(life)

    def put_out(self, life: Life, state: State, cause: str, actor: str | None, *, error: str = "") -> None:
        """Take its replicas away."""
        life.ready_at, life.error = [], error
        self.truth.move(life, state, cause, actor)

    def fail(self, life: Life) -> None:
        """Let a start fail, or what runs crash."""
        crashed = life.state is State.RUNNING
        error = "Exit code 137: out of memory" if crashed else "Scheduling failure: the container did not start"
        self.put_out(life, State.FAILED, "fail", None, error=error)

    def fail_update(self, life: Life) -> None:
        """Let an update fail; the old revision, if any, stays up."""
        life.error = "The new revision did not become healthy"
        self.truth.move(life, State.UPDATE_FAILED, "update_fail")

    def stick(self, life: Life) -> None:
        """Let what it waits for never come; what waits for nothing sticks at its next start."""
        if life.state in {State.PENDING, State.INITIALIZING, State.UPDATING}:
            life.epoch += 1
        else:
            life.next_fate = "stuck"

    def unstick(self, life: Life) -> None:
        """Let it go on within a second."""
        life.next_fate = None
        if life.state is State.PENDING:
            life.epoch += 1
            self.truth.later(1.0, life, lambda life: self._schedule(life, self._plan(life, "ok")))
        elif life.state is State.INITIALIZING:
            life.epoch += 1
            self.truth.later(1.0, life, lambda life: self._become_ready(life, self._plan(life, "ok")))
        elif life.state is State.UPDATING:
            life.epoch += 1
            self.truth.later(1.0, life, self._finish_update)

    def _await_schedule(self, life: Life, plan: StartPlan) -> None:
        if plan.fate == "fails" and plan.fails_early:
            self.truth.later(plan.pending_seconds, life, self.fail)
        else:
            self.truth.later(plan.pending_seconds, life, lambda life: self._schedule(life, plan))

    def _schedule(self, life: Life, plan: StartPlan) -> None:
        self.truth.move(life, State.INITIALIZING, "schedule")
        self._await_readiness(life, plan)

    def _await_readiness(self, life: Life, plan: StartPlan) -> None:
        match plan.fate:
            case "ok":
                self.truth.later(plan.initializing_seconds, life, lambda life: self._become_ready(life, plan))
            case "fails":
                self.truth.later(plan.initializing_seconds, life, self.fail)
            case "stuck":
                pass
            case _:
                assert_never(plan.fate)

    def _become_ready(self, life: Life, plan: StartPlan) -> None:
        self.truth.move(life, State.RUNNING, "become_ready")
        self._come_up(life, plan, self.truth.now)

    def _come_up(self, life: Life, plan: StartPlan, since: datetime) -> None:
        life.active_at = self.truth.now
        life.answer_lag_seconds, life.replica_seconds = plan.answer_lag_seconds, plan.replica_seconds
        life.ready_at = [since + timedelta(seconds=place * plan.replica_seconds) for place in range(life.replicas)]
        self._attend(life)
        if plan.crash_after_seconds is not None and life.state is State.RUNNING:
            self.truth.later(plan.crash_after_seconds, life, self.fail)

    def _await_update(self, life: Life, plan: UpdatePlan) -> None:
        match plan.fate:
            case "ok":
                self.truth.later(plan.updating_seconds, life, self._finish_update)
            case "fails":
                self.truth.later(plan.updating_seconds, life, self.fail_update)
            case "stuck":
                pass
            case _:
                assert_never(plan.fate)

    def _finish_update(self, life: Life) -> None:
        life.error = ""
        self.truth.move(life, State.RUNNING, "become_ready")
        if life.up_since is None:
            self._come_up(life, self._plan(life, "ok"), self.truth.now)
        else:
            life.active_at = self.truth.now
            self._attend(life)

    def _attend(self, life: Life) -> None:
        """Watch over what runs: whether it is idle, and whether fewer replicas will do."""
        self._await_idleness(life)
        self.scale(life)

    def _await_idleness(self, life: Life) -> None:
        if life.state is State.RUNNING and life.idle_at is not None:
            wait_seconds = (life.idle_at - self.truth.now).total_seconds()
            self.truth.later(max(wait_seconds, 0.0), life, self._idle)

    def _idle(self, life: Life) -> None:
        if life.idle_at is not None and self.truth.now >= life.idle_at:
            self.put_out(life, State.SCALED_TO_ZERO, "idle", None)
        else:
            self._await_idleness(life)

    def _plan(self, life: Life, fate: Fate | None) -> StartPlan:
        fate, life.next_fate = fate or life.next_fate, None
        return plan_start(
            self._dice(life),
            durations=self.durations,
            faults=self.faults,
            fate=fate,
            start_seconds=life.start_seconds,
        )

    def _update_plan(self, life: Life, fate: Fate | None) -> UpdatePlan:
        return plan_update(self._dice(life), durations=self.durations, faults=self.faults, fate=fate)

    def _dice(self, life: Life) -> Random:
        life.plans += 1
        return Random(f"{self.seed}/{life.namespace}/{life.name}/{life.number}/{life.plans}")
