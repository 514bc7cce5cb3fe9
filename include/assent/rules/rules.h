#pragma once
/*
 * rules: when something must not wait, as files that anybody can read.
 *
 * rules/<name>.yaml ship inside the program; a site's file of the same name
 * under <site_dir>/rules/ takes its place, others are added. All files are read
 * whole or not at all: every fault is told at its place, those of expressions
 * inside the expression. A set of rules is immutable and counted; any thread
 * may read it. docs/RULES.md is for those who write them.
 */
#include <assent/base/err.h>
#include <assent/config/faults.h>
#include <assent/model/escalation.h>
#include <assent/model/policy.h>
#include <assent/rules/facts.h>

#define RULES_MAX 256
#define RULES_FILES_MAX 64
#define RULES_FILE_MAX ((size_t)256 << 10) /* bytes */
#define RULE_LEVELS_MAX 8
#define RULE_TESTS_MAX 100
#define RULE_WHEN_MAX 2000 /* bytes of an expression */
#define RULE_ASK_MAX 500 /* bytes of a question */
#define RULE_REPEAT_MIN (5 * MS_MINUTE)

/* clang-format off */
/* As long as a packet of the rule is open for the same …, there is no second one. */
#define RULE_ONCES(X) \
	X(TICKET,	"ticket") \
	X(APPROVAL,	"approval") \
	X(ORGANISATION,	"organisation") \
	X(DAY,		"day")

#define RULE_THENS(X) \
	X(ESCALATE,		"escalate") \
	X(REQUEST_APPROVAL,	"request_approval") \
	X(REMIND,		"remind") \
	X(NOTIFY,		"notify") \
	X(CLOSE,		"close")
/* clang-format on */

#define X(id, name) ONCE_PER_##id,
enum rule_once { RULE_ONCES(X) ONCE_PER_COUNT };
#undef X
#define X(id, name) THEN_##id,
enum rule_then { RULE_THENS(X) THEN_COUNT };
#undef X

const char *rule_once_name(enum rule_once once);
const char *rule_then_name(enum rule_then then);

struct rule_text { /* one text in several languages; the first is the one for all others */
	const struct rule_said {
		const char *locale, *text;
	} * said;
	size_t count;
};

/* The text in locale, else in its language ("de" for "de-AT"), else the first; "" without any. */
const char *rule_text_in(const struct rule_text *text, const char *locale);

struct rule_level {
	span_ms after; /* business time, from when the packet was raised */
	span_ms repeat; /* business time; 0: told once */
	const char *to;
};

struct rule {
	const char *id; /* unique in all files */
	const char *file; /* "rules/desk.yaml" */
	int line, column; /* of the rule */
	struct rule_text title, suggest;
	struct rule_text ask; /* what request_approval asks the owner */
	const char *when; /* as written */
	const char *reason; /* one of model/escalation.h, or a word of the site's own */
	enum escalation_priority priority;
	span_ms due; /* business time; 0: not said */
	const char *to; /* a role of the settings or of staff, or an address; "" for nobody */
	const struct rule_level *levels; /* by after */
	size_t level_count;
	enum rule_once once_per;
	enum rule_then then;
	bool withdraw; /* close withdraws an open question, too; else it waits for its end */
	const char *
	    group; /* of rules with the same, in order of the files, the first that holds; "" none */
};

struct rules;

struct rules_file {
	const char *name; /* "rules/desk.yaml" */
	const char *text;
	size_t len;
};

struct rules_source {
	const char *site_dir; /* NULL or "": only what ships */
	const struct rules_file *files; /* instead of folders, when file_count > 0 */
	size_t file_count;
	const struct rules_file
	    *beside; /* with folders: in the place of the one of its name; NULL */
	const char *const *roles; /* that `to` of a site's own files may name; NULL: not checked */
	size_t role_count;
	const struct policy *policy; /* whose people addresses are of; NULL: not checked */
	/* One call for each fault, file by file and in order; NULL: nobody listens. */
	void (*fault)(void *arg, const char *file, const struct fault *fault);
	void *arg;
};

/*
 * Read and check all files. 0 gives *out to the caller (rules_unref()).
 * ERR_INVALID: faults were told, err counts them and has the first; *out is
 * untouched. ERR_IO, ERR_DENIED, ERR_LIMIT: a file or folder could not be read.
 */
int rules_load(const struct rules_source *source, struct rules **out, struct err *err) MUST_USE;

/* rules_load() of a site: its folder and its roles; how gives fault and arg, NULL: nobody listens. */
int rules_load_site(const struct policy *policy, const struct rules_source *how, struct rules **out,
    struct err *err) MUST_USE;

/* Are a site's rules clean? err has the first fault. */
int rules_check(const struct policy *policy, struct err *err) MUST_USE;

struct rules *rules_ref(struct rules *rules);
void rules_unref(struct rules *rules);
FREEP(struct rules, rules_unref)

/* In order of the files' names and then as written. */
size_t rules_count(const struct rules *rules);
const struct rule *rules_at(const struct rules *rules, size_t i); /* NULL past the end */
const struct rule *rules_find(const struct rules *rules, const char *id, size_t *i);

/* All facts: the built-in ones by their numbers, then the site's own. */
size_t rules_fact_count(const struct rules *rules);
const struct fact_def *rules_fact(const struct rules *rules, size_t fact);
/* Does any rule read it? What nobody reads need not be looked up. */
bool rules_use(const struct rules *rules, size_t fact);
bool rule_uses(const struct rules *rules, size_t rule, size_t fact);
/* Can time alone make a rule hold or not (hours_since() and the like)? */
bool rules_use_time(const struct rules *rules, size_t rule);

/*
 * Fill the facts that are of_attribute (the site's own, and consent) from a
 * ticket's attributes (a JSON object or NULL; only the top level is read), with
 * the fallback where they say nothing. Texts are those of attributes, which
 * must live as long as the values.
 */
void rules_take_attributes(
    const struct rules *rules, const json_t *attributes, struct fact_value values[]);

/* SHA-256 over names and texts of all files, as hex: what was in force. */
const char *rules_hash(const struct rules *rules);

/* One of the `tests:` of a rule, after it ran. */
struct rule_tested {
	const struct rule *rule;
	size_t n; /* from 1, within the rule */
	int line, column;
	bool passed;
	const char *why; /* one sentence when it did not */
};

/* Run all tests of all rules, in order. Returns how many failed. */
size_t rules_test(
    struct rules *rules, void (*report)(void *arg, const struct rule_tested *tested), void *arg);
