/*
 * The SGX extension of a PCK certificate, written as DER from Intel's "PCK
 * Certificate and CRL Profile", section 2 (the sheet's table in its section
 * 5): SEQUENCE OF SEQUENCE { OID, value }, with TCB and Configuration as lists
 * of the same shape inside. Lengths stay below 64 KiB.
 */
#include <stdio.h>

#include "forge/internal.h"
#include "wire/der.h"

#define SGX "1.2.840.113741.1.13.1"

static void
put_tlv(struct avow_buf *out, uint8_t tag, struct avow_span content)
{
	avow_buf_put_byte(out, tag);
	if (content.n >= 0x100) {
		avow_buf_put_byte(out, 0x82);
		avow_buf_put_byte(out, (uint8_t)(content.n >> 8));
	} else if (content.n >= 0x80) {
		avow_buf_put_byte(out, 0x81);
	}
	avow_buf_put_byte(out, (uint8_t)content.n);
	avow_buf_put(out, content);
}

/* SEQUENCE { what stands in `list` }, which is cleared */
static void
put_list(struct avow_buf *out, struct avow_buf *list)
{
	if (list->err != AVOW_OK && out->err == AVOW_OK)
		out->err = list->err;
	put_tlv(out, AVOW_DER_SEQUENCE, avow_buf_span(list));
	avow_buf_clear(list);
}

/* SEQUENCE { SGX.<arcs>, value TLV } */
static void
put_pair(struct avow_buf *out, const char *arcs, uint8_t tag, struct avow_span value)
{
	struct avow_buf pair;
	char dotted[64];
	uint8_t oid[32];
	size_t n;

	snprintf(dotted, sizeof(dotted), SGX ".%s", arcs);
	n = avow_der_oid_encode(dotted, oid, sizeof(oid));
	avow_buf_init(&pair, FORGE_MAX_OUTPUT);
	put_tlv(&pair, AVOW_DER_OID, avow_span_make(oid, n));
	put_tlv(&pair, tag, value);
	put_list(out, &pair);
}

/* Below 2^23, as X.690 8.3 wants it: no superfluous zero, no sign bit. */
static void
put_number(struct avow_buf *out, const char *arcs, uint8_t tag, uint32_t v)
{
	uint8_t bytes[3] = {(uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
	size_t from = v >= 0x8000 ? 0 : v >= 0x80 ? 1 : 2;

	put_pair(out, arcs, tag, avow_span_make(bytes + from, sizeof(bytes) - from));
}

static void
put_bool(struct avow_buf *out, const char *arcs, bool v)
{
	put_pair(out, arcs, AVOW_DER_BOOLEAN, v ? AVOW_LIT("\xff") : AVOW_LIT("\0"));
}

static void
put_octets(struct avow_buf *out, const char *arcs, const uint8_t *p, size_t n)
{
	put_pair(out, arcs, AVOW_DER_OCTET_STRING, avow_span_make(p, n));
}

static void
put_tcb(const struct forge *f, struct avow_buf *out)
{
	unsigned n = forge_bent(f, PART_EXT, HOW_COMPONENTS_15) ? 15 : 16;
	struct avow_buf list;
	char arcs[8];

	avow_buf_init(&list, FORGE_MAX_OUTPUT);
	for (unsigned i = 1; i <= n; i++) {
		bool wide = i == 3 && forge_bent(f, PART_EXT, HOW_COMPONENT_RANGE);

		snprintf(arcs, sizeof(arcs), "2.%u", i);
		put_number(&list, arcs, AVOW_DER_INTEGER,
			wide ? 256u : f->p.components[i - 1]);
	}
	put_number(&list, "2.17", AVOW_DER_INTEGER,
		forge_bent(f, PART_EXT, HOW_PCESVN_RANGE) ? 65536u : f->p.pcesvn);
	put_octets(&list, "2.18", f->p.components,
		forge_bent(f, PART_EXT, HOW_CPUSVN_SIZE) ? 15 : 16);
	put_pair(out, "2", AVOW_DER_SEQUENCE, avow_buf_span(&list));
	if (list.err != AVOW_OK && out->err == AVOW_OK)
		out->err = list.err;
	avow_buf_clear(&list);
}

static void
put_configuration(const struct forge *f, struct avow_buf *out)
{
	struct avow_buf list;

	avow_buf_init(&list, FORGE_MAX_OUTPUT);
	put_bool(&list, "7.1", f->p.dynamic_platform);
	put_bool(&list, "7.2", f->p.cached_keys);
	put_bool(&list, "7.3", f->p.smt_enabled);
	put_pair(out, "7", AVOW_DER_SEQUENCE, avow_buf_span(&list));
	if (list.err != AVOW_OK && out->err == AVOW_OK)
		out->err = list.err;
	avow_buf_clear(&list);
}

static void
put_identity(const struct forge *f, struct avow_buf *out)
{
	static const uint8_t pad[1] = {0};
	uint8_t pce_id[3] = {f->p.pce_id[0], f->p.pce_id[1], pad[0]};

	if (!forge_bent(f, PART_EXT, HOW_DUPLICATE))
		put_octets(out, "3", pce_id,
			forge_bent(f, PART_EXT, HOW_PCE_ID_SIZE) ? 3 : 2);
	if (!forge_bent(f, PART_EXT, HOW_SHORT))
		put_octets(out, "4", f->p.fmspc,
			forge_bent(f, PART_EXT, HOW_FMSPC_SIZE) ? 5 : 6);
	if (forge_bent(f, PART_EXT, HOW_DUPLICATE))
		put_octets(out, "4", f->p.fmspc, 6);
	put_number(out, "5",
		forge_bent(f, PART_EXT, HOW_TYPE) ? AVOW_DER_INTEGER
						  : AVOW_DER_ENUMERATED,
		f->p.sgx_type);
}

void
forge_put_sgx_extension(const struct forge *f, struct avow_buf *out)
{
	bool platform = (f->p.pck_ca == AVOW_FORGE_PLATFORM_CA) !=
			forge_bent(f, PART_EXT, HOW_CA);
	uint8_t ppid[17] = {0};
	struct avow_buf list;

	for (size_t i = 0; i < sizeof(f->p.ppid); i++)
		ppid[i] = f->p.ppid[i];
	avow_buf_init(&list, FORGE_MAX_OUTPUT);
	put_octets(&list, "1", ppid, forge_bent(f, PART_EXT, HOW_PPID_SIZE) ? 17 : 16);
	put_tcb(f, &list);
	put_identity(f, &list);
	if (platform) {
		put_octets(&list, "6", f->p.platform_instance, 16);
		put_configuration(f, &list);
	}
	if (forge_bent(f, PART_EXT, HOW_LONG))
		put_bool(&list, "9", true);
	put_list(out, &list);
	if (forge_bent(f, PART_EXT, HOW_TRAILING))
		put_tlv(out, AVOW_DER_NULL, AVOW_LIT(""));
}
