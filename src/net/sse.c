#include <assent/net/sse.h>

#include <assent/base/num.h>
#include <assent/base/utf8.h>

#include <string.h>

#define BOM "\xef\xbb\xbf"
#define RETRY_MOST 86400000 /* a day */

void
sse_init(struct sse *sse, size_t most, sse_take *take, void *arg)
{
	*sse = (struct sse){
		.take = take,
		.arg = arg,
		.line = STR_INIT(most),
		.data = STR_INIT(most),
		/* Each byte of a line may become U+FFFD. */
		.name = STR_INIT(3 * most),
		.next_id = STR_INIT(3 * most),
		.id = STR_INIT(3 * most),
		.retry_ms = -1,
	};
}

void
sse_done(struct sse *sse)
{
	str_done(&sse->line);
	str_done(&sse->name);
	str_done(&sse->data);
	str_done(&sse->next_id);
	str_done(&sse->id);
}

static void
fail(struct sse *sse, const char *what)
{
	sse->rc =
	    err_set(&sse->err, ERR_LIMIT, "%s of the event stream is larger than allowed", what);
}

/* --- a line ---------------------------------------------------------------- */

struct field {
	const char *name, *value;
	size_t name_len, value_len;
};

static struct field
split_field(const char *line, size_t n)
{
	const char *colon = memchr(line, ':', n);
	const char *value = colon != NULL ? colon + 1 : line + n;

	if (value < line + n && *value == ' ')
		value++;
	return (struct field){
		.name = line,
		.name_len = colon != NULL ? (size_t)(colon - line) : n,
		.value = value,
		.value_len = (size_t)(line + n - value),
	};
}

static bool
is_named(const struct field *field, const char *name)
{
	return field->name_len == strlen(name) && memcmp(field->name, name, field->name_len) == 0;
}

static void
set_text(struct str *out, const struct field *field)
{
	str_clear(out);
	utf8_add_clean(out, field->value, field->value_len);
}

static void
take_retry(struct sse *sse, const struct field *field)
{
	char digits[12] = "";
	int64_t span;

	if (field->value_len == 0 || field->value_len >= sizeof(digits))
		return;
	memcpy(digits, field->value, field->value_len);
	if (strspn(digits, "0123456789") == field->value_len &&
	    num_parse_within(digits, 0, RETRY_MOST, &span))
		sse->retry_ms = span;
}

static void
take_field(struct sse *sse, const struct field *field)
{
	if (is_named(field, "data")) {
		if (sse->has_data)
			str_add_char(&sse->data, '\n');
		sse->has_data = true;
		utf8_add_clean(&sse->data, field->value, field->value_len);
		if (str_overflowed(&sse->data))
			fail(sse, "the data");
	} else if (is_named(field, "event")) {
		set_text(&sse->name, field);
	} else if (is_named(field, "id")) {
		if (memchr(field->value, '\0', field->value_len) == NULL)
			set_text(&sse->next_id, field);
	} else if (is_named(field, "retry")) {
		take_retry(sse, field);
	}
}

static void
end_event(struct sse *sse)
{
	const char *name = str_text(&sse->name);
	struct sse_event event = {
		.name = *name != '\0' ? name : "message",
		.data = str_text(&sse->data),
		.data_len = sse->data.len,
	};

	str_clear(&sse->id);
	str_add(&sse->id, str_text(&sse->next_id));
	event.id = str_text(&sse->id);
	if (sse->has_data)
		sse->rc = sse->take(sse->arg, &event, &sse->err);
	sse->has_data = false;
	str_clear(&sse->name);
	str_clear(&sse->data);
}

static void
end_line(struct sse *sse)
{
	const char *line = str_text(&sse->line);
	size_t n = sse->line.len;

	if (!sse->is_begun && n >= strlen(BOM) && memcmp(line, BOM, strlen(BOM)) == 0) {
		line += strlen(BOM);
		n -= strlen(BOM);
	}
	sse->is_begun = true;
	if (n == 0) {
		end_event(sse);
	} else if (*line != ':') {
		struct field field = split_field(line, n);
		take_field(sse, &field);
	}
	str_clear(&sse->line);
}

/* --- bytes ----------------------------------------------------------------- */

static size_t
line_run(const char *bytes, size_t n)
{
	size_t run = 0;

	while (run < n && bytes[run] != '\n' && bytes[run] != '\r')
		run++;
	return run;
}

/* Up to and with the end of one line; how many bytes that was. */
static size_t
feed_line(struct sse *sse, const char *bytes, size_t n)
{
	size_t run = line_run(bytes, n);

	if (run > 0) {
		sse->is_after_cr = false;
		str_add_n(&sse->line, bytes, run);
		if (str_overflowed(&sse->line))
			fail(sse, "a line");
	}
	if (run == n || sse->rc < 0)
		return run;
	if (bytes[run] == '\n' && sse->is_after_cr) {
		sse->is_after_cr = false;
		return run + 1;
	}
	sse->is_after_cr = bytes[run] == '\r';
	end_line(sse);
	return run + 1;
}

int
sse_feed(struct sse *sse, const char *bytes, size_t n, struct err *err)
{
	while (n > 0 && sse->rc >= 0) {
		size_t used = feed_line(sse, bytes, n);
		bytes += used;
		n -= used;
	}
	if (sse->rc < 0)
		return err_set(err, sse->rc, "%s", sse->err.text);
	return 0;
}
