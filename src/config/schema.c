/*
 * The table of items: the one place where a setting is added. From it come
 * the file's keys, the flags, the bounds, the defaults, the dump and the
 * documentation, so they cannot differ from each other.
 */
#include <string.h>

#include "base/limits.h"
#include "config/impl.h"

#define KIB INT64_C(1024)
#define MIB (INT64_C(1024) * KIB)
#define GIB (INT64_C(1024) * MIB)
#define HOUR INT64_C(3600)
#define DAY (24 * HOUR)
#define YEAR (365 * DAY)

static const char *const TLS_MODES[] = {"auto", "always", "never", NULL};
static const char *const ALGORITHMS[] = {"RS256", "PS256", "ES256", "ES384", NULL};
static const char *const UPDATES[] = {"standard", "early", NULL};
static const char *const PROXY_HEADERS[] = {"X-Forwarded-For", "Forwarded", NULL};
static const char *const LEVELS[] = {"debug", "info", "warn", "error", NULL};
/* Intel's names (PCS API, tcbStatus). Revoked is left out: it can never be
 * accepted. */
static const char *const TCB_STATUSES[] = {"UpToDate", "SWHardeningNeeded",
	"ConfigurationNeeded", "ConfigurationAndSWHardeningNeeded", "OutOfDate",
	"OutOfDateConfigurationNeeded", "TDRelaunchAdvised",
	"TDRelaunchAdvisedConfigurationNeeded", NULL};

#define AT(member) offsetof(struct avow_config, member)

