/*
 * Reads Linux IMA's binary list (security/integrity/ima/ima_fs.c) and what its
 * templates hold. An entry is accepted only when its listed template hash is that
 * of its data; the digests that other banks were extended by follow from the data
 * too (kernels from 5.8 on). The template's name is not measured.
 */
#include <string.h>

#include "base/hex.h"
#include "base/limits.h"
#include "evidence/eventlog/impl.h"

/* evm-sig written as a list of its fields has 69 characters */
#define MAX_TEMPLATE 96u

static enum avow_err
refuse(struct avow_why *why, const char *field, const char *expected, uint64_t got,
	size_t at)
{
	return log_refuse(why, AVOW_E_IMA_FORMAT, field, expected, got, at);
}

static bool
is_name(struct avow_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return s.n >= 1 && s.n <= MAX_TEMPLATE;
}

bool
ima_is(struct avow_span bytes)
{
	struct avow_cursor c = avow_cur(bytes);
	uint32_t pcr = avow_cur_le32(&c), n;

	avow_cur_skip(&c, AVOW_SHA1_BYTES);
	n = avow_cur_le32(&c);
	return !avow_cur_is_bad(&c) && pcr < AVOW_LOG_REGISTERS && n <= MAX_TEMPLATE &&
	       is_name(avow_cur_bytes(&c, n));
}

/* "ima" hashes its name in a field of 256 bytes (ima_template_lib.c). */
static enum avow_err
template_hash(const struct avow_log_event *e, enum avow_hash h, uint8_t *out)
{
	static const uint8_t PAD[256];
	struct avow_span parts[3] = {e->data};

	if (!avow_span_eq_str(e->template_name, "ima"))
		return avow_digest_short(h, parts, 1, out);
	parts[0] = avow_span_slice(e->data, 0, AVOW_SHA1_BYTES);
	parts[1] = avow_span_from(e->data, AVOW_SHA1_BYTES + 4);
	parts[2] = avow_span_make(PAD, sizeof(PAD) - parts[1].n);
	return avow_digest_short(h, parts, 3, out);
}

static enum avow_err
set_digests(unsigned banks, struct avow_log_event *e, struct avow_arena *a,
	struct avow_why *why)
{
	static const uint16_t ALGS[AVOW_LOG_BANKS] = {[AVOW_SHA1] = ALG_SHA1,
		[AVOW_SHA256] = ALG_SHA256,
		[AVOW_SHA384] = ALG_SHA384,
		[AVOW_SHA512] = ALG_SHA512};
	struct avow_log_digest *d;
	size_t count = 0, bytes = 0;
	uint8_t *p;

	banks |= 1u << AVOW_SHA1;
	for (size_t i = 0; i < AVOW_LOG_BANKS; i++)
		if (banks & 1u << i) {
			count++;
			bytes += avow_hash_bytes((enum avow_hash)i);
		}
	d = avow_arena_array(a, count, sizeof(*d));
	p = avow_arena_alloc(a, bytes);
	if (!d || !p)
		return avow_refuse(why, avow_arena_err(a), NULL, NULL, NULL);
	e->digests = d;
	e->digest_count = count;
	for (size_t i = 0; i < AVOW_LOG_BANKS; i++) {
		size_t n = avow_hash_bytes((enum avow_hash)i);

		if (!(banks & 1u << i))
			continue;
		*d++ = (struct avow_log_digest){ALGS[i], avow_span_make(p, n)};
		if (e->is_violation)
			memset(p, 0xff, n);
		else
			AVOW_TRY(template_hash(e, (enum avow_hash)i, p));
		p += n;
	}
	return AVOW_OK;
}

