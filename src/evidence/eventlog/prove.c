/*
 * Decides what of an event's data its digests prove: a digest covers the data,
 * a part of it, or something that is not in the log, by the event's type; and
 * since a type is not measured (bug 23), only the recomputed digest says which.
 */
#include "evidence/eventlog/prove.h"

#include <string.h>

bool
avow_eventlog_proves(const struct avow_log_event *e, struct avow_span preimage)
{
	bool any = false;

	for (size_t i = 0; i < e->digest_count; i++) {
		uint8_t digest[AVOW_MAX_DIGEST];
		enum avow_hash h;

		if (!log_bank(e->digests[i].alg, &h))
			continue;
		if (avow_digest_short(h, &preimage, 1, digest) != AVOW_OK ||
			!avow_span_eq(e->digests[i].bytes,
				avow_span_make(digest, avow_hash_bytes(h))))
			return false;
		any = true;
	}
	return any;
}

enum avow_err
markers_make(struct markers *m)
{
	static const struct avow_span DATA[MARKERS] = {
		[MARKER_ZERO] = {(const uint8_t *)"\0\0\0\0", 4},
		[MARKER_ONES] = {(const uint8_t *)"\xff\xff\xff\xff", 4},
		[MARKER_ERROR] = {(const uint8_t *)"\1\0\0\0", 4},
		[MARKER_WBCL] = {(const uint8_t *)WBCL_END, 4},
	};

	for (size_t i = 0; i < MARKERS; i++)
		for (size_t h = 0; h < AVOW_LOG_BANKS; h++)
			AVOW_TRY(avow_digest_short(
				(enum avow_hash)h, &DATA[i], 1, m->digest[i][h]));
	return AVOW_OK;
}

bool
event_is_marker(
	const struct markers *m, const struct avow_log_event *e, enum marker which)
{
	bool any = false;

	for (size_t i = 0; i < e->digest_count; i++) {
		enum avow_hash h;

		if (!log_bank(e->digests[i].alg, &h))
			continue;
		if (!avow_span_eq(e->digests[i].bytes,
			    avow_span_make(m->digest[which][h], avow_hash_bytes(h))))
			return false;
		any = true;
	}
	return any;
}

/* The end of what firmware measured. Found by its digest, so that another type's
 * name cannot hide it. */
bool
event_is_separator(const struct markers *m, const struct avow_log_event *e)
{
	return event_is_marker(m, e, MARKER_ZERO) ||
	       event_is_marker(m, e, MARKER_ONES) ||
	       event_is_marker(m, e, MARKER_ERROR);
}

/* PFP 10.4.3, UEFI_VARIABLE_DATA. */
static bool
read_variable(struct avow_span data, size_t spare, struct efi_variable *v)
{
	struct avow_cursor c = avow_cur(data);
	uint64_t chars, bytes;

	v->guid = avow_cur_bytes(&c, 16);
	chars = avow_cur_le64(&c);
	bytes = avow_cur_le64(&c);
	if (avow_cur_is_bad(&c) || chars > avow_cur_left(&c) / 2)
		return false;
	v->name = avow_cur_bytes(&c, (size_t)chars * 2);
	if (bytes > avow_cur_left(&c))
		return false;
	v->data = avow_cur_bytes(&c, (size_t)bytes);
	return avow_cur_left(&c) == spare;
}

/* Firmware that measured the variable's content alone proves that alone. */
static enum proof
prove_boot(const struct avow_log_event *e, struct efi_variable *v)
{
	if (!read_variable(e->data, 0, v))
		return PROOF_NONE;
	if (avow_eventlog_proves(e, e->data))
		return PROOF_VARIABLE;
	return avow_eventlog_proves(e, v->data) ? PROOF_VARIABLE_DATA : PROOF_NONE;
}

/* shim before 8a27a48 logged a byte more than it measured, and its lengths end
 * six bytes before the event does. */
static enum proof
prove_authority(const struct avow_log_event *e, struct efi_variable *v)
{
	if (read_variable(e->data, 0, v) && avow_eventlog_proves(e, e->data))
		return PROOF_VARIABLE;
	if (read_variable(e->data, 6, v) &&
		avow_eventlog_proves(e, avow_span_slice(e->data, 0, e->data.n - 1)))
		return PROOF_VARIABLE;
	return PROOF_NONE;
}

/* GRUB logs "kind: text" and NUL, and measures the text; older builds measured its
 * NUL too, and left out the colon. */
static enum proof
prove_ipl(const struct avow_log_event *e, struct avow_span *text)
{
	size_t at = avow_span_find_byte(e->data, ' ');
	struct avow_span with_nul = avow_span_from(e->data, at + 1);

	*text = with_nul;
	if (at >= e->data.n || with_nul.n < 2 || with_nul.p[with_nul.n - 1] != 0)
		return PROOF_NONE;
	text->n--;
	return avow_eventlog_proves(e, *text) || avow_eventlog_proves(e, with_nul)
		       ? PROOF_TEXT
		       : PROOF_NONE;
}

enum proof
event_prove(
	const struct avow_log_event *e, struct efi_variable *v, struct avow_span *text)
{
	enum proof p = PROOF_NONE;

	memset(v, 0, sizeof(*v));
	*text = e->data;
	switch (e->type) {
	case EV_EFI_VARIABLE_DRIVER_CONFIG:
	case EV_EFI_VARIABLE_BOOT2:
		return read_variable(e->data, 0, v) && avow_eventlog_proves(e, e->data)
			       ? PROOF_VARIABLE
			       : PROOF_NONE;
	case EV_EFI_VARIABLE_BOOT:
		return prove_boot(e, v);
	case EV_EFI_VARIABLE_AUTHORITY:
		return prove_authority(e, v);
	case EV_IPL:
		p = prove_ipl(e, text);
		break;
	default:
		break;
	}
	if (p == PROOF_NONE && avow_eventlog_proves(e, e->data)) {
		*text = e->data;
		p = PROOF_DATA;
	}
	return p;
}
