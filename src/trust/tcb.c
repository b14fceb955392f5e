/*
 * Which TCB level a platform, a TDX module or a QE reaches, and what the
 * statuses say together. From parsed documents and the numbers of a PCK
 * certificate, a TD report or a QE report; whether those are to be believed is
 * judged elsewhere, and so is whether a status is accepted.
 *
 *   components, PCESVN -> level -+- module -- relaunch -+- QE -> TCB status
 *   TEE_TCB_SVN -----------------+-> module level ------+
 */
#include "trust/tcb.h"

#include <string.h>

#include "trust/qe_identity.h"
#include "trust/tcb_info.h"

static const char *const status_names[AVOW_TCB_STATUS_COUNT] = {
	[AVOW_TCB_UP_TO_DATE] = "UpToDate",
	[AVOW_TCB_SW_HARDENING_NEEDED] = "SWHardeningNeeded",
	[AVOW_TCB_CONFIGURATION_NEEDED] = "ConfigurationNeeded",
	[AVOW_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED] =
		"ConfigurationAndSWHardeningNeeded",
	[AVOW_TCB_OUT_OF_DATE] = "OutOfDate",
	[AVOW_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED] = "OutOfDateConfigurationNeeded",
	[AVOW_TCB_REVOKED] = "Revoked",
	[AVOW_TCB_TD_RELAUNCH_ADVISED] = "TDRelaunchAdvised",
	[AVOW_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED] =
		"TDRelaunchAdvisedConfigurationNeeded",
};

const char *
avow_tcb_status_name(enum avow_tcb_status s)
{
	return (unsigned)s < AVOW_TCB_STATUS_COUNT ? status_names[s] : "";
}

bool
avow_tcb_status_parse(struct avow_span name, enum avow_tcb_status *out)
{
	for (unsigned i = 0; i < AVOW_TCB_STATUS_COUNT; i++)
		if (avow_span_eq_str(name, status_names[i])) {
			*out = (enum avow_tcb_status)i;
			return true;
		}
	return false;
}

/* Component by component: never as one number, never by the shorter array. */
static bool
reaches(const uint8_t have[AVOW_SGX_COMPONENTS],
	const uint8_t need[AVOW_SGX_COMPONENTS], size_t from)
{
	for (size_t i = from; i < AVOW_SGX_COMPONENTS; i++)
		if (have[i] < need[i])
			return false;
	return true;
}

static bool
reaches_sgx(const struct avow_tcb_level *l, const uint8_t *components, uint16_t pcesvn)
{
	return reaches(components, l->sgx, 0) && pcesvn >= l->pcesvn;
}

static enum avow_err
no_level(struct avow_why *why, const char *field, struct avow_span got)
{
	static const struct avow_at at = {"tcb_level", NULL,
		"Intel PCS API v4, Get TCB Info: TCB level matching"};
	enum avow_err e = avow_refuse_bytes(
		why, AVOW_E_TCB_UNKNOWN, &at, (struct avow_span){NULL, 0}, got);

	if (why && why->field[0] == '\0')
		avow_why_field(why, "%s", field);
	return e;
}

enum avow_err
avow_tcb_match_sgx(const struct avow_tcb_info *info,
	const uint8_t components[AVOW_SGX_COMPONENTS], uint16_t pcesvn,
	const struct avow_tcb_level **out, struct avow_why *why)
{
	*out = NULL;
	for (size_t i = 0; i < info->n_levels; i++)
		if (reaches_sgx(&info->levels[i], components, pcesvn)) {
			*out = &info->levels[i];
			return AVOW_OK;
		}
	return no_level(
		why, "tcbLevels", avow_span_make(components, AVOW_SGX_COMPONENTS));
}

/* With a module of version 1 and up, its own levels stand for components 0, 1. */
static bool
reaches_tdx(const struct avow_tcb_level *l, const uint8_t *tee_tcb_svn)
{
	return reaches(tee_tcb_svn, l->tdx, tee_tcb_svn[1] > 0 ? 2 : 0);
}

static const struct avow_tdx_module *
find_module(const struct avow_tcb_info *info, uint8_t version)
{
	for (size_t i = 0; i < info->n_modules; i++)
		if (info->modules[i].version == version)
			return &info->modules[i];
	return NULL;
}

static const struct avow_at module_at = {
	"tdx_module", "tdxModuleIdentities", "Intel TDX DCAP QVL, TdxModuleCheck"};

