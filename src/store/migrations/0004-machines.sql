-- Machines that attest again and again: how they were last seen, and the boot
-- states that they were seen in. A provider's machines go with it.

CREATE TABLE machine (
	id INTEGER PRIMARY KEY,
	provider INTEGER NOT NULL REFERENCES provider (id) ON DELETE CASCADE,
	machine TEXT NOT NULL, -- stable: made from the attestation key
	kind TEXT NOT NULL,
	label TEXT NOT NULL, -- what the machine calls itself; proves nothing
	first_s INTEGER NOT NULL,
	last_s INTEGER NOT NULL,
	good_s INTEGER NOT NULL, -- 0: never
	attestations INTEGER NOT NULL,
	failures INTEGER NOT NULL,
	failing TEXT NOT NULL, -- the last one's error; '' when it was good
	silent INTEGER NOT NULL CHECK (silent IN (0, 1)),
	states INTEGER NOT NULL, -- how many there ever were
	UNIQUE (provider, machine)
) STRICT;

CREATE INDEX machine_heard ON machine (last_s) WHERE silent = 0;

CREATE TABLE machine_state (
	machine INTEGER NOT NULL REFERENCES machine (id) ON DELETE CASCADE,
	seq INTEGER NOT NULL, -- 1, 2, 3...
	at_s INTEGER NOT NULL,
	state TEXT NOT NULL, -- canonical JSON
	PRIMARY KEY (machine, seq)
) STRICT, WITHOUT ROWID;
