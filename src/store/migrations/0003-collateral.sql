-- Collateral that was verified when it came: signed documents, CRLs and
-- certificates by what they are about, each with its older versions.

CREATE TABLE collateral (
	id INTEGER PRIMARY KEY AUTOINCREMENT, -- grows with each new document
	name TEXT NOT NULL,
	sha256 BLOB NOT NULL CHECK (length(sha256) = 32), -- of body
	body BLOB NOT NULL,
	chain BLOB NOT NULL,
	source TEXT NOT NULL,
	number INTEGER NOT NULL,
	issued_s INTEGER NOT NULL,
	expires_s INTEGER NOT NULL,
	fetched_s INTEGER NOT NULL,
	newest INTEGER NOT NULL CHECK (newest IN (0, 1)),
	UNIQUE (name, sha256)
) STRICT;

CREATE UNIQUE INDEX collateral_newest ON collateral (name) WHERE newest = 1;
CREATE INDEX collateral_issued ON collateral (issued_s);
CREATE INDEX collateral_expires ON collateral (expires_s) WHERE newest = 1;

-- What is newest is the mark below which nothing is taken: it never goes.
CREATE TRIGGER collateral_newest_is_never_deleted BEFORE DELETE ON collateral
	WHEN old.newest = 1
BEGIN
	SELECT RAISE(ABORT, 'the newest document of a name is never deleted');
END;
