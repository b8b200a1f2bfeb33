-- The log on SQLite, whole. Made in one transaction.

PRAGMA application_id = 0x4c414d50;  -- "LAMP": this file is a log of Lamplighter
PRAGMA user_version = 3;             -- and was made, or brought to, this version of this file

-- What happened. Never rewritten: the triggers below see to it.
CREATE TABLE events (
    position   INTEGER PRIMARY KEY,  -- dense from 1, in commit order (given by `head`, not by AUTOINCREMENT)
    id         TEXT    NOT NULL,
    stream     TEXT    NOT NULL,
    version    INTEGER NOT NULL,     -- dense from 1 within its stream
    type       TEXT    NOT NULL,
    schema     INTEGER NOT NULL,
    time       TEXT    NOT NULL,     -- RFC 3339 in UTC with six digits, so that text order is time order
    actor      TEXT    NOT NULL,
    namespace  TEXT,                 -- what the stream is about, for queries
    name       TEXT,
    status     TEXT,                 -- what the payload says, for queries (see `facets`): the status reached,
    cause      TEXT,                 -- by whom,
    policy     TEXT,                 -- which policy meant it,
    intent     TEXT,                 -- and which intent it belongs to
    data       TEXT    NOT NULL,     -- JSON, exactly the bytes that were hashed, unless redacted
    redacted   INTEGER,              -- the position of the event that tells of the redaction
    data_hash  BLOB    NOT NULL,     -- SHA-256 of data
    hash       BLOB    NOT NULL      -- SHA-256 over the hash before and every column, length-prefixed
) STRICT;

-- By how much an event's time was ever before that of an earlier one, and the latest time of all. Times are so nearly in
-- the order of positions that they need no index: the position of a time is found by halving.
CREATE TABLE lateness (
    only     INTEGER PRIMARY KEY CHECK (only = 1),
    seconds  REAL NOT NULL,
    latest   TEXT
) STRICT;

INSERT INTO lateness VALUES (1, 0.0, NULL);

-- But for a redaction, which replaces a payload by what may be known of it, and is told by a later event.
CREATE TRIGGER events_keep BEFORE UPDATE ON events
WHEN NEW.redacted IS NULL OR NEW.redacted <= OLD.position
  OR (NEW.position, NEW.id, NEW.stream, NEW.version, NEW.type, NEW.schema, NEW.time, NEW.actor)
     IS NOT (OLD.position, OLD.id, OLD.stream, OLD.version, OLD.type, OLD.schema, OLD.time, OLD.actor)
  OR (NEW.namespace, NEW.name, NEW.data_hash, NEW.hash) IS NOT (OLD.namespace, OLD.name, OLD.data_hash, OLD.hash)
BEGIN
    SELECT raise(ABORT, 'the log is never rewritten');
END;

-- But for a segment that lies in an archive.
CREATE TRIGGER events_stay BEFORE DELETE ON events
WHEN OLD.position > (SELECT coalesce(max(last), 0) FROM segments)
BEGIN
    SELECT raise(ABORT, 'the log is never rewritten');
END;

-- Old segments that lie in files of their own; the chain goes on across them by the hashes at their ends.
CREATE TABLE segments (
    first        INTEGER PRIMARY KEY,
    last         INTEGER NOT NULL UNIQUE,
    hash_before  BLOB    NOT NULL,
    hash_after   BLOB    NOT NULL,
    path         TEXT    NOT NULL,  -- where it was written; it may have been moved since
    digest       BLOB    NOT NULL   -- SHA-256 of that file
) STRICT;

-- What stays of an archived event: an id stays taken, and a stream keeps its version.
CREATE TABLE archived (
    position   INTEGER PRIMARY KEY,
    id         TEXT    NOT NULL UNIQUE,
    stream     TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    type       TEXT    NOT NULL,
    schema     INTEGER NOT NULL,
    time       TEXT    NOT NULL,
    actor      TEXT    NOT NULL,
    data_hash  BLOB    NOT NULL,
    UNIQUE (stream, version)
) STRICT;

