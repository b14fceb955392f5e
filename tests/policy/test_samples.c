/*
 * Every policy published with the real service's documentation, exactly as
 * published: its outcome over claims that suit it, or where it is refused.
 */
#include "policy_support.h"

#define BOOT                                                                           \
	"\"aikValidated\":true,\"secureBootEnabled\":true,\"bootDebuggingDisabled\":"  \
	"true,"                                                                        \
	"\"notSafeMode\":true,\"notWinPE\":true,\"vbsEnabled\":true"
#define VARIABLE(type, pcr, name, data)                                                \
	"{\"EventTypeString\":\"" type "\",\"PcrIndex\":" pcr ",\"ProcessedData\":{"   \
	"\"VariableGuid\":\"8BE4DF61-93CA-11D2-AA0D-00E098032B8C\",\"UnicodeName\":"   \
	"\"" name "\",\"VariableData\":\"" data "\"}}"
#define BOUNDARY(pcr)                                                                  \
	"{\"EventTypeString\":\"EV_EVENT_TAG\",\"EventSeq\":40,\"PcrIndex\":" pcr      \
	",\"ProcessedData\":{\"EVENT_TRUSTBOUNDARY\":{\"EVENT_CODEINTEGRITY\":true,"   \
	"\"EVENT_BITLOCKER_UNLOCK\":{\"Value\":2},\"EVENT_VBS_VSM_REQUIRED\":true,"    \
	"\"EVENT_VBS_MANDATORY_ENFORCEMENT\":true,\"EVENT_LOADEDMODULE_AGGREGATION\":" \
	"["                                                                            \
	"{\"EVENT_IMAGEVALIDATED\":true,\"EVENT_FILEPATH\":"                           \
	"\"\\\\Windows\\\\System32\\\\drivers\\\\WdBoot.sys\"}]}}}"
#define IMA                                                                            \
	"{\"EventTypeString\":\"IMA_MEASUREMENT_EVENT\",\"PcrIndex\":10,"              \
	"\"ProcessedData\":{"                                                          \
	"\"KernelVersion\":\"5.15\",\"Keyring\":\".builtin_trusted_keys\","            \
	"\"CertificateSubject\":\"CN=kernel\"}}"
#define CONFIG "EV_EFI_VARIABLE_DRIVER_CONFIG"
#define EVENTS                                                                         \
	"\"events\":{\"Events\":[" VARIABLE(                                           \
		CONFIG, "7", "SecureBoot", "AQ") "," VARIABLE(CONFIG, "7", "PK",       \
		"UEs") "," VARIABLE(CONFIG, "7", "KEK", "S0VL") "," VARIABLE(CONFIG,   \
		"7", "db", "ZGI") "," VARIABLE(CONFIG, "7", "dbx",                     \
		"ZGJ4") "," VARIABLE("EV_EFI_VARIABLE_BOOT", "1", "BootOrder",         \
		"AAABAA") "," BOUNDARY("12") "," BOUNDARY("13") "," IMA "]}"
#define SGX_CLAIMS                                                                     \
	"\"x-ms-sgx-is-debuggable\":false,\"x-ms-sgx-mrenclave\":\"ee\","              \
	"\"x-ms-sgx-product-id\":3,\"x-ms-sgx-svn\":4,\"x-ms-attestation-type\":"      \
	"\"sgx\","                                                                     \
	"\"x-ms-sgx-mrsigner\":\"mrsigner"

struct sample {
	const char *file;
	const char *claims;
	enum avow_err code;
	const char *issued; /* AVOW_OK */
	unsigned line, column; /* refusals */
};

static const char linux_issued[] =
	"{\"bootOrder\":\"AAABAA\",\"builtintrustedkeys\":\"CN=kernel\","
	"\"forbiddenSignatures\":\"ZGJ4\",\"kernelVersions\":\"5.15\","
	"\"keyDatabase\":\"ZGI\",\"keyExchangeKey\":\"S0VL\",\"platformKey\":\"UEs\","
	"\"secureBootEnabled\":true}";

