#include <assent/base/crypto.h>
#include <assent/base/file.h>
#include <assent/config/settings.h>

#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define KEY "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define BASE \
	"agent: {email: desk@help.example}\n" \
	"mailboxes: [{name: in, maildir: in}]\n" \
	"outgoing: {maildir: out}\n"

static char folder[PATH_MAX];

static const struct {
	const char *name;
	bool whole;
	const char *text;
	const char *want; /* "line:column: message\n" each, "" when clean */
} cases[] = {
#include "cases_settings_values.inc"
#include "cases_settings_yaml.inc"
};

static void
put(const char *name, const char *text, unsigned mode)
{
	struct err err;

	assert_int_equal(file_write(name, text, strlen(text), mode, &err), 0);
}

static int
make_folder(void **state)
{
	char made[] = "/tmp/test-settings-XXXXXX";

	unsetenv("CREDENTIALS_DIRECTORY");
	assert_non_null(mkdtemp(made));
	assert_non_null(realpath(made, folder));
	assert_int_equal(chdir(folder), 0);
	put("site.keys", "7 " KEY "\n", 0600);
	put("signing.key", KEY "\n", 0600);
	put("open.keys", "1 " KEY "\n", 0644);
	put("broken.keys", "# ring\n1 xyz\n", 0600);
	put("twice.keys", "1 " KEY "\n\n1 " KEY "\n", 0600);
	put("empty.keys", "# none yet\n", 0600);
	put("short.key", "abcd\n", 0600);
	put("afile", "x\n", 0644);
	return 0;
}

static int
drop_folder(void **state)
{
	static const char *const names[] = { "site.keys", "signing.key", "open.keys", "broken.keys",
		"twice.keys", "empty.keys", "short.key", "afile", "s.yaml", "assentd.yaml",
		"cred/site.keys", "cred", "site/mail-templates/xx", "site/mail-templates",
		"site/phrases/yy.txt", "site/phrases", "site" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (remove(names[i]) < 0)
			continue;
	assert_int_equal(chdir("/"), 0);
	return rmdir(folder);
}

/* What settings_load() says to text as lines, with @/ for our folder. */
static void
faults_of(const char *text, size_t n, struct str *out)
{
	AUTO(faults_freep) struct faults *faults = faults_new("s.yaml");
	AUTO(settings_unrefp) struct settings *settings = NULL;
	struct str lines = STR_INIT(100000);
	struct err err = { 0 };
	const char *at, *found;
	int rc;

	assert_int_equal(file_write("s.yaml", text, n, 0644, &err), 0);
	rc = settings_load("s.yaml", &settings, faults, &err);
	assert_int_equal(rc, faults_count(faults) ? ERR_INVALID : 0);
	assert_true((rc == 0) == (settings != NULL));
	faults_add_text(faults, &lines);
	for (at = str_text(&lines); (found = strstr(at, folder)); at = found + strlen(folder)) {
		str_add_n(out, at, (size_t)(found - at));
		str_add(out, "@");
	}
	str_add(out, at);
	str_done(&lines);
}

static struct settings *
load(const char *more)
{
	AUTO(faults_freep) struct faults *faults = faults_new("s.yaml");
	AUTO(str_donep) struct str text = STR_INIT(100000);
	struct settings *settings = NULL;
	struct str lines = STR_INIT(100000);
	struct err err = { 0 };

	str_addf(&text, BASE "%s", more);
	put("s.yaml", str_text(&text), 0644);
	if (settings_load("s.yaml", &settings, faults, &err) < 0) {
		faults_add_text(faults, &lines);
		fail_msg("%s\n%s", err.text, str_text(&lines));
	}
	return settings;
}

static void
every_fault_is_told_at_its_place(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(str_donep) struct str text = STR_INIT(10000);
		AUTO(str_donep) struct str got = STR_INIT(100000);
		AUTO(str_donep) struct str want = STR_INIT(100000);
		struct str rest = STR_INIT(10000);
		char *line, *walk;

		str_add(&text, cases[i].whole ? "" : BASE);
		str_add(&text, cases[i].text);
		faults_of(str_text(&text), text.len, &got);
		str_add(&rest, cases[i].want);
		for (walk = rest.text; walk && (line = strsep(&walk, "\n")) && *line;)
			str_addf(&want, "s.yaml:%s\n", line);
		str_done(&rest);
		if (strcmp(str_text(&got), str_text(&want)) != 0)
			fail_msg("%s:\ngot  %s\nwant %s", cases[i].name, str_text(&got),
			    str_text(&want));
	}
}

