/* The list of deviations of SEV-SNP evidence (corrupt_snp.def) as a table. */
#include "forge/snp_impl.h"

static const struct avow_forge_deviation TABLE[] = {
#define B(id, name_, file_, code_, what_)                                              \
	{.name = name_,                                                                \
		.what = what_,                                                         \
		.evidence = file_,                                                     \
		.refused_with = AVOW_E_##code_,                                        \
		.how = SNP_##id},
#include "forge/corrupt_snp.def"
#undef B
};

#define N (sizeof(TABLE) / sizeof(TABLE[0]))

_Static_assert(SNP_BENDS <= UINT8_MAX, "a deviation's number fits its field");

const struct avow_forge_deviation *
avow_forge_snp_deviation_at(size_t i)
{
	return i < N ? &TABLE[i] : NULL;
}

const struct avow_forge_deviation *
avow_forge_snp_deviation_find(const char *name)
{
	return forge_deviation_find(TABLE, N, name);
}

bool
snp_bent(const struct snp_forge *f, enum snp_bend b)
{
	return f->bend && f->bend->how == b;
}
