/*
 * Reads the SGX extension by a table of elements: last arc of the identifier,
 * type, size and place. Three lists have the same shape, SEQUENCE OF SEQUENCE
 * { OID, value }: the extension itself, TCB (.2) and Configuration (.7). What the
 * numbers mean for a verdict is decided elsewhere.
 */
#include "evidence/intel/pck_ext.h"

#include <stddef.h>
#include <string.h>

#include "wire/der.h"

#define SGX_OID "1.2.840.113741.1.13.1"
#define MAX_ELEMENTS 18

static const struct avow_at AT = {"pck_extensions", SGX_OID,
	"Intel SGX PCK Certificate and CRL Profile 1.5, section 2"};

enum element_type { OCTETS, INTEGER, ENUMERATION, BOOLEAN, LIST };

struct element {
	const char *name;
	uint8_t arc; /* below the list's own identifier */
	enum element_type type;
	size_t size; /* OCTETS: exact; INTEGER, ENUMERATION: greatest value */
	size_t offset; /* in struct avow_pck_extensions */
	const struct list *list;
};

struct list {
	const struct element *v;
	size_t n;
	size_t n_required; /* the first ones; the rest: all or none */
	const char *oid;
};

#define AT_FIELD(f) offsetof(struct avow_pck_extensions, f)
#define COMPONENT(i)                                                                   \
	{                                                                              \
		"SGX TCB component SVN", (i), INTEGER, 255,                            \
			AT_FIELD(components) + (i)-1, NULL                             \
	}

static const struct element tcb_elements[] = {COMPONENT(1), COMPONENT(2), COMPONENT(3),
	COMPONENT(4), COMPONENT(5), COMPONENT(6), COMPONENT(7), COMPONENT(8),
	COMPONENT(9), COMPONENT(10), COMPONENT(11), COMPONENT(12), COMPONENT(13),
	COMPONENT(14), COMPONENT(15), COMPONENT(16),
	{"PCESVN", 17, INTEGER, 65535, AT_FIELD(pcesvn), NULL},
	{"CPUSVN", 18, OCTETS, 16, AT_FIELD(cpu_svn), NULL}};

static const struct element configuration_elements[] = {
	{"Dynamic Platform", 1, BOOLEAN, 0, AT_FIELD(dynamic_platform), NULL},
	{"Cached Keys", 2, BOOLEAN, 0, AT_FIELD(cached_keys), NULL},
	{"SMT Enabled", 3, BOOLEAN, 0, AT_FIELD(smt_enabled), NULL}};

static const struct list tcb_list = {tcb_elements, 18, 18, SGX_OID ".2"};
static const struct list configuration_list = {
	configuration_elements, 3, 3, SGX_OID ".7"};

static const struct element sgx_elements[] = {
	{"PPID", 1, OCTETS, 16, AT_FIELD(ppid), NULL},
	{"TCB", 2, LIST, 0, 0, &tcb_list},
	{"PCE-ID", 3, OCTETS, 2, AT_FIELD(pce_id), NULL},
	{"FMSPC", 4, OCTETS, 6, AT_FIELD(fmspc), NULL},
	{"SGX Type", 5, ENUMERATION, 2, AT_FIELD(sgx_type), NULL},
	{"Platform Instance ID", 6, OCTETS, 16, AT_FIELD(platform_instance_id), NULL},
	{"Configuration", 7, LIST, 0, 0, &configuration_list}};

static const struct list sgx_list = {sgx_elements, 7, 5, SGX_OID};

/* The innermost refusal is the one that is told. */
static enum avow_err
refuse(struct avow_why *why, const char *field, const char *expected, const char *got)
{
	if (why && why->code == AVOW_OK)
		avow_why_field(why, "%s", field);
	return avow_refuse(why, AVOW_E_PCK_EXTENSIONS, &AT, expected, "%s", got);
}

static enum avow_err read_list(struct avow_cursor *c, const struct list *list,
	uint8_t *out, size_t *n_read, struct avow_why *why);

static enum avow_err
read_octets(struct avow_cursor *c, const struct element *el, uint8_t *out)
{
	struct avow_der d;

	AVOW_TRY(avow_der_next(c, AVOW_DER_OCTET_STRING, &d));
	if (d.content.n != el->size)
		return AVOW_E_DER_SYNTAX;
	memcpy(out + el->offset, d.content.p, d.content.n);
	return AVOW_OK;
}

