/*
 * Forged SEV-SNP evidence, from parameters to files: the default machine, what no
 * format can carry, the deviations that are only other parameters, and the order
 * in which the makers run. Byte strings of the defaults all differ, so that a
 * reader that takes the wrong field is seen.
 */
#include "forge/snp.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "forge/snp_impl.h"
#include "wire/json.h"

#define DAY_S INT64_C(86400)
#define YEAR_S (365 * DAY_S)
#define EARLIEST_S INT64_C(946684800) /* 2000-01-01 */
#define LATEST_S INT64_C(252455616000) /* 9970-01-01: the ARK ends 20 years later */
#define NEVER_S INT64_C(253402300799) /* 9999-12-31, the last that X.509 can say */

static const char RUNTIME[] =
	"{\"keys\":[],\"note\":\"made by avow forge; no hardware vouches for it\","
	"\"vm-configuration\":{\"secure-boot\":true}}";

static const struct product {
	const char *line, *name;
	uint8_t model, stepping;
} PRODUCTS[] = {
	[AVOW_FORGE_MILAN] = {"Milan", "Milan-B0", 0x01, 1},
	[AVOW_FORGE_GENOA] = {"Genoa", "Genoa", 0x11, 1},
	[AVOW_FORGE_SIENA] = {"Genoa", "Siena", 0xa0, 2},
	[AVOW_FORGE_TURIN] = {"Turin", "Turin", 0x02, 1},
};

const char *
snp_line(const struct snp_forge *f)
{
	return PRODUCTS[f->p.product].line;
}

/* AMD 56860, TCB_VERSION; Turin begins with the FMC */
void
snp_lay_out_tcb(
	const struct snp_forge *f, const struct avow_forge_snp_tcb *t, uint8_t out[8])
{
	memset(out, 0, 8);
	out[7] = t->microcode;
	if (f->p.product == AVOW_FORGE_TURIN) {
		out[0] = t->fmc;
		out[1] = t->boot_loader;
		out[2] = t->tee;
		out[3] = t->snp;
		return;
	}
	out[0] = t->boot_loader;
	out[1] = t->tee;
	out[6] = t->snp;
}

/* --- keys --------------------------------------------------------------------------- */

enum avow_err
avow_forge_snp_keys_new(struct avow_forge_snp_keys **out)
{
	struct avow_forge_snp_keys *k = calloc(1, sizeof(*k));
	enum avow_err e;

	*out = NULL;
	if (!k)
		return AVOW_E_NO_MEMORY;
	e = forge_make_keys((const struct forge_key_wish[]){
		{&k->ark, AVOW_KEY_RSA, 4096},
		{&k->ca, AVOW_KEY_RSA, 4096},
		{&k->vek, AVOW_KEY_P384, 0},
		{&k->stranger, AVOW_KEY_P384, 0},
		{&k->uvm_root, AVOW_KEY_P384, 0},
		{&k->uvm_ca, AVOW_KEY_P384, 0},
		{&k->uvm_other, AVOW_KEY_P384, 0},
		{&k->p256, AVOW_KEY_P256, 0},
		{&k->small, AVOW_KEY_RSA, 2048},
		{.out = NULL},
	});
	if (e != AVOW_OK) {
		avow_forge_snp_keys_free(k);
		return e;
	}
	*out = k;
	return AVOW_OK;
}

void
avow_forge_snp_keys_free(struct avow_forge_snp_keys *k)
{
	if (!k)
		return;
	avow_privkey_free(k->ark);
	avow_privkey_free(k->ca);
	avow_privkey_free(k->vek);
	avow_privkey_free(k->stranger);
	avow_privkey_free(k->uvm_root);
	avow_privkey_free(k->uvm_ca);
	avow_privkey_free(k->uvm_other);
	avow_privkey_free(k->p256);
	avow_privkey_free(k->small);
	free(k);
}

/* --- parameters ------------------------------------------------------------------------ */

static void
fill(uint8_t *p, size_t n, uint8_t first)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(first + i * 5);
}

void
avow_forge_snp_set_product(
	struct avow_forge_snp *p, enum avow_forge_snp_product product)
{
	p->product = product;
	if (product > AVOW_FORGE_TURIN)
		return; /* refused when it is made */
	p->cpuid_model = PRODUCTS[product].model;
	p->cpuid_stepping = PRODUCTS[product].stepping;
	p->product_name = PRODUCTS[product].name;
}

