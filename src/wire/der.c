/*
 * The DER reader (ITU-T X.690, 10 and 11): one element after the other from a
 * cursor. It judges identifier, length and the canonical form of the types it
 * is asked for; which elements must come, and how deep, is the caller's, who
 * walks a fixed structure and so never nests by the input's wish.
 */
#include "wire/der.h"

#include <string.h>

static enum avow_err
refuse(struct avow_cursor *c, size_t at)
{
	if (!c->bad)
		c->bad_at = at;
	c->bad = true;
	return AVOW_E_DER_SYNTAX;
}

/* X.690, 8.1.3 and 10.1: definite, in as few octets as possible. */
static bool
read_length(struct avow_cursor *c, size_t *out)
{
	uint8_t first = avow_cur_u8(c);
	size_t octets = first & 0x7f, n = 0;

	*out = first;
	if (first < 0x80)
		return !avow_cur_is_bad(c);
	if (octets == 0 || octets > sizeof(size_t) || avow_cur_peek(c) == 0)
		return false;
	for (size_t i = 0; i < octets; i++)
		n = n << 8 | avow_cur_u8(c);
	*out = n;
	return !avow_cur_is_bad(c) && n >= 0x80;
}

enum avow_err
avow_der_any(struct avow_cursor *c, struct avow_der *out)
{
	struct avow_cursor start = *c;
	size_t at = avow_cur_offset(c), n;
	struct avow_der d = {.tag = avow_cur_u8(c)};

	*out = (struct avow_der){.tag = 0};
	/* 8.1.2.4: no identifier here has the high-tag-number form; 0 would be
	 * the end-of-contents octets of an indefinite length. */
	if (d.tag == 0 || (d.tag & 0x1f) == 0x1f || !read_length(c, &n) ||
		n > avow_cur_left(c))
		return refuse(c, at);
	d.offset = avow_cur_offset(c);
	d.content = avow_cur_bytes(c, n);
	d.whole = avow_cur_bytes(&start, d.offset - at + n);
	*out = d;
	return AVOW_OK;
}

enum avow_err
avow_der_next(struct avow_cursor *c, uint8_t tag, struct avow_der *out)
{
	size_t at = avow_cur_offset(c);

	AVOW_TRY(avow_der_any(c, out));
	if (out->tag == tag)
		return AVOW_OK;
	*out = (struct avow_der){.tag = 0};
	return refuse(c, at);
}

enum avow_err
avow_der_enter(struct avow_cursor *c, uint8_t tag, struct avow_cursor *inner)
{
	struct avow_der d;

	*inner = (struct avow_cursor){.bad = true};
	AVOW_TRY(avow_der_next(c, tag, &d));
	*inner = avow_cur(d.content);
	inner->base = d.offset;
	return AVOW_OK;
}

enum avow_err
avow_der_whole(struct avow_span in, uint8_t tag, struct avow_cursor *inner)
{
	struct avow_cursor c = avow_cur(in);

	AVOW_TRY(avow_der_enter(&c, tag, inner));
	if (avow_cur_is_done(&c))
		return AVOW_OK;
	*inner = (struct avow_cursor){.bad = true};
	return AVOW_E_DER_TRAILING;
}

/* X.690, 8.3.2: the first nine bits are neither all zero nor all one. */
static bool
is_minimal(struct avow_span s)
{
	return s.n == 1 || (s.n > 1 && (s.p[0] != 0x00 || s.p[1] >= 0x80) &&
				   (s.p[0] != 0xff || s.p[1] < 0x80));
}

enum avow_err
avow_der_uint(struct avow_cursor *c, uint8_t tag, uint64_t max, uint64_t *out)
{
	size_t at = avow_cur_offset(c);
	struct avow_der d;
	uint64_t v = 0;

	*out = 0;
	AVOW_TRY(avow_der_next(c, tag, &d));
	if (!is_minimal(d.content) || d.content.p[0] >= 0x80)
		return refuse(c, at);
	if (d.content.n > 9 || (d.content.n == 9 && d.content.p[0] != 0))
		return refuse(c, at);
	for (size_t i = 0; i < d.content.n; i++)
		v = v << 8 | d.content.p[i];
	if (v > max)
		return refuse(c, at);
	*out = v;
	return AVOW_OK;
}

enum avow_err
avow_der_integer(struct avow_cursor *c, struct avow_span *out)
{
	size_t at = avow_cur_offset(c);
	struct avow_der d;

	*out = (struct avow_span){NULL, 0};
	AVOW_TRY(avow_der_next(c, AVOW_DER_INTEGER, &d));
	if (!is_minimal(d.content))
		return refuse(c, at);
	*out = d.content;
	return AVOW_OK;
}

