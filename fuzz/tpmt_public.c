/*
 * TPMT_PUBLIC and TPM2B_PUBLIC.
 *
 * Properties: the same outcome twice; the public area lies at the end of the
 * input, all of it but at most a size; its name is as long as its hash says; its
 * key, where it is one, is of the type that it declares.
 */
#include "tpm_emit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check(const struct avow_tpm_public *p)
{
	struct avow_pubkey *key = NULL;
	struct avow_tpm_name name;
	enum avow_hash h;

	if (avow_tpm_public_name(p, &name, NULL) == AVOW_OK)
		must(avow_tpm_hash(p->name_alg, &h) &&
			name.n == 2 + avow_hash_bytes(h));
	if (avow_tpm_public_key(p, &key, NULL) == AVOW_OK)
		must((avow_pubkey_type(key) == AVOW_KEY_RSA) ==
			(p->type == AVOW_TPM_ALG_RSA));
	else
		must(key == NULL);
	avow_pubkey_free(key);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_span in = avow_span_make(data, n);
	struct avow_tpm_public p, again;
	enum avow_err e = avow_tpm_public_parse(in, &p, NULL);

	must(e == avow_tpm_public_parse(in, &again, NULL));
	if (e != AVOW_OK)
		return 0;
	must(avow_span_ends(in, p.bytes) &&
		(p.bytes.n == in.n || p.bytes.n + 2 == in.n));
	check(&p);
	return 0;
}
