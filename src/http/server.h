/*
 * Private to http/: the server, its workers, their connections and requests.
 * Who may touch what: `shared` is atomics, any worker; a worker's own fields
 * belong to its thread, but for the box, which has a lock.
 */
#ifndef AVOW_HTTP_SERVER_H
#define AVOW_HTTP_SERVER_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

#include <microhttpd.h>

#include "http/forwarded.h"
#include "http/head.h"
#include "http/http.h"

struct tls_identity;
struct worker;
struct conn;

/* --- peers.c: caps over all workers ------------------------------------------ */

#define PEER_SLOTS 65536u

/*
 * Connections by peer address, as two rows of counters under two secret
 * hashes: an address's count is the lesser of its two, never below the truth,
 * and above it only where strangers share both counters.
 */
struct peers {
	_Atomic uint32_t total;
	_Atomic uint32_t slots[2][PEER_SLOTS];
	uint64_t seed[4];
	unsigned max_total, max_each;
};

struct peer {
	uint16_t slot[2];
	bool is_counted;
};

void avow_peers_init(struct peers *p, unsigned max_total, unsigned max_each);
/** Count one connection more; false, and nothing counted, at either cap. */
bool avow_peers_enter(struct peers *p, const struct sockaddr *sa, struct peer *out);
void avow_peers_leave(struct peers *p, struct peer *peer);
/** The address in text, without port or zone. */
void avow_peer_text(const struct sockaddr *sa, char out[INET6_ADDRSTRLEN]);

/* --- listen.c ----------------------------------------------------------------- */

struct listen_address {
	struct sockaddr_storage sa;
	socklen_t n;
};

/** "127.0.0.1:0", "[::1]:8443". @return AVOW_OK or AVOW_E_HTTP_LISTEN. */
enum avow_err avow_listen_parse(const char *text, struct listen_address *out,
	struct avow_why *why) AVOW_CHECKED;
bool avow_listen_is_loopback(const struct listen_address *a);
unsigned avow_listen_port(const struct listen_address *a);
/** Bind n sockets to one address; its port is filled in. Close them on error. */
enum avow_err avow_listen_bind(struct listen_address *a, int *fds, size_t n,
	struct avow_why *why) AVOW_CHECKED;

/* --- tls.c -------------------------------------------------------------------- */

/** A certificate with its key, ready for handshakes. One reference. */
enum avow_err avow_tls_identity_new(const char *cert_pem, const char *key_pem,
	struct tls_identity **out, struct avow_why *why) AVOW_CHECKED;
/* References are counted by one thread alone: each worker has its own. */
struct tls_identity *avow_tls_identity_ref(struct tls_identity *id);
void avow_tls_identity_unref(struct tls_identity *id);
/** Let this session use it. */
bool avow_tls_use(
	struct MHD_Connection *mhd, struct tls_identity *id, bool wants_certs);
/** What the client sent: an array in the arena over the session's bytes. */
size_t avow_tls_peer_certs(struct MHD_Connection *mhd, struct avow_arena *a,
	const struct avow_span **out);
/** Send through the session and end it, without waiting; false: it cannot. */
bool avow_tls_send_last(struct MHD_Connection *mhd, struct avow_span bytes);
extern const char avow_tls_priorities[];

/* --- connections (conn.c) ------------------------------------------------------ */

/* What a connection is waiting for; each has its deadline. */
enum conn_state {
	CONN_HEAD, /* handshake and head */
	CONN_BODY,
	CONN_WAIT, /* suspended by a handler */
	CONN_SEND, /* the answer to be taken */
	CONN_IDLE, /* the next request */
	CONN_CLOSING, /* shut down by us; the library has to notice */
	CONN_STATES
};

struct conn {
	struct conn *prev, *next; /* in its state's queue, earliest deadline first */
	struct worker *w;
	struct MHD_Connection *mhd;
	struct tls_identity *identity; /* NULL: plain */
	struct request *rq; /* from its request line to its end */
	int64_t deadline_ms;
	enum conn_state state;
	int fd;
	bool lingers; /* answered before all was read: see linger.c */
	bool has_served; /* a request before this one */
	bool has_asked; /* a request line came */
	struct peer peer;
	char client[INET6_ADDRSTRLEN];
	struct avow_ip ip;
};

struct conn_queue {
	struct conn *first, *last;
};

void avow_conn_enter(struct conn *c, enum conn_state state, int64_t deadline_ms);
void avow_conn_leave(struct conn *c);
/** End it: the library sees the end of the stream at its next turn. */
void avow_conn_shut(struct conn *c);
/** Answer past the library, for where it cannot, and close our side. */
void avow_conn_answer_raw(
	struct conn *c, enum avow_err code, const struct avow_why *why);
/** Act on all deadlines that have passed. */
void avow_conn_expire(struct worker *w, int64_t now_ms);
/** When the next one passes; INT64_MAX: never. */
int64_t avow_conn_next_deadline(const struct worker *w);

/* --- requests (request.c, handle.c) ------------------------------------------- */

enum request_phase {
	RQ_LINE, /* the request line is there */
	RQ_BODY, /* the head was judged */
	RQ_WAITING, /* suspended */
	RQ_ANSWERED
};

struct request {
	struct avow_http_request pub;
	struct avow_http_response rs;
	struct conn *conn;
	struct request *next_free;
	enum request_phase phase;
	bool has_entered, is_prepared; /* hooks of the app that were called */
	struct avow_arena arena;
	struct avow_buf body;
	size_t reserved; /* of the bytes in flight */
	struct avow_span target, target_in_place;
	struct avow_http_head head;
	int64_t start_us;
	char allow[AVOW_HTTP_ALLOW_TEXT];
	char client[INET6_ADDRSTRLEN]; /* behind proxies */
	struct avow_why why; /* of a refusal that has to wait for its turn */
	/* for the log */
	enum avow_err code;
	int status;
	size_t sent;
};

