#include <assent/model/ticket.h>

#include "table_priv.h"

#include <assent/base/str.h>

#include <stdio.h>
#include <string.h>

/* clang-format off */
static const struct edge edges[] = {
	/* from			event			to */
	{ TICKET_OPEN,		TICKET_DO_ASK,		TICKET_WAITING },
	{ TICKET_OPEN,		TICKET_DO_DECIDE,	TICKET_DECIDED },
	{ TICKET_OPEN,		TICKET_DO_RESOLVE,	TICKET_RESOLVED },
	{ TICKET_OPEN,		TICKET_DO_ESCALATE,	TICKET_ESCALATED },
	{ TICKET_OPEN,		TICKET_DO_PAUSE,	TICKET_PAUSED },

	{ TICKET_WAITING,	TICKET_DO_ASK,		TICKET_WAITING },
	{ TICKET_WAITING,	TICKET_DO_DECIDE,	TICKET_DECIDED },
	{ TICKET_WAITING,	TICKET_DO_LAPSE,	TICKET_OPEN },
	{ TICKET_WAITING,	TICKET_DO_RESOLVE,	TICKET_RESOLVED },
	{ TICKET_WAITING,	TICKET_DO_ESCALATE,	TICKET_ESCALATED },
	{ TICKET_WAITING,	TICKET_DO_PAUSE,	TICKET_PAUSED },

	{ TICKET_DECIDED,	TICKET_DO_ASK,		TICKET_WAITING },
	{ TICKET_DECIDED,	TICKET_DO_DECIDE,	TICKET_DECIDED },
	{ TICKET_DECIDED,	TICKET_DO_RESOLVE,	TICKET_RESOLVED },
	{ TICKET_DECIDED,	TICKET_DO_ESCALATE,	TICKET_ESCALATED },
	{ TICKET_DECIDED,	TICKET_DO_PAUSE,	TICKET_PAUSED },

	/* What was asked before it was handed over is answered to the next engineer. */
	{ TICKET_ESCALATED,	TICKET_DO_ASK,		TICKET_WAITING },
	{ TICKET_ESCALATED,	TICKET_DO_DECIDE,	TICKET_DECIDED },
	{ TICKET_ESCALATED,	TICKET_DO_RESOLVE,	TICKET_RESOLVED },
	{ TICKET_ESCALATED,	TICKET_DO_ESCALATE,	TICKET_ESCALATED },
	{ TICKET_ESCALATED,	TICKET_DO_PAUSE,	TICKET_PAUSED },

	{ TICKET_PAUSED,	TICKET_DO_RESOLVE,	TICKET_RESOLVED },
	{ TICKET_PAUSED,	TICKET_DO_ESCALATE,	TICKET_ESCALATED },

	/* Why nothing of owners: a question that is out keeps it from being resolved. */
	{ TICKET_RESOLVED,	TICKET_DO_REOPEN,	TICKET_OPEN },
};

#define X(id, name) name,
const char *const ticket_status_names[] = { TICKET_STATUSES(X) };
static const char *const event_names[] = { TICKET_EVENTS(X) };
#undef X
/* clang-format on */

const char ticket_status_words[] = "open, waiting, decided, paused, escalated or resolved";

static bool
find_edge(enum ticket_status from, enum ticket_event event, enum ticket_status *to)
{
	int next = edge_follow(edges, ARRAY_LEN(edges), (int)from, (int)event);

	if (next >= 0)
		*to = (enum ticket_status)next;
	return next >= 0;
}

static bool
is_of_owner(enum ticket_event event)
{
	return event == TICKET_DO_ASK || event == TICKET_DO_DECIDE || event == TICKET_DO_LAPSE;
}