static const struct sample samples[] = {
	{"author-sign-policy-2", "{}", AVOW_E_POLICY_DENIED, NULL, 0, 0},
	{"author-sign-policy-3", "{\"secureBootEnabled\":true}", AVOW_OK, "{}", 0, 0},
	{"author-sign-policy-3", "[{\"type\":\"secureBootEnabled\",\"value\":true}]",
		AVOW_E_POLICY_NO_PERMIT, NULL, 0, 0},
	/* a single = in a condition is taken */
	{"claim-rule-functions-1", "{" EVENTS "}", AVOW_OK,
		"{\"secureBootEnabled\":true}", 0, 0},
	{"claim-rule-functions-1", "{}", AVOW_OK, "{\"secureBootEnabled\":false}", 0,
		0},
	{"claim-sets-1", "{" SGX_CLAIMS "1\"}", AVOW_OK, "{}", 0, 0},
	{"claim-sets-1", "{" SGX_CLAIMS "2\"}", AVOW_E_POLICY_NO_PERMIT, NULL, 0, 0},
	{"claim-sets-2", "{" SGX_CLAIMS "2\"}", AVOW_OK, "{}", 0, 0},
	{"claim-sets-2", "{" SGX_CLAIMS "3\"}", AVOW_E_POLICY_NO_PERMIT, NULL, 0, 0},
	{"claim-sets-3", "{" SGX_CLAIMS "2\"}", AVOW_OK, "{}", 0, 0},
	{"claim-sets-3", "{" SGX_CLAIMS "1\"}", AVOW_E_POLICY_NO_PERMIT, NULL, 0, 0},
	/* a curly quote does not close a string */
	{"custom-tcb-baseline-enforcement-1", NULL, AVOW_E_POLICY_SYNTAX, NULL, 5, 42},
	/* <product-id> is there to be replaced */
	{"policy-examples-1", NULL, AVOW_E_POLICY_SYNTAX, NULL, 5, 50},
	{"policy-examples-2", "{" SGX_CLAIMS "1\"}", AVOW_OK,
		"{\"is-debuggable\":false,\"product-id\":3,\"sgx-mrenclave\":\"ee\","
		"\"sgx-mrsigner\":\"mrsigner1\",\"svn\":4,\"tee\":\"sgx\"}",
		0, 0},
	{"policy-version-1-0-1", "{" BOOT "}", AVOW_OK, "{\"PlatformAttested\":true}",
		0, 0},
	{"policy-version-1-0-1", "{\"aikValidated\":true}", AVOW_OK, "{}", 0, 0},
	{"policy-version-1-1-1", "{" BOOT "}", AVOW_OK, "{\"PlatformAttested\":true}",
		0, 0},
	{"policy-version-1-1-1",
		"{\"aikValidated\":false,\"secureBootEnabled\":true,"
		"\"bootDebuggingDisabled\":true,\"notSafeMode\":true}",
		AVOW_OK, "{\"PlatformAttested\":false}", 0, 0},
	/* issue("PlatformAttested", ...) lacks its type= */
	{"policy-version-1-2-1", NULL, AVOW_E_POLICY_SYNTAX, NULL, 23, 51},
	{"tpm-attestation-concepts-1", "{" BOOT "}", AVOW_OK,
		"{\"PlatformAttested\":true}", 0, 0},
	{"tpm-attestation-concepts-3", "{\"aikValidated\":true," EVENTS "}", AVOW_OK,
		linux_issued, 0, 0},
	{"tpm-attestation-concepts-3", "{\"aikValidated\":false," EVENTS "}",
		AVOW_E_POLICY_NO_PERMIT, NULL, 0, 0},
	{"tpm-attestation-sample-policies-1", "{" BOOT "}", AVOW_OK,
		"{\"PlatformAttested\":true}", 0, 0},
	{"tpm-attestation-sample-policies-1", "{\"vbsEnabled\":false}", AVOW_OK, "{}",
		0, 0},
	{"tpm-attestation-sample-policies-2", "{\"aikValidated\":true," EVENTS "}",
		AVOW_OK,
		"{\"BitlockerStatus\":true,\"CodeIntegrityEnabled\":true,"
		"\"ELAMDriverLoaded\":true,\"SecureBootEnabled\":true,"
		"\"aikValidated\":true}",
		0, 0},
	/* a value that was derived from pcrs is compared, never issued */
	{"tpm-attestation-sample-policies-3",
		"{\"pcrs\":{\"PCRs\":["
		"{\"Index\":0,\"Digests\":{\"SHA256\":"
		"\"4c833b1c361fceffd8dc0f81eec76081b71e1a0eb2193caed0b6e1c7735ec33e\"}}"
		","
		"{\"Index\":1,\"Digests\":{\"SHA256\":"
		"\"8c25e3be6ad6f5bd33c9ae40d5d5461e88c1a7366df0c9ee5c7e5ff40d3d1d0e\"}}"
		","
		"{\"Index\":2,\"Digests\":{\"SHA256\":"
		"\"3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969\"}}"
		","
		"{\"Index\":3,\"Digests\":{\"SHA256\":"
		"\"3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969\"}}"
		"]}}",
		AVOW_OK, "{}", 0, 0},
	{"tpm-attestation-sample-policies-3",
		"{\"pcrs\":{\"PCRs\":[{\"Index\":0,\"Digests\":{\"SHA256\":\"00\"}}]}}",
		AVOW_E_POLICY_NO_PERMIT, NULL, 0, 0},
	{"tpm-attestation-sample-policies-5",
		"{\"vsmReportPresent\":true,\"enclaveAuthorId\":"
		"\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"enclaveImageId\":"
		"\"AQEAAAAAAAAAAAAAAAAAAA\",\"enclaveSvn\":0}",
		AVOW_OK, "{}", 0, 0},
	{"tpm-attestation-sample-policies-5", "{\"vsmReportPresent\":true}",
		AVOW_E_POLICY_NO_PERMIT, NULL, 0, 0},
	{"tpm-attestation-sample-policies-6",
		"{\"events\":{\"Events\":[ ]},\"bootEvents\":{\"Events\":[1]}}",
		AVOW_OK,
		"{\"outputBootEvents\":\"{\\\"Events\\\":[1]}\","
		"\"outputEvents\":\"{\\\"Events\\\":[]}\"}",
		0, 0},
	/* it reads boolProperties, which no rule makes, and issues vbsEnabled twice */
	{"tpm-attestation-sample-policies-7", "{" EVENTS "}", AVOW_OK,
		"{\"bootDebuggingDisabled\":false,\"drtmMleValid\":false,"
		"\"secureBootEnabled\":true,\"vbsEnabled\":[true,true]}",
		0, 0},
	{"tpm-attestation-sample-policies-8", "{\"aikValidated\":true," EVENTS "}",
		AVOW_OK, linux_issued, 0, 0},
	{"tpm-attestation-sample-policies-8",
		"{\"aikValidated\":true,\"events\":{\"Events\":[]}}", AVOW_OK,
		"{\"bootOrder\":false,\"forbiddenSignatures\":false,\"keyDatabase\":"
		"false,"
		"\"keyExchangeKey\":false,\"platformKey\":false,"
		"\"secureBootEnabled\":false}",
		0, 0},
};

