/*
 * The subject of a certificate as text (RFC 4514): the last part first, parts
 * joined by commas. Attributes that RFC 4514 names have their names, e-mail
 * addresses "emailAddress", others their dotted number; a value that is no text is
 * "#" and its DER in hex. For reading: two subjects that differ do not read alike.
 */
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "base/utf8.h"
#include "crypto/x509.h"
#include "evidence/eventlog/impl.h"
#include "wire/der.h"

#define MAX_PARTS 64

/* RFC 4514, 3, as DER content */
static const struct attribute {
	const char *oid, *name;
} NAMES[] = {
	{"\x55\x04\x03", "CN"},
	{"\x55\x04\x07", "L"},
	{"\x55\x04\x08", "ST"},
	{"\x55\x04\x0a", "O"},
	{"\x55\x04\x0b", "OU"},
	{"\x55\x04\x06", "C"},
	{"\x55\x04\x09", "STREET"},
	{"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", "DC"},
	{"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01", "UID"},
	{"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", "emailAddress"},
};

static void
put_type(struct avow_buf *b, struct avow_span oid)
{
	uint64_t arc = 0;
	bool first = true;

	for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++)
		if (avow_span_eq_str(oid, NAMES[i].oid)) {
			avow_buf_put_str(b, NAMES[i].name);
			return;
		}
	for (size_t i = 0; i < oid.n; i++) {
		arc = arc << 7 | (oid.p[i] & 0x7f);
		if (oid.p[i] & 0x80)
			continue;
		if (first) { /* X.690, 8.19.4 */
			unsigned top = arc < 40 ? 0 : arc < 80 ? 1 : 2;

			avow_buf_printf(b, "%u.%llu", top,
				(unsigned long long)(arc - 40u * top));
		} else {
			avow_buf_printf(b, ".%llu", (unsigned long long)arc);
		}
		first = false;
		arc = 0;
	}
}

static bool
is_text(const struct avow_der *v)
{
	return (v->tag == AVOW_DER_UTF8_STRING || v->tag == AVOW_DER_PRINTABLE_STRING ||
		       v->tag == AVOW_DER_IA5_STRING) &&
	       avow_utf8_is_valid(v->content) && !memchr(v->content.p, 0, v->content.n);
}

static void
put_value(struct avow_buf *b, const struct avow_der *v)
{
	if (v->content.n == 0)
		return;
	if (!is_text(v)) {
		avow_buf_put_byte(b, '#');
		avow_hex_put(b, v->whole);
		return;
	}
	for (size_t i = 0; i < v->content.n; i++) {
		uint8_t c = v->content.p[i];
		bool edge = c == ' ' && (i == 0 || i + 1 == v->content.n);

		if (edge || (c == '#' && i == 0) || strchr("\"+,;<>\\", c))
			avow_buf_put_byte(b, '\\');
		avow_buf_put_byte(b, c);
	}
}

static bool
put_part(struct avow_buf *b, struct avow_cursor set)
{
	bool any = false;

	while (!avow_cur_is_done(&set)) {
		struct avow_cursor pair;
		struct avow_span oid;
		struct avow_der value;

		if (avow_der_enter(&set, AVOW_DER_SEQUENCE, &pair) != AVOW_OK ||
			avow_der_oid(&pair, &oid) != AVOW_OK ||
			avow_der_any(&pair, &value) != AVOW_OK)
			return false;
		if (any)
			avow_buf_put_byte(b, '+');
		put_type(b, oid);
		avow_buf_put_byte(b, '=');
		put_value(b, &value);
		any = true;
	}
	return true;
}

static bool
put_name(struct avow_buf *b, struct avow_span name)
{
	struct avow_cursor in, parts[MAX_PARTS];
	size_t n = 0;

	if (avow_der_whole(name, AVOW_DER_SEQUENCE, &in) != AVOW_OK)
		return false;
	for (; !avow_cur_is_done(&in); n++)
		if (n == MAX_PARTS ||
			avow_der_enter(&in, AVOW_DER_SET, &parts[n]) != AVOW_OK)
			return false;
	while (n-- > 0) {
		if (!put_part(b, parts[n]))
			return false;
		if (n)
			avow_buf_put_byte(b, ',');
	}
	return b->n > 0 && b->err == AVOW_OK;
}

bool
cert_subject(struct avow_span der, struct avow_buf *out)
{
	struct avow_cert *c;
	bool ok;

	if (avow_cert_parse(der, &c, NULL) != AVOW_OK)
		return false;
	ok = put_name(out, c->subject);
	avow_cert_free(c);
	return ok;
}
