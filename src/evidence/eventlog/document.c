/*
 * Writes the "events" and "pcrs" documents. Members of ProcessedData come only
 * from data that the event's digest proves; an event whose data is not proven has
 * an empty object there, so that a policy finds nothing instead of a claim.
 */
#include "base/utf8.h"
#include "evidence/eventlog/prove.h"

static const char *const BANK_NAMES[AVOW_LOG_BANKS] = {[AVOW_SHA1] = "SHA1",
	[AVOW_SHA256] = "SHA256",
	[AVOW_SHA384] = "SHA384",
	[AVOW_SHA512] = "SHA512"};

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

/* UCS-2LE to UTF-8; false for what is no well-formed UTF-16. */
static bool
to_utf8(struct avow_span in, struct avow_buf *out)
{
	struct avow_cursor c = avow_cur(in);

	while (avow_cur_left(&c) >= 2) {
		uint32_t cp = avow_cur_le16(&c);

		if (cp >= 0xd800 && cp < 0xdc00) {
			uint32_t low = avow_cur_le16(&c);

			if (avow_cur_is_bad(&c) || low < 0xdc00 || low > 0xdfff)
				return false;
			cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
		} else if (cp >= 0xdc00 && cp < 0xe000) {
			return false;
		}
		avow_utf8_put(out, cp);
	}
	return avow_cur_is_done(&c) && out->err == AVOW_OK;
}

/* A variable whose name is no text has no members: two names that differ must
 * not read alike. */
static void
put_variable(struct avow_jw *w, const struct efi_variable *v)
{
	struct avow_buf name;

	avow_buf_init(&name, v->name.n * 2 + 1);
	if (to_utf8(v->name, &name)) {
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
is_firmware_variable(
	const struct avow_eventlog *log, const struct avow_log_event *e, bool separated)
{
	if (e->pcr > (log->format == AVOW_LOG_CCEL ? 2u : 7u))
		return false;
	return e->type != EV_EFI_VARIABLE_DRIVER_CONFIG || !separated;
}

static void
put_processed(struct avow_jw *w, const struct avow_eventlog *log,
	const struct avow_log_event *e, bool separated)
{
	struct efi_variable v;
	struct avow_span text;

	if (e->is_ima) { /* an IMA list's entries were proven when it was read */
		if (log->format == AVOW_LOG_IMA || avow_eventlog_proves(e, e->data))
			ima_put(w, e);
		return;
	}
	switch (event_prove(e, &v, &text)) {
	case PROOF_VARIABLE:
		if (is_firmware_variable(log, e, separated))
			put_variable(w, &v);
		break;
	case PROOF_VARIABLE_DATA:
		avow_jw_name(w, "VariableData");
		avow_jw_b64url(w, v.data);
		break;
	case PROOF_DATA:
	case PROOF_TEXT:
		put_data(w, e->type, text);
		break;
	case PROOF_NONE:
	default:
		break;
	}
}

static void
put_type(struct avow_jw *w, const struct avow_log_event *e)
{
	const char *name = avow_event_type_name(e->type);
	struct avow_buf hex;

	avow_jw_name(w, "EventTypeString");
	if (e->type_name || name) {
		avow_jw_str(w, e->type_name ? e->type_name : name);
		return;
	}
	avow_buf_init(&hex, 16);
	avow_buf_printf(&hex, "0x%08x", e->type);
	avow_jw_string(w, avow_buf_span(&hex));
	avow_buf_clear(&hex);
}

static void
put_event(struct avow_jw *w, const struct avow_eventlog *log,
	const struct avow_log_event *e, bool silent, bool separated)
{
	avow_jw_open(w, '{');
	avow_jw_name(w, "EventSeq");
	avow_jw_int(w, e->seq);
	avow_jw_name(w, "EventType");
	avow_jw_int(w, e->type);
	put_type(w, e);
	avow_jw_name(w, "PcrIndex");
	avow_jw_int(w, e->pcr);
	avow_jw_name(w, "ProcessedData");
	avow_jw_open(w, '{');
	if (!silent) /* what extends nothing is proven by nothing */
		put_processed(w, log, e, separated);
	avow_jw_close(w);
	avow_jw_name(w, "Digests");
	avow_jw_open(w, '{');
	for (size_t i = 0; i < e->digest_count; i++) {
		enum avow_hash h;

		if (!log_bank(e->digests[i].alg, &h))
			continue;
		avow_jw_name(w, BANK_NAMES[h]);
		avow_jw_hex(w, e->digests[i].bytes);
	}
	avow_jw_close(w);
	avow_jw_close(w);
}

void
avow_eventlog_put_events(const struct avow_eventlog *log, struct avow_jw *w)
{
	bool separated[AVOW_LOG_REGISTERS] = {false};

	avow_jw_open(w, '[');
	for (size_t i = 0; i < log->count; i++) {
		const struct avow_log_event *e = &log->events[i];
		bool silent = event_is_silent(log, e);

		put_event(w, log, e, silent, !silent && separated[e->pcr]);
		if (!silent && !e->is_ima && event_is_separator(e))
			separated[e->pcr] = true;
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
			avow_jw_name(w, BANK_NAMES[b]);
			avow_jw_hex(w, avow_span_make(reg->value[b],
					       avow_hash_bytes((enum avow_hash)b)));
		}
		avow_jw_close(w);
		avow_jw_close(w);
	}
	avow_jw_close(w);
}
