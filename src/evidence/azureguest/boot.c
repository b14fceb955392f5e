/*
 * What a guest's boot log proves, in the words of its claims. It reads the document
 * that policies of the Tpm type read, so that both can only say the same; an event
 * whose data is not proven, or whose register is not quoted, is not in there. What
 * must not have happened is looked for in the registers' own digests.
 */
#include <string.h>

#include "base/base64.h"
#include "base/cursor.h"
#include "base/hex.h"
#include "base/limits.h"
#include "evidence/azureguest/layout.h"

#define GLOBAL_GUID "8BE4DF61-93CA-11D2-AA0D-00E098032B8C" /* UEFI 2.10, 3.3 */
#define IMAGE_SECURITY_GUID "D719B2CB-3D3A-4596-A3BC-DAD00E67656F" /* 32.6.1 */
#define SIGNATURE_LIST_HEADER 28 /* UEFI 2.10, 32.4.1 */

struct boot_reader {
	struct azg_boot *out;
	struct avow_arena *arena;
	unsigned n_db, n_dbx;
};

/* --- signature databases -------------------------------------------------------------- */

/* SHA-256 of the certificates that Microsoft publishes for db: Windows Production
 * PCA 2011, UEFI CA 2011, Windows UEFI CA 2023, UEFI CA 2023. */
static const char *const MICROSOFT[] = {
	"e8e95f0733a55e8bad7be0a1413ee23c51fcea64b3c8fa6a786935fddcc71961",
	"48e99b991f57fc52f76149599bff0a58c47154229b9f8d603ac40d3500248507",
	"076f1fea90ac29155ebf77c17682f75f1fdd1be196da302dc8461e350a9ae330",
	"f6124e34125bee3fe6d79a574eaa7b91c0e7bd9d929c1a321178efd611dad901",
};

static bool
is_microsoft(struct avow_span cert)
{
	uint8_t digest[AVOW_SHA256_BYTES];
	char hex[AVOW_SHA256_BYTES * 2 + 1];

	if (avow_sha256(cert, digest) != AVOW_OK)
		return false;
	avow_hex_encode(avow_span_make(digest, sizeof(digest)), hex);
	for (size_t i = 0; i < sizeof(MICROSOFT) / sizeof(MICROSOFT[0]); i++)
		if (strcmp(hex, MICROSOFT[i]) == 0)
			return true;
	return false;
}

struct database {
	size_t entries;
	bool all_microsoft;
};

/* EFI_SIGNATURE_LIST: type, list, header and entry sizes, then entries of an owner
 * and its data (bug 24: every size against what is left). */
static bool
read_list(struct avow_cursor *c, struct database *db)
{
	static const uint8_t x509[16] = {0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a,
		0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72};
	struct avow_span type = avow_cur_bytes(c, 16);
	uint32_t list = avow_cur_le32(c), header = avow_cur_le32(c);
	uint32_t size = avow_cur_le32(c);
	struct avow_cursor in;

	if (avow_cur_is_bad(c) || list < SIGNATURE_LIST_HEADER || size <= 16 ||
		list - SIGNATURE_LIST_HEADER > avow_cur_left(c))
		return false;
	in = avow_cur_sub(c, list - SIGNATURE_LIST_HEADER);
	avow_cur_skip(&in, header);
	while (!avow_cur_is_bad(&in) && avow_cur_left(&in) > 0) {
		struct avow_span entry = avow_cur_bytes(&in, size);

		db->entries++;
		if (!avow_span_eq(type, avow_span_make(x509, 16)) ||
			!is_microsoft(avow_span_from(entry, 16)))
			db->all_microsoft = false;
	}
	return avow_cur_is_done(&in);
}

static bool
read_database(struct avow_span data, struct database *db)
{
	struct avow_cursor c = avow_cur(data);

	*db = (struct database){.all_microsoft = true};
	while (avow_cur_left(&c) > 0)
		if (!read_list(&c, db))
			return false;
	return db->entries > 0;
}

/* --- events ----------------------------------------------------------------------------- */

static bool
is_text(const struct avow_json *o, const char *name, const char *want)
{
	const struct avow_json *v = avow_json_get(o, name);

	return v && v->type == AVOW_JSON_STRING && avow_span_eq_str(v->string, want);
}

static void
count(struct azg_flag *f, const struct avow_json *v)
{
	if (v && v->type == AVOW_JSON_BOOL)
		*(v->boolean ? &f->yes : &f->no) += 1;
}

static void
read_variable(struct boot_reader *r, const struct avow_json *p)
{
	const struct avow_json *v = avow_json_get(p, "VariableData");
	struct database db;
	struct avow_span data;

	if (!v || v->type != AVOW_JSON_STRING ||
		avow_b64_decode_lenient(
			v->string, AVOW_MAX_EVENT_DATA, r->arena, &data) != AVOW_OK)
		return;
	if (is_text(p, "VariableGuid", GLOBAL_GUID) &&
		is_text(p, "UnicodeName", "SecureBoot")) {
		if (data.n == 1 && data.p[0] == 1)
			r->out->secure_boot.yes++;
		else
			r->out->secure_boot.no++;
	}
	if (!is_text(p, "VariableGuid", IMAGE_SECURITY_GUID))
		return;
	/* of two neither is told */
	if (is_text(p, "UnicodeName", "db"))
		r->out->db_known =
			r->n_db++ == 0 && read_database(data, &db) && db.all_microsoft;
	if (is_text(p, "UnicodeName", "dbx"))
		r->out->has_dbx = r->n_dbx++ == 0 && read_database(data, &db);
}

