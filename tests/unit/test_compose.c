/*
 * Every sample of every kind becomes a mail that reads back as it was meant.
 * ASSENT_MAILS_OUT=folder also writes each as .txt, .html and .eml (for
 * tests/browser/mails.py); ASSENT_MAILS_SITE names a folder of overrides.
 */
#include <assent/base/file.h>
#include <assent/mail/compose.h>

#include "help_compose.h"

#include <setjmp.h>
#include <stdarg.h>
#include <dirent.h>
#include <gmime/gmime.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define SAMPLES_MAX 200
#define ROOM ((size_t)1 << 20)
#define PRINTABLE \
	" !\"#$%&'()*+,-./" \
	"0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"

static char samples[SAMPLES_MAX][100];
static size_t sample_count;

static int
by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int
find_samples(void **state)
{
	DIR *d = opendir(COMPOSE_SAMPLES);
	const struct dirent *e;

	(void)state;
	while (d && (e = readdir(d)) && sample_count < SAMPLES_MAX)
		if (text_ends_nocase(e->d_name, ".json"))
			snprintf(samples[sample_count++], sizeof(samples[0]), "%.*s",
			    (int)strlen(e->d_name) - 5, e->d_name);
	if (d)
		closedir(d);
	qsort(samples, sample_count, sizeof(samples[0]), by_text);
	g_mime_init();
	return sample_count > 0 ? 0 : -1;
}

static struct compose
compose_of(const char *sample, char kind[100], json_t **view)
{
	struct compose compose;

	snprintf(kind, 100, "%.*s", (int)strcspn(sample, "."), sample);
	*view = help_sample(sample);
	assert_non_null(*view);
	compose = help_compose(kind, *view);
	if (json_object_get(*view, "locale") != NULL)
		compose.locale = json_string_value(json_object_get(*view, "locale"));
	if (getenv("ASSENT_MAILS_SITE"))
		compose.site_dir = getenv("ASSENT_MAILS_SITE");
	return compose;
}

static GMimeMessage *
read_back(const struct str *mail)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(str_text(mail), mail->len);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);

	g_object_unref(parser);
	g_object_unref(stream);
	assert_non_null(message);
	return message;
}

static void
assert_header(GMimeMessage *message, const char *name, const char *want)
{
	const char *got = g_mime_object_get_header(GMIME_OBJECT(message), name);

	if (!got || strcmp(got, want) != 0)
		fail_msg("%s is \"%s\" and not \"%s\"", name, got ? got : "missing", want);
}

/* The decoded bytes of one twin, with LF. */
static void
part_text(GMimeMessage *message, int i, const char *subtype, struct str *out)
{
	GMimeObject *body = g_mime_message_get_mime_part(message);
	GMimeObject *part;
	GMimeStream *stream = g_mime_stream_mem_new();
	GByteArray *bytes;

	assert_true(GMIME_IS_MULTIPART(body));
	assert_int_equal(g_mime_multipart_get_count(GMIME_MULTIPART(body)), 2);
	part = g_mime_multipart_get_part(GMIME_MULTIPART(body), i);
	assert_true(
	    g_mime_content_type_is_type(g_mime_object_get_content_type(part), "text", subtype));
	assert_string_equal(g_mime_object_get_content_type_parameter(part, "charset"), "utf-8");
	g_mime_data_wrapper_write_to_stream(g_mime_part_get_content(GMIME_PART(part)), stream);
	bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
	for (guint k = 0; k < bytes->len; k++)
		if (bytes->data[k] != '\r')
			str_add_char(out, (char)bytes->data[k]);
	g_object_unref(stream);
}

static void
keep(const char *sample, const char *ending, const struct str *bytes)
{
	const char *folder = getenv("ASSENT_MAILS_OUT");
	char path[600];
	struct err err = { 0 };

	if (!folder)
		return;
	snprintf(path, sizeof(path), "%s/%s.%s", folder, sample, ending);
	if (file_write(path, str_text(bytes), bytes->len, 0644, &err) < 0)
		fail_msg("%s", err.text);
}