static enum avow_err
no_module(struct avow_why *why, uint8_t version)
{
	return avow_refuse(why, AVOW_E_TDX_MODULE_MISMATCH, &module_at,
		"an identity of the module's version", "TDX_%02X", version);
}

static enum avow_err
match_module(const struct avow_tcb_info *info, const uint8_t *tee_tcb_svn,
	struct avow_tdx_match *m, struct avow_why *why)
{
	m->module_status = AVOW_TCB_UP_TO_DATE;
	if (tee_tcb_svn[1] == 0)
		return AVOW_OK;
	m->module = find_module(info, tee_tcb_svn[1]);
	if (!m->module)
		return no_module(why, tee_tcb_svn[1]);
	for (size_t i = 0; i < m->module->n_levels; i++)
		if (tee_tcb_svn[0] >= m->module->levels[i].isvsvn) {
			m->module_level = &m->module->levels[i];
			m->module_status = m->module_level->status;
			return AVOW_OK;
		}
	return no_level(
		why, "tdxModuleIdentities.tcbLevels", avow_span_make(tee_tcb_svn, 2));
}

static void
match_levels(const struct avow_tcb_info *info, const uint8_t *components,
	uint16_t pcesvn, const uint8_t *tee_tcb_svn, struct avow_tdx_match *m)
{
	for (size_t i = 0; i < info->n_levels && !m->level; i++) {
		const struct avow_tcb_level *l = &info->levels[i];

		if (!reaches_sgx(l, components, pcesvn))
			continue;
		if (!m->sgx_level)
			m->sgx_level = l;
		if (reaches_tdx(l, tee_tcb_svn))
			m->level = l;
	}
}

enum avow_err
avow_tcb_match_tdx(const struct avow_tcb_info *info,
	const uint8_t components[AVOW_SGX_COMPONENTS], uint16_t pcesvn,
	const uint8_t tee_tcb_svn[AVOW_SGX_COMPONENTS], struct avow_tdx_match *out,
	struct avow_why *why)
{
	struct avow_tdx_match m = {0};

	memset(out, 0, sizeof(*out));
	match_levels(info, components, pcesvn, tee_tcb_svn, &m);
	if (!m.level)
		return no_level(why, "tcbLevels",
			avow_span_make(m.sgx_level ? tee_tcb_svn : components,
				AVOW_SGX_COMPONENTS));
	AVOW_TRY(match_module(info, tee_tcb_svn, &m, why));
	m.status = avow_tcb_converge_module(m.level->status, m.module_status);
	*out = m;
	return AVOW_OK;
}

static enum avow_err
module_differs(struct avow_why *why, const char *field, const void *expected,
	const void *got, size_t n)
{
	if (why && why->field[0] == '\0')
		avow_why_field(why, "%s", field);
	return avow_refuse_bytes(why, AVOW_E_TDX_MODULE_MISMATCH, &module_at,
		avow_span_make(expected, n), avow_span_make(got, n));
}

enum avow_err
avow_tdx_module_check(const struct avow_tcb_info *info,
	const uint8_t tee_tcb_svn[AVOW_SGX_COMPONENTS],
	const uint8_t mr_signer_seam[48], const uint8_t seam_attributes[8],
	struct avow_why *why)
{
	static const uint8_t zero[8];
	const struct avow_tdx_module *m = NULL;

	if (tee_tcb_svn[1] > 0)
		m = find_module(info, tee_tcb_svn[1]);
	else if (info->has_tdx_module)
		m = &info->tdx_module;
	if (!m)
		return no_module(why, tee_tcb_svn[1]);
	if (memcmp(mr_signer_seam, m->mrsigner, 48) != 0)
		return module_differs(
			why, "MRSIGNERSEAM", m->mrsigner, mr_signer_seam, 48);
	/* QVL demands zero before it compares, and takes no mask */
	if (memcmp(seam_attributes, zero, 8) != 0)
		return module_differs(why, "SEAMATTRIBUTES", zero, seam_attributes, 8);
	if (memcmp(seam_attributes, m->attributes, 8) != 0)
		return module_differs(
			why, "SEAMATTRIBUTES", m->attributes, seam_attributes, 8);
	return AVOW_OK;
}

