-- Looking things up in a queue of many thousands: texts, orders, acts over a filter, and filters that people keep.

CREATE TABLE mail_text (
    message INTEGER PRIMARY KEY,
    text TEXT NOT NULL
) STRICT;

CREATE INDEX message_sender ON message (sender_key, number DESC) WHERE kind = 'mail';
CREATE INDEX message_size ON message (size, number) WHERE kind = 'mail';
CREATE INDEX refused_sender ON refused (lower(sender), id);

CREATE TABLE bulk (
    id TEXT PRIMARY KEY,
    actor TEXT NOT NULL,
    role TEXT NOT NULL,
    via TEXT NOT NULL,
    act TEXT NOT NULL,
    comment TEXT NOT NULL,
    query TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('preparing', 'waiting', 'running', 'done', 'undone', 'stopped')),
    total INTEGER NOT NULL,
    done INTEGER NOT NULL DEFAULT 0,
    refused INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX bulk_open ON bulk (due_at) WHERE state IN ('preparing', 'waiting', 'running');

CREATE TABLE bulk_part (
    bulk TEXT NOT NULL REFERENCES bulk (id) ON DELETE CASCADE,
    part INTEGER NOT NULL,
    messages TEXT NOT NULL,
    PRIMARY KEY (bulk, part)
) STRICT, WITHOUT ROWID;

CREATE TABLE bulk_refusal (
    bulk TEXT NOT NULL REFERENCES bulk (id) ON DELETE CASCADE,
    message_id TEXT NOT NULL,
    ja TEXT NOT NULL,
    en TEXT NOT NULL,
    PRIMARY KEY (bulk, message_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE saved_view (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person TEXT NOT NULL,
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    sort TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    UNIQUE (person, name)
) STRICT;