static void
default_report(struct avow_forge_snp *p)
{
	p->version = 3;
	p->guest_svn = 7;
	p->vmpl = 1;
	p->policy = 0x3001f;
	p->platform_info = 0x25;
	fill(p->family_id, sizeof(p->family_id), 0x11);
	fill(p->image_id, sizeof(p->image_id), 0x22);
	fill(p->measurement, sizeof(p->measurement), 0x93);
	fill(p->host_data, sizeof(p->host_data), 0xc4);
	fill(p->id_key_digest, sizeof(p->id_key_digest), 0x35);
	fill(p->author_key_digest, sizeof(p->author_key_digest), 0x66);
	fill(p->report_id, sizeof(p->report_id), 0x47);
	memset(p->report_id_ma, 0xff, sizeof(p->report_id_ma));
	fill(p->chip_id, sizeof(p->chip_id), 0xd8);
	p->current_version[0] = p->committed_version[0] = 1;
	p->current_version[1] = p->committed_version[1] = 0x37;
	p->current_version[2] = 0x15;
	p->committed_version[2] = 0x14;
	p->launch_mit_vector = 0x0b;
	p->current_mit_vector = 0x3f;
	p->runtime_data = avow_span_make(RUNTIME, sizeof(RUNTIME) - 1);
}

void
avow_forge_snp_defaults(struct avow_forge_snp *p, int64_t at_s)
{
	memset(p, 0, sizeof(*p));
	p->at_s = at_s;
	default_report(p);
	avow_forge_snp_set_product(p, AVOW_FORGE_MILAN);
	p->reported = (struct avow_forge_snp_tcb){1, 4, 2, 24, 0xd9};
	p->current = (struct avow_forge_snp_tcb){3, 6, 4, 27, 0xdc};
	p->committed = (struct avow_forge_snp_tcb){2, 5, 3, 25, 0xdb};
	p->launch = (struct avow_forge_snp_tcb){1, 5, 2, 26, 0xda};
	p->csp_id = "CN=region.invalid";
	p->ark = (struct avow_forge_window){at_s - 5 * YEAR_S, at_s + 20 * YEAR_S};
	p->ca = p->ark;
	p->vek = (struct avow_forge_window){at_s - YEAR_S, at_s + 6 * YEAR_S};
	/* the signers of real ones are short-lived, and over when they are judged */
	p->uvm_feed = "ContainerPlat-AMD-UVM";
	p->uvm_svn = 100;
	p->uvm_signed_s = at_s - 300 * DAY_S;
	p->uvm = (struct avow_forge_window){at_s - 400 * DAY_S, at_s - 35 * DAY_S};
	p->crl = (struct avow_forge_window){at_s - DAY_S, at_s + 364 * DAY_S};
}

static enum avow_err
refuse(struct avow_why *why, const char *field, const char *expected)
{
	const struct avow_at at = {"forge_parameters", field, NULL};

	return avow_refuse(why, AVOW_E_USAGE, &at, expected, NULL);
}

static bool
is_window(const struct avow_forge_window *w)
{
	return w->from_s >= 0 && w->from_s <= w->until_s && w->until_s <= NEVER_S;
}

static enum avow_err
check_parameters(const struct avow_forge_snp *p, struct avow_why *why)
{
	if (p->at_s < EARLIEST_S || p->at_s > LATEST_S)
		return refuse(why, "at_s", "a time from 2000 on");
	if (p->corrupt && !avow_forge_snp_deviation_find(p->corrupt))
		return refuse(why, "corrupt", "a name of the list of deviations");
	if (p->product > AVOW_FORGE_TURIN)
		return refuse(why, "product", "Milan, Genoa, Siena or Turin");
	if (!p->product_name || strlen(p->product_name) > 127)
		return refuse(why, "product_name", "a text of at most 127 bytes");
	if (!p->csp_id || strlen(p->csp_id) > 127)
		return refuse(why, "csp_id", "a text of at most 127 bytes");
	if (p->runtime_data.n > FORGE_MAX_OUTPUT / 4)
		return refuse(why, "runtime_data", "at most 2 MiB");
	if (!is_window(&p->ark))
		return refuse(why, "ark", "a start that is not behind its end");
	if (!is_window(&p->ca))
		return refuse(why, "ca", "a start that is not behind its end");
	if (!is_window(&p->vek))
		return refuse(why, "vek", "a start that is not behind its end");
	if (!p->uvm_feed)
		return refuse(why, "uvm_feed", "a text");
	if (p->uvm_svn > INT32_MAX || p->uvm_signed_s < 0 ||
		p->uvm_signed_s > UINT32_MAX)
		return refuse(why, "uvm_svn", "an SVN and a time of 32 bits");
	if (!is_window(&p->uvm))
		return refuse(why, "uvm", "a start that is not behind its end");
	if (!is_window(&p->crl))
		return refuse(why, "crl", "a start that is not behind its end");
	return AVOW_OK;
}

/* --- deviations that are parameters -------------------------------------------------------- */

