/*
 * The table of certificates that a hypervisor puts beside an SEV-SNP report
 * (GHCB 2.0, 4.1.8.1): entries of a GUID, an offset and a length, closed by
 * zeros, and the DER of each. The host writes it, so nothing in it is trusted
 * but its bounds, which are checked.
 */
#include "base/cursor.h"
#include "collect/collect.h"
#include "wire/pem.h"

#define ENTRY 24
#define MAX_ENTRIES 32

/* In the order of the chain; GUIDs as their bytes stand in the table. */
static const uint8_t WANTED[][16] = {
	/* 63da758d-e664-4564-adc5-f4b93be8accd VCEK */
	{0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64, 0xad, 0xc5, 0xf4, 0xb9, 0x3b,
		0xe8, 0xac, 0xcd},
	/* a8074bc2-a25a-483e-aae6-39c045a0b8a1 VLEK */
	{0xa8, 0x07, 0x4b, 0xc2, 0xa2, 0x5a, 0x48, 0x3e, 0xaa, 0xe6, 0x39, 0xc0, 0x45,
		0xa0, 0xb8, 0xa1},
	/* 4ab7b379-bbac-4fe4-a02f-05aef327c782 ASK */
	{0x4a, 0xb7, 0xb3, 0x79, 0xbb, 0xac, 0x4f, 0xe4, 0xa0, 0x2f, 0x05, 0xae, 0xf3,
		0x27, 0xc7, 0x82},
	/* c0b406a4-a803-4952-9743-3fb6014cd0ae ARK */
	{0xc0, 0xb4, 0x06, 0xa4, 0xa8, 0x03, 0x49, 0x52, 0x97, 0x43, 0x3f, 0xb6, 0x01,
		0x4c, 0xd0, 0xae},
};

struct entry {
	struct avow_span guid, der;
};

static enum avow_err
refuse(struct avow_why *why, const char *field, const char *expected)
{
	const struct avow_at at = {"snp_cert_table", field, "GHCB 2.0, 4.1.8.1"};

	return avow_refuse(why, AVOW_E_COLLECT_TABLE, &at, expected, "another");
}

static enum avow_err
read_entries(struct avow_span table, struct entry *out, size_t *n, struct avow_why *why)
{
	struct avow_cursor c = avow_cur(table);

	for (*n = 0; *n < MAX_ENTRIES; (*n)++) {
		struct avow_span guid = avow_cur_bytes(&c, 16);
		size_t offset = avow_cur_le32(&c), length = avow_cur_le32(&c);

		if (avow_cur_is_bad(&c))
			return refuse(why, "entries", "a closing entry of zeros");
		if (avow_span_all_zero(guid))
			return AVOW_OK;
		if (offset > table.n || length > table.n - offset)
			return refuse(why, "offset", "a certificate within the table");
		out[*n] = (struct entry){guid, avow_span_slice(table, offset, length)};
	}
	return refuse(why, "entries", "at most 32 entries");
}

enum avow_err
avow_collect_cert_table(
	struct avow_span table, struct avow_buf *pem, struct avow_why *why)
{
	struct entry entries[MAX_ENTRIES];
	size_t n;

	if (table.n == 0)
		return AVOW_OK;
	AVOW_TRY(read_entries(table, entries, &n, why));
	for (size_t k = 0; k < sizeof(WANTED) / sizeof(WANTED[0]); k++)
		for (size_t i = 0; i < n; i++)
			if (avow_span_eq(
				    entries[i].guid, avow_span_make(WANTED[k], 16)))
				avow_pem_put(pem, "CERTIFICATE", entries[i].der);
	return pem->err;
}