static void
a_nul_byte_is_told_at_its_place(void **state)
{
	AUTO(str_donep) struct str got = STR_INIT(1000);

	faults_of("agent:\n  name: a\0b\n", 19, &got);
	assert_string_equal(
	    str_text(&got), "s.yaml:2:10: byte 0x00 is not UTF-8 text; save the file as UTF-8\n");
}

static void
a_file_over_one_mebibyte_is_refused(void **state)
{
	AUTO(str_donep) struct str text = STR_INIT(SETTINGS_SIZE_MAX + 100);
	AUTO(str_donep) struct str got = STR_INIT(1000);

	while (text.len <= SETTINGS_SIZE_MAX)
		str_add(&text, "# much\n");
	faults_of(text.text, text.len, &got);
	assert_string_equal(str_text(&got), "s.yaml:1:1: the file is larger than 1 MiB\n");
}

static void
many_faults_are_counted_to_the_end(void **state)
{
	AUTO(str_donep) struct str text = STR_INIT(100000);
	AUTO(str_donep) struct str got = STR_INIT(100000);

	str_add(&text, BASE "staff:\n");
	for (int i = 0; i < 250; i++)
		str_addf(&text, "  - email: s%d\n", i);
	faults_of(text.text, text.len, &got);
	assert_non_null(strstr(str_text(&got), "s.yaml:5:12: staff[1].email: 's0' has no '@'\n"));
	assert_non_null(strstr(str_text(&got), "s.yaml: and 50 more\n"));
}

static void
a_missing_file_is_not_a_fault_of_the_file(void **state)
{
	AUTO(faults_freep) struct faults *faults = faults_new("nowhere.yaml");
	struct settings *settings = NULL;
	struct err err;

	assert_int_equal(settings_load("nowhere.yaml", &settings, faults, &err), ERR_NOT_FOUND);
	assert_int_equal(faults_count(faults), 0);
	assert_null(settings);
}

static void
a_folder_in_the_files_place_is_a_fault(void **state)
{
	AUTO(faults_freep) struct faults *faults = faults_new("/");
	struct settings *settings = NULL;
	struct err err;

	assert_int_equal(settings_load("/", &settings, faults, &err), ERR_INVALID);
	assert_int_equal(faults_count(faults), 1);
}

static void
the_defaults_are_those_of_the_rows(void **state)
{
	AUTO(settings_unrefp) struct settings *s = load("");
	const struct policy *p = &s->policy;

	assert_string_equal(p->agent_email, "desk@help.example");
	assert_string_equal(p->agent_name, "Approval desk");
	assert_string_equal(p->separator, "+");
	assert_string_equal(p->instance, "desk@help.example");
	assert_string_equal(p->public_url, "");
	assert_string_equal(p->site_dir, "");
	assert_string_equal(p->locale, "en");
	assert_string_equal(p->zone_name, "UTC");
	assert_non_null(p->zone);
	assert_int_equal(p->send_delay, MS_MINUTE);
	assert_int_equal(p->remind_after_days, 2);
	assert_int_equal(p->expire_after_days, 10);
	assert_false(p->tell_requester);
	assert_int_equal(p->batch_max, 20);
	assert_int_equal(p->level, LEVEL_DEFAULT);
	assert_int_equal(p->trust, TRUST_NONE);
	assert_int_equal(p->organisation_count, 0);
	assert_int_equal(p->staff_count, 0);
	assert_int_equal(p->job_attempts, 12);
	assert_int_equal(p->parse_attempts, 3);
	assert_string_equal(s->state_dir, "/var/lib/assentd");
	assert_string_equal(s->database, "/var/lib/assentd/assentd.db");
	assert_string_equal(s->spool, "/var/lib/assentd/spool");
	assert_string_equal(s->control, "/run/assentd/control");
	assert_string_equal(s->lock, "/run/assentd/lock");
	assert_int_equal(s->min_free, 64 << 20);
	assert_int_equal(s->log_level, LOG_INFO);
	assert_int_equal(s->mail_max_size, 25 << 20);
	assert_int_equal(s->parser_children, 2);
	assert_int_equal(s->parser_deadline, 20 * MS_SECOND);
	assert_int_equal(s->listen.count, 1);
	assert_string_equal(s->listen.items[0].host, "127.0.0.1");
	assert_int_equal(s->listen.items[0].port, 8025);
	assert_int_equal(s->trusted_proxies.count, 0);
}

