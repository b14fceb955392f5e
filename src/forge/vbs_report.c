/*
 * The report of a VBS enclave and the event that tells who may sign it (the sheet
 * vbs-report): header | statement | signature, little-endian, packed; the identity
 * signing key as u32 algorithm, bits, exponent and modulus lengths, then both.
 */
#include <string.h>

#include "crypto/digest.h"
#include "forge/vbs_impl.h"

#define STATEMENT_FIXED 224
#define MODULE_FIXED 108
#define SCHEME_SHA256_RSA_PSS_SHA256 1
#define TYPE_VBS 0x10
#define TYPE_VBS_BASIC 0x11
#define BLOCK_MODULE 1
#define SIPA_TRUSTBOUNDARY 0x40010001u
#define SIPA_VBS_VSM_REQUIRED 0x000a0001u
#define SIPA_VSM_IDKS_INFO 0x00050023u
#define VSM_IDK_RSA 1
#define SHORT_MODULUS 128

static bool
bent(const struct vbs_forge *f, enum vbs_bend b)
{
	return f && vbs_bent(f, b);
}

/* --- VSM_IDKS_INFO -------------------------------------------------------------------- */

static enum avow_err
put_key(const struct vbs_forge *f, const struct avow_pubkey *idk, struct avow_buf *out)
{
	struct avow_buf n, e;
	enum avow_err err;

	avow_buf_init(&n, FORGE_MAX_OUTPUT);
	avow_buf_init(&e, FORGE_MAX_OUTPUT);
	err = avow_pubkey_parts(idk, &n, &e);
	if (err == AVOW_OK && bent(f, VBS_IDK_SHORT))
		n.n = SHORT_MODULUS;
	forge_put_le(out, VSM_IDK_RSA + bent(f, VBS_IDK_ALGORITHM), 4);
	forge_put_le(out, n.n * 8, 4);
	forge_put_le(out, e.n, 4);
	forge_put_le(out, n.n, 4);
	forge_join(out, &e);
	forge_join(out, &n);
	return err == AVOW_OK ? out->err : err;
}

enum avow_err
vbs_put_idks(
	const struct vbs_forge *f, const struct avow_pubkey *idk, struct avow_buf *out)
{
	struct avow_buf key;
	enum avow_err e;

	avow_buf_init(&key, FORGE_MAX_OUTPUT);
	e = put_key(f, idk, &key);
	forge_put_le(out, SIPA_TRUSTBOUNDARY, 4);
	forge_put_le(out, 4 + 4 + 1 + 4 + 4 + key.n, 4);
	forge_put_le(out, SIPA_VBS_VSM_REQUIRED, 4);
	forge_put_le(out, 1, 4);
	avow_buf_put_byte(out, 1);
	forge_put_le(out, SIPA_VSM_IDKS_INFO, 4);
	forge_put_le(out, key.n, 4);
	forge_join(out, &key);
	return e == AVOW_OK ? out->err : e;
}

enum avow_err
avow_forge_vbs_idks(const struct avow_pubkey *idk, struct avow_buf *out)
{
	return vbs_put_idks(NULL, idk, out);
}

/* --- the statement ------------------------------------------------------------------------ */

/* VBS_ENCLAVE_REPORT_MODULE: of the same author and family as the image */
static void
put_module(const struct vbs_forge *f, struct avow_buf *b)
{
	const struct avow_forge_vbs *p = &f->p;
	size_t name_bytes = 2 * (strlen(p->module) + 1);
	size_t size = MODULE_FIXED + name_bytes;

	if (bent(f, VBS_MODULE_SHORT))
		size = MODULE_FIXED - 2;
	forge_put_le(b, bent(f, VBS_MODULE_TYPE) ? 0 : BLOCK_MODULE, 4);
	forge_put_le(b, size + bent(f, VBS_MODULE_LONG), 4);
	forge_put_bytes(b, p->author_id, 32); /* UniqueId of its own: any bytes */
	forge_put_bytes(b, p->author_id, 32);
	forge_put_bytes(b, p->family_id, 16);
	forge_put_bytes(b, p->image_id, 16);
	forge_put_le(b, p->enclave_svn, bent(f, VBS_MODULE_SHORT) ? 2 : 4);
	if (bent(f, VBS_MODULE_SHORT))
		return;
	for (const char *s = p->module; *s; s++)
		forge_put_le(b, (uint8_t)*s, 2);
	forge_put_le(b, 0, 2);
}

