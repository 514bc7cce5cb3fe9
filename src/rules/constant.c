/*
 * Parts that hold, or do not, whatever the facts are.
 *
 * A leaf that compares a subject (a fact, or anything made of facts) with
 * literals is tried with a value on, between and beyond all literals that the
 * subject is compared with, and with none; any other leaf may be true, false
 * or unknown. Subjects count as independent: that tries more than can happen,
 * so what comes out the same every time is a constant, and nothing else is
 * called one.
 */
#include "rules/expr_priv.h"
#include "rules/value_priv.h"

#include <stdlib.h>
#include <string.h>

#define LEAVES_MAX 64
#define SUBJECTS_MAX 12
#define SAMPLES_MAX 64
#define LOOKS 64
#define WORK_MAX 200000 /* leaves looked at for one expression */

enum { NO, YES, MAYBE }; /* of three-valued logic */

struct sample {
	bool is_null;
	double number;
	const char *text; /* NULL: a number */
};

struct subject {
	const struct expr *expr;
	struct sample samples[SAMPLES_MAX];
	size_t count;
	size_t at; /* the one that is tried */
};

struct leaf {
	const struct expr *expr;
	size_t subject;
	bool is_whole; /* the subject is the leaf itself: it has truth, not a value */
};

struct trial {
	struct expr_source *source;
	struct leaf leaves[LEAVES_MAX];
	size_t leaf_count;
	struct subject subjects[SUBJECTS_MAX];
	size_t subject_count;
	bool too_many;
	size_t *work;
};

/* --- samples -------------------------------------------------------------------- */

static bool
is_literal(const struct expr *expr)
{
	return expr->kind <= EXPR_NULL ||
	    (expr->kind == EXPR_SIGN && expr->args[0]->kind == EXPR_NUMBER);
}

static struct sample
sample_of(const struct expr *literal)
{
	switch (literal->kind) {
	case EXPR_NUMBER:
		return (struct sample){ .number = literal->number };
	case EXPR_SIGN:
		return (struct sample){ .number = -literal->args[0]->number };
	case EXPR_BOOL:
		return (struct sample){ .number = literal->yes };
	case EXPR_TEXT:
		return (struct sample){ .text = literal->text };
	default:
		return (struct sample){ .is_null = true };
	}
}

static int
compare(const struct sample *a, const struct sample *b)
{
	if (a->text && b->text)
		return strcmp(a->text, b->text);
	return (a->number > b->number) - (a->number < b->number);
}

static int
by_value(const void *a, const void *b)
{
	return compare(a, b);
}

static void
add_sample(struct trial *trial, struct subject *subject, struct sample sample)
{
	if (subject->count < SAMPLES_MAX)
		subject->samples[subject->count++] = sample;
	else
		trial->too_many = true;
}

/* Values between and beyond the literals that are there. */
static void
add_numbers(struct trial *trial, struct subject *subject)
{
	size_t n = subject->count;

	qsort(subject->samples, n, sizeof(subject->samples[0]), by_value);
	if (n == 0)
		add_sample(trial, subject, (struct sample){ .number = 0 });
	for (size_t i = 0; i < n; i++) {
		double here = subject->samples[i].number;
		double next = i + 1 < n ? subject->samples[i + 1].number : here + 2;

		add_sample(trial, subject, (struct sample){ .number = here + (next - here) / 2 });
	}
	if (n > 0)
		add_sample(
		    trial, subject, (struct sample){ .number = subject->samples[0].number - 1 });
}

static void
add_texts(struct trial *trial, struct subject *subject)
{
	size_t n = subject->count;

	add_sample(trial, subject, (struct sample){ .text = "" });
	for (size_t i = 0; i < n; i++)
		add_sample(trial, subject,
		    (struct sample){ .text = arena_printf(trial->source->arena, "%s\x01",
					 subject->samples[i].text) });
}

static void
add_words(struct trial *trial, struct subject *subject, const char *words)
{
	char *rest = arena_dup(trial->source->arena, words), *word;

	subject->count = 0;
	while ((word = strsep(&rest, " ")) != NULL)
		if (*word)
			add_sample(trial, subject, (struct sample){ .text = word });
}

