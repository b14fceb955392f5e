/*
 * A stored provider as the control plane shows it. Settings come with the
 * values they have when nobody set them, where the contract gives them one;
 * certificates are never shown here.
 */
#include "api/arm.h"

#include "wire/json_member.h"

#define TYPE "Microsoft.Attestation/attestationProviders"

static void
put_id(struct avow_jw *w, const struct avow_store_provider *p, struct avow_arena *a)
{
	struct avow_buf id;

	avow_buf_init_arena(&id, a, 512);
	if (p->is_built_in)
		avow_buf_printf(&id, "/providers/" TYPE "/%.*s", AVOW_FMT(p->name));
	else
		avow_buf_printf(&id,
			"/subscriptions/%.*s/resourceGroups/%.*s/providers/" TYPE
			"/%.*s",
			AVOW_FMT(p->subscription), AVOW_FMT(p->resource_group),
			AVOW_FMT(p->name));
	avow_jw_put_string(w, "id", avow_buf_span(&id));
}

static void
put_default(struct avow_jw *w, const struct avow_json *settings, const char *name)
{
	if (avow_json_get(settings, name))
		return;
	avow_jw_put_str(w, name, "Enabled");
}

static void
put_properties(struct avow_jw *w, const struct avow_store_provider *p,
	struct avow_span url, const struct avow_json *settings)
{
	avow_jw_open(w, '{');
	avow_jw_put_str(w, "trustModel", p->is_isolated ? "Isolated" : "AAD");
	/* A provider is made by one transaction: it is there whole, or not. */
	avow_jw_put_str(w, "status", "Ready");
	avow_jw_put_string(w, "attestUri", url);
	put_default(w, settings, "publicNetworkAccess");
	put_default(w, settings, "tpmAttestationAuthentication");
	for (size_t i = 0; i < settings->count; i++) {
		avow_jw_name_span(w, settings->members[i].name);
		avow_jw_value(w, &settings->members[i].value, AVOW_JSON_SORTED);
	}
	avow_jw_name(w, "privateEndpointConnections");
	avow_jw_open(w, '[');
	avow_jw_close(w);
	avow_jw_close(w);
}

enum avow_err
avow_arm_put_provider(struct avow_jw *w, const struct avow_store_provider *p,
	struct avow_span url, struct avow_arena *a)
{
	const struct avow_json *settings;

	AVOW_TRY(avow_json_parse(p->settings.n ? p->settings : AVOW_LIT("{}"), NULL, a,
		&settings, NULL));
	avow_jw_open(w, '{');
	put_id(w, p, a);
	avow_jw_put_string(w, "name", p->name);
	avow_jw_put_str(w, "type", TYPE);
	avow_jw_put_string(w, "location", p->location);
	avow_jw_name(w, "tags");
	avow_jw_raw(w, p->tags.n ? p->tags : AVOW_LIT("{}"));
	avow_jw_name(w, "systemData");
	avow_jw_open(w, '{');
	avow_jw_put_time(w, "createdAt", p->created_s);
	avow_jw_put_time(w, "lastModifiedAt", p->updated_s);
	avow_jw_close(w);
	avow_jw_name(w, "properties");
	put_properties(w, p, url, settings);
	avow_jw_close(w);
	return w->b->err;
}