static void
assert_wire(const struct str *mail)
{
	size_t line = 0;

	for (size_t i = 0; i < mail->len; i++) {
		unsigned char c = (unsigned char)mail->text[i];

		assert_true(c < 0x80); /* no relay has to rewrite it */
		if (c == '\n') {
			assert_true(i > 0 && mail->text[i - 1] == '\r');
			line = 0;
		} else if (c != '\r') {
			assert_true(++line <= 998);
		}
	}
}

static void
assert_subject(GMimeMessage *message, const char *text)
{
	const char *got = g_mime_message_get_subject(message);

	assert_memory_equal(text, "Subject: ", 9);
	/* GMime's reader joins padded base64 words badly; mails.py reads those with another. */
	if (got[strspn(got, PRINTABLE)] != '\0')
		return;
	if (strlen(got) != strcspn(text + 9, "\n") || strncmp(got, text + 9, strlen(got)) != 0)
		fail_msg("the subject \"%s\" is not that of \"%.120s\"", got, text);
}

static void
check_sample(const char *sample)
{
	AUTO(str_donep) struct str mail = STR_INIT(ROOM), again = STR_INIT(ROOM);
	AUTO(str_donep) struct str text = STR_INIT(ROOM), html = STR_INIT(ROOM);
	AUTO(str_donep) struct str got_text = STR_INIT(ROOM), got_html = STR_INIT(ROOM);
	struct err err = { 0 };
	char kind[100];
	json_t *view;
	struct compose compose = compose_of(sample, kind, &view);
	GMimeMessage *message;

	if (compose_mail(&compose, &mail, &err) < 0)
		fail_msg("%s: %s", sample, err.text);
	assert_int_equal(compose_mail(&compose, &again, &err), 0);
	assert_int_equal(mail.len, again.len);
	assert_memory_equal(mail.text, again.text, mail.len);
	assert_wire(&mail);
	assert_int_equal(compose_text(&compose, &text, &err), 0);
	assert_int_equal(compose_html(&compose, &html, &err), 0);
	assert_true(html.len < 100 * 1024);
	message = read_back(&mail);
	part_text(message, 0, "plain", &got_text);
	part_text(message, 1, "html", &got_html);
	assert_string_equal(str_text(&got_text), strstr(str_text(&text), "\n\n") + 2);
	assert_string_equal(str_text(&got_html), str_text(&html));
	assert_subject(message, str_text(&text));
	keep(sample, "txt", &text);
	keep(sample, "html", &html);
	keep(sample, "eml", &mail);
	g_object_unref(message);
	json_decref(view);
}

static void
every_sample_reads_back_as_it_was_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < sample_count; i++)
		check_sample(samples[i]);
}

static void
every_kind_has_a_sample(void **state)
{
	(void)state;
	for (size_t k = 0; k < compose_kind_count; k++) {
		size_t n = strlen(compose_kinds[k]), found = 0;

		for (size_t i = 0; i < sample_count; i++)
			found += !strncmp(samples[i], compose_kinds[k], n) && samples[i][n] == '.';
		if (found == 0)
			fail_msg("%s has no sample in " COMPOSE_SAMPLES, compose_kinds[k]);
	}
}

/* --- headers ------------------------------------------------------------------ */

static GMimeMessage *
mail_of(const struct compose *compose)
{
	AUTO(str_donep) struct str mail = STR_INIT(ROOM);
	struct err err = { 0 };

	if (compose_mail(compose, &mail, &err) < 0)
		fail_msg("%s", err.text);
	assert_wire(&mail);
	return read_back(&mail);
}

static void
assert_address(GMimeMessage *message, GMimeAddressType type, const char *want)
{
	InternetAddressList *list = g_mime_message_get_addresses(message, type);

	assert_int_equal(internet_address_list_length(list), 1);
	assert_string_equal(internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(
				internet_address_list_get_address(list, 0))),
	    want);
}