static const struct avow_config_item ITEMS[] = {
	{"data", AVOW_CONFIG_PATH, false, "/var/lib/avow", 0, 0, NULL, "DIR",
		"Data directory: the store and the signing keys. Made at first start.",
		AT(data)},
	{"listen", AVOW_CONFIG_ADDRESS, true, "127.0.0.1:8080", 1, 16, NULL,
		"ADDR:PORT", "Numeric addresses to listen on; port 0 takes a free one.",
		AT(listen)},
	{"url", AVOW_CONFIG_URL, false, "", 0, 0, NULL, "URL",
		"Instance URL: the tokens' `iss`. http or https, lower case, host and "
		"optional port, no path. Unset: made from the first listen address.",
		AT(url)},
	{"base_domain", AVOW_CONFIG_STRING, false, "", 0, 0, NULL, "DOMAIN",
		"Where attestation providers are: set, `NAME` is at "
		"`https://NAME.DOMAIN`; unset, at `URL/providers/NAME`. Lower case, "
		"with a port where it is not the scheme's own.",
		AT(base_domain)},
	{"tls", AVOW_CONFIG_CHOICE, false, "auto", 0, 0, TLS_MODES, "MODE",
		"`auto`: TLS when the URL is https. `never` only where every listen "
		"address is loopback, behind a proxy that ends TLS.",
		AT(tls)},
	{"tls_cert", AVOW_CONFIG_PATH, false, "", 0, 0, NULL, "FILE",
		"TLS certificate chain, PEM, leaf first. Unset: self-made.",
		AT(tls_cert)},
	{"tls_key", AVOW_CONFIG_PATH, false, "", 0, 0, NULL, "FILE",
		"Private key of `tls_cert`, PEM.", AT(tls_key)},
	{"workers", AVOW_CONFIG_INT, false, "0", 0, 256, NULL, "N",
		"Worker threads; 0 is one a core.", AT(workers)},
	{"collateral", AVOW_CONFIG_PATH, false, "", 0, 0, NULL, "DIR",
		"Folder of collateral files. Unset: `collateral` in the data "
		"directory.",
		AT(collateral)},
	{"collateral_grace", AVOW_CONFIG_DURATION, false, "0", 0, 100 * YEAR, NULL, "D",
		"How long past its nextUpdate collateral may still be used. Each use "
		"is a claim in the token.",
		AT(collateral_grace)},
	{"collateral_warn", AVOW_CONFIG_DURATION, false, "14d", 0, 365 * DAY, NULL, "D",
		"How long before its end collateral is warned of, in the log, in "
		"`/readyz` and in `/metrics`; 0 is never.",
		AT(collateral_warn)},
	{"intel_pcs", AVOW_CONFIG_STRING, false, "", 0, 0, NULL, "URL",
		"Base URL of Intel's PCS (`https://api.trustedservices.intel.com`) or "
		"of "
		"any PCCS. Unset: nothing is fetched for SGX and TDX.",
		AT(intel_pcs)},
	{"intel_root_crl", AVOW_CONFIG_STRING, false, "", 0, 0, NULL, "URL",
		"URL of the CRL of Intel's SGX root. Unset: Intel's own beside Intel's "
		"PCS, else `rootcacrl` of the PCCS.",
		AT(intel_root_crl)},
	{"intel_update", AVOW_CONFIG_CHOICE, false, "standard", 0, 0, UPDATES,
		"CHANNEL",
		"Which TCB recoveries count: `early`, from the day of disclosure, or "
		"`standard`, some weeks later. A provider's `collateralUpdate` goes "
		"before it.",
		AT(intel_update)},
	{"amd_kds", AVOW_CONFIG_STRING, false, "", 0, 0, NULL, "URL",
		"Base URL of AMD's KDS (`https://kdsintf.amd.com`) or of a mirror. "
		"Unset: nothing is fetched for SEV-SNP.",
		AT(amd_kds)},
	{"amd_fetch_rate", AVOW_CONFIG_INT, false, "60", 1, 6000, NULL, "N",
		"VCEKs, and documents of one evaluation data number, fetched a "
		"minute for one provider, at most.",
		AT(amd_fetch_rate)},
	{"fetch_ca", AVOW_CONFIG_PATH, false, "", 0, 0, NULL, "FILE",
		"Roots of the sources' TLS certificates, PEM, in place of the "
		"system's.",
		AT(fetch_ca)},
	{"fetch_proxy", AVOW_CONFIG_STRING, false, "", 0, 0, NULL, "URL",
		"Proxy for fetching. The environment's is not used.", AT(fetch_proxy)},
	{"fetch_timeout", AVOW_CONFIG_DURATION, false, "10s", 1, 600, NULL, "D",
		"Time for one document.", AT(fetch_timeout)},
	{"fetch_wait", AVOW_CONFIG_DURATION, false, "10s", 1, 300, NULL, "D",
		"How long a request waits for what it lacks before it is answered 503.",
		AT(fetch_wait)},
	{"fetch_refresh", AVOW_CONFIG_DURATION, false, "1d", 60, 30 * DAY, NULL, "D",
		"Documents last seen this long ago are fetched anew; those near their "
		"end are in any case.",
		AT(fetch_refresh)},
	{"accept_tcb", AVOW_CONFIG_CHOICE, true,
		"UpToDate,SWHardeningNeeded,ConfigurationNeeded,"
		"ConfigurationAndSWHardeningNeeded",
		1, 16, TCB_STATUSES, "STATUS",
		"TCB statuses that are accepted. `Revoked` can never be.",
		AT(accept_tcb)},
	{"trust_anchor", AVOW_CONFIG_PATH, true, "", 0, 64, NULL, "FILE",
		"Root certificates, PEM, trusted beside the vendors' built-in ones.",
		AT(trust_anchor)},
	{"tcb_baseline", AVOW_CONFIG_INT, false, "0", 0, AVOW_MAX_TCB_EVALUATION, NULL,
		"N",
		"TCB evaluation data number that `azuredefault` stands for, in a "
		"policy and without one; 0 is the newest that is current.",
		AT(tcb_baseline)},
	{"allow_platform", AVOW_CONFIG_STRING, true, "", 0, 4096, NULL, "HEX",
		"Machines that may attest: PPIDs of SGX and TDX machines, chip ids of "
		"SEV-SNP ones. Unset: every genuine machine. A provider's own list "
		"replaces it.",
		AT(allow_platform)},
	{"access", AVOW_CONFIG_PATH, false, "", 0, 0, NULL, "FILE",
		"Access file: who may do what, by OpenID Connect issuers and client "
		"certificates (see [authorize.md](authorize.md)). Unset: the "
		"management token alone.",
		AT(access)},
	{"uvm_reference", AVOW_CONFIG_STRING, true, "", 0, 64, NULL, "TEXT",
		"UVM endorsements that count, each `ISSUER FEED MIN_SVN`: the issuer's "
		"did:x509, the feed and the least SVN. See containers.md.",
		AT(uvm_reference)},
	{"id_key_digest", AVOW_CONFIG_STRING, true, "", 0, 64, NULL, "HEX",
		"SHA-384 of SEV-SNP id keys whose guests count as compliant.",
		AT(id_key_digest)},
	{"signing_algorithm", AVOW_CONFIG_CHOICE, false, "RS256", 0, 0, ALGORITHMS,
		"ALG",
		"Algorithm of new signing keys; a key that exists keeps its own until "
		"it is rotated.",
		AT(signing_algorithm)},
	{"key_publish_before", AVOW_CONFIG_DURATION, false, "1d", 0, 365 * DAY, NULL,
		"D", "How long a new key is published before it signs.",
		AT(key_publish_before)},
	{"machine_silent_after", AVOW_CONFIG_DURATION, false, "0", 0, 365 * DAY, NULL,
		"D",
		"After how long without an attestation a machine is told to be silent "
		"(see [machines.md](machines.md)); 0 is never.",
		AT(machine_silent_after)},
	{"machine_webhook", AVOW_CONFIG_STRING, false, "", 0, 0, NULL, "URL",
		"Where alerts of machines are posted: https, or http on loopback. "
		"Unset: log lines alone.",
		AT(machine_webhook)},
	{"machine_webhook_secret", AVOW_CONFIG_PATH, false, "", 0, 0, NULL, "FILE",
		"File with the key that signs those posts. Unset: unsigned.",
		AT(machine_webhook_secret)},
	{"machine_webhook_ca", AVOW_CONFIG_PATH, false, "", 0, 0, NULL, "FILE",
		"The only roots that the webhook's TLS may end in, PEM. Unset: the "
		"system's.",
		AT(machine_webhook_ca)},
	{"max_connections", AVOW_CONFIG_INT, false, "8192", 1, 1000000, NULL, "N",
		"Connections at a time, in all.", AT(max_connections)},
	{"max_connections_per_address", AVOW_CONFIG_INT, false, "2048", 1, 1000000,
		NULL, "N", "Connections at a time from one address.",
		AT(max_connections_per_address)},
	{"max_body_in_flight", AVOW_CONFIG_SIZE, false, "256MiB", MIB, 64 * GIB, NULL,
		"SIZE", "Bytes of request bodies held at a time, in all.",
		AT(max_body_in_flight)},
	{"trusted_proxy", AVOW_CONFIG_STRING, true, "", 0, 64, NULL, "NETWORK",
		"Addresses and networks (`10.0.0.0/8`, `::1`) of proxies whose header "
		"says who the client is. Nobody else's counts.",
		AT(trusted_proxy)},
	{"proxy_header", AVOW_CONFIG_CHOICE, false, "X-Forwarded-For", 0, 0,
		PROXY_HEADERS, "NAME", "The header that those proxies keep.",
		AT(proxy_header)},
	{"rate_per_address", AVOW_CONFIG_INT, false, "0", 0, 1000000, NULL, "N",
		"Requests a second of one client address (IPv6: of a /64), beyond a "
		"burst; 0 is no limit.",
		AT(rate_per_address)},
	{"rate_per_provider", AVOW_CONFIG_INT, false, "0", 0, 1000000, NULL, "N",
		"Requests a second for one provider, beyond a burst; 0 is no limit.",
		AT(rate_per_provider)},
	{"rate_burst", AVOW_CONFIG_INT, false, "100", 1, 1000000, NULL, "N",
		"Requests that may come at once before a rate counts.", AT(rate_burst)},
	{"requests_per_address", AVOW_CONFIG_INT, false, "0", 0, 1000000, NULL, "N",
		"Requests of one client address at a time; 0 is no limit.",
		AT(requests_per_address)},
	{"requests_per_provider", AVOW_CONFIG_INT, false, "0", 0, 1000000, NULL, "N",
		"Requests for one provider at a time; 0 is no limit.",
		AT(requests_per_provider)},
	{"head_deadline", AVOW_CONFIG_DURATION, false, "10s", 1, HOUR, NULL, "D",
		"Time for the TLS handshake and a request's whole head.",
		AT(head_deadline)},
	{"body_deadline", AVOW_CONFIG_DURATION, false, "60s", 1, HOUR, NULL, "D",
		"Time for a request's whole body.", AT(body_deadline)},
	{"idle_deadline", AVOW_CONFIG_DURATION, false, "60s", 1, HOUR, NULL, "D",
		"How long a connection is kept between two requests.",
		AT(idle_deadline)},
	{"send_deadline", AVOW_CONFIG_DURATION, false, "30s", 1, HOUR, NULL, "D",
		"Time for a client to take a whole answer.", AT(send_deadline)},
	{"drain_deadline", AVOW_CONFIG_DURATION, false, "10s", 0, HOUR, NULL, "D",
		"At SIGTERM, time for requests in flight to end.", AT(drain_deadline)},
	{"log_level", AVOW_CONFIG_CHOICE, false, "info", 0, 0, LEVELS, "LEVEL",
		"Least level of log records that are written.", AT(log_level)},
};

