-- The ledger as all migrations together make it. Read this; change it only together with a new migration.
-- Times are microseconds since 1970 UTC. Lists and objects are JSON. "key" is the normal form of an address.

-- A message: one mail that we took responsibility for, or one letter that we wrote.
-- The narrow columns stand first: a page that filters does not read the wide ones.
CREATE TABLE message (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE CHECK (length(id) = 18),
    kind TEXT NOT NULL CHECK (kind IN ('mail', 'letter')),
    -- Derived from the recipients' states (mail.lifecycle.message_state), kept here for the index.
    state TEXT NOT NULL
        CHECK (state IN ('held', 'queued', 'relayed', 'cancelled', 'rejected', 'expired', 'bounced')),
    sender TEXT NOT NULL,          -- as on the wire; '' is the null path
    sender_key TEXT NOT NULL,
    sender_domain TEXT NOT NULL,
    login TEXT,
    client_ip TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    ended_at INTEGER,              -- when the last copy came to its end; retention counts from here
    body TEXT NOT NULL CHECK (body IN ('row', 'file', 'gone')),
    told INTEGER NOT NULL CHECK (told IN (0, 1)),        -- people were told that it is held, so they are told its end
    teaches INTEGER NOT NULL CHECK (teaches IN (0, 1)),  -- history learns from it when it goes out
    about TEXT,                    -- a letter's message
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    smtputf8 INTEGER NOT NULL CHECK (smtputf8 IN (0, 1)),
    body_8bit INTEGER NOT NULL CHECK (body_8bit IN (0, 1)),
    subject TEXT,
    from_header TEXT NOT NULL,
    message_id_header TEXT NOT NULL,
    refs TEXT NOT NULL,
    prefix BLOB NOT NULL,
    facts TEXT NOT NULL,
    verdict TEXT NOT NULL,
    -- What the judge knew besides envelope and facts (policy.case_json); '' for mail from before, and once forgotten.
    circumstances TEXT NOT NULL DEFAULT '',
    -- A digest of what people see of it (mail.same): transactions that carry the same mail are its parts. NULL: it is
    -- never a part of another.
    content BLOB,
    -- What the sender asked to be told (RFC 3461): how much comes back with a failure, and his name for this envelope.
    ret TEXT NOT NULL DEFAULT '',
    envid TEXT NOT NULL DEFAULT '',
    warned INTEGER NOT NULL DEFAULT 0    -- he was told that it waits for the next server
) STRICT;

-- Few indexes: each is written with every message. Senders are found by viewer, domains by words.
CREATE INDEX message_state ON message (kind, state, number);
-- The orders of a list besides that of coming in.
CREATE INDEX message_sender ON message (sender_key, number DESC) WHERE kind = 'mail';
CREATE INDEX message_size ON message (size, number) WHERE kind = 'mail';
CREATE INDEX message_with_body ON message (ended_at) WHERE ended_at IS NOT NULL AND body <> 'gone';

-- The mail that a reply goes on with.
CREATE INDEX message_thread ON message (message_id_header) WHERE teaches = 1 AND message_id_header <> '';

-- Messages that are one mail to people: a cloud handed it over in several transactions. first: the row number of the
-- one that came first, which it is called by. A mail that came whole has no row here.
CREATE TABLE part (
    message INTEGER PRIMARY KEY REFERENCES message (number) ON DELETE CASCADE,
    first INTEGER NOT NULL
) STRICT;

CREATE INDEX part_first ON part (first);

