/* mailbox_batch: letters into the inbound table, before anything else. */
#include <assent/base/crypto.h>
#include <assent/base/file.h>
#include <assent/base/log.h>
#include <assent/base/metric.h>
#include <assent/base/str.h>

#include "daemon/mailbox_priv.h"

#include <stdio.h>
#include <string.h>

/* --- items --------------------------------------------------------------------- */

void
batch_item(const struct batch *batch, struct item *item, const char *key)
{
	item->has_job = true;
	item->inbound = (struct inbound){
		.id = id_new(batch->now),
		.source = batch->box->name,
		.source_key = key,
		.received = batch->now,
		.raw = "",
		.spool = "",
		.status = "new",
		.outcome = "",
		.from_email = "",
		.subject = "",
	};
}

static int
spool(const struct batch *batch, struct item *item, const struct str *raw, struct err *err)
{
	AUTO(str_donep) struct str path = STR_INIT(4096), hex = STR_INIT(2 * SHA256_SIZE);
	uint8_t hash[SHA256_SIZE];
	int rc = folder_make(batch->settings->spool, 0700, err);

	if (rc < 0)
		return rc;
	sha256(str_text(raw), raw->len, hash);
	str_add_hex(&hex, hash, sizeof(hash));
	str_addf(&path, "%s/%s", batch->settings->spool, str_text(&hex));
	rc = file_write(str_text(&path), str_text(raw), raw->len, 0600, err);
	item->inbound.raw = NULL;
	item->inbound.spool = arena_dup(batch->arena, str_text(&hex));
	return rc;
}

int
batch_bytes(const struct batch *batch, struct item *item, const struct str *raw, struct err *err)
{
	item->inbound.size = (int64_t)raw->len;
	if (raw->len > INBOUND_ROW_MAX)
		return spool(batch, item, raw, err);
	item->inbound.raw = arena_dup_n(batch->arena, str_text(raw), raw->len);
	return 0;
}

void
batch_set_aside(
    const struct batch *batch, struct item *item, const char *status, const char *outcome)
{
	item->inbound.status = status;
	item->inbound.outcome = outcome;
	item->has_job = false;
}

/* The length of the header in a mail's first n bytes: to the first empty line. */
static size_t
head_length(const char *bytes, size_t n)
{
	const char *lf = memmem(bytes, n, "\n\n", 2), *crlf = memmem(bytes, n, "\r\n\r\n", 4);

	if (lf != NULL && (crlf == NULL || lf < crlf))
		return (size_t)(lf - bytes) + 2;
	return crlf != NULL ? (size_t)(crlf - bytes) + 4 : n;
}

void
batch_head(const struct batch *batch, struct item *item, const void *bytes, size_t n)
{
	size_t length = head_length(bytes, n < HEAD_MAX ? n : HEAD_MAX);

	item->inbound.size = (int64_t)length;
	item->inbound.raw = arena_dup_n(batch->arena, bytes, length);
}

/* --- the step ------------------------------------------------------------------ */

/* Due one after the other, as they lay in the mailbox: an answer may follow its question. */
static int
add_job(struct tx *tx, const struct batch *batch, const struct item *item, struct err *err)
{
	char id[ID_TEXT_SIZE];
	struct job job = {
		.id = id_new(batch->now),
		.kind = "intake",
		.lane = LANE_INTAKE,
		.serial = "",
		.due = batch->now - (batch->items + batch->count - item),
		.created = batch->now,
	};

	job.payload =
	    arena_printf(tx_arena(tx), "{\"inbound\":\"%s\"}", id_text(&item->inbound.id, id));
	return job_add(tx, &job, err);
}

/* A source key that is there already means: committed before a crash (invariant 2). */
static int
add_step(struct tx *tx, void *arg, struct err *err)
{
	struct batch *batch = arg;

	for (size_t i = 0; i < batch->count; i++) {
		struct item *item = &batch->items[i];
		int rc = inbound_add(tx, &item->inbound, err);

		item->is_known = rc == ERR_CONFLICT;
		if (item->is_known)
			continue;
		if (rc == 0 && item->has_job)
			rc = add_job(tx, batch, item, err);
		if (rc < 0)
			return rc;
	}
	return batch->also != NULL ? batch->also(tx, batch, err) : 0;
}

static void
tell_item(const struct batch *batch, const struct item *item)
{
	if (item->is_known)
		return;
	metric_add(METRIC_MAIL_IN, 1);
	if (item->has_job || !text_is(item->inbound.status, "quarantined"))
		return;
	metric_add(METRIC_MAIL_QUARANTINED, 1);
	log_line(LOG_WARN, "mailbox.quarantined", "mailbox", batch->box->name, "reason",
	    item->inbound.outcome, NULL);
}

int
batch_commit(struct batch *batch, struct err *err)
{
	char count[24];
	int rc = db_step(batch->box->daemon->db, add_step, batch, err);

	if (rc < 0 || batch->count == 0)
		return rc;
	for (size_t i = 0; i < batch->count; i++)
		tell_item(batch, &batch->items[i]);
	snprintf(count, sizeof(count), "%zu", batch->count);
	log_line(LOG_INFO, "mailbox.taken", "mailbox", batch->box->name, "count", count, NULL);
	return 0;
}
