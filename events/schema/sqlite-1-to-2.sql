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

CREATE INDEX events_subject ON events (namespace, name);
CREATE INDEX events_type ON events (type);
CREATE INDEX events_time ON events (time);
CREATE INDEX events_actor ON events (actor);
CREATE INDEX events_status ON events (status) WHERE status IS NOT NULL;
CREATE INDEX events_cause ON events (cause) WHERE cause IS NOT NULL;
CREATE INDEX events_policy ON events (policy) WHERE policy IS NOT NULL;
CREATE INDEX events_intent ON events (intent) WHERE intent IS NOT NULL;

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