bool
ticket_step(const struct ticket_life *from, enum ticket_event event, struct ticket_life *to)
{
	enum ticket_status next;

	if (from->status == TICKET_PAUSED && event == TICKET_DO_RESUME) {
		*to = (struct ticket_life){ from->before, from->before };
		return from->before != TICKET_PAUSED;
	}
	/* It stays paused; what it will be afterwards changes. */
	if (from->status == TICKET_PAUSED && is_of_owner(event)) {
		if (!find_edge(from->before, event, &next))
			return false;
		*to = (struct ticket_life){ TICKET_PAUSED, next };
		return true;
	}
	if (!find_edge(from->status, event, &next))
		return false;
	*to = (struct ticket_life){ next, next == TICKET_PAUSED ? from->status : next };
	return true;
}

const char *
ticket_status_name(enum ticket_status status)
{
	return ticket_status_names[status];
}

bool
ticket_status_parse(const char *name, enum ticket_status *out)
{
	int at = word_place(ticket_status_names, ARRAY_LEN(ticket_status_names), name);

	if (at >= 0)
		*out = (enum ticket_status)at;
	return at >= 0;
}

const char *
ticket_event_name(enum ticket_event event)
{
	return event_names[event];
}

/* --- time -------------------------------------------------------------------- */

static const char *
skip_blanks(const char *at)
{
	while (*at == ' ' || *at == '\t')
		at++;
	return at;
}

/* Digits, as thousandths; "1.5" and "1,5" are 1500. */
static bool
read_amount(const char **at, int64_t *out)
{
	size_t whole = strspn(*at, "0123456789"), parts = 0;
	int64_t value = 0, unit = 100;

	if (whole == 0 || whole > 6)
		return false;
	for (size_t i = 0; i < whole; i++)
		value = value * 10 + ((*at)[i] - '0');
	value *= 1000;
	*at += whole;
	if (**at == '.' || **at == ',') {
		parts = strspn(*at + 1, "0123456789");
		if (parts == 0 || parts > 3)
			return false;
		for (size_t i = 1; i <= parts; i++, unit /= 10)
			value += unit * ((*at)[i] - '0');
		*at += parts + 1;
	}
	*out = value;
	return true;
}

static const struct {
	const char *word;
	int64_t minutes;
} units[] = { { "h", 60 }, { "hr", 60 }, { "hrs", 60 }, { "hour", 60 }, { "hours", 60 }, { "m", 1 },
	{ "min", 1 }, { "mins", 1 }, { "minute", 1 }, { "minutes", 1 } };

/* Minutes in one; 0 for no unit that is known. No word is minutes. */
static int64_t
read_unit(const char **at)
{
	size_t n = 0;

	while ((*at)[n] >= 'A' && strchr(" \t0123456789", (*at)[n]) == NULL)
		n++;
	if (n == 0)
		return **at == '\0' ? 1 : 0;
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (strlen(units[i].word) != n || strncasecmp(units[i].word, *at, n) != 0)
			continue;
		*at += n;
		return units[i].minutes;
	}
	return 0;
}

bool
ticket_spent_parse(const char *text, int64_t *minutes)
{
	const char *at = skip_blanks(text);
	int64_t sum = 0, amount, unit, last = INT64_MAX;

	while (*at != '\0') {
		if (!read_amount(&at, &amount))
			return false;
		at = skip_blanks(at);
		unit = read_unit(&at);
		/* Hours come before minutes, each once. */
		if (unit == 0 || unit >= last)
			return false;
		last = unit;
		sum += amount * unit;
		at = skip_blanks(at);
	}
	sum = (sum + 999) / 1000;
	if (sum <= 0 || sum > TICKET_SPENT_MAX)
		return false;
	*minutes = sum;
	return true;
}

const char *
ticket_spent_text(int64_t minutes, char out[TICKET_SPENT_SIZE])
{
	long long hours = minutes / 60, rest = minutes % 60;

	if (minutes <= 0)
		out[0] = '\0';
	else if (hours == 0)
		snprintf(out, TICKET_SPENT_SIZE, "%lld min", rest);
	else if (rest == 0)
		snprintf(out, TICKET_SPENT_SIZE, "%lld h", hours);
	else
		snprintf(out, TICKET_SPENT_SIZE, "%lld h %lld min", hours, rest);
	return out;
}