static void
keys_come_from_their_files(void **state)
{
	AUTO(settings_unrefp) struct settings *s = load("");
	uint8_t want[32];

	assert_int_equal(hex_decode(KEY, 64, want, 32), 32);
	assert_int_equal(s->policy.key_count, 1);
	assert_int_equal(s->policy.keys[0].id, 7);
	assert_memory_equal(s->policy.keys[0].bytes, want, 32);
	assert_memory_equal(s->policy.signing_seed, want, 32);
}

static void
systemd_credentials_come_first(void **state)
{
	AUTO(settings_unrefp) struct settings *s = NULL;
	AUTO(str_donep) struct str dir = STR_INIT(PATH_MAX);

	str_addf(&dir, "%s/cred", folder);
	assert_int_equal(mkdir("cred", 0700), 0);
	put("cred/site.keys", "1 " KEY "\n9 " KEY "\n", 0600);
	setenv("CREDENTIALS_DIRECTORY", str_text(&dir), 1);
	str_add(&dir, "/site.keys");
	s = load("keys: {signing_key_file: ../signing.key}\n");
	unsetenv("CREDENTIALS_DIRECTORY");
	assert_string_equal(s->site_key_file, str_text(&dir));
	assert_int_equal(s->policy.key_count, 2);
	assert_int_equal(s->policy.keys[1].id, 9);
}

static void
paths_start_at_the_files_folder(void **state)
{
	AUTO(settings_unrefp) struct settings *s = load("state_dir: state\n");
	AUTO(str_donep) struct str want = STR_INIT(PATH_MAX);

	str_addf(&want, "%s/state/assentd.db", folder);
	assert_string_equal(s->database, str_text(&want));
	str_clear(&want);
	str_addf(&want, "%s/in", folder);
	assert_string_equal(s->mailboxes[0].maildir, str_text(&want));
	str_clear(&want);
	str_addf(&want, "%s/s.yaml", folder);
	assert_string_equal(s->file, str_text(&want));
}

static void
an_organisation_takes_what_it_does_not_say_from_the_site(void **state)
{
	AUTO(settings_unrefp)
	struct settings *s = load(
	    "zone: Europe/Berlin\n"
	    "approvals: {reply_level: link}\n"
	    "organisations:\n"
	    "  - {key: a, name: A, owner: Boss@A.Example, domains: [a.example, BÜCHER.example]}\n"
	    "  - {key: b, name: B, owner: x@b.example, domains: [b.example], zone: Asia/Tokyo,\n"
	    "     reply_level: token, owner_name: \"Bo \\\"B\\\" Ss\"}\n");
	const struct policy_organisation *a = &s->policy.organisations[0], *b = a + 1;

	assert_int_equal(s->policy.organisation_count, 2);
	assert_string_equal(a->owner_email, "Boss@a.example");
	assert_string_equal(a->domains.items[1], "xn--bcher-kva.example");
	assert_string_equal(a->zone_name, "Europe/Berlin");
	assert_ptr_equal(a->zone, s->policy.zone);
	assert_string_equal(a->locale, "en");
	assert_int_equal(a->level, LEVEL_LINK);
	assert_string_equal(b->zone_name, "Asia/Tokyo");
	assert_ptr_not_equal(b->zone, s->policy.zone);
	assert_int_equal(b->level, LEVEL_TOKEN);
	assert_string_equal(b->owner_name, "Bo \"B\" Ss");
}

