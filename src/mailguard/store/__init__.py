"""The ledger: what was taken, what was decided, what is owed, who did what. One SQLite file and a folder of bodies."""
