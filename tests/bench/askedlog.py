"""A log that is hard to ask: most events of one type, few of others, some values that never meet, all at random.

Its rows are written past the log, without a chain: only what finds them is measured.
"""

import hashlib
import random
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

from events.sqlite import driver
from events.sqlite.index import extend, learn
from statemachine.model import instant

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
APART = timedelta(seconds=30)
ENDPOINTS = 400
STATUSES = ("pending", "initializing", "running", "paused", "failed", "scaledToZero", "updating")
DATA = '{"reason": "%s"}' % ("x" * 300)
INSERT = (
    "INSERT INTO events (position, id, stream, version, type, schema, time, actor, namespace, name, status, cause, "
    "policy, intent, data, data_hash, hash) VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
INTENTS = (
    "INSERT OR IGNORE INTO intents SELECT intent, policy, position FROM events "
    "WHERE intent IS NOT NULL AND policy IS NOT NULL ORDER BY position"
)


def make(path: Path, count: int) -> None:
    """Write such a log to a new file."""
    schema = files("events").joinpath("schema", "sqlite.sql").read_text(encoding="utf-8")
    with closing(driver.connect(path, driver.MAKE)) as con:
        driver.script(con, f"PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; BEGIN; {schema}")
        con.executemany(INSERT, _rows(count))
        con.execute(INTENTS)
        con.execute("UPDATE head SET position = ?", (count,))
        extend(con, 1, count)
        learn(con, 1, count)
        con.execute("COMMIT")


def _rows(count: int) -> Iterator[tuple[Any, ...]]:
    chance = random.Random(1)
    versions: dict[str, int] = {}
    for position in range(1, count + 1):
        at = BEGIN + position * APART - timedelta(seconds=20 * chance.random())
        stream, *facts = _event(chance, position)
        versions[stream] = versions.get(stream, 0) + 1
        type_, actor, *rest = facts
        id_ = hashlib.sha256(b"%d" % position).hexdigest()[:32]
        digest = b"\0" * 32
        yield (position, id_, stream, versions[stream], type_, instant(at), actor, *rest, DATA, digest, digest)


def _event(chance: random.Random, position: int) -> tuple[Any, ...]:
    """Return stream, type, actor, namespace, name, status, cause, policy and intent."""
    number, draw = chance.randrange(ENDPOINTS), chance.random()
    space, name = f"acme-{number % 4}", f"e-{number:04}"
    life, acts = f"endpoint/{space}/{name}/2026", f"acts/{space}/{name}"
    if draw < 0.9:
        cause = chance.choice(("platform", "unknown", "person"))
        return life, "endpoint.status_changed", "watcher", space, name, chance.choice(STATUSES), cause, None, None
    if draw < 0.95:
        return life, "endpoint.replicas_changed", "watcher", space, name, None, None, None, None
    if draw < 0.99:
        policy, intent = chance.choice(("p1", "p1", "p2")), f"intent-{position}"
        return acts, "act.intended", f"policy:{policy}", space, name, None, None, policy, intent
    if draw < 0.999:
        return acts, "hold.placed", f"person:{chance.randrange(50)}", space, name, None, None, None, None
    return "daemon", "daemon.started", "daemon", None, None, None, None, None, None
