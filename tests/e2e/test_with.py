"""`lamplighter with`: a command that runs while its endpoint is awake, whatever happens to the daemon meanwhile."""

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.e2e.daemons import EAGER, WATCH, Daemon
from tests.e2e.processes import LAMPLIGHTER, Process, wait_until

ACT = 'mode = "act"\n'
ONE = "acme/one"


def acting(daemon: Daemon, *, state: str = "paused") -> None:
    daemon.configure(WATCH + EAGER, top=ACT)
    daemon.hub.create(ONE, state=state, start_seconds=60)  # one second of ours
    daemon.start()


def begin(daemon: Daemon, *words: str) -> Process:
    """Start `lamplighter with` on the endpoint and return at once."""
    return daemon.machine.start("with", ONE, *words, env={"LAMPLIGHTER_CONFIG": str(daemon.file)})


def script(daemon: Daemon, text: str) -> tuple[str, ...]:
    file = daemon.machine.home / f"command-{abs(hash(text))}.py"
    file.write_text(textwrap.dedent(text))
    return "--", sys.executable, str(file)


def touched(daemon: Daemon, name: str) -> Path:
    return daemon.machine.home / name


def verbs(daemon: Daemon) -> list[str]:
    return [request.path.rpartition("/")[2] for request in daemon.hub.writes()]


def true_status(daemon: Daemon) -> str:
    return daemon.hub.statuses()[ONE]


SLEEPER = """
    import os, pathlib, signal, sys, time
    def end(number, frame):
        pathlib.Path("signalled").write_text(str(number))
        sys.exit(7)
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    pathlib.Path("began").write_text(os.environ["LAMPLIGHTER_ENDPOINT_URL"])
    while not pathlib.Path("go").exists():
        time.sleep(0.05)
    print(os.environ["LAMPLIGHTER_ENDPOINT"], os.environ["LAMPLIGHTER_MODEL"])
    sys.exit(3)
"""


def test_a_command_runs_while_its_endpoint_is_awake_and_then_it_rests_again(daemon: Daemon) -> None:
    acting(daemon)
    process = begin(daemon, "--pause-after", *script(daemon, SLEEPER))
    process.until(touched(daemon, "began").exists)
    listed = daemon.command("leases")
    explained = daemon.command("explain", ONE)
    status = true_status(daemon)
    touched(daemon, "go").touch()
    code = process.child.wait(20)
    wait_until(lambda: true_status(daemon) == "paused", why=lambda: f"{process}\n{daemon.process}")

    assert (code, status) == (3, "running"), str(process)
    assert process.out.startswith("acme/one "), str(process)
    assert "is put back to rest" in process.err, str(process)
    assert ONE in listed.out, str(listed)
    assert "Held awake by person:" in explained.out, str(explained)
    assert verbs(daemon) == ["resume", "pause"]
    assert touched(daemon, "began").read_text().startswith("http")
    taken, released = daemon.entries("lease.taken"), daemon.entries("lease.released")
    assert (len(taken), len(released)) == (1, 1)
    assert daemon.command("leases").out == "nobody holds an endpoint awake\n"


def test_a_daemon_that_is_killed_disturbs_no_command_and_pauses_nothing_under_it(daemon: Daemon) -> None:
    acting(daemon)
    process = begin(daemon, "--pause-after", "--lease", "5s", *script(daemon, SLEEPER))
    process.until(touched(daemon, "began").exists)
    for _ in range(2):
        daemon.kill()
        daemon.start()
    before = daemon.hub.sweeps("acme")
    wait_until(lambda: daemon.hub.sweeps("acme") > before + 8, 30)  # longer than a lease lasts
    alive, status = process.alive, true_status(daemon)
    touched(daemon, "go").touch()
    code = process.child.wait(20)
    wait_until(lambda: true_status(daemon) == "paused", why=lambda: f"{process}\n{daemon.process}")

    assert alive, str(process)
    assert (code, status) == (3, "running"), str(process)
    assert verbs(daemon) == ["resume", "pause"]
    assert daemon.entries("lease.expired") == []


def test_a_daemon_that_is_killed_while_the_endpoint_starts_is_waited_for(daemon: Daemon) -> None:
    daemon.configure(WATCH + EAGER, top=ACT)
    daemon.hub.create(ONE, state="paused", start_seconds=300)
    daemon.start()
    process = begin(daemon, "--pause-after", "--", sys.executable, "-c", "print('ran')")
    process.until(lambda: verbs(daemon) == ["resume"])
    daemon.kill()
    daemon.start()
    code = process.child.wait(40)

    assert (code, process.out) == (0, "ran\n"), str(process)
    assert verbs(daemon)[:1] == ["resume"]