static void
bend_windows(struct snp_forge *f)
{
	struct avow_forge_snp *p = &f->p;
	const struct {
		enum snp_bend expired, early;
		struct avow_forge_window *w;
	} list[] = {{SNP_VEK_EXPIRED, SNP_VEK_EARLY, &p->vek},
		{SNP_CA_EXPIRED, SNP_CA_EARLY, &p->ca},
		{SNP_ARK_EXPIRED, SNP_ARK_EARLY, &p->ark},
		{SNP_CRL_EXPIRED, SNP_CRL_EARLY, &p->crl}};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		if (snp_bent(f, list[i].expired))
			list[i].w->until_s = p->at_s - 1;
		if (snp_bent(f, list[i].early))
			list[i].w->from_s = p->at_s + 1;
	}
}

static void
bend_report(struct snp_forge *f)
{
	struct avow_forge_snp *p = &f->p;

	if (snp_bent(f, SNP_VERSION_1))
		p->version = 1;
	if (snp_bent(f, SNP_VERSION_4))
		p->version = 4;
	if (snp_bent(f, SNP_VERSION_6))
		p->version = 6;
	if (snp_bent(f, SNP_VMPL_HOST))
		p->vmpl = UINT32_MAX;
	if (snp_bent(f, SNP_CPUID_OTHER))
		p->cpuid_model = p->product == AVOW_FORGE_MILAN ? 0x11 : 0x01;
	if (snp_bent(f, SNP_CPUID_OTHER) && p->product == AVOW_FORGE_TURIN)
		p->cpuid_model = 0x1f;
	if (snp_bent(f, SNP_CPUID_OTHER) || snp_bent(f, SNP_CPUID_UNKNOWN))
		p->version = p->version < 3 ? 3 : p->version;
	if (snp_bent(f, SNP_ORDER_VERSION))
		p->committed_version[1] = (uint8_t)(p->current_version[1] + 1);
	if (snp_bent(f, SNP_RUNTIME_NOT_JSON))
		p->runtime_data = AVOW_LIT("{\"simulated\":");
	if (snp_bent(f, SNP_INIT_BODY) && !p->has_init_data) {
		p->has_init_data = true;
		p->init_data = AVOW_LIT("package policy");
	}
}

static void
bend_tcb(struct snp_forge *f)
{
	struct avow_forge_snp *p = &f->p;

	if (snp_bent(f, SNP_TCB_FMC))
		avow_forge_snp_set_product(p, AVOW_FORGE_TURIN);
	if (snp_bent(f, SNP_ORDER_REPORTED))
		p->reported.microcode = (uint8_t)(p->current.microcode + 1);
	if (snp_bent(f, SNP_ORDER_COMMITTED))
		p->committed.snp = (uint8_t)(p->current.snp + 1);
	if (snp_bent(f, SNP_ORDER_LAUNCH))
		p->launch.tee = (uint8_t)(p->current.tee + 1);
	f->cert_tcb = p->reported;
	f->cert_tcb.fmc = (uint8_t)(f->cert_tcb.fmc + snp_bent(f, SNP_TCB_FMC));
	f->cert_tcb.boot_loader =
		(uint8_t)(f->cert_tcb.boot_loader + snp_bent(f, SNP_TCB_BOOT_LOADER));
	f->cert_tcb.tee = (uint8_t)(f->cert_tcb.tee + snp_bent(f, SNP_TCB_TEE));
	f->cert_tcb.snp = (uint8_t)(f->cert_tcb.snp + snp_bent(f, SNP_TCB_SNP));
	f->cert_tcb.microcode =
		(uint8_t)(f->cert_tcb.microcode - snp_bent(f, SNP_TCB_MICROCODE));
}

static void
bend_uvm(struct snp_forge *f)
{
	struct avow_forge_snp *p = &f->p;

	if (!f->bend || strncmp(f->bend->name, "uvm.", 4) != 0)
		return;
	p->with_uvm = true;
	/* what differs only in one form is made in that one */
	if (snp_bent(f, SNP_UVM_PAYLOAD))
		p->uvm_cwt = false;
	if (snp_bent(f, SNP_UVM_DID_EKU))
		p->uvm_by_subject = false;
	if (snp_bent(f, SNP_UVM_TIME_EARLY))
		p->uvm_signed_s = p->uvm.from_s - 1;
	if (snp_bent(f, SNP_UVM_TIME_LATE))
		p->uvm_signed_s = p->uvm.until_s + 1;
	if (snp_bent(f, SNP_UVM_TIME_FUTURE)) {
		p->uvm.until_s = p->at_s + YEAR_S;
		p->uvm_signed_s = p->at_s + 1;
	}
	if (snp_bent(f, SNP_UVM_TIME_NONE)) {
		p->uvm.until_s = p->at_s - 1;
		p->uvm_signed_s = 0;
	}
}

