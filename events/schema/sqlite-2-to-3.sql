-- From schema 2 to 3: the indexes that SQLite kept with every event are tables that the program keeps, many at once.
-- Runs in one transaction. What is in them is put there afterwards, by what keeps them.

PRAGMA user_version = 3;

DROP INDEX events_kind;
DROP INDEX events_namespace;
DROP INDEX events_name;
DROP INDEX events_subject;
DROP INDEX events_intent;
DROP INDEX events_follows;
DROP INDEX events_followed;

ALTER TABLE events DROP COLUMN kind;

ALTER TABLE head RENAME TO head_2;

CREATE TABLE head (
    only      INTEGER PRIMARY KEY CHECK (only = 1),
    position  INTEGER NOT NULL,
    hash      BLOB    NOT NULL,
    log_id    TEXT    NOT NULL,
    indexed   INTEGER NOT NULL
) STRICT;

INSERT INTO head SELECT only, position, hash, log_id, (SELECT coalesce(max(last), 0) FROM segments) FROM head_2;

DROP TABLE head_2;

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