static enum avow_err
read_number(struct avow_cursor *c, const struct element *el, uint8_t *out)
{
	uint8_t tag = el->type == INTEGER ? AVOW_DER_INTEGER : AVOW_DER_ENUMERATED;
	uint64_t v;
	uint16_t wide;

	AVOW_TRY(avow_der_uint(c, tag, el->size, &v));
	wide = (uint16_t)v;
	if (el->size > 255)
		memcpy(out + el->offset, &wide, sizeof(wide));
	else
		out[el->offset] = (uint8_t)v;
	return AVOW_OK;
}

static enum avow_err
read_boolean(struct avow_cursor *c, const struct element *el, uint8_t *out)
{
	bool v;

	AVOW_TRY(avow_der_bool(c, &v));
	memcpy(out + el->offset, &v, sizeof(v));
	return AVOW_OK;
}

static enum avow_err
read_value(struct avow_cursor *c, const struct element *el, uint8_t *out,
	struct avow_why *why)
{
	struct avow_cursor inner;
	size_t n;

	switch (el->type) {
	case OCTETS:
		return read_octets(c, el, out);
	case INTEGER:
	case ENUMERATION:
		return read_number(c, el, out);
	case BOOLEAN:
		return read_boolean(c, el, out);
	case LIST:
		AVOW_TRY(avow_der_enter(c, AVOW_DER_SEQUENCE, &inner));
		return read_list(&inner, el->list, out, &n, why);
	default:
		return AVOW_E_INTERNAL;
	}
}

static const struct element *
find_element(const struct list *list, struct avow_span oid)
{
	uint8_t prefix[32];
	size_t n = avow_der_oid_encode(list->oid, prefix, sizeof(prefix));

	if (n == 0 || oid.n != n + 1 || memcmp(oid.p, prefix, n) != 0)
		return NULL;
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].arc == oid.p[n])
			return &list->v[i];
	return NULL;
}

static enum avow_err
read_pair(struct avow_cursor *c, const struct list *list, bool seen[MAX_ELEMENTS],
	uint8_t *out, struct avow_why *why)
{
	struct avow_cursor pair;
	struct avow_span oid;
	const struct element *el;

	if (avow_der_enter(c, AVOW_DER_SEQUENCE, &pair) != AVOW_OK ||
		avow_der_oid(&pair, &oid) != AVOW_OK)
		return refuse(why, list->oid, "a sequence of pairs", "other DER");
	el = find_element(list, oid);
	if (!el)
		return refuse(why, list->oid, "elements of the profile", "another one");
	if (seen[el - list->v])
		return refuse(why, el->name, "once", "twice");
	seen[el - list->v] = true;
	if (read_value(&pair, el, out, why) != AVOW_OK || !avow_cur_is_done(&pair))
		return refuse(why, el->name, "the profile's type and size", "other");
	return AVOW_OK;
}

static enum avow_err
read_list(struct avow_cursor *c, const struct list *list, uint8_t *out, size_t *n_read,
	struct avow_why *why)
{
	bool seen[MAX_ELEMENTS] = {false};
	size_t n = 0;

	while (!avow_cur_is_done(c)) {
		AVOW_TRY(read_pair(c, list, seen, out, why));
		n++;
	}
	for (size_t i = 0; i < list->n_required; i++)
		if (!seen[i])
			return refuse(why, list->v[i].name, "present", "absent");
	if (n != list->n_required && n != list->n)
		return refuse(why, list->oid, "all optional elements or none", "some");
	*n_read = n;
	return AVOW_OK;
}

enum avow_err
avow_pck_extensions_parse(const struct avow_cert *leaf, struct avow_pck_extensions *out,
	struct avow_why *why)
{
	const struct avow_extension *x = avow_cert_extension(leaf, SGX_OID);
	struct avow_cursor c;
	size_t n = 0;

	memset(out, 0, sizeof(*out));
	if (!x)
		return refuse(why, SGX_OID, "present", "absent");
	if (avow_der_whole(x->value, AVOW_DER_SEQUENCE, &c) != AVOW_OK)
		return refuse(why, SGX_OID, "one sequence", "other DER");
	AVOW_TRY(read_list(&c, &sgx_list, (uint8_t *)out, &n, why));
	out->is_platform = n == sgx_list.n;
	return AVOW_OK;
}
