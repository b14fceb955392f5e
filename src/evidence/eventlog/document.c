/*
 * Writes the "events" and "pcrs" documents. Members of ProcessedData come only
 * from data that the event's digest proves; an event whose data is not proven has
 * an empty object there, so that a policy finds nothing instead of a claim.
 */
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "evidence/eventlog/document.h"
#include "evidence/eventlog/sipa.h"

const char *
log_bank_name(enum avow_hash h)
{
	static const char *const NAMES[AVOW_LOG_BANKS] = {[AVOW_SHA1] = "SHA1",
		[AVOW_SHA256] = "SHA256",
		[AVOW_SHA384] = "SHA384",
		[AVOW_SHA512] = "SHA512"};

	return NAMES[h];
}

/* UEFI appendix A: the first three fields are little-endian. Upper case, as
 * policies compare it. */
static void
put_guid(struct avow_jw *w, struct avow_span g)
{
	static const uint8_t ORDER[16] = {
		3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
	static const char DIGITS[] = "0123456789ABCDEF";
	char text[36];
	size_t n = 0;

	for (size_t i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			text[n++] = '-';
		text[n++] = DIGITS[g.p[ORDER[i]] >> 4];
		text[n++] = DIGITS[g.p[ORDER[i]] & 15];
	}
	avow_jw_string(w, avow_span_make(text, n));
}

/* A variable whose name is no text has no members: two names that differ must
 * not read alike. */
static void
put_variable(struct avow_jw *w, const struct efi_variable *v)
{
	struct avow_buf name;

	avow_buf_init(&name, v->name.n * 2 + 1);
	if (log_utf8(v->name, &name)) {
		avow_jw_name(w, "VariableGuid");
		put_guid(w, v->guid);
		avow_jw_name(w, "UnicodeName");
		avow_jw_string(w, avow_buf_span(&name));
		avow_jw_name(w, "VariableData");
		avow_jw_b64url(w, v->data);
	}
	avow_buf_clear(&name);
}

static bool
is_text(struct avow_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return s.n > 0 && avow_utf8_is_valid(s);
}

static bool
is_text_type(uint32_t type)
{
	return type == EV_ACTION || type == EV_EFI_ACTION ||
	       type == EV_OMIT_BOOT_DEVICE_EVENTS || type == EV_IPL;
}

static void
put_data(struct avow_jw *w, uint32_t type, struct avow_span data)
{
	if (is_text_type(type) && is_text(data)) {
		avow_jw_name(w, "String");
		avow_jw_string(w, data);
		return;
	}
	avow_jw_name(w, "RawData");
	avow_jw_b64url(w, data);
}

/* PFP 3.3.4: firmware's variables are measured into PCR 0 to 7 (a CCEL's registers
 * 1 and 2), its configuration before that register's separator. Elsewhere and
 * behind it, anybody can extend a variable of any content (bug 23). */
static bool
is_firmware_variable(const struct event_writer *ew, const struct avow_eventlog *log,
	const struct avow_log_event *e)
{
	if (e->pcr > (log->format == AVOW_LOG_CCEL ? 2u : 7u))
		return false;
	return e->type != EV_EFI_VARIABLE_DRIVER_CONFIG || !ew->separated[e->pcr];
}

/* wbcl.h: Windows measures into 12 to 14 until it extends "WBCL", and its DRTM
 * into 17 to 22. Other tagged events are not Windows'. */
static bool
is_windows(const struct avow_eventlog *log, const struct avow_log_event *e)
{
	return e->type == EV_EVENT_TAG && log->format != AVOW_LOG_CCEL &&
	       ((e->pcr >= 12 && e->pcr <= 14) || (e->pcr >= 17 && e->pcr <= 22)) &&
	       sipa_is(e->data);
}

static void
put_proven(struct event_writer *ew, const struct avow_eventlog *log,
	const struct avow_log_event *e, struct avow_span text)
{
	if (!is_windows(log, e))
		put_data(ew->w, e->type, text);
	else if (!ew->closed[e->pcr]) /* behind "WBCL" it is the OS's users' */
		sipa_put(ew->w, text);
}

static void
put_processed(struct event_writer *ew, const struct avow_eventlog *log,
	const struct avow_log_event *e)
{
	struct efi_variable v;
	struct avow_span text;

	if (e->is_ima) { /* an IMA list's entries were proven when it was read */
		if (log->format == AVOW_LOG_IMA || avow_eventlog_proves(e, e->data))
			ima_put(ew->w, e);
		return;
	}
	switch (event_prove(e, &v, &text)) {
	case PROOF_VARIABLE:
		if (is_firmware_variable(ew, log, e))
			put_variable(ew->w, &v);
		break;
	case PROOF_VARIABLE_DATA:
		avow_jw_name(ew->w, "VariableData");
		avow_jw_b64url(ew->w, v.data);
		break;
	case PROOF_DATA:
	case PROOF_TEXT:
		put_proven(ew, log, e, text);
		break;
	case PROOF_NONE:
	default:
		break;
	}
}

static void
put_type(struct avow_jw *w, const struct avow_log_event *e)
{
	const char *name = e->type_name ? e->type_name : avow_event_type_name(e->type);
	char hex[16];

	if (!name) {
		snprintf(hex, sizeof(hex), "0x%08x", e->type);
		name = hex;
	}
	avow_jw_name(w, "EventTypeString");
	avow_jw_str(w, name);
}

static void
put_digests(struct avow_jw *w, const struct avow_log_event *e, unsigned banks)
{
	avow_jw_name(w, "Digests");
	avow_jw_open(w, '{');
	for (size_t i = 0; i < e->digest_count; i++) {
		enum avow_hash h;

		if (!log_bank(e->digests[i].alg, &h) || !(banks & 1u << h))
			continue;
		avow_jw_name(w, log_bank_name(h));
		avow_jw_hex(w, e->digests[i].bytes);
	}
	avow_jw_close(w);
}

void
event_put(struct event_writer *ew, const struct avow_eventlog *log,
	const struct avow_log_event *e, uint32_t seq, unsigned banks)
{
	struct avow_jw *w = ew->w;

	avow_jw_open(w, '{');
	avow_jw_name(w, "EventSeq");
	avow_jw_int(w, seq);
	avow_jw_name(w, "EventType");
	avow_jw_int(w, e->type);
	put_type(w, e);
	avow_jw_name(w, "PcrIndex");
	avow_jw_int(w, e->pcr);
	avow_jw_name(w, "ProcessedData");
	avow_jw_open(w, '{');
	if (!event_is_silent(log, e)) /* what extends nothing is proven by nothing */
		put_processed(ew, log, e);
	avow_jw_close(w);
	put_digests(w, e, banks);
	avow_jw_close(w);
}

void
event_passed(struct event_writer *ew, const struct avow_eventlog *log,
	const struct avow_log_event *e)
{
	if (event_is_silent(log, e) || e->is_ima)
		return;
	if (event_is_separator(&ew->markers, e))
		ew->separated[e->pcr] = true;
	if (event_is_marker(&ew->markers, e, MARKER_WBCL))
		ew->closed[e->pcr] = true;
}

enum avow_err
event_writer_begin(struct event_writer *ew, struct avow_jw *w)
{
	memset(ew, 0, sizeof(*ew));
	ew->w = w;
	return markers_make(&ew->markers);
}

void
avow_eventlog_put_events(const struct avow_eventlog *log, struct avow_jw *w)
{
	struct event_writer ew;
	enum avow_err err = event_writer_begin(&ew, w);

	if (err != AVOW_OK && w->b->err == AVOW_OK)
		w->b->err = err; /* no text rather than a wrong one */
	avow_jw_open(w, '[');
	for (size_t i = 0; i < log->count && w->b->err == AVOW_OK; i++) {
		const struct avow_log_event *e = &log->events[i];

		event_put(&ew, log, e, e->seq, ~0u);
		event_passed(&ew, log, e);
	}
	avow_jw_close(w);
}

void
avow_eventlog_put_pcrs(const struct avow_log_replay *r, struct avow_jw *w)
{
	avow_jw_open(w, '[');
	for (size_t i = 0; i < AVOW_LOG_REGISTERS; i++) {
		const struct avow_log_register *reg = &r->reg[i];

		if (!reg->extended)
			continue;
		avow_jw_open(w, '{');
		avow_jw_name(w, "Index");
		avow_jw_int(w, (int64_t)i);
		avow_jw_name(w, "Digests");
		avow_jw_open(w, '{');
		for (size_t b = 0; b < AVOW_LOG_BANKS; b++) {
			if (!reg->has[b])
				continue;
			avow_jw_name(w, log_bank_name((enum avow_hash)b));
			avow_jw_hex(w, avow_span_make(reg->value[b],
					       avow_hash_bytes((enum avow_hash)b)));
		}
		avow_jw_close(w);
		avow_jw_close(w);
	}
	avow_jw_close(w);
}
