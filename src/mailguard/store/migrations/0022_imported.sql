-- Which mails of archives were counted, by a digest of their Message-ID: none is counted twice (store.imported).
CREATE TABLE imported (
    digest BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;
