/* tests/exchanges: what the three APIs answer, played byte by byte and in pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <assent/base/file.h>

#include "help_arena.h"
#include "ai/codec_priv.h"

#include <dirent.h>
#include <string.h>

#define FOLDER "tests/exchanges"
#define KEY "sk-northwind-key"

/* --- an exchange ------------------------------------------------------------------ */

struct exchange {
	const char *name, *body, *text, *why; /* text, why: NULL for none */
	struct codec_server server;
	const json_t *usage; /* NULL: whatever it was */
	int status;
	bool is_stream;
};

static const char *
word(const json_t *json, const char *name)
{
	return json_string_value(json_object_get(json, name));
}

/* Of "lines", "text" or "body". */
static const char *
body_of(const json_t *json)
{
	const json_t *lines = json_object_get(json, "lines");
	char *dump = json_dumps(json_object_get(json, "body"), JSON_COMPACT);
	const char *text = word(json, "text") != NULL ? word(json, "text") : dump;
	const char *out = arena_dup(arena, text);

	free(dump); /* house: library memory */
	for (size_t i = 0; i < json_array_size(lines); i++)
		out = arena_printf(arena, "%s%s%s", i == 0 ? "" : out, i == 0 ? "" : "\n",
		    json_string_value(json_array_get(lines, i)));
	return out;
}

static json_t *
read_exchange(const char *name, struct exchange *out)
{
	json_t *json = json_load_file(arena_printf(arena, FOLDER "/%s", name), 0, NULL);
	const json_t *want = json_object_get(json, "want");

	*out = (struct exchange){
		.name = name,
		.body = body_of(json),
		.text = word(want, "text"),
		.why = word(json, "why"),
		.server = { codec_find(word(json, "api")), "https://ai.example", "m", KEY },
		.usage = want,
		.status = (int)json_integer_value(json_object_get(json, "status")),
		.is_stream = json_is_true(json_object_get(json, "stream")),
	};
	if (out->server.codec == NULL || out->body == NULL || out->status == 0 ||
	    (out->text == NULL) == (out->why == NULL))
		fail_msg("%s is no exchange", name);
	return json;
}

/* --- playing it ---------------------------------------------------------------------- */

struct heard {
	struct str text;
	int began;
};

static void
hear_began(void *arg)
{
	struct heard *heard = arg;

	heard->began++;
}

static void
hear_delta(void *arg, const char *text, size_t n)
{
	struct heard *heard = arg;

	assert_int_equal(heard->began, 1);
	assert_true(n > 0);
	str_add_n(&heard->text, text, n);
}

static int
play(const struct exchange *exchange, size_t piece, struct heard *heard, struct codec_answer *out,
    struct err *err)
{
	const struct model_call call = { .began = hear_began, .delta = hear_delta, .arg = heard };
	struct codec_reading reading;
	size_t n = strlen(exchange->body);

	codec_begin(&reading, &exchange->server, &call);
	for (size_t at = 0; at < n; at += piece)
		if (codec_feed(
			&reading, exchange->body + at, n - at < piece ? n - at : piece, err) < 0)
			break;
	return codec_end(&reading, arena, out, err);
}

static void
check_usage(const struct exchange *exchange, const struct model_usage *usage)
{
	const json_t *want = exchange->usage;

	if (want == NULL)
		return;
	if (usage->in != json_integer_value(json_object_get(want, "in")) ||
	    usage->cached != json_integer_value(json_object_get(want, "cached")) ||
	    usage->out != json_integer_value(json_object_get(want, "out")))
		fail_msg("%s: in %lld, cached %lld, out %lld", exchange->name, (long long)usage->in,
		    (long long)usage->cached, (long long)usage->out);
}

static void
check(const struct exchange *exchange, int rc, const char *text, const struct err *err)
{
	if (exchange->text != NULL && (rc < 0 || !text_is(text, exchange->text)))
		fail_msg("%s: %s", exchange->name, rc < 0 ? err->text : text);
	if (exchange->why != NULL && (rc >= 0 || !text_is(err->text, exchange->why)))
		fail_msg("%s: %s", exchange->name, rc < 0 ? err->text : text);
	if (rc < 0 && (strstr(err->text, KEY) != NULL || strstr(err->text, "Bob") != NULL))
		fail_msg("%s: %s", exchange->name, err->text);
}

static void
play_answer(const struct exchange *exchange)
{
	static const size_t pieces[] = { 1, 2, 7, 100, 1000000 };

	for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
		struct heard heard = { .text = STR_INIT(100000) };
		struct codec_answer answer;
		struct err err;
		int rc = play(exchange, pieces[i], &heard, &answer, &err);
		check(exchange, rc, answer.text, &err);
		check_usage(exchange, &answer.usage);
		if (rc == 0)
			assert_string_equal(str_text(&heard.text), answer.text);
		else
			assert_null(answer.text);
		str_done(&heard.text);
	}
}

static void
play_file(const char *name)
{
	struct exchange exchange;
	struct codec_answer answer;
	json_t *json = read_exchange(name, &exchange);
	struct err err;
	int rc;

	if (exchange.status != 200) {
		rc = codec_status(&exchange.server, exchange.status, exchange.body, &err);
		check(&exchange, rc, "", &err);
		json_decref(json);
		return;
	}
	if (!exchange.is_stream) {
		rc = codec_read(&exchange.server, exchange.body, arena, &answer, &err);
		check(&exchange, rc, answer.text, &err);
		check_usage(&exchange, &answer.usage);
	}
	play_answer(&exchange);
	json_decref(json);
}

static void
every_exchange_comes_to_what_it_says_in_whatever_pieces(void **state)
{
	struct dirent **names;
	int n = scandir(FOLDER, &names, NULL, alphasort), played = 0;

	(void)state;
	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		if (text_ends_nocase(names[i]->d_name, ".json")) {
			play_file(names[i]->d_name);
			played++;
		}
		free(names[i]);
	}
	free(names);
	assert_true(played >= 40);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_exchange_comes_to_what_it_says_in_whatever_pieces),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