-- How far the log reaches. Locked by every append, so that it is the order.
CREATE TABLE head (
    only      INTEGER PRIMARY KEY CHECK (only = 1),
    position  INTEGER NOT NULL,
    hash      BLOB    NOT NULL,
    log_id    TEXT    NOT NULL,
    indexed   INTEGER NOT NULL,      -- up to where events are in the index; what lies beyond is read one by one
    known     INTEGER NOT NULL       -- up to where their ids are; what lies beyond the writer has in mind
) STRICT;

INSERT INTO head VALUES (1, 0, zeroblob(32), lower(hex(randomblob(16))), 0, 0);

-- The index: what events are found by. Kept by the writer (see `index`), many events at once: an index of SQLite's own,
-- which is changed with every event, costs several times as much.

-- Where each id may stand, by its check sum: ids have no order, so the fewer pages the better.
CREATE TABLE ids (
    crc       INTEGER NOT NULL,
    position  INTEGER NOT NULL,
    PRIMARY KEY (crc, position)
) STRICT, WITHOUT ROWID;

-- The streams by number, and the run of each.
CREATE TABLE streams (
    stream  INTEGER PRIMARY KEY,
    name    TEXT    NOT NULL UNIQUE
) STRICT;

CREATE TABLE versions (
    stream    INTEGER NOT NULL,
    position  INTEGER NOT NULL,
    version   INTEGER NOT NULL,
    PRIMARY KEY (stream, position)
) STRICT, WITHOUT ROWID;

-- What many events have in common. There are few of them. '' is none.
CREATE TABLE kinds (
    kind    INTEGER PRIMARY KEY,
    type    TEXT NOT NULL,
    status  TEXT NOT NULL,
    cause   TEXT NOT NULL,
    policy  TEXT NOT NULL,           -- the event's own, or that of its intent
    actor   TEXT NOT NULL,
    UNIQUE (type, status, cause, policy, actor)
) STRICT;

-- What events are about: an endpoint, or a namespace, whose name is ''.
CREATE TABLE subjects (
    subject    INTEGER PRIMARY KEY,
    namespace  TEXT NOT NULL,
    name       TEXT NOT NULL,
    UNIQUE (namespace, name)
) STRICT;

-- Each kind has a run of positions, in the log's order: in the whole log (subject 0), and in each namespace.
CREATE TABLE entries (
    subject   INTEGER NOT NULL,
    kind      INTEGER NOT NULL,
    position  INTEGER NOT NULL,
    PRIMARY KEY (subject, kind, position)
) STRICT, WITHOUT ROWID;

-- Each endpoint has a run of all that is about it, with its kinds: a run for each of these would be many pages more.
CREATE TABLE members (
    subject   INTEGER NOT NULL,
    position  INTEGER NOT NULL,
    kind      INTEGER NOT NULL,
    PRIMARY KEY (subject, position)
) STRICT, WITHOUT ROWID;

-- Each intent has a run of what names it.
CREATE TABLE followers (
    intent    TEXT    NOT NULL,
    position  INTEGER NOT NULL,
    PRIMARY KEY (intent, position)
) STRICT, WITHOUT ROWID;

-- Whose each intent is, and where it was first meant: what follows names the intent alone. Written with the event, and
-- kept for ever.
CREATE TABLE intents (
    intent    TEXT    PRIMARY KEY,
    policy    TEXT    NOT NULL,
    position  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Where each subscription stands.
CREATE TABLE cursors (
    name      TEXT PRIMARY KEY,
    position  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What a subscription could not take and set aside.
CREATE TABLE parked (
    position  INTEGER NOT NULL,
    name      TEXT    NOT NULL,
    error     TEXT    NOT NULL,
    PRIMARY KEY (position, name)
) STRICT, WITHOUT ROWID;

-- Durable facts that change without being events; outside the chain.
CREATE TABLE board (
    kind   TEXT NOT NULL,
    key    TEXT NOT NULL,
    value  BLOB NOT NULL,
    PRIMARY KEY (kind, key)
) STRICT;
