-- What copies are changed to before they leave, and copies that a rule adds.

CREATE TABLE recipe (
    message INTEGER NOT NULL REFERENCES message (number) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    alterations TEXT NOT NULL,
    untold INTEGER NOT NULL CHECK (untold IN (0, 1)),
    PRIMARY KEY (message, number)
) STRICT, WITHOUT ROWID;

ALTER TABLE recipient ADD COLUMN recipe INTEGER;
ALTER TABLE recipient ADD COLUMN added INTEGER NOT NULL DEFAULT 0 CHECK (added IN (0, 1));