/* The literals were collected; make of them what the subject may be. */
static void
complete(struct trial *trial, struct subject *subject)
{
	const struct expr *expr = subject->expr;
	const struct fact_def *def =
	    expr->kind == EXPR_FACT ? &trial->source->facts->defs[expr->fact] : NULL;

	if (expr->type == TYPE_BOOL) {
		subject->count = 0;
		add_sample(trial, subject, (struct sample){ .number = 0 });
		add_sample(trial, subject, (struct sample){ .number = 1 });
	} else if (def && *def->words) {
		add_words(trial, subject, def->words);
	} else if (expr->type == TYPE_TEXT) {
		add_texts(trial, subject);
	} else {
		add_numbers(trial, subject);
	}
	if (!def || def->fallback.is != FACT_KNOWN)
		add_sample(trial, subject, (struct sample){ .is_null = true });
}

/* --- leaves --------------------------------------------------------------------- */

static bool
is_joint(const struct expr *expr)
{
	return expr->kind >= EXPR_NOT;
}

/* What the leaf compares with literals only, or NULL. */
static const struct expr *
subject_of(const struct expr *leaf)
{
	size_t literals = 0, last = 0;

	if (leaf->kind < EXPR_COMPARE || leaf->kind > EXPR_BETWEEN)
		return NULL;
	for (size_t i = 0; i < leaf->count; i++) {
		if (is_literal(leaf->args[i]))
			literals++;
		else
			last = i;
	}
	if (literals + 1 != leaf->count || (last != 0 && leaf->kind > EXPR_IS))
		return NULL;
	return leaf->args[last];
}

static size_t
find_subject(struct trial *trial, const struct expr *expr)
{
	size_t i = 0;

	while (i < trial->subject_count && !expr_is_same(trial->subjects[i].expr, expr))
		i++;
	if (i == SUBJECTS_MAX) {
		trial->too_many = true;
		return 0;
	}
	if (i == trial->subject_count) {
		trial->subjects[i] = (struct subject){ .expr = expr };
		trial->subject_count++;
	}
	return i;
}

static void
add_leaf(struct trial *trial, const struct expr *expr)
{
	const struct expr *subject = subject_of(expr);
	struct leaf *leaf = &trial->leaves[trial->leaf_count];

	if (trial->leaf_count == LEAVES_MAX) {
		trial->too_many = true;
		return;
	}
	trial->leaf_count++;
	*leaf = (struct leaf){ .expr = expr, .is_whole = subject == NULL };
	leaf->subject = find_subject(trial, subject ? subject : expr);
	for (size_t i = 0; subject && i < expr->count; i++)
		if (is_literal(expr->args[i]) && expr->args[i]->kind != EXPR_NULL)
			add_sample(
			    trial, &trial->subjects[leaf->subject], sample_of(expr->args[i]));
}

static void
add_leaves(struct trial *trial, const struct expr *expr)
{
	if (!is_joint(expr)) {
		add_leaf(trial, expr);
		return;
	}
	for (size_t i = 0; i < expr->count; i++)
		add_leaves(trial, expr->args[i]);
}

/* --- truth ---------------------------------------------------------------------- */

/* The literals' side may be the left one. */
static int
truth_of_comparison(const struct expr *expr, const struct sample *value)
{
	bool is_turned = is_literal(expr->args[0]);
	struct sample other = sample_of(expr->args[is_turned ? 0 : 1]);
	int order = compare(value, &other);

	if (expr->kind == EXPR_IS)
		return (value->is_null || other.is_null ? value->is_null == other.is_null
							: order == 0) != expr->negated;
	if (value->is_null)
		return MAYBE;
	return order_holds(expr->op, is_turned ? -order : order);
}

static int
truth_of_set(const struct expr *expr, const struct sample *value)
{
	bool yes = false;

	if (value->is_null)
		return MAYBE;
	for (size_t i = 1; expr->kind == EXPR_IN && i < expr->count; i++) {
		struct sample item = sample_of(expr->args[i]);

		yes = yes || compare(value, &item) == 0;
	}
	if (expr->kind == EXPR_BETWEEN) {
		struct sample least = sample_of(expr->args[1]), most = sample_of(expr->args[2]);

		yes = compare(value, &least) >= 0 && compare(value, &most) <= 0;
	}
	return yes != expr->negated;
}

static int
truth_of_leaf(const struct trial *trial, const struct expr *expr)
{
	const struct leaf *leaf = trial->leaves;
	const struct subject *subject;
	const struct sample *value;

	while (leaf->expr != expr)
		leaf++;
	subject = &trial->subjects[leaf->subject];
	value = &subject->samples[subject->at];
	if (leaf->is_whole)
		return value->is_null ? MAYBE : value->number > 0;
	if (expr->kind == EXPR_COMPARE || expr->kind == EXPR_IS)
		return truth_of_comparison(expr, value);
	return truth_of_set(expr, value);
}

