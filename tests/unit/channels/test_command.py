"""A command as a channel, in real time: child processes know no other."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from service.channels.command import Command
from service.subscribers.outbox.port import Rejected
from tests.unit.channels.messages import message

COPY = "import os, sys, json; json.dump([json.load(sys.stdin), dict(os.environ)], open(sys.argv[1], 'w'))"


def python(code: str, *words: str, seconds: float = 20.0) -> Command:
    return Command([sys.executable, "-c", code, *words], seconds=seconds)


async def test_it_gets_the_event_on_its_input_and_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "LAMPLIGHTER_TOKEN_FILE", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "hf_secretsecretsecret")
    out = tmp_path / "out"

    await python(COPY, str(out)).send(message(title="acme/tgi:\0 failed"))

    event, environment = json.loads(out.read_text())
    assert event["id"] == "5b1f"
    assert event["data"]["text"] == "It failed: Grüße"
    assert environment["LAMPLIGHTER_TITLE"] == "acme/tgi: failed"
    assert environment["LAMPLIGHTER_SEVERITY"] == "critical"
    assert "hf_secretsecretsecret" not in environment.values()
    assert environment["PATH"] == os.environ["PATH"]


async def test_words_are_words_and_no_shell_reads_them(tmp_path: Path) -> None:
    out = tmp_path / "a b; touch c"

    await python(COPY, str(out)).send(message())

    assert os.listdir(tmp_path) == ["a b; touch c"]  # noqa: PTH208  # nor is anything here blocking


async def test_it_need_not_read_its_input() -> None:
    await python("pass").send(message(text="x" * 1_000_000))


async def test_another_exit_code_is_a_refusal_with_its_last_words_scrubbed() -> None:
    code = "import sys; sys.exit('x' * 9000 + ' no route to pager, token hf_abcdefghijklmnop')"

    with pytest.raises(Rejected, match=r"ended with 1: x+ no route to pager, token <masked>$") as raised:
        await python(code).send(message())

    assert len(str(raised.value)) < 700
    assert not raised.value.gone


async def test_one_that_cannot_be_started_is_a_refusal() -> None:
    with pytest.raises(Rejected, match="cannot start /nowhere/pager"):
        await Command(["/nowhere/pager"]).send(message())


async def test_one_that_takes_too_long_is_killed_with_its_children(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    # The child of the command holds the pipe open: it is at its end when the child is dead, too.
    code = f"import subprocess; subprocess.run(['sh', '-c', 'exec 3>{pipe}; echo begun >&3; sleep 600'])"
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(reading, True)

    with pytest.raises(Rejected, match="killed after 2 s"):
        await python(code, seconds=2.0).send(message())

    with os.fdopen(reading, "rb") as end:
        told = await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(None, end.read), 10)
    assert told == b"begun\n"


async def test_one_is_killed_when_the_daemon_stops_meanwhile() -> None:
    sending = asyncio.timeout(1.0)

    with pytest.raises(TimeoutError):
        async with sending:
            await python("import time; time.sleep(600)").send(message())


async def test_who_can_take_nothing_now_says_so_by_75_or_by_not_being_there() -> None:
    for command, expected in ((python("raise SystemExit(75)"), True), (python("raise SystemExit(1)"), False)):
        with pytest.raises(Rejected) as raised:
            await command.send(message())
        assert raised.value.unreachable is expected
    with pytest.raises(Rejected) as raised:
        await Command(["/nonexistent/program"]).send(message())
    assert raised.value.unreachable


async def test_however_much_it_complains_only_the_end_is_kept_and_the_disk_stays_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    code = (
        "import os, sys; os.write(2, b'so loud\\n' * 5_000_000); print(os.fstat(2).st_size, file=sys.stderr); exit(1)"
    )

    with pytest.raises(Rejected) as raised:
        await python(code).send(message())

    assert str(raised.value).endswith("so loud so loud 0")  # nothing lay in a file
    assert len(str(raised.value)) < 700


async def test_what_it_complains_of_cannot_move_a_terminals_cursor() -> None:
    with pytest.raises(Rejected, match=r"ended with 1: no pager, \[2J at all$"):
        await python(r"import sys; sys.exit('no pager,\n\x1b[2J at\r all\x9b')").send(message())


async def test_one_that_leaves_a_child_behind_is_not_waited_for(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    code = "import subprocess, sys; open(sys.argv[1], 'w').write(str(subprocess.Popen(['sleep', '600']).pid))"

    async with asyncio.timeout(10):
        await python(code, str(pid)).send(message())

    os.kill(int(pid.read_text()), signal.SIGKILL)


async def test_a_disk_that_is_full_is_not_the_events_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "not there"))

    with pytest.raises(Rejected, match="cannot lay an event ready") as raised:
        await python("pass").send(message())

    assert raised.value.unreachable
