/*
 * What a policy costs, warm, in microseconds: the default SGX policy over an
 * enclave's claims; 50 rules over 40 claims; and about 40 JMESPath rules, made
 * as the published Windows policies are, over an event document of 60 KiB that
 * is not parsed yet. With an argument, that policy's file takes the place of
 * the last. Prints one JSON object; each figure is the median of ROUNDS.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/limits.h"
#include "policy/policy.h"

#define ROUNDS 21
#define ROUND_MS 10
#define EVENTS_BYTES AVOW_KIB(60)

/* One request's part: configure and decide in an arena that starts empty. */
static void
evaluate(const struct avow_policy *p, const struct avow_claims *claims,
	struct avow_arena *a, enum avow_err wanted)
{
	struct avow_policy_outcome out;
	struct avow_properties props;

	avow_arena_reset(a);
	MUST(avow_policy_configure(p, NULL, a, &props, NULL) == AVOW_OK);
	MUST(avow_policy_decide(p, claims, &props, NULL, a, &out, NULL) == wanted);
}

static double
measure(const struct avow_policy *p, const struct avow_claims *claims)
{
	double rounds[ROUNDS];
	struct avow_arena a;

	avow_arena_init(&a, AVOW_MAX_REQUEST_ARENA);
	evaluate(p, claims, &a, AVOW_OK);
	for (int r = 0; r < ROUNDS; r++) {
		double start = bench_us(CLOCK_MONOTONIC), end = start;
		size_t n = 0;

		for (; end - start < ROUND_MS * 1e3; n += 10, end = bench_us(CLOCK_MONOTONIC))
			for (int i = 0; i < 10; i++)
				evaluate(p, claims, &a, AVOW_OK);
		rounds[r] = (end - start) / (double)n;
	}
	avow_arena_clear(&a);
	return bench_median(rounds, ROUNDS);
}

static double
run(struct avow_span policy, struct avow_span claims)
{
	struct avow_policy_error err;
	struct avow_policy *p;
	struct avow_claims set;
	struct avow_arena a;
	double us;

	avow_arena_init(&a, AVOW_MAX_REQUEST_ARENA);
	if (avow_policy_compile(policy, &p, &err) != AVOW_OK) {
		fprintf(stderr, "%s\n", err.message);
		exit(1);
	}
	MUST(avow_policy_read_claims(claims, &a, &set, NULL) == AVOW_OK);
	/* as evidence leaves them: JSON text, no tree yet */
	for (size_t i = 0; i < set.n; i++)
		set.v[i].tree = NULL;
	us = measure(p, &set);
	avow_policy_free(p);
	avow_arena_clear(&a);
	return us;
}

/* --- the three cases ----------------------------------------------------------------- */

static const char sgx_claims[] =
	"{\"x-ms-attestation-type\":\"sgx\",\"x-ms-sgx-is-debuggable\":false,"
	"\"x-ms-sgx-product-id\":1,\"x-ms-sgx-svn\":2,\"x-ms-sgx-mrsigner\":"
	"\"83d719e77deaca1470f6baf62a4d774303c899db69020f9c70ee1dfc08c7ce9e\","
	"\"x-ms-sgx-mrenclave\":"
	"\"a3ca3c7d17c1c8e9a6c7b4d4a1b3c5e7f90112233445566778899aabbccddeef\","
	"\"x-ms-sgx-report-data\":\"7192385c3c0605de55bb9476ce1d9074\","
	"\"x-ms-sgx-collateral\":{\"quotehash\":\"075b64c9\"},\"$is-debuggable\":false,"
	"\"$product-id\":1,\"$svn\":2,\"$tee\":\"sgx\",\"$sgx-mrsigner\":\"83d7\","
	"\"$sgx-mrenclave\":\"a3ca\",\"x-avow-tcb-status\":\"UpToDate\","
	"\"x-avow-tcb-evaluation-number\":17,\"x-avow-tcb-date\":\"2024-03-13\"}";

static void
put_rules(struct avow_buf *policy, struct avow_buf *claims)
{
	avow_buf_put_str(policy, "version=1.0;authorizationrules{=>permit();};"
				 "issuancerules{");
	for (int i = 0; i < 50; i++)
		avow_buf_printf(policy,
			"c:[type==\"claim-%d\",value>=%d,issuer=="
			"\"AttestationService\"]"
			"&&[type==\"name-%d\"]=>issue(type=\"out-%d\",value=c.value);",
			i % 20, i % 7, (i + 3) % 20, i);
	avow_buf_put_str(policy, "};");
	avow_buf_put_byte(claims, '{');
	for (int i = 0; i < 20; i++)
		avow_buf_printf(claims, "%s\"claim-%d\":%d,\"name-%d\":\"value %d\"",
			i ? "," : "", i, i, i, i);
	avow_buf_put_byte(claims, '}');
}

