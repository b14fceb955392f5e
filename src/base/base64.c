/*
 * Base 64. The decoder works on groups of four symbols; the last group may be
 * two or three, and its unused bits must be zero, so that one value has one
 * text (RFC 4648 section 3.5).
 */
#include "base/base64.h"

#include <string.h>

static const char STD[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char URL[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* A symbol's value, already where it stands in a group of 24 bits, for each of the
 * four places; and above those bits what is wrong with it, so that a text is judged
 * by one OR of all that was looked up. */
#define BAD (1u << 24)
#define STD_ONLY (1u << 25) /* '+' and '/' */
#define URL_ONLY (1u << 26) /* '-' and '_' */

static uint32_t values[4][256];

#ifdef __x86_64__
#define HAS_WIDE 1
#include <immintrin.h>
static bool is_wide; /* this processor has AVX2 */
#else
#define HAS_WIDE 0
#endif

static void
set_value(uint8_t symbol, uint32_t value, uint32_t flag)
{
	for (unsigned place = 0; place < 4; place++)
		values[place][symbol] = value << (18 - 6 * place) | flag;
}

__attribute__((constructor)) static void
make_values(void)
{
	for (unsigned i = 0; i < 256; i++)
		set_value((uint8_t)i, 0, BAD);
	for (uint8_t i = 0; i < 62; i++)
		set_value((uint8_t)STD[i], i, 0);
	set_value('+', 62, STD_ONLY);
	set_value('/', 63, STD_ONLY);
	set_value('-', 62, URL_ONLY);
	set_value('_', 63, URL_ONLY);
#if HAS_WIDE
	__builtin_cpu_init();
	is_wide = __builtin_cpu_supports("avx2");
#endif
}

static inline void
put_whole(uint8_t *o, const uint8_t *p, const char *alphabet)
{
	uint32_t v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];

	o[0] = (uint8_t)alphabet[v >> 18];
	o[1] = (uint8_t)alphabet[v >> 12 & 63];
	o[2] = (uint8_t)alphabet[v >> 6 & 63];
	o[3] = (uint8_t)alphabet[v & 63];
}

/* The last one or two bytes. */
static void
put_tail(uint8_t *o, const uint8_t *p, size_t n, const char *alphabet, bool pad)
{
	uint32_t v = (uint32_t)p[0] << 16 | (n > 1 ? (uint32_t)p[1] << 8 : 0);

	o[0] = (uint8_t)alphabet[v >> 18];
	o[1] = (uint8_t)alphabet[v >> 12 & 63];
	if (n > 1)
		o[2] = (uint8_t)alphabet[v >> 6 & 63];
	else if (pad)
		o[2] = '=';
	if (pad)
		o[3] = '=';
}

/* Room is taken once: this writes whole tokens. */
static void
put(struct avow_buf *b, struct avow_span s, const char *alphabet, bool pad)
{
	size_t tail = s.n % 3, n;
	uint8_t *o;

	if (__builtin_mul_overflow(s.n / 3, (size_t)4, &n) || n > SIZE_MAX - 4) {
		b->err = b->err == AVOW_OK ? AVOW_E_TOO_LARGE : b->err;
		return;
	}
	if (tail)
		n += pad ? 4 : tail + 1;
	o = n ? avow_buf_extend(b, n) : NULL;
	if (!o)
		return;
	for (size_t i = 0; i + 3 <= s.n; i += 3, o += 4)
		put_whole(o, s.p + i, alphabet);
	if (tail)
		put_tail(o, s.p + s.n - tail, tail, alphabet, pad);
}

void
avow_b64url_put(struct avow_buf *b, struct avow_span s)
{
	put(b, s, URL, false);
}

void
avow_b64_put(struct avow_buf *b, struct avow_span s)
{
	put(b, s, STD, true);
}

static uint32_t
group(const uint8_t *t)
{
	return values[0][t[0]] | values[1][t[1]] | values[2][t[2]] | values[3][t[3]];
}

/* Two or three symbols; the bits that no byte takes are zero. */
static enum avow_err
decode_tail(struct avow_span t, uint32_t forbidden, uint8_t *out)
{
	uint32_t v = 0;

	for (size_t k = 0; k < t.n; k++)
		v |= values[k][t.p[k]];
	if (v & (forbidden | BAD | (t.n == 2 ? 0xffff : 0xff)))
		return AVOW_E_BASE64;
	for (size_t k = 0; k + 1 < t.n; k++)
		out[k] = (uint8_t)(v >> (16 - 8 * k));
	return AVOW_OK;
}

#if HAS_WIDE
#define TWICE(...) _mm256_setr_epi8(__VA_ARGS__, __VA_ARGS__)
#define AVX2 __attribute__((target("avx2")))

/* Which of 32 bytes are no symbols. A byte's upper half names a class of bytes, and
 * its lower half the classes in which such a byte is none: '+', '-' and '/'; digits;
 * A to O and a to o; P to Z and '_'; p to z; all the rest. */
AVX2 static inline __m256i
strangers(__m256i upper, __m256i lower)
{
	const __m256i class =
		TWICE(32, 32, 1, 2, 4, 8, 4, 16, 32, 32, 32, 32, 32, 32, 32, 32);
	const __m256i none_in = TWICE(0x25, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21,
		0x21, 0x21, 0x23, 0x3a, 0x3b, 0x3a, 0x3b, 0x32);

	return _mm256_and_si256(
		_mm256_shuffle_epi8(class, upper), _mm256_shuffle_epi8(none_in, lower));
}

/* Values of 32 symbols: each plus what its class is off by. */
AVX2 static inline __m256i
values_of(__m256i c, __m256i upper, __m256i lower)
{
	const __m256i off =
		TWICE(0, 0, 0, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0);
	const __m256i off_sign = TWICE(
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 62 - '+', 0, 62 - '-', 0, 63 - '/');
	__m256i by = _mm256_blendv_epi8(_mm256_shuffle_epi8(off, upper),
		_mm256_shuffle_epi8(off_sign, lower),
		_mm256_cmpeq_epi8(upper, _mm256_set1_epi8(2)));

	by = _mm256_blendv_epi8(by, _mm256_set1_epi8(63 - '_'),
		_mm256_cmpeq_epi8(c, _mm256_set1_epi8('_')));
	return _mm256_add_epi8(c, by);
}

/* 32 values of 6 bits to 24 bytes, 12 at the start of each half. */
AVX2 static inline __m256i
packed(__m256i v)
{
	const __m256i order =
		TWICE(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);

	v = _mm256_maddubs_epi16(v, _mm256_set1_epi32(0x01400140));
	v = _mm256_madd_epi16(v, _mm256_set1_epi32(0x00011000));
	return _mm256_shuffle_epi8(v, order);
}

/* Whole blocks while what they write, four bytes more than they make, stays inside
 * the output. @param all BAD is added. @return symbols that were read. */
AVX2 static size_t
decode_wide(struct avow_span t, uint32_t forbidden, uint8_t *out, uint32_t *all)
{
	const __m256i half = _mm256_set1_epi8(15);
	/* a NUL is no symbol anyway */
	const __m256i plus = _mm256_set1_epi8(forbidden & STD_ONLY ? '+' : 0);
	const __m256i slash = _mm256_set1_epi8(forbidden & STD_ONLY ? '/' : 0);
	__m256i bad = _mm256_setzero_si256();
	size_t i = 0;

	for (; t.n - i >= 40; i += 32, out += 24) {
		__m256i c, upper, lower;

		memcpy(&c, t.p + i, sizeof(c));
		upper = _mm256_and_si256(_mm256_srli_epi16(c, 4), half);
		lower = _mm256_and_si256(c, half);
		bad = _mm256_or_si256(bad, strangers(upper, lower));
		bad = _mm256_or_si256(bad, _mm256_cmpeq_epi8(c, plus));
		bad = _mm256_or_si256(bad, _mm256_cmpeq_epi8(c, slash));
		c = packed(values_of(c, upper, lower));
		memcpy(out, &c, 16);
		memcpy(out + 12, (const uint8_t *)&c + 16, 16);
	}
	*all |= _mm256_testz_si256(bad, bad) ? 0 : BAD;
	return i;
}
#endif

static enum avow_err
decode_groups(struct avow_span t, uint32_t forbidden, uint8_t *out)
{
	uint32_t seen = 0;
	size_t i = 0;

#if HAS_WIDE
	if (is_wide && t.n >= 40) {
		i = decode_wide(t, forbidden, out, &seen);
		out += i / 4 * 3;
	}
#endif
	for (; i + 4 <= t.n; i += 4) {
		uint32_t v = group(t.p + i);

		seen |= v;
		out[0] = (uint8_t)(v >> 16);
		out[1] = (uint8_t)(v >> 8);
		out[2] = (uint8_t)v;
		out += 3;
	}
	if (seen & (forbidden | BAD))
		return AVOW_E_BASE64;
	return decode_tail(avow_span_from(t, i), forbidden, out);
}

static enum avow_err
decode(struct avow_span t, uint32_t forbidden, size_t max, struct avow_arena *a,
	struct avow_span *out)
{
	size_t n = t.n / 4 * 3 + (t.n % 4 ? t.n % 4 - 1 : 0);
	uint8_t *p;

	*out = (struct avow_span){NULL, 0};
	if (t.n % 4 == 1)
		return AVOW_E_BASE64;
	if (n > max)
		return AVOW_E_TOO_LARGE;
	p = avow_arena_alloc(a, n ? n : 1);
	if (!p)
		return avow_arena_err(a);
	AVOW_TRY(decode_groups(t, forbidden, p));
	*out = (struct avow_span){p, n};
	return AVOW_OK;
}

enum avow_err
avow_b64url_decode(
	struct avow_span text, size_t max, struct avow_arena *a, struct avow_span *out)
{
	return decode(text, STD_ONLY, max, a, out);
}

enum avow_err
avow_b64_decode_lenient(
	struct avow_span text, size_t max, struct avow_arena *a, struct avow_span *out)
{
	size_t pad = 0;

	*out = (struct avow_span){NULL, 0};
	while (pad < text.n && text.p[text.n - 1 - pad] == '=')
		pad++;
	/* Padding, where present, must complete a group of four. */
	if (pad > 2 || (pad && text.n % 4 != 0))
		return AVOW_E_BASE64;
	text.n -= pad;
	return decode(text, 0, max, a, out);
}
