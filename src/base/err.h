/*
 * The one list of errors. err.def holds each code once, with its class, the
 * HTTP status and API code that a client sees, and its text; everything here
 * is derived from it. AVOW_OK is 0.
 */
#ifndef AVOW_BASE_ERR_H
#define AVOW_BASE_ERR_H

#include <stddef.h>

enum avow_err {
	AVOW_OK = 0,
#define X(name, class, http, api, text) AVOW_E_##name,
#include "base/err.def"
#undef X
	AVOW_ERR_COUNT
};

/**
 * What a caller does about an error depends on its class alone.
 * COLLATERAL and STORE make a verdict undecided; every other class refuses.
 */
enum avow_err_class {
	AVOW_CLASS_OK,
	AVOW_CLASS_INPUT,	/* the request or file is malformed */
	AVOW_CLASS_EVIDENCE,	/* it parsed, and was refused */
	AVOW_CLASS_COLLATERAL,	/* what is needed to judge is absent or bad */
	AVOW_CLASS_POLICY,	/* a policy text or its outcome */
	AVOW_CLASS_AUTH,	/* who is asking */
	AVOW_CLASS_LIMIT,	/* a limit of limits.h or of the configuration */
	AVOW_CLASS_STORE,	/* our storage failed */
	AVOW_CLASS_CRYPTO,	/* the crypto library failed, not a bad signature */
	AVOW_CLASS_INTERNAL	/* memory, or our own mistake */
};

#define AVOW_CHECKED __attribute__((warn_unused_result))

/** Stable lower-case name, e.g. "quote_version"; "ok" for AVOW_OK. Static. */
const char *avow_err_name(enum avow_err e);
enum avow_err_class avow_err_class(enum avow_err e);
/** Lower-case class name, e.g. "evidence". Static. */
const char *avow_err_class_name(enum avow_err_class c);
/** The HTTP status of a response that reports it. */
int avow_err_http(enum avow_err e);
/** The contract's error code, e.g. "InvalidParameter". Static. */
const char *avow_err_api_code(enum avow_err e);
/** One English sentence without a final stop. Static. */
const char *avow_err_text(enum avow_err e);

/** Return on error. Use only where nothing is owned yet. */
#define AVOW_TRY(expr)                                                         \
	do {                                                                   \
		enum avow_err avow_try_e = (expr);                             \
		if (avow_try_e != AVOW_OK)                                     \
			return avow_try_e;                                     \
	} while (0)

#endif