#define N_ITEMS (sizeof(ITEMS) / sizeof(ITEMS[0]))
_Static_assert(N_ITEMS <= AVOW_CONFIG_MAX_ITEMS, "a bit and a source for each item");

const struct avow_config_item *
avow_config_items(size_t *n)
{
	*n = N_ITEMS;
	return ITEMS;
}

size_t
avow_config_index(const struct avow_config_item *item)
{
	return (size_t)(item - ITEMS);
}

void
avow_config_flag_name(const struct avow_config_item *item, char out[64])
{
	size_t i = 0;

	for (; item->name[i] && i + 1 < 64; i++)
		out[i] = item->name[i] == '_' ? '-' : item->name[i];
	out[i] = '\0';
}

const struct avow_config_item *
avow_config_item(const char *name)
{
	char flag[64];

	for (size_t i = 0; i < N_ITEMS; i++) {
		avow_config_flag_name(&ITEMS[i], flag);
		if (strcmp(name, ITEMS[i].name) == 0 || strcmp(name, flag) == 0)
			return &ITEMS[i];
	}
	return NULL;
}

void *
avow_config_at(struct avow_config *c, const struct avow_config_item *item)
{
	return (char *)c + item->offset;
}

const void *
avow_config_at_const(const struct avow_config *c, const struct avow_config_item *item)
{
	return (const char *)c + item->offset;
}