static void
bend_parameters(struct snp_forge *f)
{
	struct avow_forge_snp *p = &f->p;

	bend_windows(f);
	bend_report(f);
	bend_tcb(f);
	bend_uvm(f);
	p->revoke_ca |= snp_bent(f, SNP_CA_REVOKED);
	/* what cannot deviate where it is not must be there */
	if (snp_bent(f, SNP_EXT_CSP_EMPTY))
		p->vlek = true;
	if (snp_bent(f, SNP_EXT_OTHER_PRODUCT) && p->product == AVOW_FORGE_TURIN)
		avow_forge_snp_set_product(p, AVOW_FORGE_GENOA); /* one layout */
	if (snp_bent(f, SNP_CHIP_ID) || snp_bent(f, SNP_EXT_HWID_SIZE) ||
		(f->bend && strcmp(f->bend->evidence, "hcl.bin") == 0)) {
		p->vlek = false;
		p->mask_chip_id = false;
		p->has_report_data = false;
	}
	memcpy(f->cert_chip_id, p->chip_id, sizeof(f->cert_chip_id));
	f->cert_chip_id[7] ^= snp_bent(f, SNP_CHIP_ID);
}

/* --- the files -------------------------------------------------------------------------------- */

static enum avow_err
take_all(struct snp_forge *f, struct avow_forged **out)
{
	struct avow_forged *o = calloc(1, sizeof(*o));

	if (!o)
		return AVOW_E_NO_MEMORY;
	forge_take(o, "report.bin", &f->report);
	forge_take(o, "request.json", &f->request);
	forge_take_made(o, "hcl.bin", &f->hcl);
	forge_take_made(o, "uvm.cose", &f->uvm);
	forge_take_made(o, "uvm_reference.txt", &f->uvm_reference);
	forge_take(o, "runtime.bin", &f->runtime);
	if (f->p.has_init_data)
		forge_take(o, "init.bin", &f->init);
	forge_take(o, "root.pem", &f->root_pem);
	forge_take(o, "forge.json", &f->about);
	forge_take_made(o, "vek.der", &f->vek);
	forge_copy(o, "cert_chain.pem", &f->chain_pem);
	forge_take_made(o, "collateral/vek.pem", &f->vek_pem);
	forge_take(o, "collateral/cert_chain.pem", &f->chain_pem);
	forge_take(o, "collateral/ark_crl.der", &f->crl);
	if (o->err != AVOW_OK) {
		enum avow_err e = o->err;

		avow_forged_free(o);
		return e;
	}
	*out = o;
	return AVOW_OK;
}

static struct avow_buf *
buffer_at(struct snp_forge *f, size_t i)
{
	struct avow_buf *const all[] = {&f->ark, &f->ca, &f->vek, &f->crl, &f->runtime,
		&f->init, &f->uvm, &f->uvm_reference, &f->report, &f->request, &f->hcl,
		&f->about, &f->root_pem, &f->chain_pem, &f->vek_pem};

	return i < sizeof(all) / sizeof(all[0]) ? all[i] : NULL;
}

static enum avow_err
make_all(struct snp_forge *f)
{
	AVOW_TRY(snp_make_pki(f));
	AVOW_TRY(snp_make_report(f));
	AVOW_TRY(snp_make_uvm(f));
	AVOW_TRY(snp_make_wrappers(f));
	return forge_put_about(f->p.at_s, f->bend, "report.bin", &f->about);
}

enum avow_err
avow_forge_snp_make(
	const struct avow_forge_snp *p, struct avow_forged **out, struct avow_why *why)
{
	struct avow_forge_snp_keys *fresh = NULL;
	struct snp_forge f = {.p = *p, .keys = p->keys};
	enum avow_err e;

	*out = NULL;
	AVOW_TRY(check_parameters(p, why));
	if (!p->keys) {
		AVOW_TRY(avow_forge_snp_keys_new(&fresh));
		f.keys = fresh;
	}
	f.bend = p->corrupt ? avow_forge_snp_deviation_find(p->corrupt) : NULL;
	bend_parameters(&f);
	for (size_t i = 0; buffer_at(&f, i); i++)
		avow_buf_init(buffer_at(&f, i), FORGE_MAX_OUTPUT);
	e = make_all(&f);
	if (e == AVOW_OK)
		e = take_all(&f, out);
	for (size_t i = 0; buffer_at(&f, i); i++)
		avow_buf_clear(buffer_at(&f, i));
	avow_forge_snp_keys_free(fresh);
	return e;
}
