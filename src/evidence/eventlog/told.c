/*
 * Tells what attested logs have proven, for policies: the events of quoted registers
 * up to the quoted state, and the quoted values. What was compared with what is
 * attested.c's.
 */
#include "evidence/eventlog/attested.h"

#include "evidence/eventlog/document.h"

unsigned
attested_banks(const struct avow_attested *at, uint32_t pcr)
{
	unsigned banks = 0;

	for (size_t i = 0; pcr < AVOW_LOG_REGISTERS && i < at->bank_count; i++)
		if (at->banks[i].mask & 1u << pcr)
			banks |= 1u << at->banks[i].bank;
	return banks;
}

static void
put_log(const struct avow_attested *at, size_t l, struct event_writer *ew,
	uint32_t before)
{
	const struct avow_eventlog *log = &at->logs[l];

	for (size_t i = 0; i < log->count && ew->w->b->err == AVOW_OK; i++) {
		const struct avow_log_event *e = &log->events[i];

		/* mistakes A2: what extends nothing, or a register that is not
		 * quoted, or follows the quoted state, is nobody's evidence */
		if (event_is_silent(log, e) || !attested_banks(at, e->pcr) ||
			i >= at->used[l][e->pcr])
			continue;
		event_put(ew, log, e, before + e->seq, attested_banks(at, e->pcr));
		event_passed(ew, log, e);
	}
}

void
avow_attested_put_list(const struct avow_attested *at, struct avow_jw *w)
{
	struct event_writer ew;
	enum avow_err err = event_writer_begin(&ew, w);
	uint32_t before = 0;

	if (err != AVOW_OK && w->b->err == AVOW_OK)
		w->b->err = err;
	avow_jw_open(w, '[');
	for (size_t l = 0; l < at->log_count; l++) {
		put_log(at, l, &ew, before);
		before += (uint32_t)at->logs[l].count;
	}
	avow_jw_close(w);
}

void
avow_attested_put_events(const struct avow_attested *at, struct avow_jw *w)
{
	avow_jw_open(w, '{');
	avow_jw_name(w, "Events");
	avow_attested_put_list(at, w);
	avow_jw_close(w);
}

void
avow_attested_put_pcrs(const struct avow_attested *at, struct avow_jw *w)
{
	avow_jw_open(w, '{');
	avow_jw_name(w, "PCRs");
	avow_jw_open(w, '[');
	for (uint32_t pcr = 0; pcr < AVOW_LOG_REGISTERS; pcr++) {
		if (!attested_banks(at, pcr))
			continue;
		avow_jw_open(w, '{');
		avow_jw_name(w, "Index");
		avow_jw_int(w, pcr);
		avow_jw_name(w, "Digests");
		avow_jw_open(w, '{');
		for (size_t i = 0; i < at->bank_count; i++) {
			if (!(at->banks[i].mask & 1u << pcr))
				continue;
			avow_jw_name(w, log_bank_name(at->banks[i].bank));
			avow_jw_hex(w, at->banks[i].value[pcr]);
		}
		avow_jw_close(w);
		avow_jw_close(w);
	}
	avow_jw_close(w);
	avow_jw_close(w);
}

static void
put_events(const void *of, struct avow_jw *w)
{
	avow_attested_put_events(of, w);
}

static void
put_pcrs(const void *of, struct avow_jw *w)
{
	avow_attested_put_pcrs(of, w);
}

enum avow_err
avow_attested_claims(
	const struct avow_attested *at, enum avow_claim_id id, struct avow_claims *set)
{
	avow_claims_add_later(set, id, put_events, at);
	if (id == AVOW_CLAIM_TPM_EVENTS)
		avow_claims_add_later(set, AVOW_CLAIM_TPM_PCRS, put_pcrs, at);
	return set->err;
}
