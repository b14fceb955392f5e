/*
 * Names of documents: written from a key, and read back exactly, so that two
 * nodes and two versions call a document the same. A name that does not come out
 * of its key again is none.
 */
#include <inttypes.h>
#include <string.h>

#include "base/hex.h"
#include "fetch/fetch.h"

#define MAX_PARTS 6

/* --- writing -------------------------------------------------------------------------- */

static const char *
tee_name(enum avow_tee tee)
{
	return tee == AVOW_TEE_TDX ? "tdx" : "sgx";
}

static const char *
vek_name(enum avow_amd_vek_kind kind)
{
	return kind == AVOW_AMD_VLEK ? "vlek" : "vcek";
}

static void
put_channel(struct avow_buf *b, const struct avow_fetch_key *k)
{
	if (k->number)
		avow_buf_printf(b, "/%" PRIu32, k->number);
	else if (k->early)
		avow_buf_put_str(b, "/early");
}

static void
put_vcek(struct avow_buf *b, const struct avow_fetch_key *k)
{
	size_t n = k->product == AVOW_AMD_TURIN ? AVOW_AMD_CHIP_ID_TURIN_BYTES
						: AVOW_AMD_CHIP_ID_BYTES;

	avow_buf_printf(b, "amd/vcek/%s/", avow_amd_product_name(k->product));
	avow_hex_put(b, avow_span_make(k->chip_id, n));
	for (size_t i = 0; i < AVOW_AMD_PARTS; i++)
		avow_buf_printf(b, "%c%u", i ? '-' : '/', k->tcb.part[i]);
}

static void
put_name(struct avow_buf *b, const struct avow_fetch_key *k)
{
	switch (k->kind) {
	case AVOW_FETCH_TCB_INFO:
		avow_buf_printf(b, "intel/%s/tcb/", tee_name(k->tee));
		avow_hex_put(b, avow_span_make(k->fmspc, sizeof(k->fmspc)));
		put_channel(b, k);
		break;
	case AVOW_FETCH_QE_IDENTITY:
		avow_buf_printf(b, "intel/%s/qe", tee_name(k->tee));
		put_channel(b, k);
		break;
	case AVOW_FETCH_NUMBERS:
		avow_buf_printf(b, "intel/%s/numbers", tee_name(k->tee));
		break;
	case AVOW_FETCH_PCK_CRL:
		avow_buf_printf(b, "intel/crl/%s",
			k->ca == AVOW_PCK_CA_PLATFORM ? "platform" : "processor");
		break;
	case AVOW_FETCH_ROOT_CRL:
		avow_buf_put_str(b, "intel/crl/root");
		break;
	case AVOW_FETCH_VCEK:
		put_vcek(b, k);
		break;
	case AVOW_FETCH_AMD_CHAIN:
	case AVOW_FETCH_AMD_CRL:
		avow_buf_printf(b, "amd/%s/%s/%s",
			k->kind == AVOW_FETCH_AMD_CRL ? "crl" : "chain",
			vek_name(k->vek), avow_amd_product_name(k->product));
		break;
	case AVOW_FETCH_KINDS:
		break;
	}
}

void
avow_fetch_key_name(const struct avow_fetch_key *k, char out[AVOW_FETCH_NAME_TEXT])
{
	struct avow_buf b;

	out[0] = '\0';
	avow_buf_init(&b, AVOW_FETCH_NAME_TEXT);
	put_name(&b, k);
	if (avow_buf_str(&b) && b.n < AVOW_FETCH_NAME_TEXT)
		memcpy(out, avow_buf_str(&b), b.n + 1);
	avow_buf_clear(&b);
}

/* --- reading -------------------------------------------------------------------------- */

static bool
is_part(struct avow_span part, const char *word)
{
	return avow_span_eq_str(part, word);
}

static size_t
split(struct avow_span s, uint8_t at, struct avow_span *parts, size_t max)
{
	size_t n = 0;

	while (n < max) {
		size_t i = avow_span_find_byte(s, at);

		parts[n++] = avow_span_slice(s, 0, i);
		if (i == s.n)
			return n;
		s = avow_span_from(s, i + 1);
	}
	return max + 1;
}

/* At most ten digits; what has a leading zero is not written so. */
static bool
read_number(struct avow_span s, uint32_t max, uint32_t *out)
{
	uint64_t v = 0;

	if (s.n == 0 || s.n > 10 || (s.n > 1 && s.p[0] == '0'))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		v = 10 * v + (uint64_t)(s.p[i] - '0');
	}
	*out = (uint32_t)v;
	return v <= max;
}