static int
truth_of(const struct trial *trial, const struct expr *expr)
{
	int found = expr->kind == EXPR_AND ? YES : NO;

	++*trial->work;
	if (!is_joint(expr))
		return truth_of_leaf(trial, expr);
	for (size_t i = 0; i < expr->count; i++) {
		int part = truth_of(trial, expr->args[i]);

		if (expr->kind == EXPR_NOT)
			return part == MAYBE ? MAYBE : !part;
		if (part == (expr->kind == EXPR_AND ? NO : YES))
			return part;
		found = part == MAYBE ? MAYBE : found;
	}
	return found;
}

static bool
next_try(struct trial *trial)
{
	for (size_t i = 0; i < trial->subject_count; i++) {
		if (++trial->subjects[i].at < trial->subjects[i].count)
			return true;
		trial->subjects[i].at = 0;
	}
	return false;
}

static bool
is_settled(unsigned seen)
{
	return (seen & 1u << YES) != 0 && seen != 1u << YES;
}

/* Most expressions show both sides after a few tries, here and there; always the same ones. */
static unsigned
look_around(struct trial *trial, const struct expr *expr)
{
	uint32_t draw = 1;
	unsigned seen = 0;

	for (size_t n = 0; n < LOOKS && !is_settled(seen); n++) {
		for (size_t i = 0; i < trial->subject_count; i++) {
			draw = draw * 1664525 + 1013904223;
			trial->subjects[i].at = (draw >> 16) % trial->subjects[i].count;
		}
		seen |= 1u << truth_of(trial, expr);
	}
	for (size_t i = 0; i < trial->subject_count; i++)
		trial->subjects[i].at = 0;
	return seen;
}

/* Which truths can come out, as bits; all of them when that is too much to try. */
static unsigned
possible(struct trial *trial, const struct expr *expr)
{
	const unsigned all = 1u << NO | 1u << YES | 1u << MAYBE;
	unsigned seen;

	add_leaves(trial, expr);
	for (size_t i = 0; i < trial->subject_count; i++)
		complete(trial, &trial->subjects[i]);
	if (trial->too_many)
		return all;
	seen = look_around(trial, expr);
	while (!is_settled(seen)) {
		seen |= 1u << truth_of(trial, expr);
		if (*trial->work > WORK_MAX)
			return all;
		if (!next_try(trial))
			break;
	}
	return seen;
}

/* --- the parts of one expression -------------------------------------------------- */

static bool
reads_fact(const struct expr *expr)
{
	if (expr->kind == EXPR_FACT)
		return true;
	for (size_t i = 0; i < expr->count; i++)
		if (reads_fact(expr->args[i]))
			return true;
	return false;
}

static const char *
leaf_fault(const struct expr *expr)
{
	if (!reads_fact(expr))
		return "this reads no fact, so it is the same for every ticket";
	if ((expr->kind == EXPR_COMPARE || expr->kind == EXPR_IS) &&
	    expr_is_same(expr->args[0], expr->args[1]))
		return "this compares a thing with itself";
	return NULL;
}

/* The innermost part is told, and what is around it no more. */
static bool
check_part(struct expr_source *source, const struct expr *expr, size_t *work)
{
	const char *message = is_joint(expr) ? NULL : leaf_fault(expr);
	struct trial *trial;
	unsigned seen;
	bool found = false;

	for (size_t i = 0; is_joint(expr) && i < expr->count; i++)
		found = check_part(source, expr->args[i], work) || found;
	if (found || *work > WORK_MAX)
		return found;
	if (!message) {
		trial = mem_alloc(sizeof(*trial));
		trial->source = source;
		trial->work = work;
		seen = possible(trial, expr);
		mem_free(trial);
		if (seen == 1u << YES)
			message = "this always holds, whatever the facts are";
		else if ((seen & 1u << YES) == 0)
			message = "this can never hold, whatever the facts are";
	}
	if (message)
		expr_fault_meant(source, expr->start, message, NULL);
	return message != NULL;
}

void
expr_check_constant(struct expr_source *source, const struct expr *expr)
{
	size_t work = 0;

	check_part(source, expr, &work);
}
