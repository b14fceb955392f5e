/*
 * Event logs beside the registers that a quote signed. Only here does hearsay
 * become evidence: every log is replayed, every quoted register that a log extends
 * must be what the quote says, in every bank that the quote covers, and an event of
 * a register that the quote does not cover tells nothing.
 *
 *   logs + quoted values -> avow_attested_logs -> struct avow_attested
 *                                                  -> "events", "pcrs", boot facts
 *
 * A CCEL's registers 1 to 4 are RTMR 0 to 3: one bank, SHA-384, mask 0x1e.
 *
 * That the values themselves are the quote's (signature, selection, digest) is the
 * caller's to have checked before.
 */
#ifndef AVOW_EVIDENCE_EVENTLOG_ATTESTED_H
#define AVOW_EVIDENCE_EVENTLOG_ATTESTED_H

#include "claims/claims.h"
#include "evidence/eventlog/eventlog.h"

/** One log as it was sent. Borrowed. */
struct avow_log_input {
	struct avow_span bytes;
	enum avow_log_format format; /* AVOW_LOG_AUTO: found from the bytes */
};

/** The registers of one bank that the signed selection names, and their values. */
struct avow_quoted_bank {
	enum avow_hash bank;
	uint32_t mask; /* bit n: PCR n is quoted */
	struct avow_span value[AVOW_LOG_REGISTERS]; /* of the quoted ones; the
						     * bank's size each; borrowed */
};

/** Logs whose replay is what was quoted. Borrows the arena and the input. */
struct avow_attested {
	size_t log_count;
	const struct avow_eventlog *logs; /* in the order of the input */
	/* of logs[i], only events before used[i][pcr] are in the quoted state: an IMA
	 * list may have gone on behind the quote */
	const uint32_t (*used)[AVOW_LOG_REGISTERS];
	const struct avow_quoted_bank *banks;
	size_t bank_count;
	uint32_t quoted; /* PCRs in at least one bank */
	uint32_t extended; /* PCRs that a log extends, quoted or not */
};

/**
 * Parse the logs, replay them one after the other (measurement order: the TPM
 * starts once) and compare.
 * @param banks each bank at most once; kept by *out.
 * @param why names the log, the PCR and bank, both values, and, where one can be
 * told, the first event whose digest is not that of its data.
 * @return AVOW_OK; what avow_eventlog_parse and _replay give; AVOW_E_EVENTLOG_QUOTE
 * when a register differs; AVOW_E_EVENTLOG_BANK when a log that extends a quoted
 * register lacks that bank's digests; AVOW_E_EVENTLOG_WBCL when Windows' part of PCR
 * 12 or 13 has an event that its digest does not prove; AVOW_E_TOO_LARGE above
 * AVOW_MAX_ATTESTED_LOGS; AVOW_E_NO_MEMORY, AVOW_E_CRYPTO.
 */
enum avow_err avow_attested_logs(const struct avow_log_input *logs, size_t n,
	const struct avow_quoted_bank *banks, size_t n_banks, struct avow_arena *a,
	struct avow_attested *out, struct avow_why *why) AVOW_CHECKED;

/** {"Events":[...]}: the events of quoted registers alone; EventSeq goes on over
 *  the logs, with gaps where events are left out. */
void avow_attested_put_events(const struct avow_attested *at, struct avow_jw *w);
/** The array alone. */
void avow_attested_put_list(const struct avow_attested *at, struct avow_jw *w);
/** {"PCRs":[{"Index","Digests":{...}}]}: the quoted values, also of registers that
 *  no log extends. */
void avow_attested_put_pcrs(const struct avow_attested *at, struct avow_jw *w);

/**
 * Append the claim `id` (AVOW_CLAIM_TPM_EVENTS or _BOOT_EVENTS), and with
 * AVOW_CLAIM_TPM_EVENTS also AVOW_CLAIM_TPM_PCRS, as texts that are made when
 * somebody reads them: `at` and what it borrows live as long as the set.
 * @return AVOW_OK or the error that sticks in set.
 */
enum avow_err avow_attested_claims(const struct avow_attested *at,
	enum avow_claim_id id, struct avow_claims *set) AVOW_CHECKED;

#endif