/* X.690, 11.1 */
enum avow_err
avow_der_bool(struct avow_cursor *c, bool *out)
{
	size_t at = avow_cur_offset(c);
	struct avow_der d;

	*out = false;
	AVOW_TRY(avow_der_next(c, AVOW_DER_BOOLEAN, &d));
	if (d.content.n != 1 || (d.content.p[0] != 0x00 && d.content.p[0] != 0xff))
		return refuse(c, at);
	*out = d.content.p[0] == 0xff;
	return AVOW_OK;
}

/* X.690, 8.19.2: each arc in as few octets as possible, the last one ended. */
static bool
arcs_are_whole(struct avow_span s)
{
	bool starts = true;

	for (size_t i = 0; i < s.n; i++) {
		if (starts && s.p[i] == 0x80)
			return false;
		starts = s.p[i] < 0x80;
	}
	return s.n > 0 && starts;
}

enum avow_err
avow_der_oid(struct avow_cursor *c, struct avow_span *out)
{
	size_t at = avow_cur_offset(c);
	struct avow_der d;

	*out = (struct avow_span){NULL, 0};
	AVOW_TRY(avow_der_next(c, AVOW_DER_OID, &d));
	if (!arcs_are_whole(d.content))
		return refuse(c, at);
	*out = d.content;
	return AVOW_OK;
}

/* --- making ------------------------------------------------------------------- */

/* One decimal arc from *s, which moves behind it and a following point. */
static bool
take_arc(const char **s, uint64_t *out)
{
	const char *p = *s;
	uint64_t v = 0;

	if (*p < '0' || *p > '9' || (p[0] == '0' && p[1] >= '0' && p[1] <= '9'))
		return false;
	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(v, 10u, &v) ||
			__builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
			return false;
	if (*p == '.' && p[1] != '\0')
		p++;
	else if (*p != '\0')
		return false;
	*s = p;
	*out = v;
	return true;
}

static bool
put_arc(uint64_t v, uint8_t *out, size_t room, size_t *n)
{
	size_t len = 1;

	for (uint64_t rest = v >> 7; rest; rest >>= 7)
		len++;
	if (len > room - *n)
		return false;
	for (size_t i = len; i-- > 0; v >>= 7)
		out[*n + i] = (uint8_t)((v & 0x7f) | (i + 1 < len ? 0x80 : 0));
	*n += len;
	return true;
}

size_t
avow_der_oid_encode(const char *dotted, uint8_t *out, size_t room)
{
	uint64_t first, second, arc;
	size_t n = 0;

	/* X.690, 8.19.4: the first two arcs share one subidentifier. */
	if (!take_arc(&dotted, &first) || !take_arc(&dotted, &second) || first > 2 ||
		(first < 2 && second > 39) ||
		__builtin_add_overflow(second, first * 40, &second) ||
		!put_arc(second, out, room, &n))
		return 0;
	while (*dotted)
		if (!take_arc(&dotted, &arc) || !put_arc(arc, out, room, &n))
			return 0;
	return n;
}

/* An unsigned big-endian number as INTEGER; out has s.n + 3 bytes. */
static size_t
put_integer(struct avow_span s, uint8_t *out)
{
	size_t n = 2;

	while (s.n > 1 && s.p[0] == 0)
		s = avow_span_from(s, 1);
	out[0] = AVOW_DER_INTEGER;
	if (s.p[0] >= 0x80)
		out[n++] = 0;
	memcpy(out + n, s.p, s.n);
	n += s.n;
	out[1] = (uint8_t)(n - 2);
	return n;
}

#define MAX_HALF 66 /* P-521 */

size_t
avow_der_ecdsa_encode(struct avow_span raw, uint8_t *out, size_t room)
{
	uint8_t body[2 * (MAX_HALF + 3)];
	size_t half = raw.n / 2, n, head;

	if (raw.n == 0 || raw.n % 2 || half > MAX_HALF)
		return 0;
	n = put_integer(avow_span_slice(raw, 0, half), body);
	n += put_integer(avow_span_from(raw, half), body + n);
	head = n < 0x80 ? 2 : 3;
	if (room < head + n)
		return 0;
	out[0] = AVOW_DER_SEQUENCE;
	out[1] = head == 2 ? (uint8_t)n : 0x81;
	if (head == 3)
		out[2] = (uint8_t)n;
	memcpy(out + head, body, n);
	return head + n;
}