static void
lists_are_read_whole(void **state)
{
	AUTO(settings_unrefp)
	struct settings *s = load("http:\n"
				  "  public_url: https://desk.example/approvals//\n"
				  "  listen: [\"[::1]:80\", \"0.0.0.0:0\", \"localhost:81\"]\n"
				  "  trusted_proxies: [10.0.0.0/8, \"fd00::/8\", 192.0.2.7]\n"
				  "trust: {source: authserv-id, hosts: [MX.help.example],\n"
				  "  own_hosts: [in.help.example]}\n"
				  "staff: [{email: Sam@Help.example, role: admin, team: blue}]\n");

	assert_string_equal(s->policy.public_url, "https://desk.example/approvals");
	assert_int_equal(s->listen.count, 3);
	assert_true(s->listen.items[0].ipv6);
	assert_string_equal(s->listen.items[0].host, "::1");
	assert_int_equal(s->listen.items[1].port, 0);
	assert_string_equal(s->listen.items[2].host, "127.0.0.1");
	assert_int_equal(s->trusted_proxies.count, 3);
	assert_int_equal(s->trusted_proxies.items[1].length, 16);
	assert_int_equal(s->trusted_proxies.items[1].bits, 8);
	assert_int_equal(s->trusted_proxies.items[2].bits, 32);
	assert_string_equal(s->policy.authserv_ids.items[0], "mx.help.example");
	assert_string_equal(s->policy.own_hosts.items[0], "in.help.example");
	assert_string_equal(s->policy.staff[0].email, "Sam@help.example");
	assert_string_equal(s->policy.staff[0].role, "admin");
}

static void
models_are_asked_in_the_order_in_which_they_stand(void **state)
{
	AUTO(settings_unrefp)
	struct settings *s =
	    load("ai: {budget: 100000, organisation_budget: 5000}\n"
		 "organisations: [{key: a, name: A, owner: x@a.example, domains: [a.example],\n"
		 "  ai_budget: 7}]\n"
		 "models:\n"
		 "  - {name: azure, model: m, base_url: "
		 "\"https://desk.example/openai/?api-version=2024-10-21\",\n"
		 "     price_in: 0.15, price_cached: 0, price_out: \"12.000001\"}\n"
		 "  - {name: claude, kind: anthropic, model: c, tier: careful, timeout: 20s}\n");
	AUTO(str_donep) struct str yaml = STR_INIT(1u << 20);

	assert_int_equal(s->ai.chain_count, 2);
	assert_string_equal(
	    s->ai.chain[0].base_url, "https://desk.example/openai?api-version=2024-10-21");
	assert_int_equal(s->ai.chain[0].price_in, 150000);
	assert_int_equal(s->ai.chain[0].price_cached, 0);
	assert_int_equal(s->ai.chain[0].price_out, 12000001);
	assert_string_equal(s->ai.chain[1].base_url, "https://api.anthropic.com/v1");
	assert_int_equal(s->ai.chain[1].price_in, -1);
	assert_int_equal(s->ai.chain[1].serves, 2);
	assert_int_equal(s->policy.organisations[0].ai_budget, 7);
	settings_add_yaml(s, &yaml);
	assert_non_null(strstr(str_text(&yaml),
	    "    price_in: 0.15\n    price_cached: 0\n    price_out: 12.000001\n"));
	assert_non_null(strstr(str_text(&yaml), "    price_in: \"\"\n"));
}

static void
one_model_has_a_short_form(void **state)
{
	AUTO(settings_unrefp) struct settings *s = load("ai: {kind: gemini, model: flash}\n");

	assert_int_equal(s->ai.chain_count, 1);
	assert_string_equal(s->ai.chain[0].name, "gemini");
	assert_string_equal(
	    s->ai.chain[0].base_url, "https://generativelanguage.googleapis.com/v1beta");
	assert_int_equal(s->ai.chain[0].serves, 0);
}

