-- The first schema: one provider, its policies with every version, and what
-- is known of the signing keys (the keys themselves are never in here).

CREATE TABLE provider (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,
	created_s INTEGER NOT NULL,
	change INTEGER NOT NULL DEFAULT 0 -- grows with each change under it
) STRICT;

-- A row is a version and is never changed. The highest is in force; a reset is
-- a version too, so that history has no holes.
CREATE TABLE policy (
	id INTEGER PRIMARY KEY,
	provider INTEGER NOT NULL REFERENCES provider (id),
	type TEXT NOT NULL,
	version INTEGER NOT NULL CHECK (version > 0),
	event TEXT NOT NULL CHECK (event IN ('set', 'reset')),
	text TEXT NOT NULL,
	jwt TEXT NOT NULL,
	hash TEXT NOT NULL,
	signer TEXT NOT NULL,
	set_s INTEGER NOT NULL,
	set_by TEXT NOT NULL,
	UNIQUE (provider, type, version)
) STRICT;

CREATE TABLE signing_key (
	kid TEXT PRIMARY KEY,
	alg TEXT NOT NULL,
	created_s INTEGER NOT NULL,
	published_s INTEGER NOT NULL,
	signs_from_s INTEGER NOT NULL,
	unpublished_s INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO provider (name, created_s) VALUES ('default', 0);
