-- From schema 1 to 2: columns for what events are asked for by, redactions, and archived segments.
-- Runs in one transaction. facet(WHICH, type, schema, data) is given by the program, which reads the payload.

PRAGMA user_version = 2;

-- The table is made anew, so that a log which was brought here is like one that was made here.
CREATE TABLE events_2 (
    position   INTEGER PRIMARY KEY,
    id         TEXT    NOT NULL UNIQUE,
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
    hash       BLOB    NOT NULL,
    kind       TEXT    NOT NULL GENERATED ALWAYS AS (
        type || char(31)
        || coalesce(replace(status, char(31), char(26)), '') || char(31)
        || coalesce(cause, '') || char(31)
        || coalesce(policy, '') || char(31)
        || replace(actor, char(31), char(26)) || char(31)
    ) VIRTUAL,
    UNIQUE (stream, version)
) STRICT;

INSERT INTO events_2
SELECT
    position, id, stream, version, type, schema, time, actor, namespace, name,
    facet('status', CAST(type AS BLOB), schema, CAST(data AS BLOB)),
    facet('cause',  CAST(type AS BLOB), schema, CAST(data AS BLOB)),
    facet('policy', CAST(type AS BLOB), schema, CAST(data AS BLOB)),
    facet('intent', CAST(type AS BLOB), schema, CAST(data AS BLOB)),
    data, NULL, data_hash, hash
FROM events ORDER BY position;

DROP TABLE events;
ALTER TABLE events_2 RENAME TO events;

CREATE INDEX events_kind ON events (kind);
CREATE INDEX events_namespace ON events (namespace, kind) WHERE namespace IS NOT NULL;
CREATE INDEX events_name ON events (namespace, name, kind) WHERE name IS NOT NULL;
CREATE INDEX events_subject ON events (namespace, name) WHERE name IS NOT NULL;
CREATE INDEX events_intent ON events (intent) WHERE intent IS NOT NULL;
CREATE INDEX events_follows ON events (kind) WHERE intent IS NOT NULL;
CREATE INDEX events_followed ON events (namespace, name) WHERE intent IS NOT NULL AND policy IS NULL;

CREATE TABLE lateness (
    only     INTEGER PRIMARY KEY CHECK (only = 1),
    seconds  REAL NOT NULL,
    latest   TEXT
) STRICT;

INSERT INTO lateness
SELECT 1, coalesce(max(julianday(latest) - julianday(time)) * 86400, 0.0), max(latest)
FROM (SELECT time, max(time) OVER (ORDER BY position) AS latest FROM events);

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

CREATE TABLE segments (
    first        INTEGER PRIMARY KEY,
    last         INTEGER NOT NULL UNIQUE,
    hash_before  BLOB    NOT NULL,
    hash_after   BLOB    NOT NULL,
    path         TEXT    NOT NULL,
    digest       BLOB    NOT NULL
) STRICT;

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
