/* Event logs of one bank, an event at a time. */
#ifndef AVOW_FORGE_LOG_H
#define AVOW_FORGE_LOG_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "crypto/digest.h"

/* TCG PC Client Platform Firmware Profile 1.05, 10.4.1 */
#define FORGE_EV_NO_ACTION 3u
#define FORGE_EV_SEPARATOR 4u
#define FORGE_EV_EVENT_TAG 6u
#define FORGE_EV_IPL 13u
#define FORGE_EV_EFI_VARIABLE_DRIVER_CONFIG 0x80000001u

struct forge_bank {
	enum avow_hash hash;
	unsigned tpm_alg; /* TPM_ALG_ID */
};

struct forge_log_entry {
	unsigned index;
	uint32_t type;
	struct avow_span measured, data; /* the digest is of `measured` */
};

/** Append the record that every such log begins with. */
void forge_log_spec_id(
	struct avow_buf *b, unsigned index, const struct forge_bank *bank);
/** Append an event. @param value in and out: its register, of the bank's size. */
enum avow_err forge_log_event(struct avow_buf *b, const struct forge_bank *bank,
	const struct forge_log_entry *e, uint8_t *value) AVOW_CHECKED;

#endif
