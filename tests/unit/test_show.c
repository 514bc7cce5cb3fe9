#include <assent/base/file.h>
#include <assent/config/settings.h>

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define BASE \
	"agent: {email: desk@help.example}\n" \
	"mailboxes: [{name: in, maildir: in}]\n" \
	"outgoing: {maildir: out}\n"

static char tree[PATH_MAX], folder[PATH_MAX], ring[PATH_MAX + 20], key_file[PATH_MAX + 20];

static int
make_folder(void **state)
{
	char made[] = "/tmp/test-show-XXXXXX";
	struct str text = STR_INIT(1000);
	struct err err;

	assert_non_null(mkdtemp(made));
	assert_non_null(realpath(made, folder));
	assert_non_null(getcwd(tree, sizeof(tree)));
	snprintf(ring, sizeof(ring), "%s/" SETTINGS_SITE_KEYS, folder);
	snprintf(key_file, sizeof(key_file), "%s/" SETTINGS_SIGNING_KEY, folder);
	settings_add_site_keys(&text);
	assert_int_equal(file_write(ring, text.text, text.len, 0600, &err), 0);
	str_clear(&text);
	settings_add_signing_key(&text);
	assert_int_equal(file_write(key_file, text.text, text.len, 0600, &err), 0);
	str_done(&text);
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	return 0;
}

static int
drop_folder(void **state)
{
	unlink(ring);
	unlink(key_file);
	return rmdir(folder);
}

static struct settings *
parse(const struct str *text)
{
	AUTO(faults_freep) struct faults *faults = faults_new("s.yaml");
	struct settings *settings = NULL;
	struct str lines = STR_INIT(100000);
	struct err err = { 0 };

	if (settings_parse("s.yaml", text, &settings, faults, &err) < 0) {
		faults_add_text(faults, &lines);
		fail_msg("%s\n%s", err.text, str_text(&lines));
	}
	return settings;
}

static struct settings *
load(const char *more)
{
	AUTO(str_donep) struct str text = STR_INIT(100000);

	str_addf(&text, BASE "%s", more);
	return parse(&text);
}

static void
what_is_shown_reads_back_the_same(void **state)
{
	AUTO(settings_unrefp) struct settings *rich = NULL;
	AUTO(str_donep) struct str first = STR_INIT(100000);
	AUTO(str_donep) struct str second = STR_INIT(100000);
	AUTO(settings_unrefp) struct settings *again = NULL;

	rich = load("approvals: {send_delay: 90s, tell_requester: yes}\n"
		    "http: {listen: [\"[::1]:80\"], trusted_proxies: [\"fd00::/8\"]}\n"
		    "min_free: 100MiB\n"
		    "organisations: [{key: a, name: \"no\", owner: x@a.example,\n"
		    "  domains: [a.example], owner_name: '\"O''Neil\" \\ # x'}]\n");
	settings_add_yaml(rich, &first);
	again = parse(&first);
	settings_add_yaml(again, &second);
	assert_string_equal(str_text(&first), str_text(&second));
	assert_non_null(strstr(str_text(&first), "send_delay: 90s\n"));
}

static void
json_holds_every_key(void **state)
{
	AUTO(settings_unrefp) struct settings *s = load("");
	json_t *json = settings_json(s), *rows = settings_rows_json();
	size_t n = 0;
	struct str key = STR_INIT(100);

	assert_int_equal(
	    json_integer_value(json_object_get(json_object_get(json, "jobs"), "attempts")), 12);
	assert_true(
	    json_is_false(json_object_get(json_object_get(json, "approvals"), "tell_requester")));
	assert_string_equal(json_string_value(json_array_get(
				json_object_get(json_object_get(json, "http"), "listen"), 0)),
	    "127.0.0.1:8025");
	while (settings_key_at(n, &key))
		n++;
	str_done(&key);
	assert_int_equal(json_array_size(rows), n);
	assert_true(n > 40);
	json_decref(rows);
	json_decref(json);
}

/* Most sites never need these: the first file leaves them out. */
static bool
is_later(const char *key)
{
	static const char *const later[] = { "alerts.", "delegates[]", "sources[]", "credentials[]",
		"ai.", "models[]", "retention.", "smime.", "calendar", "roles[]", "workflows[]" };

	for (size_t i = 0; i < ARRAY_LEN(later); i++)
		if (text_starts(key, later[i]))
			return true;
	return false;
}

/* The last word of a key stands in text as "word:". */
static void
assert_holds_keys(const char *text, bool all)
{
	struct str key = STR_INIT(100);

	for (size_t i = 0; settings_key_at(i, &key); i++) {
		const char *dot = strrchr(str_text(&key), '.');
		char word[100];

		snprintf(word, sizeof(word), "%s:", dot ? dot + 1 : str_text(&key));
		if (!strstr(text, word) && (all || !is_later(str_text(&key))))
			fail_msg("%s is not in it", str_text(&key));
		str_clear(&key);
	}
	str_done(&key);
}

static void
the_first_file_is_clean_and_names_every_key(void **state)
{
	AUTO(str_donep) struct str text = STR_INIT(100000);
	AUTO(str_donep) struct str defaults = STR_INIT(100000);

	settings_add_example(&text);
	assert_holds_keys(str_text(&text), false);
	settings_unref(parse(&text));
	settings_add_defaults(&defaults);
	assert_holds_keys(str_text(&defaults), true);
}

/* An operator takes the bare # away: the sample records have to be clean too. */
static void
the_first_file_with_everything_on_is_clean(void **state)
{
	AUTO(str_donep) struct str text = STR_INIT(100000);
	AUTO(str_donep) struct str on = STR_INIT(100000);

	settings_add_example(&text);
	for (const char *p = str_text(&text); *p; p++)
		if (*p != '#' || p[1] == ' ' || p[1] == '\n')
			str_add_char(&on, *p);
	settings_unref(parse(&on));
}

static void
the_manual_in_the_tree_is_the_rows(void **state)
{
	AUTO(str_donep) struct str want = STR_INIT(1 << 20);
	AUTO(str_donep) struct str got = STR_INIT(1 << 20);
	struct err err;
	char path[PATH_MAX + 40];

	snprintf(path, sizeof(path), "%s/docs/man/assentd.yaml.5", tree);
	assert_int_equal(file_read(path, &got, &err), 0);
	settings_add_manual(&want);
	assert_string_equal(str_text(&got), str_text(&want));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_shown_reads_back_the_same),
		cmocka_unit_test(json_holds_every_key),
		cmocka_unit_test(the_first_file_is_clean_and_names_every_key),
		cmocka_unit_test(the_first_file_with_everything_on_is_clean),
		cmocka_unit_test(the_manual_in_the_tree_is_the_rows),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