enum avow_err
ima_finish(unsigned banks, struct avow_log_event *e, struct avow_span listed,
	struct avow_arena *a, struct avow_why *why)
{
	e->is_ima = true;
	e->type_name = "IMA_MEASUREMENT_EVENT";
	/* ima_queue.c: a race is listed as zeros and extended as all FF */
	e->is_violation = avow_span_all_zero(listed);
	AVOW_TRY(set_digests(banks, e, a, why));
	if (e->is_violation || avow_span_eq(e->digests[0].bytes, listed))
		return AVOW_OK;
	(void)log_refuse(why, AVOW_E_IMA_TEMPLATE_HASH, "template hash",
		"the SHA-1 of the template data", e->seq, e->offset);
	return AVOW_E_IMA_TEMPLATE_HASH;
}

/* The old template has a digest of 20 bytes and a counted name, and no length. */
static struct avow_span
ima_data(struct avow_cursor *c)
{
	struct avow_cursor peek = *c;
	uint32_t n;

	avow_cur_skip(&peek, AVOW_SHA1_BYTES);
	n = avow_cur_le32(&peek);
	if (avow_cur_is_bad(&peek) || n > 255) {
		c->bad = true;
		return avow_span_make(NULL, 0);
	}
	return avow_cur_bytes(c, AVOW_SHA1_BYTES + 4 + (size_t)n);
}

static enum avow_err
read_entry(struct avow_cursor *c, unsigned banks, struct avow_log_event *e,
	struct avow_arena *a, struct avow_why *why)
{
	struct avow_span listed;
	uint32_t n;

	e->pcr = avow_cur_le32(c);
	listed = avow_cur_bytes(c, AVOW_SHA1_BYTES);
	n = avow_cur_le32(c);
	if (avow_cur_is_bad(c) || e->pcr >= AVOW_LOG_REGISTERS)
		return refuse(why, "pcr", "a register", e->pcr, e->offset);
	if (n > avow_cur_left(c))
		return refuse(why, "template name length", "1 to 96", n, e->offset);
	e->template_name = avow_cur_bytes(c, n);
	if (!is_name(e->template_name))
		return refuse(why, "template name length", "1 to 96", n, e->offset);
	if (avow_span_eq_str(e->template_name, "ima")) {
		e->data = ima_data(c);
	} else {
		n = avow_cur_le32(c);
		if (avow_cur_is_bad(c) || n > avow_cur_left(c))
			return refuse(why, "template data length",
				"no more than what follows", n, e->offset);
		e->data = avow_cur_bytes(c, n);
	}
	if (avow_cur_is_bad(c))
		return refuse(
			why, "template data", "a digest and a name", 0, e->offset);
	return ima_finish(banks, e, listed, a, why);
}

enum avow_err
ima_parse(struct avow_span bytes, unsigned banks, struct avow_arena *a,
	struct avow_eventlog *out, struct avow_why *why)
{
	struct event_list list = {.arena = a, .max = AVOW_MAX_IMA_EVENTS};
	struct avow_cursor c = avow_cur(bytes);

	if (bytes.n > AVOW_MAX_IMA_LOG)
		return log_refuse(why, AVOW_E_TOO_LARGE, "log",
			"at most 16777216 bytes", bytes.n, 0);
	while (avow_cur_left(&c) > 0) {
		size_t at = avow_cur_offset(&c);
		struct avow_log_event *e = event_list_add(&list);

		if (!e)
			return event_list_err(&list, why, at);
		e->offset = at;
		AVOW_TRY(read_entry(&c, banks, e, a, why));
	}
	out->events = list.events;
	out->count = list.count;
	return AVOW_OK;
}

size_t
ima_fields(struct avow_span data, struct avow_span *out, size_t max)
{
	struct avow_cursor c = avow_cur(data);
	size_t n = 0;

	while (n < max && avow_cur_left(&c) > 0)
		out[n++] = avow_cur_bytes(&c, avow_cur_le32(&c));
	return avow_cur_is_done(&c) ? n : 0;
}