struct request *avow_request_take(struct conn *c);
void avow_request_give(struct request *rq);
void avow_request_log(const struct request *rq, const char *ended);

/** Judge and route; AVOW_OK: go on to the body. */
enum avow_err avow_request_admit(struct request *rq, struct MHD_Connection *mhd,
	const char *method, const char *version);
/** Take n bytes of the body; an error leaves `why` filled. */
enum avow_err avow_request_take_body(struct request *rq, const char *p, size_t n);
/** All is there: call the handler, answer or wait. */
enum MHD_Result avow_request_finish(struct request *rq, struct MHD_Connection *mhd);
/** Answer with a refusal. */
enum MHD_Result avow_request_refuse(
	struct request *rq, struct MHD_Connection *mhd, enum avow_err code);

/* --- reply.c ------------------------------------------------------------------ */

#define SERVICE_VERSION "1.10.0.0 avow/" AVOW_VERSION

/** The library's response; takes rs->body over. NULL: out of memory. */
struct MHD_Response *avow_reply_make(struct request *rq, int *status);
/** A whole refusal with its head, as bytes. */
void avow_reply_raw(struct avow_buf *out, const char *id, enum avow_err code,
	const struct avow_why *why);

/* --- linger.c: read on for a while behind an early answer ---------------------- */

#define LINGER_MAX 64

struct straggler {
	int fd;
	int64_t deadline_ms;
};

struct stragglers {
	struct straggler all[LINGER_MAX];
	size_t n;
};

void avow_linger_add(struct worker *w, int fd);
void avow_linger_read(struct worker *w, int fd);
void avow_linger_expire(struct worker *w, int64_t now_ms);
void avow_linger_end(struct worker *w);

/* --- workers (worker.c, callbacks.c) ------------------------------------------- */

enum worker_life { WORKER_STARTS, WORKER_SERVES, WORKER_DRAINS, WORKER_ENDS };

struct worker {
	struct avow_http_server *s;
	unsigned index;
	pthread_t thread;
	bool has_thread;
	int epoll, wake;
	int listen[AVOW_HTTP_MAX_LISTEN];
	bool is_listening;
	int64_t listen_again_ms; /* after the system had no descriptor left */
	struct MHD_Daemon *mhd;
	int mhd_epoll;
	uint64_t callbacks; /* progress: see the loop */
	struct conn_queue queues[CONN_STATES];
	size_t n_conns;
	struct conn *accepting; /* handed to the library just now */
	struct stragglers stragglers;
	struct request *free_requests;
	size_t n_free;
	struct tls_identity *identity;
	void *app_context;
	uint64_t waits; /* serial of wait tokens */
	uint8_t fresh[24 * 32]; /* random bytes for request ids */
	size_t fresh_used;
	int64_t next_refused_log_ms;
	enum worker_life life;
	int64_t drain_until_ms;
	bool was_cut; /* something was cut off by the drain's end */
	/* the box: other threads put, the worker takes */
	pthread_mutex_t lock;
	enum worker_life told;
	int64_t told_until_ms;
	struct tls_identity *told_identity;
	uint64_t *resumed;
	size_t n_resumed, cap_resumed;
};

enum avow_err avow_http_worker_open(struct worker *w, struct avow_http_server *s,
	unsigned index, struct avow_why *why) AVOW_CHECKED;
void *avow_http_worker_run(void *arg);
void avow_http_worker_wake(struct worker *w);
/** Any thread: go on to that part of life; until_ms bounds a drain. */
void avow_http_worker_tell(struct worker *w, enum worker_life life, int64_t until_ms);
/** After its thread has ended. */
void avow_http_worker_close(struct worker *w);

void avow_http_worker_accept(struct worker *w, int listen_fd, int64_t now_ms);
void avow_http_worker_listen(struct worker *w, bool on);

/* The library's callbacks, all on the worker's thread. */
void *avow_on_target(void *cls, const char *target, struct MHD_Connection *mhd);
enum MHD_Result avow_on_access(void *cls, struct MHD_Connection *mhd, const char *url,
	const char *method, const char *version, const char *data, size_t *n,
	void **context);
void avow_on_completed(void *cls, struct MHD_Connection *mhd, void **context,
	enum MHD_RequestTerminationCode how);
void avow_on_connection(void *cls, struct MHD_Connection *mhd, void **context,
	enum MHD_ConnectionNotificationCode what);
size_t avow_on_unescape(void *cls, struct MHD_Connection *mhd, char *text);

/* --- the server (server.c) ------------------------------------------------------- */

struct avow_http_server {
	struct listen_address address[AVOW_HTTP_MAX_LISTEN];
	size_t n_listen;
	struct worker *workers;
	unsigned n_workers;
	struct avow_http_config config;
	struct avow_http_limits limits;
	char *cert_pem, *key_pem;
	bool has_layout; /* this library parses in place: see layout.c */
	struct peers peers;
	_Atomic uint64_t body_in_flight;
	_Atomic uint64_t accepted, refused, requests;
	/* workers report that they are ready, or why not */
	pthread_mutex_t lock;
	pthread_cond_t ready;
	unsigned n_ready;
	enum avow_err start_err;
	struct avow_why start_why;
};

int64_t avow_http_now_us(void);

#endif
