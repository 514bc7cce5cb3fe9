#include <assent/flow/material.h>

#include <assent/base/str.h>
#include <assent/flow/memory.h>
#include <assent/model/ticket.h>
#include <assent/store/approval.h>
#include <assent/store/closing.h>
#include <assent/store/people.h>
#include <assent/store/ticket.h>

#include "flow/ask_priv.h"

#include <string.h>

#define THREAD_WANTED ((size_t)24000) /* bytes: somewhat more than a bundle shows */
#define MESSAGE_WANTED ((size_t)6000) /* of one; what is longer is cut there */
#define MESSAGE_LEAST ((size_t)100) /* what one costs there, however short it is */
#define NEWEST_MAX (THREAD_WANTED / MESSAGE_LEAST + 2)

#define ACTS_MAX 20

struct reading {
	struct desk *desk;
	struct ticket ticket;
	struct organisation organisation; /* id null: not known */
	bool for_customer;
	struct bundle *out;
};

/* --- the thread ------------------------------------------------------------------ */

/* The first message and a ring of the newest, which drop out as newer ones come. */
struct thread {
	struct reading *reading;
	struct bundle_message first, newest[NEWEST_MAX];
	size_t start, count, bytes, skipped;
	bool has_first;
};

static size_t
cost_of(const struct bundle_message *message)
{
	size_t n = strlen(message->text);

	return MESSAGE_LEAST + (n < MESSAGE_WANTED ? n : MESSAGE_WANTED);
}

static void
drop_oldest(struct thread *thread)
{
	struct bundle_message *oldest = &thread->newest[thread->start];

	thread->bytes -= cost_of(oldest);
	mem_free((char *)(uintptr_t)oldest->text);
	thread->start = (thread->start + 1) % NEWEST_MAX;
	thread->count--;
	thread->skipped++;
}

static const char *
side_of(const struct reading *r, const char *email)
{
	const char *at = strchr(email, '@');
	struct tx *tx = r->desk->tx;
	struct staff staff;
	bool is_theirs = false;

	if (text_is_nocase(email, r->ticket.engineer_email) ||
	    staff_by_email(tx, email, &staff, NULL) == 0)
		return "engineer";
	if (text_is_nocase(email, r->ticket.requester_email) ||
	    text_is_nocase(email, r->organisation.owner_email))
		return "customer";
	if (at != NULL && !id_is_null(&r->organisation.id) &&
	    organisation_has_domain(tx, &r->organisation.id, at + 1, &is_theirs, NULL) < 0)
		is_theirs = false;
	return is_theirs ? "customer" : "other";
}

/* Of the first one all words, because an engineer's mail quotes the customer's. */
static int
take_message(const struct message *message, void *arg, struct err *err)
{
	struct thread *thread = arg;
	struct reading *r = thread->reading;
	struct bundle_message *to = &thread->first;

	(void)err;
	if (r->for_customer && !message->is_public)
		return 0;
	if (thread->has_first)
		to = &thread->newest[(thread->start + thread->count++) % NEWEST_MAX];
	*to = (struct bundle_message){ side_of(r, message->from_email), message->is_public,
		message->at, mem_dup(message->seq == 1 ? message->text : message->own) };
	if (thread->has_first)
		thread->bytes += cost_of(to);
	thread->has_first = true;
	while (thread->bytes > THREAD_WANTED && thread->count > 1)
		drop_oldest(thread);
	return 0;
}

static void
keep(struct thread *thread, struct bundle_message *from, struct bundle_message *to)
{
	*to = *from;
	to->text = arena_dup(tx_arena(thread->reading->desk->tx), from->text);
	mem_free((char *)(uintptr_t)from->text);
}

