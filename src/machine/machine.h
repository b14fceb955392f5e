/*
 * Machines over time: what a verified attestation said of a machine is kept, the
 * next one is compared with it, and an operator is told what changed, what
 * fails and what fell silent.
 *
 *   verified evidence -> report -> queue -> state -> store -> changes -> alerts
 *
 * Only what a quote proved comes here, so that nobody can write another
 * machine's history. A request never waits for any of it.
 */
#ifndef AVOW_MACHINE_MACHINE_H
#define AVOW_MACHINE_MACHINE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "base/why.h"
#include "store/store.h"
#include "wire/json.h"

/* --- a boot state and what differs --------------------------------------------------------- */

/*
 * Registers whose values belong to a boot and not to what ran since: 0 to 9, 11
 * to 15 and 17 to 22. PCR 10 is IMA's and grows all the time, 16 is for debugging
 * and 23 for applications (TCG PC Client Platform TPM Profile 1.06, 4.6.2).
 */
#define AVOW_MACHINE_PCRS 0x7efbffu

/**
 * The canonical state of a machine from the claims of its attestation.
 * @param pcrs {"PCRs":[{"Index","Digests":{bank: hex}}]}
 * @param events {"Events":[...]}; empty: no log was sent
 * @param out {"events":[{"digest","pcr","text","type"}],"pcrs":{"sha256":{"0":hex}}},
 * appended; equal states have equal texts.
 * @return AVOW_OK; AVOW_E_JSON_*; AVOW_E_TOO_LARGE (AVOW_MACHINE_EVENTS),
 * AVOW_E_NO_MEMORY.
 */
enum avow_err avow_machine_state(struct avow_span pcrs, struct avow_span events,
	struct avow_arena *a, struct avow_buf *out) AVOW_CHECKED;

#define AVOW_MACHINE_EVENTS 4096 /* in a state; Windows logs have some 300 */
#define AVOW_MACHINE_CHANGES 256 /* told; the rest is counted */

/**
 * What differs between two states, as items of an array that is open in the
 * writer: {"change","pcr","text","type"?,"was"?,"now"?}, change one of
 * event_added, event_removed, event_changed, register_changed.
 * @param more how many were not told. May be NULL.
 * @return AVOW_OK; AVOW_E_JSON_*; AVOW_E_NO_MEMORY, AVOW_E_TOO_LARGE.
 */
enum avow_err avow_machine_diff(struct avow_span was, struct avow_span now,
	struct avow_arena *a, struct avow_jw *w, size_t *more) AVOW_CHECKED;

/* --- the watcher ------------------------------------------------------------------------------ */

/** All strings are copied. */
struct avow_machines_settings {
	int64_t silent_after_s; /* 0: silence is not told */
	const char *webhook; /* URL; NULL or "": log lines alone */
	const char *webhook_secret; /* key of its signature; NULL or "": unsigned */
	const char *webhook_ca; /* PEM file; NULL or "": the system's */
	const char *proxy;
};

struct avow_machines;

/** One verified attestation. Everything is borrowed for the call. */
struct avow_machine_report {
	struct avow_span provider, kind;
	uint8_t id[32]; /* SHA-256 of what is the machine's alone */
	struct avow_span label;
	int64_t at_s;
	enum avow_err result; /* AVOW_OK: it got its token */
	struct avow_span pcrs, events; /* the claims; empty: not verified */
};

/** Counters, for metrics. */
struct avow_machines_counts {
	uint64_t reports, dropped, alerts, undelivered;
};

/**
 * Start the watcher, a thread of its own.
 * @return AVOW_OK; AVOW_E_NET_URL (the webhook; plain http on loopback only);
 * AVOW_E_NO_MEMORY, AVOW_E_INTERNAL (no thread).
 */
enum avow_err avow_machines_new(const struct avow_machines_settings *s,
	struct avow_store *store, struct avow_machines **out,
	struct avow_why *why) AVOW_CHECKED;
/** Ends when what is queued is stored; undelivered alerts are given up. NULL is fine. */
void avow_machines_free(struct avow_machines *m);
/** Hand over a report: it is copied; when the queue is full it is dropped and
 *  counted. Never blocks. Any thread. m NULL: nothing. */
void avow_machines_report(struct avow_machines *m, const struct avow_machine_report *r);
struct avow_machines_counts avow_machines_count(struct avow_machines *m);

/**
 * The value of the header that signs an alert: "t=<seconds>,v1=<hex>", where hex
 * is HMAC-SHA256 under the secret of "<seconds>.<body>". out has
 * AVOW_MACHINE_SIGNATURE bytes. @return AVOW_OK, AVOW_E_CRYPTO.
 */
enum avow_err avow_machine_sign(struct avow_span secret, int64_t at_s,
	struct avow_span body, char *out) AVOW_CHECKED;
#define AVOW_MACHINE_SIGNATURE 96

#endif
