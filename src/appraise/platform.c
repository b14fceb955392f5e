/*
 * Which machines may attest. A key of any genuine machine in the world signs
 * evidence that verifies, so one that is stolen somewhere counts everywhere;
 * an operator who knows the own machines can say so. The id is the one that
 * verified certificates tell (PPID, VCEK's chip id), never the evidence's own
 * word. The list is lines of lower case hex, each between two newlines.
 */
#include "appraise/appraise.h"

#include "base/hex.h"

bool
avow_platform_id_is(struct avow_span hex)
{
	return (hex.n == 16 || hex.n == 32 || hex.n == 128) && avow_hex_is(hex);
}

void
avow_platform_list_put(struct avow_buf *list, struct avow_span hex)
{
	if (list->n == 0)
		avow_buf_put_byte(list, '\n');
	for (size_t i = 0; i < hex.n; i++) {
		uint8_t c = hex.p[i];

		avow_buf_put_byte(list, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
	}
	avow_buf_put_byte(list, '\n');
}

static bool
is_listed(struct avow_span list, struct avow_span id)
{
	struct avow_span left = avow_span_from(list, 1);
	size_t end;

	while (left.n > 0) {
		end = avow_span_find_byte(left, '\n');
		if (avow_span_eq(avow_span_slice(left, 0, end), id))
			return true;
		left = avow_span_from(left, end + 1);
	}
	return false;
}

enum avow_err
avow_platform_check(
	struct avow_span list, const struct avow_claims *claims, struct avow_why *why)
{
	static const struct avow_at at = {
		"allowed_platform", "x-avow-platform-id", "docs/operate.md"};
	const struct avow_claim *c;

	if (avow_span_is_empty(list))
		return AVOW_OK;
	c = avow_claims_find(claims, AVOW_CLAIM_AVOW_PLATFORM_ID);
	if (c && is_listed(list, c->string))
		return AVOW_OK;
	if (!c)
		return avow_refuse(why, AVOW_E_PLATFORM_NOT_ALLOWED, &at,
			"a machine of the allow-list", "evidence that tells none");
	return avow_refuse(why, AVOW_E_PLATFORM_NOT_ALLOWED, &at,
		"a machine of the allow-list", "%.*s",
		AVOW_FMT(avow_span_slice(c->string, 0, 128)));
}