def test_ten_at_once_make_one_resume_and_one_pause_after_the_last(daemon: Daemon) -> None:
    acting(daemon)
    waiting = script(
        daemon,
        """
        import os, pathlib, time
        pathlib.Path(f"began-{os.getpid()}").touch()
        while not pathlib.Path("go").exists():
            time.sleep(0.05)
        """,
    )
    crowd = [begin(daemon, "--pause-after", *waiting) for _ in range(10)]
    wait_until(lambda: len(list(daemon.machine.home.glob("began-*"))) == 10, 60, why=lambda: str(crowd[0]))
    status = true_status(daemon)
    touched(daemon, "go").touch()
    codes = [process.child.wait(60) for process in crowd]
    wait_until(lambda: true_status(daemon) == "paused", why=lambda: str(daemon.process))

    assert status == "running"
    assert codes == [0] * 10
    assert verbs(daemon) == ["resume", "pause"]
    assert (len(daemon.entries("lease.taken")), len(daemon.entries("lease.released"))) == (10, 10)


def test_what_somebody_else_had_running_is_not_paused(daemon: Daemon) -> None:
    acting(daemon, state="running")
    process = begin(daemon, "--pause-after", "--", sys.executable, "-c", "")
    code = process.child.wait(20)
    daemon.until_looked(3)

    assert code == 0, str(process)
    assert "is left as it is: no lease resumed it: somebody else had it running" in process.err
    assert verbs(daemon) == []
    assert true_status(daemon) == "running"


def test_signals_reach_the_command_and_its_lease_is_given_back(daemon: Daemon) -> None:
    acting(daemon)
    for number in (signal.SIGTERM, signal.SIGINT):
        for name in ("began", "signalled"):
            touched(daemon, name).unlink(missing_ok=True)
        process = begin(daemon, "--pause-after", *script(daemon, SLEEPER))
        process.until(touched(daemon, "began").exists)
        code = process.end(number)

        assert code == 7, str(process)
        assert touched(daemon, "signalled").read_text() == str(int(number))
        wait_until(lambda: true_status(daemon) == "paused", why=lambda: str(daemon.process))
    assert verbs(daemon) == ["resume", "pause"] * 2
    assert len(daemon.entries("lease.released")) == 2


LISTENER = """
    import os, pathlib, signal, sys
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    if "aside" in sys.argv:
        os.setpgid(0, 0)  # out of what the terminal's keys reach
    pathlib.Path("began").touch()
    pathlib.Path("signalled").write_text(str(signal.sigtimedwait([signal.SIGINT], 3) is not None))
"""
TERMINAL = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"


@pytest.mark.parametrize("where, reached", [((), "True"), (("aside",), "False")])
def test_what_is_typed_at_a_terminal_reaches_the_command_by_the_terminal_alone(
    daemon: Daemon, where: tuple[str, ...], reached: str
) -> None:
    acting(daemon, state="running")
    words = (LAMPLIGHTER, "with", ONE, *script(daemon, LISTENER), *where)
    terminal = subprocess.Popen(
        (sys.executable, "-c", TERMINAL, *words),
        cwd=daemon.machine.home,
        env=daemon.machine.environment({"LAMPLIGHTER_CONFIG": str(daemon.file)}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        wait_until(touched(daemon, "began").exists)
        assert terminal.stdin is not None
        terminal.stdin.write(b"\x03")
        terminal.stdin.flush()
        wait_until(lambda: touched(daemon, "signalled").exists() and touched(daemon, "signalled").read_text(), 30)
    finally:
        terminal.kill()
        terminal.communicate(timeout=10)

    assert touched(daemon, "signalled").read_text() == reached


def test_a_command_that_a_signal_ends_is_told_as_a_shell_tells_it(daemon: Daemon) -> None:
    acting(daemon, state="running")
    process = begin(daemon, "--", sys.executable, "-c", "import os; os.kill(os.getpid(), 9)")

    assert process.child.wait(20) == 137, str(process)


def test_each_failure_of_its_own_has_its_code(daemon: Daemon) -> None:
    daemon.configure(WATCH + EAGER)
    daemon.hub.create(ONE, state="paused")
    daemon.hub.create("acme/bad", state="failed")
    daemon.hub.create("acme/slow", state="initializing", fate="stuck")
    unreached = daemon.command("with", ONE, "--", "true")
    daemon.start()
    observed = daemon.command("with", ONE, "--", "true")
    failed = daemon.command("with", "acme/bad", "--", "true")
    gone = daemon.command("with", "acme/none", "--", "true")
    late = daemon.command("with", "acme/slow", "--timeout", "1s", "--", "true")
    unknown = daemon.command("with", ONE, "--", "no-such-command-here")

    ended = [unreached, observed, failed, gone, late, unknown]
    assert [one.code for one in ended] == [120, 121, 122, 123, 124, 125], "\n".join(map(str, ended))
    assert all(one.out == "" and one.err for one in ended)
    assert daemon.hub.writes() == []
    assert daemon.command("leases", "--json").json == {"items": []}