/* MAA VBS attestation protocol: SHA-512 of the text of report_signed */
static enum avow_err
put_enclave_data(const struct vbs_forge *f, struct avow_span text, struct avow_buf *b)
{
	struct avow_span parts[2] = {text, AVOW_LIT("\n")};
	uint8_t digest[AVOW_SHA512_BYTES];

	AVOW_TRY(avow_digest(
		AVOW_SHA512, parts, bent(f, VBS_RESPELLED) ? 2 : 1, digest));
	digest[40] ^= bent(f, VBS_DATA);
	forge_put_bytes(b, digest, sizeof(digest));
	return b->err;
}

static void
put_identity(const struct vbs_forge *f, struct avow_buf *b)
{
	const struct avow_forge_vbs *p = &f->p;

	forge_put_bytes(b, p->owner_id, 32);
	forge_put_bytes(b, p->unique_id, 32);
	forge_put_bytes(b, p->author_id, 32);
	forge_put_bytes(b, p->family_id, 16);
	forge_put_bytes(b, p->image_id, 16);
	forge_put_le(b, p->enclave_svn, 4);
	forge_put_le(b, p->secure_kernel_svn, 4);
	forge_put_le(b, p->platform_svn, 4);
	forge_put_le(b, p->flags, 4);
	forge_put_le(b, 0, 4); /* SigningLevel; reserved in the newer headers */
	forge_put_le(b, bent(f, VBS_ENCLAVE_TYPE) ? TYPE_VBS_BASIC : TYPE_VBS, 4);
}

static enum avow_err
put_statement(const struct vbs_forge *f, struct avow_span text, struct avow_buf *out)
{
	struct avow_buf blocks;
	enum avow_err e;
	size_t size;

	avow_buf_init(&blocks, FORGE_MAX_OUTPUT);
	if (f->p.module)
		put_module(f, &blocks);
	avow_buf_put(&blocks, f->p.blocks);
	size = STATEMENT_FIXED + blocks.n;
	forge_put_le(out, bent(f, VBS_REPORT_SIZE) ? STATEMENT_FIXED : size, 4);
	forge_put_le(out, 1 + bent(f, VBS_REPORT_VERSION), 4);
	e = put_enclave_data(f, text, out);
	put_identity(f, out);
	forge_join(out, &blocks);
	return e == AVOW_OK ? out->err : e;
}

/* --- the package -------------------------------------------------------------------------------- */

static void
put_package(const struct vbs_forge *f, const struct avow_buf *statement,
	const struct avow_buf *signature, struct avow_buf *out)
{
	size_t size = 24 + statement->n + signature->n;

	forge_put_le(out, size + bent(f, VBS_PACKAGE_SIZE), 4);
	forge_put_le(out, 1 + bent(f, VBS_PACKAGE_VERSION), 4);
	forge_put_le(out, SCHEME_SHA256_RSA_PSS_SHA256 + bent(f, VBS_SCHEME), 4);
	forge_put_le(out, statement->n + bent(f, VBS_STATEMENT_SIZE), 4);
	forge_put_le(out, signature->n - bent(f, VBS_SIGNATURE_SIZE), 4);
	forge_put_le(out, 0, 4);
	avow_buf_put(out, avow_buf_span(statement));
	avow_buf_put(out, avow_buf_span(signature));
	if (out->err != AVOW_OK)
		return;
	if (bent(f, VBS_SIGNATURE))
		forge_flip(out, 1);
	if (bent(f, VBS_BODY))
		forge_flip(out, size - 24 - 136);
	if (bent(f, VBS_TRUNCATED))
		out->n--;
	if (bent(f, VBS_TRAILING))
		avow_buf_put_byte(out, 0);
}

static enum avow_err
make_package(const struct vbs_forge *f, const struct avow_privkey *idk,
	struct avow_span text, struct avow_buf *out)
{
	struct avow_buf statement, signature;
	enum avow_err e;

	avow_buf_init(&statement, FORGE_MAX_OUTPUT);
	avow_buf_init(&signature, FORGE_MAX_OUTPUT);
	e = put_statement(f, text, &statement);
	if (e == AVOW_OK)
		e = avow_sign(
			idk, AVOW_SIG_PS256, avow_buf_span(&statement), &signature);
	if (e == AVOW_OK) {
		put_package(f, &statement, &signature, out);
		e = out->err;
	}
	avow_buf_clear(&statement);
	avow_buf_clear(&signature);
	return e;
}

enum avow_err
vbs_make_report(struct vbs_forge *f)
{
	const struct avow_privkey *key =
		vbs_bent(f, VBS_OTHER_KEY) ? f->keys->request : f->keys->idk;

	return make_package(f, key, avow_buf_span(&f->report_signed), &f->report);
}

enum avow_err
avow_forge_vbs_package(const struct avow_forge_vbs *p, const struct avow_privkey *idk,
	struct avow_span report_signed, struct avow_buf *out)
{
	const struct vbs_forge f = {.p = *p};

	return make_package(&f, idk, report_signed, out);
}