enum avow_err
avow_qe_level(const struct avow_qe_identity *identity, uint16_t isvsvn,
	const struct avow_isv_level **out, struct avow_why *why)
{
	static const struct avow_at at = {"qe_tcb_level", "isvsvn",
		"Intel PCS API v4, Get Quoting Enclave Identity"};

	*out = NULL;
	for (size_t i = 0; i < identity->n_levels; i++)
		if (isvsvn >= identity->levels[i].isvsvn) {
			*out = &identity->levels[i];
			return AVOW_OK;
		}
	return avow_refuse(why, AVOW_E_QE_TCB_UNKNOWN, &at,
		"at least the lowest level's isvsvn", "%u", isvsvn);
}

/* What out of date makes of a status that it does not leave as it is. */
static enum avow_tcb_status
outdated(enum avow_tcb_status s)
{
	switch (s) {
	case AVOW_TCB_UP_TO_DATE:
	case AVOW_TCB_SW_HARDENING_NEEDED:
	case AVOW_TCB_TD_RELAUNCH_ADVISED:
	case AVOW_TCB_OUT_OF_DATE:
		return AVOW_TCB_OUT_OF_DATE;
	case AVOW_TCB_CONFIGURATION_NEEDED:
	case AVOW_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED:
	case AVOW_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED:
	case AVOW_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED:
		return AVOW_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED;
	case AVOW_TCB_REVOKED:
	case AVOW_TCB_STATUS_COUNT:
	default:
		return AVOW_TCB_REVOKED;
	}
}

/* A part that is not one of its three statuses counts as revoked. */
static enum avow_tcb_status
merge(enum avow_tcb_status s, enum avow_tcb_status part)
{
	if (part == AVOW_TCB_UP_TO_DATE)
		return s;
	if (part == AVOW_TCB_OUT_OF_DATE)
		return outdated(s);
	return AVOW_TCB_REVOKED;
}

/* Intel TDX DCAP QVL, TdxModuleCheck: convergence */
enum avow_tcb_status
avow_tcb_converge_module(enum avow_tcb_status level, enum avow_tcb_status module)
{
	return merge(level, module);
}

/* Intel SGX DCAP QVL, TcbLevelCheck: convergence with the QE */
enum avow_tcb_status
avow_tcb_converge(enum avow_tcb_status level, enum avow_tcb_status qe)
{
	return merge(level, qe);
}

/* Intel TDX DCAP QVL, TDRelaunchCheck: when a relaunch could help at all */
static bool
relaunch_applies(const struct avow_tdx_match *m, enum avow_tcb_status qe)
{
	bool was_current =
		m->sgx_level->status == AVOW_TCB_UP_TO_DATE ||
		m->sgx_level->status == AVOW_TCB_SW_HARDENING_NEEDED ||
		m->sgx_level->status == AVOW_TCB_CONFIGURATION_NEEDED ||
		m->sgx_level->status == AVOW_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED;
	bool is_outdated = m->status == AVOW_TCB_OUT_OF_DATE ||
			   m->status == AVOW_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED;

	return qe == AVOW_TCB_UP_TO_DATE && was_current && is_outdated &&
	       m->module_status == AVOW_TCB_OUT_OF_DATE;
}

static bool
needs_configuration(enum avow_tcb_status s)
{
	return s == AVOW_TCB_CONFIGURATION_NEEDED ||
	       s == AVOW_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED ||
	       s == AVOW_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED;
}

enum avow_err
avow_tcb_relaunch(const struct avow_tcb_info *info, const struct avow_tdx_match *m,
	enum avow_tcb_status qe, const uint8_t now[AVOW_SGX_COMPONENTS],
	enum avow_tcb_status *out, struct avow_why *why)
{
	const uint8_t *highest = info->levels[0].tdx;
	unsigned module_needs = highest[0];
	const struct avow_tdx_module *id;

	*out = m->status;
	if (!relaunch_applies(m, qe))
		return AVOW_OK;
	if (now[1] > 0) {
		id = find_module(info, now[1]);
		if (!id)
			return no_module(why, now[1]);
		module_needs = id->levels[0].isvsvn;
	}
	if (now[0] < module_needs || now[2] < highest[2])
		return AVOW_OK;
	*out = needs_configuration(m->sgx_level->status) ||
			       needs_configuration(m->status)
		       ? AVOW_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED
		       : AVOW_TCB_TD_RELAUNCH_ADVISED;
	return AVOW_OK;
}
