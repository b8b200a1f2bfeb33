-- From schema 2 to 3: instead of indexes that SQLite keeps with every event, tables that the program keeps, many at once.
-- Runs in one transaction. What is in them is put there afterwards, by what keeps them.

PRAGMA user_version = 3;

-- The table is made anew, so that a log which was brought here is like one that was made here.
CREATE TABLE events_3 (
    position   INTEGER PRIMARY KEY,
    id         TEXT    NOT NULL,
    stream     TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    type       TEXT    NOT NULL,
    schema     INTEGER NOT NULL,
    time       TEXT    NOT NULL,
    actor      TEXT    NOT NULL,
    namespace  TEXT,
    name       TEXT,
    status     TEXT,
    cause      TEXT,
    policy     TEXT,
    intent     TEXT,
    data       TEXT    NOT NULL,
    redacted   INTEGER,
    data_hash  BLOB    NOT NULL,
    hash       BLOB    NOT NULL
) STRICT;

INSERT INTO events_3
SELECT
    position, id, stream, version, type, schema, time, actor, namespace, name, status, cause, policy, intent,
    data, redacted, data_hash, hash
FROM events ORDER BY position;

DROP TABLE events;
ALTER TABLE events_3 RENAME TO events;

CREATE TRIGGER events_keep BEFORE UPDATE ON events
WHEN NEW.redacted IS NULL OR NEW.redacted <= OLD.position
  OR (NEW.position, NEW.id, NEW.stream, NEW.version, NEW.type, NEW.schema, NEW.time, NEW.actor)
     IS NOT (OLD.position, OLD.id, OLD.stream, OLD.version, OLD.type, OLD.schema, OLD.time, OLD.actor)
  OR (NEW.namespace, NEW.name, NEW.data_hash, NEW.hash) IS NOT (OLD.namespace, OLD.name, OLD.data_hash, OLD.hash)
BEGIN
    SELECT raise(ABORT, 'the log is never rewritten');
END;

CREATE TRIGGER events_stay BEFORE DELETE ON events
WHEN OLD.position > (SELECT coalesce(max(last), 0) FROM segments)
BEGIN
    SELECT raise(ABORT, 'the log is never rewritten');
END;

ALTER TABLE head RENAME TO head_2;

CREATE TABLE head (
    only      INTEGER PRIMARY KEY CHECK (only = 1),
    position  INTEGER NOT NULL,
    hash      BLOB    NOT NULL,
    log_id    TEXT    NOT NULL,
    indexed   INTEGER NOT NULL,
    known     INTEGER NOT NULL
) STRICT;

INSERT INTO head
SELECT only, position, hash, log_id, coalesce((SELECT max(last) FROM segments), 0), 0 FROM head_2;

UPDATE head SET known = indexed;

DROP TABLE head_2;

CREATE TABLE ids (
    crc       INTEGER NOT NULL,
    position  INTEGER NOT NULL,
    PRIMARY KEY (crc, position)
) STRICT, WITHOUT ROWID;

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

CREATE TABLE kinds (
    kind    INTEGER PRIMARY KEY,
    type    TEXT NOT NULL,
    status  TEXT NOT NULL,
    cause   TEXT NOT NULL,
    policy  TEXT NOT NULL,
    actor   TEXT NOT NULL,
    UNIQUE (type, status, cause, policy, actor)
) STRICT;

CREATE TABLE subjects (
    subject    INTEGER PRIMARY KEY,
    namespace  TEXT NOT NULL,
    name       TEXT NOT NULL,
    UNIQUE (namespace, name)
) STRICT;

CREATE TABLE entries (
    subject   INTEGER NOT NULL,
    kind      INTEGER NOT NULL,
    position  INTEGER NOT NULL,
    PRIMARY KEY (subject, kind, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE members (
    subject   INTEGER NOT NULL,
    position  INTEGER NOT NULL,
    kind      INTEGER NOT NULL,
    PRIMARY KEY (subject, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE followers (
    intent    TEXT    NOT NULL,
    position  INTEGER NOT NULL,
    PRIMARY KEY (intent, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE intents (
    intent    TEXT    PRIMARY KEY,
    policy    TEXT    NOT NULL,
    position  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT OR IGNORE INTO intents
SELECT intent, policy, position FROM events
WHERE intent IS NOT NULL AND policy IS NOT NULL ORDER BY position;