static int
read_thread(struct reading *r, struct err *err)
{
	struct thread *thread = mem_alloc(sizeof(*thread));
	struct bundle_message *items;
	size_t n = 0;
	int rc;

	thread->reading = r;
	rc = message_each(
	    r->desk->tx, &(struct message_walk){ &r->ticket.id, 0, take_message, thread }, err);
	items = arena_alloc(tx_arena(r->desk->tx), (thread->count + 1) * sizeof(*items));
	if (thread->has_first)
		keep(thread, &thread->first, &items[n++]);
	for (size_t i = 0; i < thread->count; i++)
		keep(thread, &thread->newest[(thread->start + i) % NEWEST_MAX], &items[n++]);
	r->out->messages = items;
	r->out->message_count = n;
	r->out->skipped = thread->skipped;
	mem_free(thread);
	return rc;
}

/* --- the engineers' work ----------------------------------------------------------- */

static int
read_findings(struct reading *r, struct err *err)
{
	struct tx *tx = r->desk->tx;
	struct bundle_finding *items;
	struct finding *rows;
	size_t count;
	int rc = finding_list(tx, &r->ticket.id, false, &rows, &count, err);

	if (rc < 0)
		return rc;
	items = arena_alloc(tx_arena(tx), (count + 1) * sizeof(*items));
	for (size_t i = 0; i < count; i++)
		items[i] = (struct bundle_finding){ rows[i].kind, rows[i].text, rows[i].created };
	r->out->findings = items;
	r->out->finding_count = count;
	return 0;
}

/* Only a model's words, which no person made his own? */
static bool
is_only_proposed(const struct fix *fix)
{
	if (text_is(fix->state, "proposed"))
		return true;
	if (!text_is(fix->author, MEMORY_MODEL))
		return false;
	return text_is(fix->state, "dismissed") ||
	    (text_is(fix->state, "superseded") && text_is(fix->moved_by, MEMORY_MODEL));
}

static int
read_fixes(struct reading *r, struct err *err)
{
	struct tx *tx = r->desk->tx;
	struct bundle_fix *items;
	struct fix *rows;
	size_t count, n = 0;
	int rc = fix_list(tx, &r->ticket.id, &rows, &count, err);

	if (rc < 0)
		return rc;
	items = arena_alloc(tx_arena(tx), (count + 1) * sizeof(*items));
	for (size_t i = 0; i < count; i++)
		if (!is_only_proposed(&rows[i]))
			items[n++] = (struct bundle_fix){ rows[i].title, rows[i].description,
				(int)rows[i].confidence, rows[i].state };
	r->out->fixes = items;
	r->out->fix_count = n;
	return 0;
}

static int
read_tasks(struct reading *r, struct err *err)
{
	struct tx *tx = r->desk->tx;
	struct bundle_task *items;
	struct task *rows;
	size_t count, n = 0;
	int rc = task_list(tx, &r->ticket.id, &rows, &count, err);

	if (rc < 0)
		return rc;
	items = arena_alloc(tx_arena(tx), (count + 1) * sizeof(*items));
	for (size_t i = 0; i < count; i++)
		if (!text_is(rows[i].state, "proposed") && !text_is(rows[i].state, "dismissed"))
			items[n++] = (struct bundle_task){ rows[i].kind, rows[i].text,
				rows[i].answer, rows[i].state };
	r->out->tasks = items;
	r->out->task_count = n;
	return 0;
}

/* What went with a resolve is for the customer, too; why it waited or went on is not. */
static bool
is_for(const struct reading *r, const struct closing *closing)
{
	return !text_is_blank(closing->comment) &&
	    (!r->for_customer || text_is(closing->act, "resolve"));
}

/* The newest, when there are more than a document could show. */
static int
read_acts(struct reading *r, struct err *err)
{
	struct tx *tx = r->desk->tx;
	struct text_pair *items = arena_alloc(tx_arena(tx), ACTS_MAX * sizeof(*items));
	struct closing *rows;
	size_t count, n = 0, at;
	int rc = closing_list(tx, &r->ticket.id, &rows, &count, err);

	if (rc < 0)
		return rc;
	for (at = count; at > 0 && n < ACTS_MAX; at--)
		n += is_for(r, &rows[at - 1]);
	r->out->acts = items;
	for (; at < count; at++)
		if (is_for(r, &rows[at]))
			items[r->out->act_count++] =
			    (struct text_pair){ rows[at].act, rows[at].comment };
	return 0;
}

