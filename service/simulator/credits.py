"""Namespaces that pay in advance: when the bill reaches what was paid, the platform pauses all that costs money.

That paused is where it goes, and that nothing else is touched, is assumed. What is started later goes the same way at
once, until more is paid.
"""

from datetime import timedelta
from decimal import Decimal
from math import inf

from service.simulator.bill import MICROSECOND, UNITS_PER_USD, billed_replicas
from service.simulator.course import Course
from service.simulator.errors import Invalid
from service.simulator.rules import State

NO_CREDITS = "Paused: no credits are left"


class Credits:
    """What each namespace paid, if it pays in advance."""

    def __init__(self, course: Course) -> None:
        self._course = course
        self._paid: dict[str, int] = {}  # in units of the bill
        self._turns: dict[str, int] = {}  # only what was scheduled last still happens
        course.truth.on_rate = self._foresee

    def pay(self, namespace: str, usd: float | None) -> None:
        """Say what a namespace paid in all, since the simulator's start; None lets it owe without end."""
        if usd is None:
            self._paid.pop(namespace, None)
        elif not 0 <= usd < inf:
            raise Invalid(f"credits_usd {usd} is no amount: it is 0 or more")
        else:
            self._paid[namespace] = int(Decimal(str(usd)) * UNITS_PER_USD)
        self._foresee(namespace)

    def _foresee(self, namespace: str) -> None:
        """Schedule the instant at which nothing is left, should nothing change until then."""
        self._turns[namespace] = turn = self._turns.get(namespace, 0) + 1
        truth, rate = self._course.truth, self._course.truth.bill.rate(namespace)
        if namespace not in self._paid or not rate:
            return
        left = self._paid[namespace] - truth.bill.units(namespace, truth.now)
        ticks = max(-(-left // rate), 0)

        def run_out() -> None:
            if self._turns[namespace] == turn:
                self._suspend(namespace)

        if ticks < timedelta.max // MICROSECOND:
            truth.at(truth.now + ticks * MICROSECOND, run_out)

    def _suspend(self, namespace: str) -> None:
        for life in self._course.truth.told(namespace, hidden=True):
            if billed_replicas(life):
                self._course.put_out(life, State.PAUSED, "suspend", None, error=NO_CREDITS)