/* It is what a stored draft is found by, and lies in the database. */
static void
who_is_asked_has_a_name_without_any_address(void **state)
{
	static const char *const texts[] = { "",
		"ai: {kind: openai, model: m, base_url: \"https://a.example/v1?key=topsecret\"}\n",
		"ai: {kind: openai, model: m, base_url: https://b.example/v1}\n",
		"ai: {kind: openai, model: n, base_url: https://b.example/v1}\n",
		"ai: {kind: gemini, model: n, base_url: https://b.example/v1}\n",
		"models: [{name: a, model: n}, {name: b, model: m}]\n",
		"models: [{name: b, model: m}, {name: a, model: n}]\n",
		"models: [{name: b, model: m}, {name: a, model: n, tier: fast}]\n" };
	struct settings *all[ARRAY_LEN(texts)];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		all[i] = load(texts[i]);
		assert_null(strstr(all[i]->policy.ai_chain, "secret"));
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(all[k]->policy.ai_chain, all[i]->policy.ai_chain);
	}
	assert_string_equal(all[0]->policy.ai_chain, "");
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		settings_unref(all[i]);
}

static void
a_locale_of_the_sites_own_is_known(void **state)
{
	struct err err;

	assert_int_equal(folder_make("site/mail-templates/xx", 0755, &err), 0);
	settings_unref(load("site_dir: site\nlocale: xx\n"));
	assert_int_equal(folder_make("site/phrases", 0755, &err), 0);
	assert_int_equal(file_write("site/phrases/yy.txt", "", 0, 0600, &err), 0);
	settings_unref(load("site_dir: site\nlocale: yy-YY\n"));
}

static void
fresh_keys_are_read_and_differ(void **state)
{
	AUTO(settings_unrefp) struct settings *s = NULL;
	AUTO(str_donep) struct str ring = STR_INIT(1000);
	AUTO(str_donep) struct str key = STR_INIT(1000);
	struct err err;

	settings_add_site_keys(&ring);
	settings_add_signing_key(&key);
	assert_int_equal(file_write("site.keys", ring.text, ring.len, 0600, &err), 0);
	assert_int_equal(file_write("signing.key", key.text, key.len, 0600, &err), 0);
	s = load("");
	assert_int_equal(s->policy.keys[0].id, 1);
	assert_memory_not_equal(s->policy.keys[0].bytes, s->policy.signing_seed, 32);
	put("site.keys", "7 " KEY "\n", 0600);
	put("signing.key", KEY "\n", 0600);
}

/* --- snapshots --------------------------------------------------------- */

static void
a_holder_keeps_its_snapshot(void **state)
{
	struct settings_slot *slot = settings_slot_new(load(""));
	AUTO(faults_freep) struct faults *faults = faults_new("s.yaml");
	struct settings *before = settings_get(slot), *after;
	struct err err;

	put("s.yaml", BASE "log_level: debug\n", 0644);
	assert_int_equal(settings_reload(slot, faults, &err), 0);
	after = settings_get(slot);
	assert_ptr_not_equal(before, after);
	assert_int_equal(before->log_level, LOG_INFO);
	assert_int_equal(after->log_level, LOG_DEBUG);
	settings_slot_free(slot);
	assert_string_equal(before->policy.agent_email, "desk@help.example");
	settings_unref(before);
	settings_unref(after);
}

static void
a_reload_swaps_only_if_clean(void **state)
{
	AUTO(settings_slot_freep) struct settings_slot *slot = settings_slot_new(load(""));
	AUTO(faults_freep) struct faults *faults = faults_new("s.yaml");
	AUTO(settings_unrefp) struct settings *before = settings_get(slot);
	AUTO(settings_unrefp) struct settings *after = NULL;
	struct err err;

	put("s.yaml", BASE "log_level: debug\ncolour: red\n", 0644);
	assert_int_equal(settings_reload(slot, faults, &err), ERR_INVALID);
	assert_int_equal(faults_count(faults), 1);
	assert_non_null(strstr(err.text, "1 fault"));
	after = settings_get(slot);
	assert_ptr_equal(before, after);
}

