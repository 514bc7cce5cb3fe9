#include "verbs.h"

#include <assent/base/num.h>

#include <string.h>
#include <unistd.h>

#define ARENA_MAX ((size_t)64 << 20)
#define TEXT_MAX ((size_t)1 << 20)

/* One line's question: what it asks for goes into answer, or err says why not. */
struct question {
	struct parser *parser;
	struct arena *arena;
	const json_t *in;
	json_t *answer;
};

typedef int (*answer_fn)(struct question *q, struct err *err);

static const char *
text_of(const json_t *in, const char *key, size_t *len, struct err *err)
{
	const json_t *value = json_object_get(in, key);

	if (!json_is_string(value)) {
		err_set(err, ERR_INVALID, "'%s' must be a text", key);
		return NULL;
	}
	*len = json_string_length(value);
	return json_string_value(value);
}

static int
extract_mail(struct question *q, const char *input, size_t len, struct err *err)
{
	struct letter *letter;
	int rc = parser_letter(q->parser, input, len, q->arena, &letter, err);

	if (rc == 0)
		json_object_set_new(q->answer, "text", cli_json_text(letter->reply));
	return rc;
}

static int
extract_text(struct question *q, const char *text, struct err *err)
{
	char *own;
	int rc = parser_extract(q->parser, text, q->arena, &own, err);

	if (rc == 0)
		json_object_set_new(q->answer, "text", cli_json_text(own));
	return rc;
}

static int
extract_html(struct question *q, const char *input, size_t len, struct err *err)
{
	char *text;
	int rc = parser_html(q->parser, input, len, q->arena, &text, err);

	return rc < 0 ? rc : extract_text(q, text, err);
}

static int
answer_extract(struct question *q, struct err *err)
{
	const char *kind = json_string_value(json_object_get(q->in, "kind"));
	size_t len;
	const char *input = text_of(q->in, "input", &len, err);

	if (!input)
		return ERR_INVALID;
	if (text_is(kind, "eml"))
		return extract_mail(q, input, len, err);
	if (text_is(kind, "html"))
		return extract_html(q, input, len, err);
	if (text_is(kind, "plain"))
		return extract_text(q, input, err);
	return err_set(err, ERR_INVALID, "'kind' must be plain, html or eml");
}

static int
answer_decide(struct question *q, struct err *err)
{
	const json_t *items = json_object_get(q->in, "items");
	const char *locale = json_string_value(json_object_get(q->in, "locale"));
	json_int_t count = items ? json_integer_value(items) : 1;
	struct intent_ask ask = { .locale = locale ? locale : "" };
	struct intent intent;
	json_t *list;
	size_t len;
	int rc;

	ask.words = text_of(q->in, "text", &len, err);
	if (!ask.words)
		return ERR_INVALID;
	if ((items && !json_is_integer(items)) || count < 1 || count > INTENT_ITEMS_MAX)
		return err_set(err, ERR_INVALID, "'items' must be a whole number from 1 to %d",
		    INTENT_ITEMS_MAX);
	ask.items = (size_t)count;
	rc = parser_decide(q->parser, &ask, q->arena, &intent, err);
	if (rc < 0)
		return rc;
	list = json_array();
	for (size_t i = 0; i < intent.count; i++)
		json_array_append_new(
		    list, json_pack("{s:s}", "decision", verdict_name(intent.items[i].verdict)));
	json_object_set_new(q->answer, "items", list);
	json_object_set_new(q->answer, "comment", cli_json_text(intent.comment));
	json_object_set_new(q->answer, "reason", json_string(intent_reason_name(intent.reason)));
	return 0;
}

static json_t *
line_parse(const char *line, size_t len, struct err *err)
{
	json_error_t error;
	/* Without JSON_ALLOW_NUL: so that a text is all of its C string. */
	json_t *in = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);

	if (json_is_object(in))
		return in;
	err_set(err, ERR_INVALID, "the line is not a JSON object%s%s", in ? "" : ": ",
	    in ? "" : error.text);
	json_decref(in);
	return NULL;
}

static void
print_line(json_t *answer)
{
	json_dumpf(answer, stdout, JSON_COMPACT);
	putchar('\n');
}

