/*
 * How many connections there are, in all and by peer address, over all
 * workers, without a lock: see struct peers. An IPv6 peer counts by its /64,
 * since that much is anybody's for the asking.
 */
#include "http/server.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/random.h>

void
avow_peers_init(struct peers *p, unsigned max_total, unsigned max_each)
{
	p->max_total = max_total;
	p->max_each = max_each;
	/* A weak seed lets a peer share counters on purpose, nothing worse. */
	if (getrandom(p->seed, sizeof(p->seed), 0) != (ssize_t)sizeof(p->seed))
		p->seed[0] ^= (uint64_t)(uintptr_t)p;
}

struct key {
	uint64_t high, low;
};

static struct key
key_of(const struct sockaddr *sa)
{
	struct key k = {0, 0};

	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, sa, sizeof(in));
		k.low = in.sin_addr.s_addr;
	} else if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, sa, sizeof(in6));
		if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) {
			uint32_t v4;

			memcpy(&v4, in6.sin6_addr.s6_addr + 12, sizeof(v4));
			k.low = v4;
		} else {
			memcpy(&k.high, in6.sin6_addr.s6_addr, sizeof(k.high));
			k.low = 1;
		}
	}
	return k;
}

static uint64_t
mix(uint64_t a, uint64_t b)
{
	__extension__ unsigned __int128 m = (unsigned __int128)a * b;

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

static uint16_t
slot_of(const struct peers *p, const struct sockaddr *sa, size_t row)
{
	struct key k = key_of(sa);
	uint64_t h = mix(k.high ^ p->seed[row * 2], p->seed[row * 2 + 1] | 1u);

	h = mix(h ^ k.low ^ p->seed[row * 2], p->seed[row * 2 + 1] | 1u);
	h = mix(h ^ UINT64_C(0x9e3779b97f4a7c15), UINT64_C(0xd6e8feb86659fd93));
	return (uint16_t)(h % PEER_SLOTS);
}

void
avow_peers_leave(struct peers *p, struct peer *peer)
{
	if (!peer->is_counted)
		return;
	for (size_t row = 0; row < 2; row++)
		atomic_fetch_sub_explicit(
			&p->slots[row][peer->slot[row]], 1, memory_order_relaxed);
	atomic_fetch_sub_explicit(&p->total, 1, memory_order_relaxed);
	peer->is_counted = false;
}

bool
avow_peers_enter(struct peers *p, const struct sockaddr *sa, struct peer *out)
{
	unsigned least = UINT32_MAX;

	if (atomic_fetch_add_explicit(&p->total, 1, memory_order_relaxed) >=
		p->max_total) {
		atomic_fetch_sub_explicit(&p->total, 1, memory_order_relaxed);
		return false;
	}
	for (size_t row = 0; row < 2; row++) {
		unsigned before;

		out->slot[row] = slot_of(p, sa, row);
		before = atomic_fetch_add_explicit(
			&p->slots[row][out->slot[row]], 1, memory_order_relaxed);
		least = before < least ? before : least;
	}
	out->is_counted = true;
	if (least >= p->max_each) {
		avow_peers_leave(p, out);
		return false;
	}
	return true;
}

void
avow_peer_text(const struct sockaddr *sa, char out[INET6_ADDRSTRLEN])
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	out[0] = '\0';
	if (sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof(in));
		inet_ntop(AF_INET, &in.sin_addr, out, INET6_ADDRSTRLEN);
	} else if (sa->sa_family == AF_INET6) {
		memcpy(&in6, sa, sizeof(in6));
		inet_ntop(AF_INET6, &in6.sin6_addr, out, INET6_ADDRSTRLEN);
	}
}
