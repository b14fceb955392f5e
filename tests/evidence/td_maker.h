/*
 * TDX quotes by hand, for tests of form: every field of the fixed layout has its
 * own byte value, so that a wrong offset shows. Nothing in them is signed. The
 * offsets are written out here again on purpose.
 */
#ifndef AVOW_TESTS_TD_MAKER_H
#define AVOW_TESTS_TD_MAKER_H

#include "quote_maker.h"

/* Where the parts of a made quote are. */
struct td_places {
	size_t body, body_size, len, sig;
};

static inline struct td_places
td_places(unsigned version, unsigned body_type)
{
	struct td_places p = {version == 4 ? 48 : 54, body_type == 3 ? 648 : 584, 0, 0};

	p.len = p.body + p.body_size;
	p.sig = p.len + 4;
	return p;
}

/* TD report, its fields filled with 0x80, 0x81, ... */
static inline void
td_report(struct made *m, size_t at, bool is_15)
{
	static const size_t sizes[] = {
		16, 48, 48, 8, 8, 8, 48, 48, 48, 48, 48, 48, 48, 48, 64, 16, 48};

	for (size_t i = 0; i < (is_15 ? 17u : 15u); i++) {
		made_fill(m, at, (uint8_t)(0x80 + i), sizes[i]);
		at += sizes[i];
	}
}

/* version 4, or 5 with body type 2 or 3; auth data of 32 bytes, "chain". */
static inline struct td_places
td_quote(struct made *m, unsigned version, unsigned body_type)
{
	static const uint8_t intel[16] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c,
		0xa9, 0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};
	struct td_places p = td_places(version, body_type);

	memset(m, 0, sizeof(*m));
	made_le(m, 0, version, 2);
	made_le(m, 2, 2, 2);
	made_le(m, 4, 0x81, 4);
	memcpy(m->b + 12, intel, sizeof(intel));
	made_fill(m, 28, 0x28, 20);
	if (version == 5) {
		made_le(m, 48, body_type, 2);
		made_le(m, 50, p.body_size, 4);
	}
	td_report(m, p.body, body_type == 3);
	made_le(m, p.len, 134 + 450 + 32 + 6 + 5, 4);
	made_fill(m, p.sig, 0x50, 64);
	made_fill(m, p.sig + 64, 0x51, 64);
	made_le(m, p.sig + 128, 6, 2);
	made_le(m, p.sig + 130, 450 + 32 + 6 + 5, 4);
	made_report(m, p.sig + 134, 0x60);
	made_fill(m, p.sig + 518, 0x52, 64);
	made_le(m, p.sig + 582, 32, 2);
	made_fill(m, p.sig + 584, 0x53, 32);
	made_le(m, p.sig + 616, 5, 2);
	made_le(m, p.sig + 618, 5, 4);
	memcpy(m->b + p.sig + 622, "chain", 5);
	m->n = p.sig + 627;
	return p;
}

#endif