/* d-ng: "sha256:", NUL, digest. False for an algorithm that is not computed. */
static bool
is_digest_of(struct avow_span field, struct avow_span content)
{
	static const char *const NAMES[AVOW_LOG_BANKS] = {
		"sha1:", "sha256:", "sha384:", "sha512:"};
	size_t at = avow_span_find_byte(field, 0);
	uint8_t digest[AVOW_MAX_DIGEST];

	for (size_t i = 0; at < field.n && i < AVOW_LOG_BANKS; i++) {
		if (!avow_span_eq_str(avow_span_slice(field, 0, at), NAMES[i]))
			continue;
		return avow_digest_short((enum avow_hash)i, &content, 1, digest) ==
			       AVOW_OK &&
		       avow_span_eq(avow_span_from(field, at + 1),
			       avow_span_make(
				       digest, avow_hash_bytes((enum avow_hash)i)));
	}
	return false;
}

static bool
is_plain(struct avow_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] > '~')
			return false;
	return s.n > 0;
}

static void
put_string(struct avow_jw *w, const char *name, struct avow_span s)
{
	avow_jw_name(w, name);
	avow_jw_string(w, s);
}

/* The digest as the text list writes it: its prefix and lower hex. */
static void
put_digest(struct avow_jw *w, struct avow_span field)
{
	size_t at = avow_span_find_byte(field, 0);
	struct avow_span raw = avow_span_from(field, at + 1);
	char text[64 + AVOW_MAX_DIGEST * 2 + 1];

	if (at > 64 || raw.n == 0 || raw.n > AVOW_MAX_DIGEST ||
		!is_plain(avow_span_slice(field, 0, at)))
		return;
	memcpy(text, field.p, at);
	avow_hex_encode(raw, text + at);
	put_string(w, "FileDigest", avow_span_make(text, at + raw.n * 2));
}

/* Keys are measured as they were added: X.509, or another payload, which has no
 * subject (ima_asymmetric_keys.c). */
static void
put_subject(struct avow_jw *w, struct avow_span key)
{
	struct avow_buf text;

	avow_buf_init(&text, AVOW_KIB(16));
	if (cert_subject(key, &text))
		put_string(w, "CertificateSubject", avow_buf_span(&text));
	avow_buf_clear(&text);
}

/* ima_main.c, process_buffer_measurement: d-ng is the buffer's digest. */
static void
put_buffer(struct avow_jw *w, struct avow_span name, const struct avow_span *f)
{
	if (!is_digest_of(f[0], f[2]))
		return;
	if (avow_span_eq_str(name, "kernel_version") && is_plain(f[2]))
		put_string(w, "KernelVersion", f[2]);
	if (name.p[0] != '.')
		return;
	put_string(w, "Keyring", name);
	put_subject(w, f[2]);
}

/* The first template: 20 bytes of digest, and a counted name. */
static void
put_old(struct avow_jw *w, struct avow_span data)
{
	struct avow_span name = avow_span_from(data, AVOW_SHA1_BYTES + 4);

	if (!is_plain(name))
		return;
	put_string(w, "FileName", name);
	avow_jw_name(w, "FileDigest");
	avow_jw_hex(w, avow_span_slice(data, 0, AVOW_SHA1_BYTES));
}

void
ima_put(struct avow_jw *w, const struct avow_log_event *e)
{
	struct avow_span f[16], name;
	size_t n;

	if (e->is_violation)
		return; /* it says nothing about any content */
	if (avow_span_eq_str(e->template_name, "ima")) {
		put_old(w, e->data);
		return;
	}
	if ((n = ima_fields(e->data, f, 16)) < 2)
		return;
	name = f[1].n ? avow_span_slice(f[1], 0, f[1].n - 1) : f[1];
	if (!is_plain(name) || f[1].p[f[1].n - 1] != 0)
		return;
	put_string(w, "FileName", name);
	put_digest(w, f[0]);
	if (n == 3 && avow_span_eq_str(e->template_name, "ima-buf"))
		put_buffer(w, name, f);
}
