-- A ledger as version 18 wrote it: held, queued, under way and sent mail.
BEGIN TRANSACTION;
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
INSERT INTO "audit" VALUES(1,1795435200000000,'1m844dzg0frrgqth56','ann@corp.example','sender','smtp','accept','["bob@partner.example"]','','{"sender":"ann@corp.example","size":26,"sha256":"44d3c684cba570c19fa205a2dee7aa5d8489622d344a81c44a3e3658072edd46","disposition":"confirm","policy":"policy-hash","rules":["a-rule"],"client":"192.0.2.7"}',X'0BC75519531AD8B42DC0016D76778C0B9BA08214B30EF87A335BC34539B722DB');
INSERT INTO "audit" VALUES(2,1795435200000000,'1m844dzg047d0syt0k','ann@corp.example','sender','smtp','accept','["bob@partner.example"]','','{"sender":"ann@corp.example","size":22,"sha256":"d45128822c0495d62ab327ec3b5a56b594489269b7d8a01efd527f9b246bba2d","disposition":"delay","policy":"policy-hash","rules":["a-rule"],"client":"192.0.2.7"}',X'6092102B41274EA3914C5BB110009690145D2AC4CB04796CA21A7EEDDDA1C7A8');
INSERT INTO "audit" VALUES(3,1795435200000000,'1m844dzg0e58vrpetv','ann@corp.example','sender','smtp','accept','["bob@partner.example"]','','{"sender":"ann@corp.example","size":22,"sha256":"d45128822c0495d62ab327ec3b5a56b594489269b7d8a01efd527f9b246bba2d","disposition":"approve","policy":"policy-hash","rules":["a-rule"],"client":"192.0.2.7"}',X'81972E94563665D083C2D90456B1E113C063F7912AEDB0C929F0510BA6DA4321');
INSERT INTO "audit" VALUES(4,1795435200000000,'1m844dzg0ct2ay5vfw','ann@corp.example','sender','smtp','accept','["bob@partner.example","carol@other.example"]','','{"sender":"ann@corp.example","size":27,"sha256":"f1c37d0cfbf74558ecf70d170d902d24f5eb8b3bba37961e76ebed5842b55a9e","disposition":"deliver","policy":"policy-hash","rules":[],"client":"192.0.2.7"}',X'CBF3F7CFA909744A6ADF484CAEDAF1CF0D1D4AB4FF6D81B039F00F579EF9444F');
INSERT INTO "audit" VALUES(5,1795435200000000,'1m844dzg0swxmetjz2','ann@corp.example','sender','smtp','accept','["bob@partner.example"]','','{"sender":"ann@corp.example","size":22,"sha256":"d45128822c0495d62ab327ec3b5a56b594489269b7d8a01efd527f9b246bba2d","disposition":"deliver","policy":"policy-hash","rules":[],"client":"192.0.2.7"}',X'8178A76C6F6E7A00B79F3F45D732B51A72AFD0890416A8B07044338AA150B7A2');
INSERT INTO "audit" VALUES(6,1795435200000000,'1m844dzg0swxmetjz2','mailguard','system','clock','relay','["bob@partner.example"]','','{"result":"relayed","code":250,"text":"ok","unknown":false}',X'49EEFABFCD3446BA23CA162166A8F9513294A26D4555A2D1EE12EF849AA4ACE5');
INSERT INTO "audit" VALUES(7,1795435200000000,'1m844dzg09nqbk05k2','ann@corp.example','sender','smtp','accept','["carol@other.example"]','','{"sender":"ann@corp.example","size":22,"sha256":"d45128822c0495d62ab327ec3b5a56b594489269b7d8a01efd527f9b246bba2d","disposition":"deliver","policy":"policy-hash","rules":[],"client":"192.0.2.7"}',X'F0A9717F4F46817F5F1455653E7B9F2059CB33F1CD9683FA7BEC0F1905491769');
CREATE TABLE audit_check (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    upto INTEGER NOT NULL,
    hash BLOB NOT NULL,
    at INTEGER NOT NULL,
    whole_at INTEGER,              -- when the whole chain was last walked from its start
    broken INTEGER
) STRICT;
CREATE TABLE body (
    message INTEGER PRIMARY KEY REFERENCES message (number) ON DELETE CASCADE,
    octets BLOB NOT NULL
) STRICT;
INSERT INTO "body" VALUES(1,X'5375626A6563743A20636F6E6669726D0D0A0D0A68656C640D0A');
INSERT INTO "body" VALUES(2,X'5375626A6563743A2068656C6C6F0D0A0D0A68690D0A');
INSERT INTO "body" VALUES(3,X'5375626A6563743A2068656C6C6F0D0A0D0A68690D0A');
INSERT INTO "body" VALUES(4,X'5375626A6563743A207175657565640D0A0D0A7175657565640D0A');
INSERT INTO "body" VALUES(5,X'5375626A6563743A2068656C6C6F0D0A0D0A68690D0A');
INSERT INTO "body" VALUES(6,X'5375626A6563743A2068656C6C6F0D0A0D0A68690D0A');
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
CREATE TABLE challenge (
    digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
    whose BLOB NOT NULL,
    rules TEXT NOT NULL,
    told_at INTEGER NOT NULL,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
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
CREATE TABLE chat_seen (
    notice INTEGER NOT NULL
) STRICT;
CREATE TABLE circle (
    sender TEXT NOT NULL,
    members TEXT NOT NULL,
    count INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    last_id TEXT NOT NULL,         -- Message-ID counted last: the parts of a split mail are one
    PRIMARY KEY (sender, members)
) STRICT, WITHOUT ROWID;
CREATE TABLE contact (
    sender TEXT NOT NULL,
    key TEXT NOT NULL,
    count INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (sender, key)
) STRICT, WITHOUT ROWID;
INSERT INTO "contact" VALUES('','partner.example',1,1795435200000000,1795435200000000);
INSERT INTO "contact" VALUES('ann@corp.example','partner.example',1,1795435200000000,1795435200000000);
CREATE TABLE correspondent (
    sender TEXT NOT NULL,
    key TEXT NOT NULL,
    name TEXT NOT NULL,            -- the display name last used; '' if none was
    name_key TEXT NOT NULL,        -- as names are compared (policy.names); '' if it names no single person
    count INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (sender, key)
) STRICT, WITHOUT ROWID;
INSERT INTO "correspondent" VALUES('ann@corp.example','bob@partner.example','','',1,1795435200000000);
CREATE TABLE day_counted (
    day TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    settled INTEGER NOT NULL CHECK (settled IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE TABLE day_figures (
    day TEXT NOT NULL,             -- 2026-11-26, in the organisation's time zone
    kind TEXT NOT NULL CHECK (kind IN ('all', 'rule', 'group')),
    name TEXT NOT NULL,            -- of the rule or group; '' for all
    tally TEXT NOT NULL,
    PRIMARY KEY (day, kind, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE factor (
    person TEXT PRIMARY KEY,
    secret BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    confirmed_at INTEGER,
    last_step INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TABLE file_seen (
    digest TEXT NOT NULL,
    key TEXT NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (digest, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE handed_in (
    digest BLOB PRIMARY KEY,
    message_id TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
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
    outcome TEXT NOT NULL
) STRICT;
CREATE TABLE mail_text (
    message INTEGER PRIMARY KEY,
    text TEXT NOT NULL
) STRICT;
INSERT INTO "mail_text" VALUES(1,'the text');
INSERT INTO "mail_text" VALUES(2,'the text');
INSERT INTO "mail_text" VALUES(3,'the text');
INSERT INTO "mail_text" VALUES(4,'the text');
INSERT INTO "mail_text" VALUES(5,'the text');
INSERT INTO "mail_text" VALUES(6,'the text');
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
    verdict TEXT NOT NULL
, circumstances TEXT NOT NULL DEFAULT '', content BLOB, ret TEXT NOT NULL DEFAULT '', envid TEXT NOT NULL DEFAULT '', warned INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO "message" VALUES(1,'1m844dzg0frrgqth56','mail','held','ann@corp.example','ann@corp.example','corp.example',NULL,'192.0.2.7',1795435200000000,NULL,'row',1,1,NULL,26,'44d3c684cba570c19fa205a2dee7aa5d8489622d344a81c44a3e3658072edd46',0,0,'hello','Ann <ann@corp.example>','<1@corp.example>','[]',X'52656365697665643A2066726F6D20746573740D0A','{"headers":{"from":["ann@corp.example"],"to":[],"cc":[],"subject":"hello","message_id":"<1@corp.example>","date":""},"attachments":[],"personal_data":{"persons":0},"secrets":{},"findings":[],"judge":{"kind":"ordinary","auto_generated":false,"calendar":"","signed":false,"encrypted":false,"is_reply":false,"is_forward":false,"importance":"","labels":[],"received_count":0,"shown":0,"own_marks":[],"greeting":[],"scanned":"","viruses":[],"headers":{"names":{"from":["Ann"]},"bcc":[],"reply_to":[],"has_subject":true,"in_reply_to":"","references":[]}}}','{"disposition":"confirm","recipients":[{"address":"bob@partner.example","external":true,"disposition":"confirm","rules":["a-rule"],"risk":0.0,"alter":[],"recipe":null,"added":false,"terms":{"expire_after":259200.0,"expire_action":"return","asks":[],"urgent":false}}],"findings":[{"rule":"a-rule","mode":"enforce","disposition":"confirm","because":{"ja":"社外です","en":"it goes outside"},"evidence":["evidence"],"recipients":["bob@partner.example"],"notes":[],"notify":[],"alter":[]}],"policy":"policy-hash","exempt":"","notes":{},"confirmed":[],"own":[],"recipes":[]}','',X'89CCDCDE993F94E34AE9F06106497317374B027D8E87C322AB96885FCEC817C2','','',0);
INSERT INTO "message" VALUES(2,'1m844dzg047d0syt0k','mail','held','ann@corp.example','ann@corp.example','corp.example',NULL,'192.0.2.7',1795435200000000,NULL,'row',0,1,NULL,22,'d45128822c0495d62ab327ec3b5a56b594489269b7d8a01efd527f9b246bba2d',0,0,'hello','Ann <ann@corp.example>','<1@corp.example>','[]',X'52656365697665643A2066726F6D20746573740D0A','{"headers":{"from":["ann@corp.example"],"to":[],"cc":[],"subject":"hello","message_id":"<1@corp.example>","date":""},"attachments":[],"personal_data":{"persons":0},"secrets":{},"findings":[],"judge":{"kind":"ordinary","auto_generated":false,"calendar":"","signed":false,"encrypted":false,"is_reply":false,"is_forward":false,"importance":"","labels":[],"received_count":0,"shown":0,"own_marks":[],"greeting":[],"scanned":"","viruses":[],"headers":{"names":{"from":["Ann"]},"bcc":[],"reply_to":[],"has_subject":true,"in_reply_to":"","references":[]}}}','{"disposition":"delay","recipients":[{"address":"bob@partner.example","external":true,"disposition":"delay","rules":["a-rule"],"risk":0.0,"alter":[],"recipe":null,"added":false,"terms":{"expire_after":60.0,"expire_action":"return","asks":[],"urgent":false}}],"findings":[{"rule":"a-rule","mode":"enforce","disposition":"delay","because":{"ja":"社外です","en":"it goes outside"},"evidence":["evidence"],"recipients":["bob@partner.example"],"notes":[],"notify":[],"alter":[]}],"policy":"policy-hash","exempt":"","notes":{},"confirmed":[],"own":[],"recipes":[]}','',X'89CCDCDE993F94E34AE9F06106497317374B027D8E87C322AB96885FCEC817C2','','',0);
INSERT INTO "message" VALUES(3,'1m844dzg0e58vrpetv','mail','held','ann@corp.example','ann@corp.example','corp.example',NULL,'192.0.2.7',1795435200000000,NULL,'row',1,1,NULL,22,'d45128822c0495d62ab327ec3b5a56b594489269b7d8a01efd527f9b246bba2d',0,0,'hello','Ann <ann@corp.example>','<1@corp.example>','[]',X'52656365697665643A2066726F6D20746573740D0A','{"headers":{"from":["ann@corp.example"],"to":[],"cc":[],"subject":"hello","message_id":"<1@corp.example>","date":""},"attachments":[],"personal_data":{"persons":0},"secrets":{},"findings":[],"judge":{"kind":"ordinary","auto_generated":false,"calendar":"","signed":false,"encrypted":false,"is_reply":false,"is_forward":false,"importance":"","labels":[],"received_count":0,"shown":0,"own_marks":[],"greeting":[],"scanned":"","viruses":[],"headers":{"names":{"from":["Ann"]},"bcc":[],"reply_to":[],"has_subject":true,"in_reply_to":"","references":[]}}}','{"disposition":"approve","recipients":[{"address":"bob@partner.example","external":true,"disposition":"approve","rules":["a-rule"],"risk":0.0,"alter":[],"recipe":null,"added":false,"terms":{"expire_after":259200.0,"expire_action":"return","asks":[{"approvers":["boss@corp.example"],"quorum":1,"delegates":{},"absent":[],"remind_after":null,"escalate_after":null,"escalate_to":[]}],"urgent":false}}],"findings":[{"rule":"a-rule","mode":"enforce","disposition":"approve","because":{"ja":"社外です","en":"it goes outside"},"evidence":["evidence"],"recipients":["bob@partner.example"],"notes":[],"notify":[],"alter":[]}],"policy":"policy-hash","exempt":"","notes":{},"confirmed":[],"own":[],"recipes":[]}','',X'89CCDCDE993F94E34AE9F06106497317374B027D8E87C322AB96885FCEC817C2','','',0);
INSERT INTO "message" VALUES(4,'1m844dzg0ct2ay5vfw','mail','queued','ann@corp.example','ann@corp.example','corp.example',NULL,'192.0.2.7',1795435200000000,NULL,'row',0,1,NULL,27,'f1c37d0cfbf74558ecf70d170d902d24f5eb8b3bba37961e76ebed5842b55a9e',0,0,'hello','Ann <ann@corp.example>','<1@corp.example>','[]',X'52656365697665643A2066726F6D20746573740D0A','{"headers":{"from":["ann@corp.example"],"to":[],"cc":[],"subject":"hello","message_id":"<1@corp.example>","date":""},"attachments":[],"personal_data":{"persons":0},"secrets":{},"findings":[],"judge":{"kind":"ordinary","auto_generated":false,"calendar":"","signed":false,"encrypted":false,"is_reply":false,"is_forward":false,"importance":"","labels":[],"received_count":0,"shown":0,"own_marks":[],"greeting":[],"scanned":"","viruses":[],"headers":{"names":{"from":["Ann"]},"bcc":[],"reply_to":[],"has_subject":true,"in_reply_to":"","references":[]}}}','{"disposition":"deliver","recipients":[{"address":"bob@partner.example","external":true,"disposition":"deliver","rules":[],"risk":0.0,"alter":[],"recipe":null,"added":false,"terms":null},{"address":"carol@other.example","external":true,"disposition":"deliver","rules":[],"risk":0.0,"alter":[],"recipe":null,"added":false,"terms":null}],"findings":[],"policy":"policy-hash","exempt":"","notes":{},"confirmed":[],"own":[],"recipes":[]}','',X'89CCDCDE993F94E34AE9F06106497317374B027D8E87C322AB96885FCEC817C2','','',0);
INSERT INTO "message" VALUES(5,'1m844dzg0swxmetjz2','mail','relayed','ann@corp.example','ann@corp.example','corp.example',NULL,'192.0.2.7',1795435200000000,1795435200000000,'row',0,1,NULL,22,'d45128822c0495d62ab327ec3b5a56b594489269b7d8a01efd527f9b246bba2d',0,0,'hello','Ann <ann@corp.example>','<1@corp.example>','[]',X'52656365697665643A2066726F6D20746573740D0A','{"headers":{"from":["ann@corp.example"],"to":[],"cc":[],"subject":"hello","message_id":"<1@corp.example>","date":""},"attachments":[],"personal_data":{"persons":0},"secrets":{},"findings":[],"judge":{"kind":"ordinary","auto_generated":false,"calendar":"","signed":false,"encrypted":false,"is_reply":false,"is_forward":false,"importance":"","labels":[],"received_count":0,"shown":0,"own_marks":[],"greeting":[],"scanned":"","viruses":[],"headers":{"names":{"from":["Ann"]},"bcc":[],"reply_to":[],"has_subject":true,"in_reply_to":"","references":[]}}}','{"disposition":"deliver","recipients":[{"address":"bob@partner.example","external":true,"disposition":"deliver","rules":[],"risk":0.0,"alter":[],"recipe":null,"added":false,"terms":null}],"findings":[],"policy":"policy-hash","exempt":"","notes":{},"confirmed":[],"own":[],"recipes":[]}','',X'89CCDCDE993F94E34AE9F06106497317374B027D8E87C322AB96885FCEC817C2','','',0);
INSERT INTO "message" VALUES(6,'1m844dzg09nqbk05k2','mail','queued','ann@corp.example','ann@corp.example','corp.example',NULL,'192.0.2.7',1795435200000000,NULL,'row',0,1,NULL,22,'d45128822c0495d62ab327ec3b5a56b594489269b7d8a01efd527f9b246bba2d',0,0,'hello','Ann <ann@corp.example>','<1@corp.example>','[]',X'52656365697665643A2066726F6D20746573740D0A','{"headers":{"from":["ann@corp.example"],"to":[],"cc":[],"subject":"hello","message_id":"<1@corp.example>","date":""},"attachments":[],"personal_data":{"persons":0},"secrets":{},"findings":[],"judge":{"kind":"ordinary","auto_generated":false,"calendar":"","signed":false,"encrypted":false,"is_reply":false,"is_forward":false,"importance":"","labels":[],"received_count":0,"shown":0,"own_marks":[],"greeting":[],"scanned":"","viruses":[],"headers":{"names":{"from":["Ann"]},"bcc":[],"reply_to":[],"has_subject":true,"in_reply_to":"","references":[]}}}','{"disposition":"deliver","recipients":[{"address":"carol@other.example","external":true,"disposition":"deliver","rules":[],"risk":0.0,"alter":[],"recipe":null,"added":false,"terms":null}],"findings":[],"policy":"policy-hash","exempt":"","notes":{},"confirmed":[],"own":[],"recipes":[]}','',X'89CCDCDE993F94E34AE9F06106497317374B027D8E87C322AB96885FCEC817C2','','',0);
CREATE TABLE monthly_letter (
    month TEXT PRIMARY KEY,
    owed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE mute (
    person TEXT PRIMARY KEY,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
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
INSERT INTO "notice" VALUES(1,'1m844dzg0frrgqth56','held','ann@corp.example','{}',1795435200000000,0,NULL);
INSERT INTO "notice" VALUES(2,'1m844dzg0e58vrpetv','held','ann@corp.example','{}',1795435200000000,0,NULL);
INSERT INTO "notice" VALUES(3,'1m844dzg0e58vrpetv','approval','boss@corp.example','{"instead_of":[],"notes":[]}',1795435200000000,0,NULL);
CREATE TABLE opened (
    message INTEGER NOT NULL REFERENCES message (number) ON DELETE CASCADE,
    person TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (message, person)
) STRICT, WITHOUT ROWID;
CREATE TABLE part (
    message INTEGER PRIMARY KEY REFERENCES message (number) ON DELETE CASCADE,
    first INTEGER NOT NULL
) STRICT;
INSERT INTO "part" VALUES(5,5);
INSERT INTO "part" VALUES(6,5);
CREATE TABLE recipe (
    message INTEGER NOT NULL REFERENCES message (number) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    alterations TEXT NOT NULL,
    untold INTEGER NOT NULL CHECK (untold IN (0, 1)),
    PRIMARY KEY (message, number)
) STRICT, WITHOUT ROWID;
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
    rules TEXT NOT NULL, asks TEXT NOT NULL DEFAULT '[]', nudge_at INTEGER, urgent INTEGER NOT NULL DEFAULT 0 CHECK (urgent IN (0, 1)), urgent_at INTEGER, recipe INTEGER, added INTEGER NOT NULL DEFAULT 0 CHECK (added IN (0, 1)), paused TEXT NOT NULL DEFAULT '', notify TEXT NOT NULL DEFAULT '', orcpt TEXT NOT NULL DEFAULT '', tried_at INTEGER, mta TEXT NOT NULL DEFAULT '', way TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (message, key)
) STRICT, WITHOUT ROWID;
INSERT INTO "recipient" VALUES(1,'bob@partner.example',0,'bob@partner.example','partner.example',1,2,'held','accept',1795694400000000,NULL,'return','[]',0,NULL,'','',NULL,'','["a-rule"]','[]',NULL,0,NULL,NULL,0,'','','',NULL,'','');
INSERT INTO "recipient" VALUES(2,'bob@partner.example',0,'bob@partner.example','partner.example',1,1,'held','accept',1795435260000000,NULL,'release','[]',0,NULL,'','',NULL,'','["a-rule"]','[]',NULL,0,NULL,NULL,0,'','','',NULL,'','');
INSERT INTO "recipient" VALUES(3,'bob@partner.example',0,'bob@partner.example','partner.example',1,3,'held','accept',1795694400000000,NULL,'return','[]',0,NULL,'','',NULL,'','["a-rule"]','[{"approvers":["boss@corp.example"],"quorum":1,"delegates":{},"remind_at":null,"escalate_at":null,"escalate_to":[],"absent":[]}]',NULL,0,NULL,NULL,0,'','','',NULL,'','');
INSERT INTO "recipient" VALUES(4,'bob@partner.example',0,'bob@partner.example','partner.example',1,0,'queued','accept',1795436100000000,'0c5cb3ae0575704a','return','[]',0,NULL,'','',NULL,'','[]','[]',NULL,0,NULL,NULL,0,'','','',NULL,'','');
INSERT INTO "recipient" VALUES(4,'carol@other.example',1,'carol@other.example','other.example',1,0,'queued','accept',1795436100000000,'0c5cb3ae0575704a','return','[]',0,NULL,'','',NULL,'','[]','[]',NULL,0,NULL,NULL,0,'','','',NULL,'','');
INSERT INTO "recipient" VALUES(5,'bob@partner.example',0,'bob@partner.example','partner.example',1,0,'relayed','relay',NULL,NULL,'return','[]',1,250,'ok','',NULL,'','[]','[]',NULL,0,NULL,NULL,0,'','','',1795435200000000,'','');
INSERT INTO "recipient" VALUES(6,'carol@other.example',0,'carol@other.example','other.example',1,0,'queued','accept',1795435200000000,NULL,'return','[]',0,NULL,'','',NULL,'','[]','[]',NULL,0,NULL,NULL,0,'','','',NULL,'','');
CREATE TABLE recovery_code (
    hash BLOB PRIMARY KEY,
    person TEXT NOT NULL REFERENCES factor (person) ON DELETE CASCADE,
    used_at INTEGER
) STRICT, WITHOUT ROWID;
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
CREATE TABLE reply_ticket (
    hash BLOB PRIMARY KEY CHECK (length(hash) = 32),
    person TEXT NOT NULL,
    message_id TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    spent_at INTEGER
, copies INTEGER) STRICT, WITHOUT ROWID;
CREATE TABLE rule_hit (
    rule TEXT NOT NULL,
    message INTEGER NOT NULL,
    PRIMARY KEY (rule, message)
) STRICT, WITHOUT ROWID;
INSERT INTO "rule_hit" VALUES('a-rule',1);
INSERT INTO "rule_hit" VALUES('a-rule',2);
INSERT INTO "rule_hit" VALUES('a-rule',3);
CREATE TABLE rule_since (
    rule TEXT PRIMARY KEY,
    mode TEXT NOT NULL,
    digest TEXT NOT NULL,
    since INTEGER NOT NULL
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
CREATE TABLE session (
    hash BLOB PRIMARY KEY,
    person TEXT NOT NULL,
    message_id TEXT,
    via TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
, id TEXT NOT NULL DEFAULT '', how TEXT NOT NULL DEFAULT 'link', browser TEXT NOT NULL DEFAULT '', seen_at INTEGER NOT NULL DEFAULT 0, factor_at INTEGER) STRICT, WITHOUT ROWID;
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
CREATE TABLE transition (
    state TEXT NOT NULL,
    event TEXT NOT NULL,
    next TEXT NOT NULL,
    PRIMARY KEY (state, event)
) STRICT, WITHOUT ROWID;
INSERT INTO "transition" VALUES('held','cancel','cancelled');
INSERT INTO "transition" VALUES('held','expire','expired');
INSERT INTO "transition" VALUES('held','hold','held');
INSERT INTO "transition" VALUES('held','reject','rejected');
INSERT INTO "transition" VALUES('held','release','queued');
INSERT INTO "transition" VALUES('held','remove','cancelled');
INSERT INTO "transition" VALUES('held','resume','held');
INSERT INTO "transition" VALUES('queued','cancel','cancelled');
INSERT INTO "transition" VALUES('queued','defer','queued');
INSERT INTO "transition" VALUES('queued','fail','bounced');
INSERT INTO "transition" VALUES('queued','hold','held');
INSERT INTO "transition" VALUES('queued','relay','relayed');
INSERT INTO "transition" VALUES('queued','remove','cancelled');
CREATE TABLE trouble (
    name TEXT PRIMARY KEY,
    reason TEXT NOT NULL,
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
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
CREATE TABLE viewer (
    person TEXT NOT NULL,
    message INTEGER NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('sender', 'approver')),
    PRIMARY KEY (person, message, role)
) STRICT, WITHOUT ROWID;
INSERT INTO "viewer" VALUES('ann@corp.example',1,'sender');
INSERT INTO "viewer" VALUES('ann@corp.example',2,'sender');
INSERT INTO "viewer" VALUES('ann@corp.example',3,'sender');
INSERT INTO "viewer" VALUES('ann@corp.example',4,'sender');
INSERT INTO "viewer" VALUES('ann@corp.example',5,'sender');
INSERT INTO "viewer" VALUES('ann@corp.example',6,'sender');
INSERT INTO "viewer" VALUES('boss@corp.example',3,'approver');
CREATE TABLE words (
    message INTEGER PRIMARY KEY,
    text TEXT NOT NULL
) STRICT;
INSERT INTO "words" VALUES(1,'1m844dzg0frrgqth56
hello
ann@corp.example
ann@corp.example

ann <ann@corp.example>
<1@corp.example>
bob@partner.example');
INSERT INTO "words" VALUES(2,'1m844dzg047d0syt0k
hello
ann@corp.example
ann@corp.example

ann <ann@corp.example>
<1@corp.example>
bob@partner.example');
INSERT INTO "words" VALUES(3,'1m844dzg0e58vrpetv
hello
ann@corp.example
ann@corp.example

ann <ann@corp.example>
<1@corp.example>
bob@partner.example');
INSERT INTO "words" VALUES(4,'1m844dzg0ct2ay5vfw
hello
ann@corp.example
ann@corp.example

ann <ann@corp.example>
<1@corp.example>
bob@partner.example
carol@other.example');
INSERT INTO "words" VALUES(5,'1m844dzg0swxmetjz2
hello
ann@corp.example
ann@corp.example

ann <ann@corp.example>
<1@corp.example>
bob@partner.example');
INSERT INTO "words" VALUES(6,'1m844dzg09nqbk05k2
hello
ann@corp.example
ann@corp.example

ann <ann@corp.example>
<1@corp.example>
carol@other.example');
CREATE INDEX message_state ON message (kind, state, number);
CREATE INDEX message_with_body ON message (ended_at) WHERE ended_at IS NOT NULL AND body <> 'gone';
CREATE INDEX recipient_domain ON recipient (domain, message, key);
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
CREATE INDEX notice_owed ON notice (id) WHERE ended = 0;
CREATE INDEX audit_message ON audit (message_id, number) WHERE message_id <> '';
CREATE TRIGGER audit_is_not_altered BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'audit lines are not altered');
END;
CREATE TRIGGER audit_is_not_removed BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'audit lines are not removed');
END;
CREATE INDEX ticket_nonce ON ticket (nonce_hash) WHERE nonce_hash IS NOT NULL;
CREATE INDEX ticket_expires ON ticket (expires_at);
CREATE INDEX session_expires ON session (expires_at);
CREATE INDEX correspondent_name ON correspondent (sender, name_key) WHERE name_key <> '';
CREATE INDEX message_thread ON message (message_id_header) WHERE teaches = 1 AND message_id_header <> '';
CREATE INDEX file_seen_last ON file_seen (last_at);
CREATE INDEX recipient_nudge ON recipient (nudge_at) WHERE nudge_at IS NOT NULL;
CREATE INDEX recipient_urgent ON recipient (urgent_at) WHERE urgent_at IS NOT NULL;
CREATE INDEX challenge_until ON challenge (until);
CREATE INDEX challenge_whose ON challenge (whose, told_at);
CREATE INDEX absence_person ON absence (person, until_at);
CREATE UNIQUE INDEX incident_open ON incident (message_id) WHERE state = 'open';
CREATE INDEX chat_due ON chat (channel, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX reply_ticket_expires ON reply_ticket (expires_at);
CREATE INDEX part_first ON part (first);
CREATE INDEX message_sender ON message (sender_key, number DESC) WHERE kind = 'mail';
CREATE INDEX message_size ON message (size, number) WHERE kind = 'mail';
CREATE INDEX refused_sender ON refused (lower(sender), id);
CREATE INDEX bulk_open ON bulk (due_at) WHERE state IN ('preparing', 'waiting', 'running');
CREATE INDEX handed_in_at ON handed_in (at);
CREATE INDEX recipient_due ON recipient (due_at) WHERE state = 'held' AND due_at IS NOT NULL;
CREATE INDEX recipient_way ON recipient (way, due_at) WHERE state = 'queued' AND due_at IS NOT NULL;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('audit',7);
INSERT INTO "sqlite_sequence" VALUES('notice',3);
COMMIT;
PRAGMA application_id = 1296519748;
PRAGMA user_version = 18;
