#pragma once
/* absence_priv: the words of dates, made from languages/absence.dates. */
#include <stddef.h>

enum date_kind { /* a set of bits: "do" is until in Polish and of in Portuguese */
	DATE_MONTH = 1 << 0,
	DATE_WEEKDAY = 1 << 1,
	DATE_UNTIL = 1 << 2,
	DATE_BACK = 1 << 3,
	DATE_TO = 1 << 4,
	DATE_FROM = 1 << 5,
	DATE_AFTER = 1 << 6,
	DATE_NEXT = 1 << 7,
	DATE_TOMORROW = 1 << 8,
	DATE_TH = 1 << 9,
	DATE_OF = 1 << 10,
	DATE_CLOCK = 1 << 11,
	/* not in the table */
	DATE_NUMBER = 1 << 12,
	DATE_MARK = 1 << 13, /* one character of punctuation */
	DATE_BREAK = 1 << 14, /* end of a sentence */
	DATE_YEAR_MARK = 1 << 15,
	DATE_MONTH_MARK = 1 << 16,
	DATE_DAY_MARK = 1 << 17,
	DATE_WORD = 1 << 18, /* any other */
};

struct date_word {
	unsigned kinds;
	int value;
	size_t len;
	const char *text;
};

extern const struct date_word date_words[];
extern const unsigned short date_word_from[257];

struct date_token {
	unsigned kinds;
	int value; /* of a number, month or day of the week; the character of a mark */
	int digits; /* of a number */
};

/* At most max tokens of the words; returns how many. */
size_t absence_tokens(const char *words, struct date_token *out, size_t max);
