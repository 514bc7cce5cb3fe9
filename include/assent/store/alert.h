#pragma once
/* alert: what the operator was told, so that a restart does not tell it again. */
#include <assent/store/db.h>

#include <stddef.h>

struct alert {
	const char *name; /* of the condition: "mailbox:desk" */
	const char *text;
	utc_ms since; /* when it began */
	utc_ms told; /* the last mail that said so; 0 for never */
	utc_ms ended; /* 0 while it lasts */
	int64_t begins; /* since that mail, this one included */
};

int alert_put(struct tx *tx, const struct alert *alert, struct err *err) MUST_USE; /* by name */
/* What lies in the database for a person to look at, from `since` on. */
struct alert_trouble {
	int64_t jobs_dead, quarantined, resumes_failed;
};

int alert_trouble(struct tx *tx, utc_ms since, struct alert_trouble *out, struct err *err) MUST_USE;

/* All, by name. */
int alert_list(struct tx *tx, struct alert **out, size_t *count, struct err *err) MUST_USE;
