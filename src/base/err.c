/*
 * err.def as tables. A code outside the list reads as `internal`, so that a
 * corrupted value can never read as success.
 */
#include "base/err.h"

struct entry {
	const char *name;
	enum avow_err_class class;
	int http;
	const char *api_code;
	const char *text;
};

static const struct entry TABLE[AVOW_ERR_COUNT] = {
	[AVOW_OK] = {"ok", AVOW_CLASS_OK, 200, "", "no error"},
#define X(name, class, http, api, text)                                        \
	[AVOW_E_##name] = {#name, AVOW_CLASS_##class, http, api, text},
#include "base/err.def"
#undef X
};

/* Names are written in capitals in err.def and shown in lower case. */
static char lower_names[AVOW_ERR_COUNT][48];

__attribute__((constructor)) static void
make_lower_names(void)
{
	for (size_t i = 0; i < AVOW_ERR_COUNT; i++) {
		const char *s = TABLE[i].name;
		size_t k = 0;

		for (; s[k] && k + 1 < sizeof(lower_names[i]); k++)
			lower_names[i][k] = (char)(s[k] >= 'A' && s[k] <= 'Z' ?
				s[k] + 32 : s[k]);
	}
}

static size_t
index_of(enum avow_err e)
{
	return (size_t)e < AVOW_ERR_COUNT ? (size_t)e : AVOW_E_INTERNAL;
}

const char *
avow_err_name(enum avow_err e)
{
	return lower_names[index_of(e)];
}

enum avow_err_class
avow_err_class(enum avow_err e)
{
	return TABLE[index_of(e)].class;
}

const char *
avow_err_class_name(enum avow_err_class c)
{
	static const char *const names[] = {"ok", "input", "evidence",
		"collateral", "policy", "auth", "limit", "store", "crypto",
		"internal"};

	return (size_t)c < sizeof(names) / sizeof(names[0]) ? names[c] :
							      "internal";
}

int
avow_err_http(enum avow_err e)
{
	return TABLE[index_of(e)].http;
}

const char *
avow_err_api_code(enum avow_err e)
{
	return TABLE[index_of(e)].api_code;
}

const char *
avow_err_text(enum avow_err e)
{
	return TABLE[index_of(e)].text;
}