static void
all_headers_are_there(void **state)
{
	json_t *view = help_sample("request.plain");
	struct compose compose = help_compose("request", view);
	GMimeMessage *message = mail_of(&compose);

	(void)state;
	assert_header(message, "Date", "Fri, 20 Nov 2026 09:31:07 +0100");
	assert_header(message, "From", "Approval desk <approvals@brandt-it.example>");
	assert_header(message, "To", "Katrin Vogel <k.vogel@hanse-logistik.example>");
	assert_address(message, GMIME_ADDRESS_TYPE_REPLY_TO, compose.reply_to);
	assert_header(message, "Message-Id", "<019a9c4e.req@brandt-it.example>");
	assert_header(
	    message, "Subject", "Approve? Replacement laptops for the Bremen depot [T-1001]");
	assert_header(message, "Auto-Submitted", "auto-generated");
	assert_header(message, "X-Auto-Response-Suppress", "DR, RN, NRN, AutoReply");
	assert_header(message, "X-Assentd-Loop", "desk-7f3a");
	assert_header(message, "MIME-Version", "1.0");
	assert_null(g_mime_object_get_header(GMIME_OBJECT(message), "In-Reply-To"));
	assert_null(g_mime_object_get_header(GMIME_OBJECT(message), "References"));
	g_object_unref(message);
	json_decref(view);
}

static void
an_answer_says_that_it_is_one(void **state)
{
	json_t *view = help_sample("unclear.condition");
	struct compose compose = help_compose("unclear", view);
	GMimeMessage *message;

	(void)state;
	compose.automatic = COMPOSE_REPLIED;
	compose.subject = "Re: laptops – the thread's own words";
	compose.in_reply_to = "CAF=x_1@mail.example";
	compose.reply_to = "";
	message = mail_of(&compose);
	assert_header(message, "Auto-Submitted", "auto-replied");
	assert_header(message, "X-Auto-Response-Suppress", "All");
	assert_header(message, "Subject", "Re: laptops – the thread's own words");
	assert_header(message, "In-Reply-To", "<CAF=x_1@mail.example>");
	assert_header(message, "References", "<CAF=x_1@mail.example>");
	assert_null(g_mime_object_get_header(GMIME_OBJECT(message), "Reply-To"));
	g_object_unref(message);
	json_decref(view);
}

static void
a_hundred_references_are_kept_in_order(void **state)
{
	char ids[100][60];
	const char *items[102];
	json_t *view = help_sample("outcome.approved");
	struct compose compose = help_compose("outcome", view);
	GMimeMessage *message;
	GMimeReferences *list;

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(ids[i], sizeof(ids[i]), "part.%03d.of-a-long-thread@mail.example", i);
		items[i] = ids[i];
	}
	items[100] = "no id at all";
	items[101] = "angle>bracket@mail.example";
	compose.references = (struct text_list){ items, 102 };
	compose.in_reply_to = ids[40];
	message = mail_of(&compose);
	list = g_mime_references_parse(
	    NULL, g_mime_object_get_header(GMIME_OBJECT(message), "References"));
	assert_int_equal(g_mime_references_length(list), 100);
	assert_string_equal(g_mime_references_get_message_id(list, 0), ids[0]);
	assert_string_equal(g_mime_references_get_message_id(list, 40), ids[41]);
	/* RFC 5322 section 3.6.4: the parent is the last one. */
	assert_string_equal(g_mime_references_get_message_id(list, 99), ids[40]);
	g_mime_references_free(list);
	g_object_unref(message);
	json_decref(view);
}

