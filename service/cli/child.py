"""Run a command as if it had been started without us: same terminal, same signals, its own exit code."""

import os
import re
import signal
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Self

from service.cli.exits import Stop
from service.cli.keeping import PASSED_ON

if TYPE_CHECKING:
    import subprocess

MOST_WORDS = 4  # of a command, by which others know it
_PLAIN = re.compile(r"[A-Za-z_./][A-Za-z0-9_./-]{0,39}")
_TELLING = re.compile(r"pass|pwd|secret|token|key|cred|auth|login", re.IGNORECASE)

BY_SIGNAL = 128  # and its number: what a shell says of a command that a signal ended


class Ended(BaseException):
    """A signal came before the command was started; nobody may mistake it for a failure."""

    def __init__(self, number: int) -> None:
        """Keep what a shell would say."""
        super().__init__(number)
        self.code = BY_SIGNAL + number


class Child:
    """The command, before, while and after it runs; as a context it takes the signals and gives them back."""

    def __init__(self) -> None:
        """Nothing runs yet."""
        self.over = False
        self._process: subprocess.Popen[bytes] | None = None
        self._starting = False
        self._pending: list[int] = []
        self._before: dict[int, object] = {}

    def __enter__(self) -> Self:
        """Take the signals; one that was ignored before (nohup) stays so."""
        for number in PASSED_ON:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._take)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal() itself gave

    def run(self, command: Sequence[str], environment: Mapping[str, str]) -> int:
        """Run the command to its end, and return its exit code. Raises Stop if it cannot be started."""
        import subprocess  # by this command alone: the others must start at once

        self._starting = True
        try:
            self._process = subprocess.Popen(command, env=environment)  # noqa: S603  # the caller's own command
        except OSError as error:
            raise Stop(f"{command[0]} cannot be started: {error.strerror}") from error
        finally:
            self._starting = False
        for number in self._pending:
            self._pass_on(number)
        code = self._process.wait()
        return code if code >= 0 else BY_SIGNAL - code

    def _take(self, number: int, _frame: FrameType | None) -> None:
        if self.over:
            return  # the lease is given back now, which does not take long
        if self._process is not None:
            self._pass_on(number)
        elif self._starting:
            self._pending.append(number)
        else:
            raise Ended(number)

    def _pass_on(self, number: int) -> None:
        if self._process is None or (number == signal.SIGINT and _from_keyboard()):
            return
        self._process.send_signal(number)


def _from_keyboard() -> bool:
    """Return whether we are what the terminal's keys reach: then they have reached the command by themselves."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


def beginning(command: Sequence[str]) -> str:
    """Return how a command begins, for others to know it by: its name, and words behind it that are no more than names.

    It ends before the first option, for what follows one may be its value, and that a secret; before a name that tells
    of one; and before everything that is not plain: assignments, addresses, and programs within the command. What is
    still shaped like a token is masked by the daemon, as in every reason.
    """
    words = [PurePath(command[0]).name]
    for word in command[1:]:
        if len(words) == MOST_WORDS or _PLAIN.fullmatch(word) is None or _TELLING.search(word):
            return " ".join([*words, "…"])
        words.append(word)
    return " ".join(words)
