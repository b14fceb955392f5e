-- Many providers, who may sign their policies, and the record of every change.

-- A provider's URL is its tokens' issuer, fixed when it is made; '' is the
-- instance's own. JSON columns are canonical text that api/ has judged.
ALTER TABLE provider ADD COLUMN url TEXT NOT NULL DEFAULT '';
ALTER TABLE provider ADD COLUMN trust_model TEXT NOT NULL DEFAULT 'AAD'
	CHECK (trust_model IN ('AAD', 'Isolated'));
ALTER TABLE provider ADD COLUMN built_in INTEGER NOT NULL DEFAULT 0
	CHECK (built_in IN (0, 1));
ALTER TABLE provider ADD COLUMN read_only INTEGER NOT NULL DEFAULT 0
	CHECK (read_only IN (0, 1));
ALTER TABLE provider ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
ALTER TABLE provider ADD COLUMN tags TEXT NOT NULL DEFAULT '{}';
ALTER TABLE provider ADD COLUMN location TEXT NOT NULL DEFAULT '';
ALTER TABLE provider ADD COLUMN subscription TEXT NOT NULL DEFAULT '';
ALTER TABLE provider ADD COLUMN resource_group TEXT NOT NULL DEFAULT '';
ALTER TABLE provider ADD COLUMN updated_s INTEGER NOT NULL DEFAULT 0;

CREATE UNIQUE INDEX provider_url ON provider (url) WHERE url <> '';

-- from 1, so that 0 can stand for "whatever it is"
UPDATE provider SET change = change + 1;
UPDATE provider SET built_in = 1 WHERE name = 'default';
INSERT INTO provider (name, created_s, change, built_in, read_only)
	VALUES ('shared', 0, 1, 1, 1);

CREATE TABLE policy_certificate (
	provider INTEGER NOT NULL REFERENCES provider (id),
	sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
	thumbprint TEXT NOT NULL, -- the contract's: upper hex SHA-1
	der BLOB NOT NULL,
	added_s INTEGER NOT NULL,
	added_by TEXT NOT NULL,
	PRIMARY KEY (provider, sha256)
) STRICT, WITHOUT ROWID;

-- Each record holds the hash of the one before it. Rows are only ever added.
CREATE TABLE audit (
	seq INTEGER PRIMARY KEY AUTOINCREMENT,
	at_s INTEGER NOT NULL,
	actor TEXT NOT NULL,
	source TEXT NOT NULL,
	request TEXT NOT NULL,
	action TEXT NOT NULL,
	provider TEXT NOT NULL,
	target TEXT NOT NULL,
	before TEXT NOT NULL,
	after TEXT NOT NULL,
	outcome TEXT NOT NULL,
	previous BLOB NOT NULL CHECK (length(previous) = 32),
	hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN
	SELECT RAISE(ABORT, 'audit records are never changed');
END;

CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
BEGIN
	SELECT RAISE(ABORT, 'audit records are never deleted');
END;

CREATE TRIGGER policy_is_never_changed BEFORE UPDATE ON policy
BEGIN
	SELECT RAISE(ABORT, 'a version of a policy is never changed');
END;

-- Small facts about the store itself: the generation that grows with every
-- change, the management token's hash.
CREATE TABLE fact (
	name TEXT PRIMARY KEY,
	value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE generation (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	value INTEGER NOT NULL
) STRICT;

INSERT INTO generation (id, value) VALUES (1, 0);
