/*
 * What can be set for one provider: a JSON object, kept as canonical text in
 * the store and judged in one place. A setting that is absent leaves what the
 * service's configuration says.
 */
#ifndef AVOW_API_PROVIDER_SETTINGS_H
#define AVOW_API_PROVIDER_SETTINGS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "base/why.h"
#include "wire/json.h"

/** Everything absent is zero. A module that adds a setting adds its members
 *  here and a row to the table in provider_settings.c. It is copied, and outlives
 *  the text; spans live in the arena that it was read into. */
struct avow_provider_settings {
	bool has_accept_tcb;
	unsigned accept_tcb; /* bits 1u << enum avow_tcb_status */
	bool has_grace;
	int64_t grace_s;
	bool has_update;
	bool early; /* PCS's update=early, else standard */
	bool is_private;	/* public addresses get no answer */
	bool has_baseline;
	uint32_t baseline; /* what "azuredefault" stands for; 0: the newest */
	bool has_allow_platform;
	struct avow_span allow_platform; /* avow_platform_list_put */
	bool tpm_is_open; /* POST /attest/Tpm asks for no bearer token */
};

/**
 * Read settings from their JSON text.
 * @param json empty is "{}".
 * @return AVOW_OK; AVOW_E_PROVIDER_SETTING (a name that is not known, a value
 * that it cannot have; why->field names it); AVOW_E_JSON_*; AVOW_E_NO_MEMORY,
 * AVOW_E_TOO_LARGE (AVOW_MAX_PROVIDER_SETTINGS, or the arena).
 */
enum avow_err avow_provider_settings_read(struct avow_span json, struct avow_arena *a,
	struct avow_provider_settings *out, struct avow_why *why) AVOW_CHECKED;
/**
 * Judge settings that somebody wants, and give them as they are stored: members
 * that are null are left out.
 * @param canonical in the arena; sorted, compact. Errors as read.
 */
enum avow_err avow_provider_settings_judge(struct avow_span json, struct avow_arena *a,
	struct avow_span *canonical, struct avow_why *why) AVOW_CHECKED;

#endif