static void
a_reload_of_a_lost_file_keeps_the_old(void **state)
{
	AUTO(settings_slot_freep) struct settings_slot *slot = settings_slot_new(load(""));
	AUTO(faults_freep) struct faults *faults = faults_new("s.yaml");
	AUTO(settings_unrefp) struct settings *after = NULL;
	struct err err;

	assert_int_equal(unlink("s.yaml"), 0);
	assert_int_equal(settings_reload(slot, faults, &err), ERR_NOT_FOUND);
	after = settings_get(slot);
	assert_int_equal(after->log_level, LOG_INFO);
}

static void *
reader(void *arg)
{
	for (int i = 0; i < 2000; i++) {
		struct settings *s = settings_get(arg);

		if (strcmp(s->policy.agent_email, "desk@help.example") != 0)
			return arg;
		settings_unref(s);
	}
	return NULL;
}

static void
readers_and_reloads_do_not_disturb_each_other(void **state)
{
	AUTO(settings_slot_freep) struct settings_slot *slot = settings_slot_new(load(""));
	AUTO(faults_freep) struct faults *faults = faults_new("s.yaml");
	pthread_t threads[2];
	struct err err;
	void *bad;

	for (size_t i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, reader, slot), 0);
	for (int i = 0; i < 20; i++)
		assert_int_equal(settings_reload(slot, faults, &err), 0);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(pthread_join(threads[i], &bad), 0);
		assert_null(bad);
	}
}

static void
what_needs_a_restart_is_named(void **state)
{
	static const struct {
		const char *more, *want;
	} changes[] = {
		{ "log_level: debug\n", "" },
		{ "staff: [{email: s@help.example}]\n", "" },
		{ "http: {listen: []}\n", "http.listen" },
		{ "state_dir: /elsewhere\n", "state_dir" },
		{ "parser: {children: 3}\n", "parser.children" },
	};
	AUTO(settings_unrefp) struct settings *before = load("");

	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		AUTO(settings_unrefp) struct settings *after = load(changes[i].more);
		AUTO(str_donep) struct str key = STR_INIT(100);

		assert_int_equal(
		    settings_needs_restart(before, after, &key), *changes[i].want != '\0');
		assert_string_equal(str_text(&key), changes[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_fault_is_told_at_its_place),
		cmocka_unit_test(a_nul_byte_is_told_at_its_place),
		cmocka_unit_test(a_file_over_one_mebibyte_is_refused),
		cmocka_unit_test(many_faults_are_counted_to_the_end),
		cmocka_unit_test(a_missing_file_is_not_a_fault_of_the_file),
		cmocka_unit_test(a_folder_in_the_files_place_is_a_fault),
		cmocka_unit_test(the_defaults_are_those_of_the_rows),
		cmocka_unit_test(keys_come_from_their_files),
		cmocka_unit_test(systemd_credentials_come_first),
		cmocka_unit_test(paths_start_at_the_files_folder),
		cmocka_unit_test(an_organisation_takes_what_it_does_not_say_from_the_site),
		cmocka_unit_test(lists_are_read_whole),
		cmocka_unit_test(models_are_asked_in_the_order_in_which_they_stand),
		cmocka_unit_test(one_model_has_a_short_form),
		cmocka_unit_test(who_is_asked_has_a_name_without_any_address),
		cmocka_unit_test(a_locale_of_the_sites_own_is_known),
		cmocka_unit_test(fresh_keys_are_read_and_differ),
		cmocka_unit_test(a_holder_keeps_its_snapshot),
		cmocka_unit_test(a_reload_swaps_only_if_clean),
		cmocka_unit_test(a_reload_of_a_lost_file_keeps_the_old),
		cmocka_unit_test(readers_and_reloads_do_not_disturb_each_other),
		cmocka_unit_test(what_needs_a_restart_is_named),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
