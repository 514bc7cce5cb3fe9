#include <assent/daemon/clockwork.h>

#include <assent/base/log.h>
#include <assent/base/mem.h>
#include <assent/base/num.h>
#include <assent/base/str.h>
#include <assent/base/zone.h>
#include <assent/store/queue.h>
#include <assent/store/site.h>

#include <pthread.h>
#include <stdio.h>

#define SAVE_EVERY MS_MINUTE
#define TRIED_MOST (2 * MS_HOUR) /* what failed is tried again sooner (store/queue.c) */
#define BOOT_ID_SIZE 40

struct clockwork {
	struct db *db;
	pthread_mutex_t lock;
	struct clock_reading seen; /* the last believed pair */
	char boot_id[BOOT_ID_SIZE];
	bool was_trusted;
	bool is_saved; /* once since the start, or since it was believed again */
	span_ms saved_at; /* boot time */
};

/* Under lock. */
static void
keep(struct clockwork *cw, const struct clock_reading *now)
{
	cw->seen = *now;
	cw->seen.boot_id = cw->boot_id;
	snprintf(cw->boot_id, sizeof(cw->boot_id), "%s", now->boot_id);
}

struct stored {
	struct clock_reading reading;
	char boot_id[BOOT_ID_SIZE];
	utc_ms accepted;
	bool is_news; /* believed for the first time, or again */
	bool is_back; /* again */
};

static int
load(struct tx *tx, void *arg, struct err *err)
{
	struct stored *stored = arg;
	struct clock_seen seen;
	const char *accepted;
	int rc = clock_seen_get(tx, &seen, err);

	if (rc == 0) {
		stored->reading.wall = seen.wall;
		stored->reading.boot = seen.boot;
		snprintf(stored->boot_id, sizeof(stored->boot_id), "%s", seen.boot_id);
	}
	if (rc < 0 && rc != ERR_NOT_FOUND)
		return rc;
	rc = site_get(tx, "clock.accepted", &accepted, err);
	if (rc == 0 && !num_parse(accepted, &stored->accepted))
		stored->accepted = 0;
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

static int
save(struct tx *tx, void *arg, struct err *err)
{
	const struct stored *stored = arg;
	int rc = clock_seen_set(tx,
	    &(struct clock_seen){ stored->reading.wall, stored->reading.boot, stored->boot_id },
	    err);

	/* Once is enough: it must not excuse the next jump. */
	if (rc == 0 && stored->accepted != 0)
		rc = site_set(tx, "clock.accepted", "", err);
	if (rc == 0 && stored->is_news)
		rc = job_recall(tx, stored->reading.wall, stored->is_back ? 0 : TRIED_MOST, err);
	return rc;
}

static void
log_change(bool trusted, const struct clock_reading *seen, const struct clock_reading *now)
{
	AUTO(str_donep) struct str was = STR_INIT(64), is = STR_INIT(64);

	utc_add_iso(&was, seen->wall);
	utc_add_iso(&is, now->wall);
	if (trusted)
		log_line(LOG_NOTICE, "clock.believed", "now", str_text(&is), NULL);
	else
		log_line(LOG_ERROR, "clock.not_believed", "last", str_text(&was), "now",
		    str_text(&is), "effect", "nothing expires meanwhile", "remedy",
		    "set the clock or run: assent clock accept", NULL);
}

/* Under lock: is it time to write down what is believed? */
static bool
wants_saving(const struct clockwork *cw, const struct clock_reading *now, bool has_changed)
{
	return has_changed || !cw->is_saved || now->boot - cw->saved_at >= SAVE_EVERY;
}

/* True when stored is to be written down. */
static bool
judge(struct clockwork *cw, struct stored *stored)
{
	struct clock_reading now = clock_read();
	bool trusted, has_changed, saves;

	pthread_mutex_lock(&cw->lock);
	trusted = clock_is_believable(&cw->seen, &now, stored->accepted);
	has_changed = trusted != cw->was_trusted;
	if (has_changed)
		log_change(trusted, &cw->seen, &now);
	cw->was_trusted = trusted;
	saves = trusted && wants_saving(cw, &now, has_changed || stored->accepted != 0);
	if (trusted)
		keep(cw, &now);
	if (saves) {
		stored->is_news = has_changed || !cw->is_saved;
		stored->is_back = has_changed;
		cw->is_saved = true;
		cw->saved_at = now.boot;
	}
	pthread_mutex_unlock(&cw->lock);
	stored->reading = now;
	snprintf(stored->boot_id, sizeof(stored->boot_id), "%s", now.boot_id);
	return saves;
}

void
clockwork_tick(struct clockwork *cw)
{
	struct stored stored = { 0 };
	struct err err;
	int rc = db_read(cw->db, NULL, load, &stored, &err);

	if (rc == 0 && judge(cw, &stored))
		rc = db_step(cw->db, save, &stored, &err);
	if (rc < 0)
		log_err(LOG_WARN, "clock.failed", &err);
}

int
clockwork_open(struct db *db, struct clockwork **out, struct err *err)
{
	struct clockwork *cw = mem_alloc(sizeof(*cw));
	struct stored stored = { 0 };
	int rc = db_read(db, NULL, load, &stored, err);

	if (rc < 0) {
		mem_free(cw);
		return err_wrap(err, rc, "clock");
	}
	cw->db = db;
	pthread_mutex_init(&cw->lock, NULL);
	stored.reading.boot_id = stored.boot_id;
	keep(cw, &stored.reading);
	cw->was_trusted = true;
	clockwork_tick(cw);
	*out = cw;
	return 0;
}

void
clockwork_close(struct clockwork *cw)
{
	if (cw == NULL)
		return;
	pthread_mutex_destroy(&cw->lock);
	mem_free(cw);
}

bool
clockwork_is_trusted(void *arg)
{
	struct clockwork *cw = arg;
	struct clock_reading now = { clock_now(), clock_boot(), clock_boot_id(), false };
	bool trusted;

	pthread_mutex_lock(&cw->lock);
	trusted = clock_is_believable(&cw->seen, &now, 0);
	pthread_mutex_unlock(&cw->lock);
	/* Asked for each page and step: the kernel only when the clocks themselves say no. */
	if (!trusted) {
		now = clock_read();
		trusted = now.synchronised;
	}
	return trusted;
}