static void
names_and_addresses_of_the_world_survive(void **state)
{
	static const struct {
		const char *name, *email;
	} cases[] = {
		{ "Jörg Müller", "j.mueller@example.org" },
		{ "ليلى حداد", "layla@alnoor.example" },
		{ "O'Neil, \"Bob\" (work)", "bob@example.org" },
		{ "山田 太郎", "用户@例子.example" },
		{ "", "plain@example.org" },
	};
	json_t *view = help_sample("request.plain");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(str_donep) struct str mail = STR_INIT(ROOM);
		struct compose compose = help_compose("request", view);
		struct err err = { 0 };
		GMimeMessage *message;
		InternetAddress *to;

		compose.to = (struct address){ cases[i].name, cases[i].email };
		assert_int_equal(compose_mail(&compose, &mail, &err), 0);
		message = read_back(&mail);
		to = internet_address_list_get_address(
		    g_mime_message_get_addresses(message, GMIME_ADDRESS_TYPE_TO), 0);
		if (cases[i].name[0])
			assert_string_equal(internet_address_get_name(to), cases[i].name);
		assert_string_equal(internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(to)),
		    cases[i].email);
		g_object_unref(message);
	}
	json_decref(view);
}

static void
a_long_subject_is_folded_and_whole(void **state)
{
	json_t *view = help_sample("request.plain");
	struct compose compose = help_compose("request", view);
	char subject[1200];
	GMimeMessage *message;

	(void)state;
	for (size_t i = 0; i < sizeof(subject) - 1; i++)
		subject[i] = i % 9 == 8 ? ' ' : "abcdefgh"[i % 9];
	subject[sizeof(subject) - 2] = '.';
	subject[sizeof(subject) - 1] = '\0';
	compose.subject = subject;
	message = mail_of(&compose);
	assert_string_equal(g_mime_message_get_subject(message), subject);
	g_object_unref(message);
	json_decref(view);
}

/* --- what is refused -------------------------------------------------------------- */

enum field {
	TO_NAME,
	TO_EMAIL,
	FROM_NAME,
	FROM_EMAIL,
	REPLY_TO,
	ID,
	PARENT,
	REFERENCE,
	SUBJECT,
	LOOP
};

/* clang-format off */
static const struct {
	enum field field;
	const char *value, *why;
} refused[] = {
	{ TO_NAME,	"Eve\r\nBcc: all@example.org",	"the name in To" },
	{ TO_NAME,	"Eve\nX: y",			"the name in To" },
	{ TO_NAME,	"Eve\x01",			"the name in To" },
	{ TO_NAME,	"Eve\xff",			"the name in To" },
	{ TO_EMAIL,	"a@b.example\r\nBcc: c@d",	"the address in To" },
	{ TO_EMAIL,	"a(hi)@b.example",		"the address in To" },
	{ TO_EMAIL,	"a@b.example, c@d.example",	"the address in To" },
	{ TO_EMAIL,	"",				"the address in To" },
	{ FROM_NAME,	"Desk\r",			"the name in From" },
	{ FROM_EMAIL,	"Desk <a@b.example>",		"the address in From" },
	{ REPLY_TO,	"a@b.example\nBcc: c@d",	"the address in Reply-To" },
	{ ID,		"a@b>\r\nBcc: <c@d",		"Message-ID" },
	{ ID,		"no-at-sign",			"Message-ID" },
	{ ID,		"",				"Message-ID" },
	{ PARENT,	"a@b\r\nX: y",			"In-Reply-To" },
	{ REFERENCE,	"a@b\nX: y",			"References" },
	{ SUBJECT,	"Hi\r\nBcc: c@d.example",	"the subject" },
	{ SUBJECT,	"Hi\nthere",			"the subject" },
	{ LOOP,		"x\r\nBcc: c@d",		"the loop header" },
	{ LOOP,		"",				"the loop header" },
};
/* clang-format on */