static bool
ends_with_fold(struct avow_span path, const char *end)
{
	struct avow_span e = avow_span_str(end);

	return path.n >= e.n &&
	       avow_span_eq_fold(avow_span_from(path, path.n - e.n), e);
}

/* Microsoft's own anti-malware driver, which its policies look for too. */
static bool
is_elam_module(const struct avow_json *module)
{
	const struct avow_json *ok = avow_json_get(module, "EVENT_IMAGEVALIDATED");
	const struct avow_json *path = avow_json_get(module, "EVENT_FILEPATH");

	return ok && ok->type == AVOW_JSON_BOOL && ok->boolean && path &&
	       path->type == AVOW_JSON_STRING &&
	       (ends_with_fold(path->string, "\\drivers\\wdboot.sys") ||
		       ends_with_fold(path->string, "\\drivers\\wd\\wdboot.sys"));
}

static void
read_elam(struct azg_boot *out, const struct avow_json *boundary)
{
	const struct avow_json *keys =
		avow_json_get(boundary, "EVENT_ELAM_AGGREGATION");
	const struct avow_json *modules =
		avow_json_get(boundary, "EVENT_LOADEDMODULE_AGGREGATION");

	for (size_t i = 0; keys && i < keys->count; i++)
		if (avow_json_get(&keys->items[i], "EVENT_ELAM_KEYNAME"))
			out->elam = true;
	for (size_t i = 0; modules && i < modules->count; i++)
		if (is_elam_module(&modules->items[i]))
			out->elam = true;
}

static void
read_boundary(struct azg_boot *out, const struct avow_json *b)
{
	const struct avow_json *hvci = avow_json_get(b, "EVENT_VBS_HVCI_POLICY");
	const struct avow_json *value = hvci ? avow_json_get(hvci, "Value") : NULL;

	out->is_windows = true;
	count(&out->boot_debug, avow_json_get(b, "EVENT_BOOTDEBUGGING"));
	count(&out->kernel_debug, avow_json_get(b, "EVENT_OSKERNELDEBUG"));
	count(&out->hypervisor_debug, avow_json_get(b, "EVENT_HYPERVISOR_DEBUG"));
	count(&out->test_signing, avow_json_get(b, "EVENT_TESTSIGNING"));
	count(&out->flight_signing, avow_json_get(b, "EVENT_FLIGHTSIGNING"));
	count(&out->code_integrity, avow_json_get(b, "EVENT_CODEINTEGRITY"));
	read_elam(out, b);
	if (!value || value->type != AVOW_JSON_INT)
		return;
	/* of two that differ neither is told */
	out->hvci = out->has_hvci && out->hvci != value->integer ? 0 : value->integer;
	out->has_hvci = true;
}

static void
read_event(struct boot_reader *r, const struct avow_json *e)
{
	const struct avow_json *p = avow_json_get(e, "ProcessedData");
	const struct avow_json *pcr = avow_json_get(e, "PcrIndex");
	const struct avow_json *boundary = avow_json_get(p, "EVENT_TRUSTBOUNDARY");

	if (boundary)
		read_boundary(r->out, boundary);
	if (pcr->integer != 7)
		return;
	if (is_text(e, "EventTypeString", "EV_EFI_VARIABLE_DRIVER_CONFIG"))
		read_variable(r, p);
}

/* PFP 3.3.4.8, in PCR 7. Its absence is what a claim is made of, so it is looked for
 * by the digest that the register holds: who sends the log can write any type and any
 * data beside that (bug 23). */
static bool
has_debug_mode(const struct avow_attested *logs)
{
	for (size_t l = 0; l < logs->log_count; l++)
		for (size_t i = 0; i < logs->used[l][7]; i++) {
			const struct avow_log_event *e = &logs->logs[l].events[i];

			if (e->pcr == 7 &&
				avow_eventlog_proves(e, AVOW_LIT("UEFI Debug Mode")))
				return true;
		}
	return false;
}

enum avow_err
azg_boot_read(
	const struct avow_attested *logs, struct avow_arena *a, struct azg_boot *out)
{
	struct boot_reader r = {.out = out, .arena = a};
	const struct avow_json *root, *events;
	struct avow_buf b;
	struct avow_jw w;

	memset(out, 0, sizeof(*out));
	out->uefi_debug = has_debug_mode(logs);
	avow_buf_init_arena(&b, a, AVOW_MAX_REQUEST_ARENA);
	avow_jw_init(&w, &b);
	avow_attested_put_events(logs, &w);
	AVOW_TRY(b.err);
	AVOW_TRY(avow_json_parse(avow_buf_span(&b), NULL, a, &root, NULL));
	events = avow_json_get(root, "Events");
	for (size_t i = 0; i < events->count; i++)
		read_event(&r, &events->items[i]);
	return AVOW_OK;
}