static void
put_windows_policy(struct avow_buf *b)
{
	static const char *const flags[] = {"CODEINTEGRITY", "BOOTDEBUGGING",
		"OSKERNELDEBUG", "TESTSIGNING", "FLIGHTSIGNING", "SAFEMODE", "WINPE",
		"VBS_VSM_REQUIRED", "VBS_IOMMU_REQUIRED", "HYPERVISOR_DEBUG"};
	static const char *const variables[] = {"SecureBoot", "PK", "KEK", "db"};

	avow_buf_put_str(b,
		"version=1.2;authorizationrules{=>permit();};issuancerules{"
		"c:[type==\"events\",issuer==\"AttestationService\"]=>add(type="
		"\"tags\","
		"value=JmesPath(c.value,\"Events[?EventTypeString == 'EV_EVENT_TAG' && "
		"(PcrIndex == `12` || PcrIndex == `13`)].ProcessedData."
		"EVENT_TRUSTBOUNDARY\"));"
		"c:[type==\"events\",issuer==\"AttestationService\"]=>add(type="
		"\"vars\","
		"value=JmesPath(c.value,\"Events[?EventTypeString == "
		"'EV_EFI_VARIABLE_DRIVER_CONFIG']\"));");
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		avow_buf_printf(b,
			"c:[type==\"tags\",issuer==\"AttestationPolicy\"]=>add(type=\"%"
			"s-set\","
			"value=JsonToClaimValue(JmesPath(c.value,\"[*].EVENT_%s\")));"
			"c:[type==\"%s-set\"]=>issue(type=\"%s\",value="
			"ContainsOnlyValue("
			"c.value,true));"
			"![type==\"%s\"]=>issue(type=\"%s\",value=false);",
			flags[i], flags[i], flags[i], flags[i], flags[i], flags[i]);
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		avow_buf_printf(b,
			"c:[type==\"vars\"]=>issue(type=\"%s\",value=JsonToClaimValue("
			"JmesPath(c.value,\"[?ProcessedData.UnicodeName == '%s'] | "
			"length(@) == `1` && @[0].ProcessedData.VariableData == "
			"'AQ'\")));"
			"![type==\"%s\"]=>issue(type=\"%s\",value=false);",
			variables[i], variables[i], variables[i], variables[i]);
	avow_buf_put_str(b, "};");
}

static void
put_event(struct avow_buf *b, size_t i)
{
	static const char *const names[] = {"SecureBoot", "PK", "KEK", "db", "dbx"};

	if (i % 8 == 0)
		avow_buf_printf(b,
			"{\"EventSeq\":%zu,\"EventType\":6,\"EventTypeString\":"
			"\"EV_EVENT_TAG\",\"PcrIndex\":%zu,\"ProcessedData\":{"
			"\"EVENT_TRUSTBOUNDARY\":{\"EVENT_CODEINTEGRITY\":true,"
			"\"EVENT_BOOTDEBUGGING\":false,\"EVENT_SAFEMODE\":false,"
			"\"EVENT_VBS_VSM_REQUIRED\":true}}}",
			i, 12 + i % 3);
	else if (i < 8)
		avow_buf_printf(b,
			"{\"EventSeq\":%zu,\"EventType\":2147483649,"
			"\"EventTypeString\":"
			"\"EV_EFI_VARIABLE_DRIVER_CONFIG\",\"PcrIndex\":7,"
			"\"ProcessedData\":{\"VariableGuid\":"
			"\"8BE4DF61-93CA-11D2-AA0D-00E098032B8C\",\"UnicodeName\":\"%"
			"s\","
			"\"VariableData\":\"%s\"}}",
			i, names[i % 5],
			i == 5 ? "AQ" : "AQIDBAUGBwgJCgsMDQ4PEBESExQV");
	else
		avow_buf_printf(b,
			"{\"EventSeq\":%zu,\"EventType\":13,\"EventTypeString\":"
			"\"EV_EFI_BOOT_SERVICES_APPLICATION\",\"PcrIndex\":%zu,"
			"\"ProcessedData\":{\"ImageLength\":%zu}}",
			i, i % 12, i * 4096);
}

static void
put_events(struct avow_buf *b)
{
	avow_buf_put_str(b, "{\"aikValidated\":true,\"events\":{\"Events\":[");
	for (size_t i = 0; b->n < EVENTS_BYTES; i++) {
		if (i)
			avow_buf_put_byte(b, ',');
		put_event(b, i);
	}
	avow_buf_put_str(b, "]}}");
}

int
main(int argc, char **argv)
{
	struct avow_buf rules, claims, windows, events;
	struct avow_span sgx = avow_span_str(avow_policy_default(AVOW_KIND_SGX));

	avow_buf_init(&rules, AVOW_MIB(1));
	avow_buf_init(&claims, AVOW_MIB(1));
	avow_buf_init(&windows, AVOW_MIB(1));
	avow_buf_init(&events, AVOW_MIB(1));
	put_rules(&rules, &claims);
	put_events(&events);
	if (argc > 1)
		MUST(avow_file_read(argv[1], &windows) == AVOW_OK);
	else
		put_windows_policy(&windows);
	printf("{\"default_sgx_us\":%.2f,\"rules_50_claims_40_us\":%.2f,"
	       "\"windows_tpm_us\":%.1f,\"windows_tpm_document_bytes\":%zu}\n",
		run(sgx, avow_span_str(sgx_claims)),
		run(avow_buf_span(&rules), avow_buf_span(&claims)),
		run(avow_buf_span(&windows), avow_buf_span(&events)), events.n);
	avow_buf_clear(&rules);
	avow_buf_clear(&claims);
	avow_buf_clear(&windows);
	avow_buf_clear(&events);
	return 0;
}