static void
put(struct compose *compose, enum field field, const char **value)
{
	const char **const places[] = {
		[TO_NAME] = &compose->to.name,
		[TO_EMAIL] = &compose->to.email,
		[FROM_NAME] = &compose->from.name,
		[FROM_EMAIL] = &compose->from.email,
		[REPLY_TO] = &compose->reply_to,
		[ID] = &compose->message_id,
		[PARENT] = &compose->in_reply_to,
		[SUBJECT] = &compose->subject,
		[LOOP] = &compose->loop,
		[REFERENCE] = NULL,
	};

	if (places[field])
		*places[field] = *value;
	else
		compose->references = (struct text_list){ value, 1 };
}

static void
no_value_can_add_a_header(void **state)
{
	json_t *view = help_sample("request.plain");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		AUTO(str_donep) struct str mail = STR_INIT(ROOM);
		struct compose compose = help_compose("request", view);
		const char *value = refused[i].value;
		struct err err = { 0 };

		put(&compose, refused[i].field, &value);
		assert_int_equal(compose_mail(&compose, &mail, &err), ERR_INVALID);
		if (!strstr(err.text, refused[i].why))
			fail_msg("\"%s\" does not name %s", err.text, refused[i].why);
		assert_int_equal(mail.len, 0);
	}
	json_decref(view);
}

static void
a_title_with_line_breaks_stays_one_subject(void **state)
{
	json_t *view = help_view("{\"title\": \"Laptops\\r\\nBcc: all@example.org\\n\\nHi\","
				 " \"mark\": \"[T-1]\", \"question\": \"May we?\"}");
	struct compose compose = help_compose("request", view);
	GMimeMessage *message = mail_of(&compose);

	(void)state;
	assert_header(message, "Subject", "Approve? Laptops Bcc: all@example.org Hi [T-1]");
	assert_null(g_mime_object_get_header(GMIME_OBJECT(message), "Bcc"));
	g_object_unref(message);
	json_decref(view);
}

static void
a_mail_over_the_limit_is_refused_with_its_kind(void **state)
{
	static char long_text[120 * 1024];
	AUTO(str_donep) struct str mail = STR_INIT(ROOM);
	json_t *view = help_sample("request.plain");
	struct compose compose = help_compose("request", view);
	struct err err = { 0 };

	(void)state;
	memset(long_text, 'x', sizeof(long_text) - 1);
	json_object_set_new(json_object_get(view, "request"), "text", json_string(long_text));
	assert_int_equal(compose_mail(&compose, &mail, &err), ERR_LIMIT);
	assert_string_equal(err.text, "the request mail is larger than 102400 bytes");
	assert_int_equal(mail.len, 0);
	json_decref(view);
}

/* --- threads ------------------------------------------------------------------------ */

static void *
compose_often(void *arg)
{
	for (int i = 0; i < 12; i++) {
		AUTO(str_donep) struct str mail = STR_INIT(ROOM);
		struct compose compose = help_compose("request", arg);

		if (i % 4 == 3)
			compose_forget();
		if (compose_mail(&compose, &mail, NULL) < 0)
			return arg;
	}
	return NULL;
}

static void
templates_may_be_forgotten_while_others_compose(void **state)
{
	json_t *view = help_sample("request.plain");
	pthread_t threads[4];
	void *failed;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, compose_often, view), 0);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	json_decref(view);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sample_reads_back_as_it_was_written),
		cmocka_unit_test(every_kind_has_a_sample),
		cmocka_unit_test(all_headers_are_there),
		cmocka_unit_test(an_answer_says_that_it_is_one),
		cmocka_unit_test(a_hundred_references_are_kept_in_order),
		cmocka_unit_test(names_and_addresses_of_the_world_survive),
		cmocka_unit_test(a_long_subject_is_folded_and_whole),
		cmocka_unit_test(no_value_can_add_a_header),
		cmocka_unit_test(a_title_with_line_breaks_stays_one_subject),
		cmocka_unit_test(a_mail_over_the_limit_is_refused_with_its_kind),
		cmocka_unit_test(templates_may_be_forgotten_while_others_compose),
	};
	int rc = cmocka_run_group_tests(tests, find_samples, NULL);

	compose_forget();
	return rc;
}
