/*
 * From claims to a payload. The input makes a service's claims and a policy's;
 * property: the payload is strict JSON with members sorted and each once, the
 * same twice, and every member with a reserved name has a value that the
 * service gave (spec 11, 13).
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/cursor.h"
#include "base/limits.h"
#include "token/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char *const NAMES[] = {"iss", "exp", "nonce", "rp_data", "cnf", "tee",
	"svn", "x-ms-ver", "x-ms-policy", "x-ms-policy-hash", "x-ms-sgx-mrsigner",
	"x-ms-sgx-svn", "x-ms-runtime", "x-avow-tcb-status", "maa-ehd", "a", "b",
	"$tee", "", "x-ms-"};

#define N_NAMES (sizeof(NAMES) / sizeof(NAMES[0]))

static struct avow_claim
read_claim(struct avow_cursor *c, bool *is_listed)
{
	struct avow_claim claim = {.for_token = true};
	uint8_t name = avow_cur_u8(c);

	claim.name = name < 0xf0 ? avow_span_str(NAMES[name % N_NAMES])
				 : avow_cur_bytes(c, name & 15u);
	*is_listed = name < 0xf0;
	claim.type = avow_cur_u8(c) % 4;
	claim.integer = (int64_t)avow_cur_le64(c);
	claim.boolean = claim.integer & 1;
	claim.string = avow_cur_bytes(c, avow_cur_u8(c));
	return claim;
}

/* The service's own JSON is valid and canonical by its maker's promise. */
static bool
keeps_promise(struct avow_claim *c, struct avow_arena *a)
{
	const struct avow_json *tree;
	struct avow_buf b;

	if (c->type != AVOW_VALUE_JSON)
		return true;
	if (avow_json_parse(c->string, NULL, a, &tree, NULL) != AVOW_OK)
		return false;
	avow_buf_init(&b, AVOW_KIB(64));
	avow_json_put(&b, tree, AVOW_JSON_SORTED);
	c->string = avow_arena_copy(a, avow_buf_span(&b));
	avow_buf_clear(&b);
	return c->string.p != NULL;
}

static void
read_claims(
	struct avow_cursor *c, struct avow_claims *service, struct avow_claims *issued)
{
	while (avow_cur_left(c) > 0 && !avow_cur_is_bad(c)) {
		bool is_issued = avow_cur_u8(c) & 1, is_listed;
		struct avow_claim claim = read_claim(c, &is_listed);

		/* the service's names are its own, and each once */
		if (is_issued)
			avow_claims_add(issued, &claim);
		else if (is_listed && !avow_claims_find_name(service, claim.name) &&
			 keeps_promise(&claim, service->arena))
			avow_claims_add(service, &claim);
	}
}

static void
check_reserved(const struct avow_json_member *m, const struct avow_claims *service)
{
	static const char *const own[] = {
		"x-ms-ver", "x-ms-policy", "x-ms-policy-hash", "rp_data"};

	if (!avow_claim_is_reserved(m->name) || avow_claims_find_name(service, m->name))
		return;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (avow_span_eq_str(m->name, own[i]))
			return;
	abort();
}

static void
check(const struct avow_token_spec *spec, struct avow_span text, struct avow_arena *a)
{
	const struct avow_json *o;
	struct avow_buf again;

	if (avow_json_parse(text, NULL, a, &o, NULL) != AVOW_OK ||
		o->type != AVOW_JSON_OBJECT)
		abort();
	for (size_t i = 0; i < o->count; i++) {
		if (i && avow_span_cmp(o->members[i - 1].name, o->members[i].name) >= 0)
			abort();
		check_reserved(&o->members[i], spec->claims);
	}
	avow_buf_init(&again, AVOW_MIB(1));
	if (avow_token_put_claims(spec, a, &again, NULL) != AVOW_OK ||
		!avow_span_eq(text, avow_buf_span(&again)))
		abort();
	avow_buf_clear(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_cursor c = avow_cur(avow_span_make(data, n));
	struct avow_claims service, issued;
	struct avow_arena a;
	struct avow_buf out;
	struct avow_token_spec spec = {
		.claims = &service, .issued = &issued, .policy_hash = AVOW_LIT("h")};

	avow_arena_init(&a, AVOW_MIB(16));
	avow_buf_init(&out, AVOW_MIB(1));
	avow_claims_init(&service, &a);
	avow_claims_init(&issued, &a);
	read_claims(&c, &service, &issued);
	if (avow_token_put_claims(&spec, &a, &out, NULL) == AVOW_OK)
		check(&spec, avow_buf_span(&out), &a);
	else if (out.n)
		abort();
	avow_buf_clear(&out);
	avow_arena_clear(&a);
	return 0;
}