-- Mail that was taken in some minutes ago, by what a client that tries again hands in: sender, login, Message-ID, octets,
-- recipients. Forgotten when its time is over.
CREATE TABLE handed_in (
    digest BLOB PRIMARY KEY,
    message_id TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX handed_in_at ON handed_in (at);

-- Small bodies; larger ones are files.
CREATE TABLE body (
    message INTEGER PRIMARY KEY REFERENCES message (number) ON DELETE CASCADE,
    octets BLOB NOT NULL
) STRICT;

-- Keys of bodies that lie encrypted, each wrapped by a key of store.encryption_key_file. A body without a row here lies
-- in the clear. The row goes with the octets, and with it whatever copies of them are left anywhere.
CREATE TABLE body_key (
    message INTEGER PRIMARY KEY REFERENCES message (number) ON DELETE CASCADE,
    wrapped_by TEXT NOT NULL,
    wrapped BLOB NOT NULL
) STRICT;

CREATE INDEX body_key_wrapped_by ON body_key (wrapped_by);

-- One recipient's copy: the unit of every decision and of every try.
-- asks: who must say yes, each with its times; nudge_at: the first of those times that is still to come; urgent: the
-- sender may let it go without them; urgent_at: when he did. recipe: what it is changed to (NULL: it goes as it came);
-- added: a rule gave it, the envelope did not name it. paused: the clock that somebody stopped, '' if none.
-- notify, orcpt: what the sender asked for (RFC 3461), as it came. tried_at, mta: the last try, and which server answered.
-- way: the next server it goes to, by its name in the settings; '' is the one under upstream:.
CREATE TABLE recipient (
    message INTEGER NOT NULL REFERENCES message (number) ON DELETE CASCADE,
    key TEXT NOT NULL,
    position INTEGER NOT NULL,
    address TEXT NOT NULL,
    domain TEXT NOT NULL,
    external INTEGER NOT NULL CHECK (external IN (0, 1)),
    disposition INTEGER NOT NULL CHECK (disposition BETWEEN 0 AND 4),
    state TEXT NOT NULL,
    event TEXT NOT NULL,           -- what happened last; 'accept' at first
    due_at INTEGER,                -- held: when the hold ends by itself; queued: the next try, or the lease's end
    lease TEXT,                    -- whose try is under way
    expire_action TEXT NOT NULL CHECK (expire_action IN ('return', 'release', 'discard')),
    approvals TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    last_code INTEGER,
    last_text TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at INTEGER,
    frozen_by TEXT NOT NULL,
    rules TEXT NOT NULL,
    asks TEXT NOT NULL DEFAULT '[]',
    nudge_at INTEGER,
    urgent INTEGER NOT NULL DEFAULT 0 CHECK (urgent IN (0, 1)),
    urgent_at INTEGER,
    recipe INTEGER,
    added INTEGER NOT NULL DEFAULT 0 CHECK (added IN (0, 1)),
    paused TEXT NOT NULL DEFAULT '',
    notify TEXT NOT NULL DEFAULT '',
    orcpt TEXT NOT NULL DEFAULT '',
    tried_at INTEGER,
    mta TEXT NOT NULL DEFAULT '',
    way TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (message, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX recipient_due ON recipient (due_at) WHERE state = 'held' AND due_at IS NOT NULL;
-- What waits for one next server is found without a look at what waits for another.
CREATE INDEX recipient_way ON recipient (way, due_at) WHERE state = 'queued' AND due_at IS NOT NULL;
CREATE INDEX recipient_nudge ON recipient (nudge_at) WHERE nudge_at IS NOT NULL;
CREATE INDEX recipient_urgent ON recipient (urgent_at) WHERE urgent_at IS NOT NULL;
-- Serves a domain in the order of messages, and an address as one of its domain's.
CREATE INDEX recipient_domain ON recipient (domain, message, key);

-- What copies are changed to before they leave (mail.alteration): secret, and forgotten with the octets.
-- untold: it holds a password that the sender was not told yet.
CREATE TABLE recipe (
    message INTEGER NOT NULL REFERENCES message (number) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    alterations TEXT NOT NULL,
    untold INTEGER NOT NULL CHECK (untold IN (0, 1)),
    PRIMARY KEY (message, number)
) STRICT, WITHOUT ROWID;

-- mail.lifecycle.NEXT, word for word (a test compares them).
CREATE TABLE transition (
    state TEXT NOT NULL,
    event TEXT NOT NULL,
    next TEXT NOT NULL,
    PRIMARY KEY (state, event)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER recipient_begins BEFORE INSERT ON recipient
WHEN NEW.state NOT IN ('held', 'queued') OR NEW.event <> 'accept'
BEGIN
    SELECT RAISE(ABORT, 'a copy begins held or queued');
END;

CREATE TRIGGER recipient_changes BEFORE UPDATE OF state, event ON recipient
WHEN NOT EXISTS (
    SELECT 1 FROM transition
    WHERE transition.state = OLD.state AND transition.event = NEW.event AND transition.next = NEW.state
)
BEGIN
    SELECT RAISE(ABORT, 'no such change of state');
END;

-- Who may see a mail, besides administrators and auditors.
CREATE TABLE viewer (
    person TEXT NOT NULL,
    message INTEGER NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('sender', 'approver')),
    PRIMARY KEY (person, message, role)
) STRICT, WITHOUT ROWID;

CREATE TABLE rule_hit (
    rule TEXT NOT NULL,
    message INTEGER NOT NULL,
    PRIMARY KEY (rule, message)
) STRICT, WITHOUT ROWID;

-- What `q` searches: folded text, read from the newest backwards. FTS5's trigrams find no word of two characters.
CREATE TABLE words (
    message INTEGER PRIMARY KEY,
    text TEXT NOT NULL
) STRICT;

-- What `text:` searches: the beginning of the text, folded. It goes with the octets.
CREATE TABLE mail_text (
    message INTEGER PRIMARY KEY,
    text TEXT NOT NULL,
    sealed BLOB                    -- with the body's key; text is then empty
) STRICT;

-- Letters that are owed.
CREATE TABLE notice (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT,
    kind TEXT NOT NULL,
    person TEXT NOT NULL,
    detail TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    ended INTEGER NOT NULL DEFAULT 0 CHECK (ended IN (0, 1)),
    letter_id TEXT
) STRICT;

CREATE INDEX notice_owed ON notice (id) WHERE ended = 0;

-- Messages that are owed to a chat channel (notify.channels): made from notices, one row for each try's subject.
-- person: whom it is for; '' for a room. due_at: the next try; NULL once it has ended, with its outcome.
CREATE TABLE chat (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    channel TEXT NOT NULL,
    kind TEXT NOT NULL,
    person TEXT NOT NULL,
    message_id TEXT,
    detail TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    due_at INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    outcome TEXT NOT NULL DEFAULT '' CHECK (outcome IN ('', 'sent', 'failed', 'dropped'))
) STRICT;

CREATE INDEX chat_due ON chat (channel, due_at) WHERE due_at IS NOT NULL;

-- The last notice that chat messages were made from; one row.
CREATE TABLE chat_seen (
    notice INTEGER NOT NULL
) STRICT;

-- What keeps people from hearing of their mail at present: told once when it begins and once when it ends.
CREATE TABLE trouble (
    name TEXT PRIMARY KEY,         -- 'letters' or 'channel NAME'
    reason TEXT NOT NULL,
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who wants no letters about his own held mail until then.
CREATE TABLE mute (
    person TEXT PRIMARY KEY,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who wrote to whom; sender '' counts for the whole company.
CREATE TABLE contact (
    sender TEXT NOT NULL,
    key TEXT NOT NULL,
    count INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (sender, key)
) STRICT, WITHOUT ROWID;

-- Whom a person wrote to, one by one, and what the address was called there; bounded for each sender (store.memory).
CREATE TABLE correspondent (
    sender TEXT NOT NULL,
    key TEXT NOT NULL,
    name TEXT NOT NULL,            -- the display name last used; '' if none was
    name_key TEXT NOT NULL,        -- as names are compared (policy.names); '' if it names no single person
    count INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (sender, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX correspondent_name ON correspondent (sender, name_key) WHERE name_key <> '';
CREATE INDEX correspondent_key ON correspondent (key);

-- Who was written to together: members is a sorted list of keys; bounded for each sender.
CREATE TABLE circle (
    sender TEXT NOT NULL,
    members TEXT NOT NULL,
    count INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    last_id TEXT NOT NULL,         -- Message-ID counted last: the parts of a split mail are one
    PRIMARY KEY (sender, members)
) STRICT, WITHOUT ROWID;


-- Which organisations got a file before, by the SHA-256 of its content.
CREATE TABLE file_seen (
    digest TEXT NOT NULL,
    key TEXT NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (digest, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX file_seen_last ON file_seen (last_at);

-- What a mail teaches about who writes to whom (insight.lesson): addresses, names and hashes. It goes once it is learnt
-- and the mail is at its end.
CREATE TABLE lesson (
    message INTEGER PRIMARY KEY REFERENCES message (number) ON DELETE CASCADE,
    octets BLOB NOT NULL
) STRICT;

-- What became of such mails, in the order in which it happened: every process that judges reads it and learns.
-- number: microseconds since 1970 when it was written, or one more than the last. message: its row number, NULL if it is
-- about none. people: JSON, '' for everybody (store.lessons). 'cut' stands where what was before has been removed.
CREATE TABLE experience (
    number INTEGER PRIMARY KEY,
    what TEXT NOT NULL CHECK (what IN ('delivered', 'refused', 'trusted', 'forgotten', 'anew', 'cut')),
    message INTEGER,
    people TEXT NOT NULL
) STRICT;

-- Which mails of archives were counted, by a digest of their Message-ID: none is counted twice (store.imported).
CREATE TABLE imported (
    digest BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- One line for every change. hash: SHA-256 over the previous line's hash and this line.
-- AUTOINCREMENT: SQLite remembers the highest number, so lines missing at the end are noticed.
CREATE TABLE audit (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    actor TEXT NOT NULL,
    role TEXT NOT NULL,
    via TEXT NOT NULL,
    event TEXT NOT NULL,
    recipients TEXT NOT NULL,
    comment TEXT NOT NULL,
    detail TEXT NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE INDEX audit_message ON audit (message_id, number) WHERE message_id <> '';

CREATE TRIGGER audit_is_not_altered BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'audit lines are not altered');
END;

CREATE TRIGGER audit_is_not_removed BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'audit lines are not removed');
END;

-- Ways in: hashes only.
CREATE TABLE session (
    hash BLOB PRIMARY KEY,
    person TEXT NOT NULL,
    message_id TEXT,
    via TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    id TEXT NOT NULL DEFAULT '',
    how TEXT NOT NULL DEFAULT 'link',
    browser TEXT NOT NULL DEFAULT '',
    seen_at INTEGER NOT NULL DEFAULT 0,
    factor_at INTEGER
) STRICT, WITHOUT ROWID;

-- Second factors: the secret is sealed with a key that lies beside the ledger; recovery codes are keyed hashes.
CREATE TABLE factor (
    person TEXT PRIMARY KEY,
    secret BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    confirmed_at INTEGER,
    last_step INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE recovery_code (
    hash BLOB PRIMARY KEY,
    person TEXT NOT NULL REFERENCES factor (person) ON DELETE CASCADE,
    used_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE ticket (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('login', 'letter')),
    token_hash BLOB NOT NULL UNIQUE,
    code_salt BLOB NOT NULL,
    code_hash BLOB NOT NULL,
    nonce_hash BLOB,
    person TEXT NOT NULL,
    message_id TEXT,
    tries INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT;

CREATE INDEX ticket_nonce ON ticket (nonce_hash) WHERE nonce_hash IS NOT NULL;
CREATE INDEX ticket_expires ON ticket (expires_at);
CREATE INDEX session_expires ON session (expires_at);

CREATE TABLE token (
    id TEXT PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    role TEXT NOT NULL,
    address TEXT NOT NULL,
    label TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    used_at INTEGER,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;

-- Mails that were refused until their sender hands the same one in again. digest and whose are keyed hashes.
CREATE TABLE challenge (
    digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
    whose BLOB NOT NULL,
    rules TEXT NOT NULL,
    told_at INTEGER NOT NULL,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX challenge_until ON challenge (until);
CREATE INDEX challenge_whose ON challenge (whose, told_at);

-- A mail that policy refused at the door. It stayed the client's, so there is nothing else of it.
CREATE TABLE refused (
    id TEXT PRIMARY KEY CHECK (length(id) = 18),
    received_at INTEGER NOT NULL,
    sender TEXT NOT NULL,
    recipients TEXT NOT NULL,
    login TEXT,
    client_ip TEXT NOT NULL,
    size INTEGER NOT NULL,
    subject TEXT,
    facts TEXT NOT NULL,
    verdict TEXT NOT NULL,
    circumstances TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- "Do not ask again for this recipient." whose: 'person:KEY', 'group:NAME' or 'company'; rules: ids, of those that had
-- asked about the recipient; message: the mail on whose page it was said.
CREATE TABLE trust (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    whose TEXT NOT NULL,
    recipient TEXT NOT NULL,
    rules TEXT NOT NULL,
    said_by TEXT NOT NULL,
    said_at INTEGER NOT NULL,
    until INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    UNIQUE (whose, recipient)
) STRICT;

CREATE INDEX refused_sender ON refused (lower(sender), id);

-- An act over many mails, fixed when it was asked for: it waits until due_at, so long it can be undone.
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

-- Message ids that are still to be done; a part goes in the transaction that does it.
CREATE TABLE bulk_part (
    bulk TEXT NOT NULL REFERENCES bulk (id) ON DELETE CASCADE,
    part INTEGER NOT NULL,
    messages TEXT NOT NULL,
    PRIMARY KEY (bulk, part)
) STRICT, WITHOUT ROWID;

-- Why a mail stayed as it was; the first so many.
CREATE TABLE bulk_refusal (
    bulk TEXT NOT NULL REFERENCES bulk (id) ON DELETE CASCADE,
    message_id TEXT NOT NULL,
    ja TEXT NOT NULL,
    en TEXT NOT NULL,
    PRIMARY KEY (bulk, message_id)
) STRICT, WITHOUT ROWID;

-- A filter that somebody keeps; person '' : of all who see all mail.
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

-- Since when a rule has its mode, and asks what it asks (digest).
CREATE TABLE rule_since (
    rule TEXT PRIMARY KEY,
    mode TEXT NOT NULL,
    digest TEXT NOT NULL,
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Absences that people set for themselves. delegates: JSON, in the order in which they are asked.
-- begun: what waited was passed on; passed: the last message that it was looked for in, while it is under way.
CREATE TABLE absence (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person TEXT NOT NULL,
    first_at INTEGER NOT NULL,
    until_at INTEGER NOT NULL,
    delegates TEXT NOT NULL,
    set_by TEXT NOT NULL,
    begun INTEGER NOT NULL DEFAULT 0 CHECK (begun IN (0, 1)),
    passed INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX absence_person ON absence (person, until_at);

-- The register of misdeliveries. facts: JSON, the mail as it stood when it was opened; it outlives the mail.
CREATE TABLE incident (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE CHECK (length(id) = 18),
    message_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'closed')),
    opened_at INTEGER NOT NULL,
    opened_by TEXT NOT NULL,
    note TEXT NOT NULL,
    facts TEXT NOT NULL,
    closed_at INTEGER,
    closed_by TEXT NOT NULL,
    outcome TEXT NOT NULL,
    learned_at INTEGER,
    answers TEXT,
    assessed_at INTEGER,
    assessed_by TEXT NOT NULL DEFAULT '',
    reminded TEXT NOT NULL DEFAULT ''
) STRICT;

-- A mail has one open incident at a time.
CREATE UNIQUE INDEX incident_open ON incident (message_id) WHERE state = 'open';

-- When a person first opened the page of a held mail on which that person may decide.
CREATE TABLE opened (
    message INTEGER NOT NULL REFERENCES message (number) ON DELETE CASCADE,
    person TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (message, person)
) STRICT, WITHOUT ROWID;

-- What was counted of a day (store.day_figures): kind all, rule or group; tally: policy.tally as JSON. No address stands
-- here: it outlives the mails.
CREATE TABLE day_figures (
    day TEXT NOT NULL,             -- 2026-11-26, in the organisation's time zone
    kind TEXT NOT NULL CHECK (kind IN ('all', 'rule', 'group')),
    name TEXT NOT NULL,            -- of the rule or group; '' for all
    tally TEXT NOT NULL,
    PRIMARY KEY (day, kind, name)
) STRICT, WITHOUT ROWID;

-- Which days were counted, and whether that stands: no mail of the day can come to another end.
CREATE TABLE day_counted (
    day TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    settled INTEGER NOT NULL CHECK (settled IN (0, 1))
) STRICT, WITHOUT ROWID;

-- Months (2026-10) whose letter to the management was owed: each once.
CREATE TABLE monthly_letter (
    month TEXT PRIMARY KEY,
    owed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How far the audit log was checked last: up to which line (its hash), when, from which line on; broken: the first line
-- that did not fit, NULL if all did.
CREATE TABLE audit_check (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    upto INTEGER NOT NULL,
    hash BLOB NOT NULL,
    at INTEGER NOT NULL,
    whole_at INTEGER,              -- when the whole chain was last walked from its start
    broken INTEGER
) STRICT;

-- What the secret in the address of an answer to a letter is bound to; the hash only.
CREATE TABLE reply_ticket (
    hash BLOB PRIMARY KEY CHECK (length(hash) = 32),
    person TEXT NOT NULL,
    message_id TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    spent_at INTEGER,
    copies INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX reply_ticket_expires ON reply_ticket (expires_at);

-- The table of states.
INSERT INTO transition (state, event, next) VALUES
    ('held', 'release', 'queued'),
    ('held', 'cancel', 'cancelled'),
    ('held', 'remove', 'cancelled'),
    ('held', 'reject', 'rejected'),
    ('held', 'expire', 'expired'),
    ('held', 'hold', 'held'),
    ('held', 'resume', 'held'),
    ('queued', 'hold', 'held'),
    ('queued', 'cancel', 'cancelled'),
    ('queued', 'remove', 'cancelled'),
    ('queued', 'relay', 'relayed'),
    ('queued', 'defer', 'queued'),
    ('queued', 'fail', 'bounced');
