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