static char *
read_sample(const char *name)
{
	char path[256];
	struct avow_buf b;
	char *text;
	const char *full;
	FILE *f;
	int c;

	snprintf(path, sizeof(path), "policies/%s.policy", name);
	full = vector_path(path);
	if (!full)
		return NULL;
	avow_buf_init(&b, AVOW_MIB(1));
	f = fopen(full, "rb");
	assert_non_null(f);
	while ((c = fgetc(f)) != EOF)
		avow_buf_put_byte(&b, (uint8_t)c);
	fclose(f);
	text = strdup(avow_buf_str(&b));
	avow_buf_clear(&b);
	return text;
}

static void
check_sample(const struct sample *s, const char *text)
{
	struct avow_policy_error err;
	struct avow_policy *p;

	print_message("# %s\n", s->file);
	if (s->claims) {
		assert_outcome(s->code, s->issued, text, s->claims);
		return;
	}
	assert_err(s->code, avow_policy_compile(avow_span_str(text), &p, &err));
	assert_int_equal(s->line, err.line);
	assert_int_equal(s->column, err.column);
}

static void
each_published_sample_has_its_outcome(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		char *text = read_sample(samples[i].file);

		if (!text)
			skip();
		check_sample(&samples[i], text);
		free(text);
	}
}

/* The query that a sample puts together is no JMESPath: PcrIndex == 20. */
static void
the_smm_query_of_a_sample_fails_when_it_is_reached(void **state)
{
	static const char claims[] =
		"[{\"type\":\"drtmMleValid\",\"value\":true,"
		"\"issuer\":\"AttestationPolicy\"},"
		"{\"type\":\"validDrtmStateAuthEventSeq\",\"value\":\"5\","
		"\"issuer\":\"AttestationPolicy\"},"
		"{\"type\":\"events\",\"value\":\"{}\",\"issuer\":"
		"\"AttestationService\"}]";
	char *text = read_sample("tpm-attestation-sample-policies-7");

	(void)state;
	if (!text)
		skip();
	assert_outcome(AVOW_E_POLICY_QUERY_FAILED, NULL, text, claims);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_published_sample_has_its_outcome),
		cmocka_unit_test(the_smm_query_of_a_sample_fails_when_it_is_reached),
	};

	return cmocka_run_group_tests_name("policy/samples", tests, NULL, NULL);
}
