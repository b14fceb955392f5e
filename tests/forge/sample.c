/* Forges the defaults at a time into a folder: for openssl_check.py. */
#include <stdlib.h>

#include "forge/forge.h"

int
main(int argc, char **argv)
{
	struct avow_forge_sgx p;
	struct avow_forged *f = NULL;
	int bad;

	if (argc != 3)
		return 64;
	avow_forge_sgx_defaults(&p, (int64_t)strtoll(argv[2], NULL, 10));
	p.revoke_pck = true;
	bad = avow_forge_sgx_make(&p, &f, NULL) != AVOW_OK ||
	      avow_forge_write(f, argv[1], NULL) != AVOW_OK;
	avow_forged_free(f);
	return bad;
}