static bool
read_channel(const struct avow_span *part, size_t n, struct avow_fetch_key *k)
{
	if (n == 0)
		return true;
	k->early = n == 1 && is_part(part[0], "early");
	return k->early || (n == 1 && read_number(part[0], UINT32_MAX, &k->number) &&
				   k->number > 0);
}

static bool
read_intel(const struct avow_span *p, size_t n, struct avow_fetch_key *k)
{
	if (n == 3 && is_part(p[1], "crl")) {
		k->kind = is_part(p[2], "root") ? AVOW_FETCH_ROOT_CRL
						: AVOW_FETCH_PCK_CRL;
		k->ca = is_part(p[2], "platform") ? AVOW_PCK_CA_PLATFORM
						  : AVOW_PCK_CA_PROCESSOR;
		return true;
	}
	k->tee = is_part(p[1], "tdx") ? AVOW_TEE_TDX : AVOW_TEE_SGX;
	if (n >= 4 && is_part(p[2], "tcb")) {
		k->kind = AVOW_FETCH_TCB_INFO;
		return avow_hex_decode(p[3], k->fmspc, 6) == AVOW_OK &&
		       read_channel(p + 4, n - 4, k);
	}
	k->kind = is_part(p[2], "qe") ? AVOW_FETCH_QE_IDENTITY : AVOW_FETCH_NUMBERS;
	if (k->kind == AVOW_FETCH_QE_IDENTITY)
		return read_channel(p + 3, n - 3, k);
	return n == 3;
}

static bool
read_vcek(const struct avow_span *p, size_t n, struct avow_fetch_key *k)
{
	struct avow_span spl[AVOW_AMD_PARTS + 1];
	uint32_t v;

	k->kind = AVOW_FETCH_VCEK;
	if (n != 5 || !avow_amd_product_by_name(p[2], &k->product) ||
		p[3].n > 2 * AVOW_AMD_CHIP_ID_BYTES ||
		avow_hex_decode(p[3], k->chip_id, p[3].n / 2) != AVOW_OK ||
		split(p[4], '-', spl, AVOW_AMD_PARTS) != AVOW_AMD_PARTS)
		return false;
	for (size_t i = 0; i < AVOW_AMD_PARTS; i++) {
		if (!read_number(spl[i], UINT8_MAX, &v))
			return false;
		k->tcb.part[i] = (uint8_t)v;
	}
	return true;
}

static bool
read_amd(const struct avow_span *p, size_t n, struct avow_fetch_key *k)
{
	if (is_part(p[1], "vcek"))
		return read_vcek(p, n, k);
	k->kind = is_part(p[1], "crl") ? AVOW_FETCH_AMD_CRL : AVOW_FETCH_AMD_CHAIN;
	k->vek = is_part(p[2], "vlek") ? AVOW_AMD_VLEK : AVOW_AMD_VCEK;
	return n == 4 && avow_amd_product_by_name(p[3], &k->product);
}

/* Reading is lenient where writing is not: only what is written back the same
 * way is a name. */
enum avow_err
avow_fetch_key_parse(struct avow_span name, struct avow_fetch_key *out)
{
	struct avow_span parts[MAX_PARTS];
	size_t n = split(name, '/', parts, MAX_PARTS);
	char again[AVOW_FETCH_NAME_TEXT];
	bool ok = false;

	memset(out, 0, sizeof(*out));
	if (n >= 3 && n <= MAX_PARTS && is_part(parts[0], "intel"))
		ok = read_intel(parts, n, out);
	else if (n >= 4 && n <= MAX_PARTS && is_part(parts[0], "amd"))
		ok = read_amd(parts, n, out);
	avow_fetch_key_name(out, again);
	return ok && avow_span_eq_str(name, again) ? AVOW_OK : AVOW_E_FETCH_KEY;
}

bool
avow_fetch_key_eq(const struct avow_fetch_key *a, const struct avow_fetch_key *b)
{
	char x[AVOW_FETCH_NAME_TEXT], y[AVOW_FETCH_NAME_TEXT];

	avow_fetch_key_name(a, x);
	avow_fetch_key_name(b, y);
	return strcmp(x, y) == 0;
}

bool
avow_fetch_is_amd(enum avow_fetch_kind kind)
{
	return kind == AVOW_FETCH_VCEK || kind == AVOW_FETCH_AMD_CHAIN ||
	       kind == AVOW_FETCH_AMD_CRL;
}
