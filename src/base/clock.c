/*
 * Civil time by day counting (proleptic Gregorian), so that nothing depends
 * on the host's time zone or on the C library's year range.
 */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

#define DAY_S INT64_C(86400)

int64_t
avow_clock_now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec;
}

int64_t
avow_clock_mono_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static bool
is_leap(int y)
{
	return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

static int
days_in_month(int y, int m)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return m == 2 && is_leap(y) ? 29 : days[m - 1];
}

static int64_t
days_before_year(int64_t y)
{
	int64_t p = y - 1;

	return p * 365 + p / 4 - p / 100 + p / 400;
}

int64_t
avow_time_from_civil(int year, int month, int day, int h, int m, int s)
{
	int64_t days = days_before_year(year) - days_before_year(1970);

	for (int i = 1; i < month; i++)
		days += days_in_month(year, i);
	return (days + day - 1) * DAY_S + h * INT64_C(3600) + m * INT64_C(60) + s;
}

struct reader {
	struct avow_span t;
	size_t i;
	bool bad;
};

static int
digits(struct reader *r, size_t n)
{
	int v = 0;

	for (size_t k = 0; k < n; k++, r->i++) {
		if (r->i >= r->t.n || r->t.p[r->i] < '0' || r->t.p[r->i] > '9') {
			r->bad = true;
			return 0;
		}
		v = v * 10 + (r->t.p[r->i] - '0');
	}
	return v;
}

static void
mark(struct reader *r, uint8_t a, uint8_t b)
{
	if (r->i < r->t.n && (r->t.p[r->i] == a || r->t.p[r->i] == b))
		r->i++;
	else
		r->bad = true;
}

static void
skip_fraction(struct reader *r)
{
	size_t from;

	if (r->i >= r->t.n || r->t.p[r->i] != '.')
		return;
	from = ++r->i;
	while (r->i < r->t.n && r->t.p[r->i] >= '0' && r->t.p[r->i] <= '9')
		r->i++;
	if (r->i == from)
		r->bad = true;
}

/* RFC 3339 section 5.6, time-offset; seconds to subtract. */
static int64_t
offset_s(struct reader *r)
{
	int sign, h, m;

	if (r->i < r->t.n && (r->t.p[r->i] == '+' || r->t.p[r->i] == '-')) {
		sign = r->t.p[r->i++] == '-' ? -1 : 1;
		h = digits(r, 2);
		mark(r, ':', ':');
		m = digits(r, 2);
		if (h > 23 || m > 59)
			r->bad = true;
		return sign * (h * INT64_C(3600) + m * INT64_C(60));
	}
	mark(r, 'Z', 'z');
	return 0;
}

enum avow_err
avow_time_parse(struct avow_span text, int64_t *out_s)
{
	struct reader r = {.t = text};
	int y, mo, d, h, mi, s;
	int64_t off;

	*out_s = 0;
	y = digits(&r, 4);
	mark(&r, '-', '-');
	mo = digits(&r, 2);
	mark(&r, '-', '-');
	d = digits(&r, 2);
	mark(&r, 'T', 't');
	h = digits(&r, 2);
	mark(&r, ':', ':');
	mi = digits(&r, 2);
	mark(&r, ':', ':');
	s = digits(&r, 2);
	skip_fraction(&r);
	off = offset_s(&r);
	if (r.bad || r.i != text.n || y < 1970 || mo < 1 || mo > 12 || d < 1 ||
		d > days_in_month(y, mo) || h > 23 || mi > 59 || s > 59)
		return AVOW_E_TIME;
	*out_s = avow_time_from_civil(y, mo, d, h, mi, s) - off;
	return AVOW_OK;
}

enum avow_err
avow_time_parse_strict(struct avow_span text, int64_t *out_s)
{
	*out_s = 0;
	if (text.n != AVOW_TIME_TEXT - 1 || text.p[10] != 'T' || text.p[19] != 'Z')
		return AVOW_E_TIME;
	return avow_time_parse(text, out_s);
}

void
avow_time_format(int64_t s, char out[AVOW_TIME_TEXT])
{
	const int64_t last = INT64_C(253402300799); /* 9999-12-31T23:59:59Z */
	int64_t days, left;
	int y = 1970, m = 1;

	s = s < 0 ? 0 : s > last ? last : s;
	days = s / DAY_S;
	left = s % DAY_S;
	y += (int)(days / 366);
	while (days_before_year(y + 1) - days_before_year(1970) <= days)
		y++;
	days -= days_before_year(y) - days_before_year(1970);
	while (days >= days_in_month(y, m))
		days -= days_in_month(y, m++);
	snprintf(out, AVOW_TIME_TEXT, "%04u-%02u-%02uT%02u:%02u:%02uZ",
		(unsigned)y % 10000u, (unsigned)m % 100u,
		(unsigned)(days + 1) % 100u, (unsigned)(left / 3600) % 100u,
		(unsigned)(left / 60 % 60) % 100u, (unsigned)(left % 60) % 100u);
}

enum avow_err
avow_duration_parse(struct avow_span text, int64_t *out_s)
{
	const int64_t most = INT64_C(100) * 366 * DAY_S;
	int64_t v = 0, unit;
	size_t i = 0;

	*out_s = 0;
	for (; i < text.n && text.p[i] >= '0' && text.p[i] <= '9'; i++) {
		v = v * 10 + (text.p[i] - '0');
		if (v > most)
			return AVOW_E_DURATION;
	}
	if (i == 0)
		return AVOW_E_DURATION;
	if (i == text.n)
		return v == 0 ? AVOW_OK : AVOW_E_DURATION;
	if (i + 1 != text.n)
		return AVOW_E_DURATION;
	switch (text.p[i]) {
	case 's': unit = 1; break;
	case 'm': unit = 60; break;
	case 'h': unit = 3600; break;
	case 'd': unit = DAY_S; break;
	case 'w': unit = 7 * DAY_S; break;
	default: return AVOW_E_DURATION;
	}
	if (v > most / unit)
		return AVOW_E_DURATION;
	*out_s = v * unit;
	return AVOW_OK;
}