/* Answer one line; false when it could not be answered. */
static bool
take_line(struct question *q, answer_fn answer, const char *line, size_t len)
{
	struct err err = { 0 };
	json_t *in = line_parse(line, len, &err), *id = json_object_get(in, "id");
	int rc = in ? 0 : ERR_INVALID;

	q->in = in;
	q->answer = json_object();
	json_object_set(q->answer, "id", id ? id : json_null());
	if (rc == 0)
		rc = answer(q, &err);
	if (rc < 0) {
		json_object_clear(q->answer);
		json_object_set(q->answer, "id", id ? id : json_null());
		json_object_set_new(q->answer, "error", cli_json_text(err.text));
	}
	print_line(q->answer);
	json_decref(q->answer);
	json_decref(in);
	arena_reset(q->arena);
	return rc == 0;
}

static void
print_bad_line(const struct err *err)
{
	json_t *answer = json_pack("{s:n, s:o}", "id", "error", cli_json_text(err->text));

	print_line(answer);
	json_decref(answer);
}

static int
answer_lines(struct cli *cli, answer_fn answer)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ARENA_MAX);
	AUTO(cli_lines_freep) struct cli_lines *lines = cli_lines_new(STDIN_FILENO);
	struct question q = { .arena = arena };
	struct err err = { 0 };
	const char *line;
	size_t len;
	bool good = true;
	int rc = cli_parser(cli, &q.parser);

	if (rc != CLI_OK)
		return rc;
	while ((rc = cli_lines_next(lines, &line, &len, &err)) != ERR_NOT_FOUND) {
		if (rc == ERR_IO)
			return cli_fail(cli, &err);
		if (rc == ERR_LIMIT)
			print_bad_line(&err);
		else if (strspn(line, " \t\r") == len)
			continue;
		good = rc == 0 && take_line(&q, answer, line, len) && good;
	}
	return good ? CLI_OK : CLI_FAULTS;
}

/* Standard input as one plain text, for people who try things out. */
static json_t *
question_of_input(struct cli *cli, struct err *err)
{
	AUTO(str_donep) struct str text = STR_INIT(TEXT_MAX);
	const char *items = cli_text(cli, "--items"), *locale = cli_text(cli, "--locale");
	int64_t count = 1;

	if (items && !num_parse(items, &count)) {
		err_set(err, ERR_INVALID, "--items needs a number");
		return NULL;
	}
	if (cli_read_file("-", &text, err) < 0)
		return NULL;
	return json_pack("{s:s, s:o, s:o, s:I, s:s}", "kind", "plain", "input",
	    cli_json_text(str_text(&text)), "text", cli_json_text(str_text(&text)), "items",
	    (json_int_t)count, "locale", locale ? locale : "");
}

static void
print_for_people(const json_t *answer)
{
	const json_t *items = json_object_get(answer, "items"), *item;
	size_t i;

	json_array_foreach(items, i, item)
	    printf("%zu: %s\n", i + 1, json_string_value(json_object_get(item, "decision")));
	if (!items)
		printf("%s\n", json_string_value(json_object_get(answer, "text")));
	else
		printf("reason: %s\ncomment: %s\n",
		    json_string_value(json_object_get(answer, "reason")),
		    json_string_value(json_object_get(answer, "comment")));
}

static int
answer_whole(struct cli *cli, answer_fn answer)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ARENA_MAX);
	struct question q = { .arena = arena };
	struct err err = { 0 };
	json_t *in;
	int rc = cli_parser(cli, &q.parser);

	if (rc != CLI_OK)
		return rc;
	in = question_of_input(cli, &err);
	q.in = in;
	q.answer = json_object();
	rc = in ? answer(&q, &err) : err.code;
	if (rc == 0 && cli->json)
		print_line(q.answer);
	else if (rc == 0)
		print_for_people(q.answer);
	json_decref(q.answer);
	json_decref(in);
	return rc < 0 ? cli_fail(cli, &err) : CLI_OK;
}

static int
answer_input(struct cli *cli, answer_fn answer)
{
	return cli_flag(cli, "--jsonl") ? answer_lines(cli, answer) : answer_whole(cli, answer);
}

int
verb_reply_extract(struct cli *cli)
{
	return answer_input(cli, answer_extract);
}

int
verb_reply_decide(struct cli *cli)
{
	return answer_input(cli, answer_decide);
}
