"""The examination behind `doctor`: of this machine, and of each namespace with its own token."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from events.sqlite import driver
from events.sqlite.file import OLDEST_SQLITE
from service import doctor
from service.cli import finding
from service.cli.logfile import configured_log, log_path
from service.cli.reaching import check_token_files, checked_url, reader
from service.clock import SystemClock
from service.config import load
from service.doctor import Check, Verdict
from service.huggingface import HuggingFace, Tokens
from service.ports import HubError


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Tokens, and the namespaces that they are for; none: those that the token names. `files` are the token files."""

    tokens: Tokens
    namespaces: Sequence[str]
    files: Mapping[str, Path] = field(default_factory=dict)


async def examine(
    *, config: Path | None, hub_url: str | None, namespaces: Sequence[str], token_files: Sequence[Path], log: str | None
) -> list[Check]:
    """Return everything that was found: this machine first, then each namespace."""
    found = finding.find(config)
    if found.path is not None and not namespaces and not token_files:
        settings = load(found.path, {"hub_url": hub_url, "log": log}).settings
        files = {key: own.token_file for key, own in settings.namespaces.items() if own.token_file is not None}
        subjects = [Subject(tokens=Tokens(files), namespaces=list(settings.namespaces), files=files)]
        hub_url = settings.hub_url
    else:
        paths = {str(path): path for path in token_files}
        subjects = [
            Subject(tokens=Tokens(every=path), namespaces=namespaces, files={name: path})
            for name, path in paths.items()
        ] or [Subject(tokens=Tokens(), namespaces=namespaces)]
        check_token_files(token_files)
        hub_url = checked_url(hub_url)
    where = log_path(log or configured_log(found))
    async with asyncio.TaskGroup() as tasks:
        looks = [tasks.create_task(_examine(one, hub_url), name="examination") for one in subjects]
    ahead = next((ahead for ahead, _ in map(asyncio.Task.result, looks) if ahead is not None), None)
    machine = [
        doctor.sqlite(driver.version(), OLDEST_SQLITE),
        doctor.file_system(where),
        doctor.disk(where),
        doctor.clock(ahead),
        doctor.proxies(),
    ]
    return [*machine, *(check for look in looks for check in look.result()[1])]


async def _examine(subject: Subject, hub_url: str | None) -> tuple[timedelta | None, list[Check]]:
    checks = [doctor.token_file(name, path) for name, path in subject.files.items()]
    try:
        async with reader(subject.tokens, hub_url) as hub:
            names = subject.namespaces or (await hub.whoami("this examination")).namespaces
            now = SystemClock().now()
            async with asyncio.TaskGroup() as tasks:  # side by side: where nobody answers, each waits for minutes
                ahead = tasks.create_task(_ahead(hub, names[0]), name="clock")
                looks = [tasks.create_task(doctor.examine_namespace(hub, name, now), name=name) for name in names]
            return ahead.result(), [*checks, *(check for look in looks for check in look.result())]
    except HubError as error:
        failed = Check(subject="token", what="identity", verdict=Verdict.FAILS, says="cannot be asked", do=str(error))
        return None, [*checks, failed]


async def _ahead(hub: HuggingFace, namespace: str) -> timedelta | None:
    try:
        return await hub.clock_ahead(namespace)
    except HubError:
        return None