static int
read_work(struct reading *r, struct err *err)
{
	int rc = read_findings(r, err);

	if (rc == 0)
		rc = read_fixes(r, err);
	if (rc == 0)
		rc = read_tasks(r, err);
	return rc < 0 ? rc : read_acts(r, err);
}

/* --- the question and its answer ------------------------------------------------------ */

static int
read_question(struct reading *r, struct err *err)
{
	const struct approval_filter newest = { .ticket = r->ticket.id, .max = 1 };
	struct tx *tx = r->desk->tx;
	struct approval *approval;
	size_t count;
	int rc = approval_list(tx, &newest, &approval, &count, err);

	if (rc < 0 || count == 0)
		return rc;
	r->out->question = approval->question;
	if (approval->state != AS_APPROVED && approval->state != AS_REJECTED)
		return 0;
	r->out->decision = arena_printf(tx_arena(tx), "%s%s%s",
	    approval_state_name(approval->state), text_is_blank(approval->comment) ? "" : ": ",
	    text_is_blank(approval->comment) ? "" : approval->comment);
	return 0;
}

/* --- facts ---------------------------------------------------------------------------- */

/* What the owner is shown beside the request, and nothing else (model/asked.h). */
static void
take_bound(struct reading *r)
{
	struct asked asked = { .attributes = NULL };
	struct text_pair *items;

	ask_attributes(r->desk, &r->ticket, &asked);
	items = arena_alloc(tx_arena(r->desk->tx), (asked.attribute_count + 1) * sizeof(*items));
	for (size_t i = 0; i < asked.attribute_count; i++)
		items[i] =
		    (struct text_pair){ asked.attributes[i].name, asked.attributes[i].value };
	r->out->extra = items;
	r->out->extra_count = asked.attribute_count;
}

static void
take_facts(struct reading *r)
{
	const struct text_items *hidden = &r->desk->policy->sensitive;
	struct bundle *out = r->out;
	char spent[TICKET_SPENT_SIZE];

	for (size_t i = 0; i < hidden->count && i < ARRAY_LEN(out->sensitive); i++)
		out->sensitive[i] = hidden->items[i];
	out->title = r->ticket.title;
	out->customer = r->organisation.name;
	if (r->for_customer) {
		take_bound(r);
		return;
	}
	out->status = r->ticket.status;
	if (r->ticket.spent > 0)
		out->spent =
		    arena_dup(tx_arena(r->desk->tx), ticket_spent_text(r->ticket.spent, spent));
	out->attributes = r->ticket.attributes;
}

static int
read_organisation(struct reading *r, struct err *err)
{
	r->organisation = (struct organisation){ .name = "", .owner_email = "" };
	if (id_is_null(&r->ticket.organisation))
		return 0;
	return organisation_get(r->desk->tx, &r->ticket.organisation, &r->organisation, err);
}

int
material_read(struct desk *desk, const struct id *ticket, enum document_kind kind,
    struct bundle *out, struct err *err)
{
	struct reading r = { .desk = desk,
		.for_customer = kind == DOCUMENT_SUMMARY || kind == DOCUMENT_RESOLUTION,
		.out = out };
	int rc = ticket_get(desk->tx, ticket, &r.ticket, err);

	*out = (struct bundle){ .title = "",
		.question = "",
		.customer = "",
		.status = "",
		.attributes = "",
		.decision = "",
		.spent = "" };
	if (rc == 0)
		rc = read_organisation(&r, err);
	if (rc == 0)
		rc = read_thread(&r, err);
	if (rc == 0)
		rc = read_question(&r, err);
	if (rc < 0)
		return err_wrap(err, rc, "material of a document");
	take_facts(&r);
	if (kind != DOCUMENT_SUMMARY)
		rc = read_work(&r, err);
	return rc < 0 ? err_wrap(err, rc, "material of a document") : 0;
}
