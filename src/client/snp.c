/*
 * SEV-SNP evidence with the endorsement of its utility VM: the contract's JSON has
 * both (spec 07, SevSnpVm), so a bare report gets that form, and a JSON that is
 * there already gets one member more. What is in it otherwise is not looked at.
 */
#include "client/client.h"

static enum avow_err
refuse(struct avow_why *why, const char *expected)
{
	static const struct avow_at at = {"attest", "endorsement", "avow.h"};

	return avow_refuse(why, AVOW_E_USAGE, &at, expected, NULL);
}

/* base64url of {"Uvm": [base64url of the COSE_Sign1]} */
static enum avow_err
put_member(struct avow_jw *w, struct avow_span cose)
{
	struct avow_buf inner;
	struct avow_jw iw;
	enum avow_err e;

	avow_buf_init(&inner, AVOW_MAX_BODY_TPM);
	avow_jw_init(&iw, &inner);
	avow_jw_open(&iw, '{');
	avow_jw_name(&iw, "Uvm");
	avow_jw_open(&iw, '[');
	avow_jw_b64url(&iw, cose);
	avow_jw_close(&iw);
	avow_jw_close(&iw);
	avow_jw_name(w, "Endorsements");
	avow_jw_b64url(w, avow_buf_span(&inner));
	e = inner.err;
	avow_buf_clear(&inner);
	return e;
}

static enum avow_err
put_members(struct avow_span evidence, struct avow_span cose, struct avow_arena *a,
	struct avow_jw *w, struct avow_why *why)
{
	const struct avow_json_rules rules = {.fold_names = true, .allow_bom = true};
	const struct avow_json *o;

	AVOW_TRY(avow_json_parse(evidence, &rules, a, &o, why));
	if (o->type != AVOW_JSON_OBJECT || avow_json_get_fold(o, "Endorsements"))
		return refuse(why, "evidence in JSON without Endorsements");
	AVOW_TRY(put_member(w, cose));
	for (size_t i = 0; i < o->count; i++) {
		avow_jw_name_span(w, o->members[i].name);
		avow_jw_raw(w, o->members[i].value.raw);
	}
	return AVOW_OK;
}

enum avow_err
client_put_snp(struct avow_span evidence, struct avow_span cose, struct avow_buf *out,
	struct avow_why *why)
{
	bool json = avow_span_starts(avow_span_trim(evidence), AVOW_LIT("{")) ||
		    avow_span_starts(evidence, AVOW_LIT("\xef\xbb\xbf"));
	enum avow_err e = AVOW_OK;
	struct avow_arena a;
	struct avow_jw w;

	if (avow_span_starts(evidence, AVOW_LIT("HCLA")))
		return refuse(why, "a report or its JSON: an HCL blob has no room");
	avow_arena_init(&a, AVOW_MIB(8));
	avow_jw_init(&w, out);
	avow_jw_open(&w, '{');
	if (json) {
		e = put_members(evidence, cose, &a, &w, why);
	} else {
		avow_jw_name(&w, "SnpReport");
		avow_jw_b64url(&w, evidence);
		e = put_member(&w, cose);
	}
	avow_jw_close(&w);
	avow_arena_clear(&a);
	return e == AVOW_OK ? out->err : e;
}
