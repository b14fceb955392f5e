-- Challenges that were answered, until they would have expired anyway: each is
-- good for one answer, at whichever node.

CREATE TABLE used_challenge (
	id BLOB PRIMARY KEY CHECK (length(id) = 16),
	expires_s INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX used_challenge_expires ON used_challenge (expires_s);
