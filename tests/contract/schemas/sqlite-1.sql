-- The log on SQLite, whole. Made in one transaction.

PRAGMA application_id = 0x4c414d50;  -- "LAMP": this file is a log of Lamplighter
PRAGMA user_version = 1;             -- and was made by this version of this file

-- What happened. Never rewritten: the triggers below see to it.
CREATE TABLE events (
    position   INTEGER PRIMARY KEY,  -- dense from 1, in commit order (given by `head`, not by AUTOINCREMENT)
    id         TEXT    NOT NULL UNIQUE,
    stream     TEXT    NOT NULL,
    version    INTEGER NOT NULL,     -- dense from 1 within its stream
    type       TEXT    NOT NULL,
    schema     INTEGER NOT NULL,
    time       TEXT    NOT NULL,     -- RFC 3339 in UTC with six digits, so that text order is time order
    actor      TEXT    NOT NULL,
    namespace  TEXT,                 -- what the stream is about, for queries
    name       TEXT,
    data       TEXT    NOT NULL,     -- JSON, exactly the bytes that were hashed
    data_hash  BLOB    NOT NULL,     -- SHA-256 of data
    hash       BLOB    NOT NULL,     -- SHA-256 over the hash before and every column, length-prefixed
    UNIQUE (stream, version)
) STRICT;

-- Every index ends with the position, which is the row id.
CREATE INDEX events_subject ON events (namespace, name);
CREATE INDEX events_type ON events (type);
CREATE INDEX events_time ON events (time);

CREATE TRIGGER events_keep BEFORE UPDATE ON events
BEGIN
    SELECT raise(ABORT, 'the log is never rewritten');
END;

CREATE TRIGGER events_stay BEFORE DELETE ON events
BEGIN
    SELECT raise(ABORT, 'the log is never rewritten');
END;

-- How far the log reaches. Locked by every append, so that it is the order.
CREATE TABLE head (
    only      INTEGER PRIMARY KEY CHECK (only = 1),
    position  INTEGER NOT NULL,
    hash      BLOB    NOT NULL,
    log_id    TEXT    NOT NULL
) STRICT;

INSERT INTO head VALUES (1, 0, zeroblob(32), lower(hex(randomblob(16))));

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
