#include <assent/net/form.h>

#include <assent/base/utf8.h>

#include <ctype.h>
#include <string.h>

struct cursor {
	const char *at, *end;
	char *to; /* where the next decoded byte goes */
	struct err *err;
};

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int
decode_escape(struct cursor *cur, char *out)
{
	int high, low;

	if (cur->end - cur->at < 3)
		return err_set(cur->err, ERR_INVALID, "form: an escape is cut short");
	high = hex_digit(cur->at[1]);
	low = hex_digit(cur->at[2]);
	if (high < 0 || low < 0)
		return err_set(cur->err, ERR_INVALID, "form: '%%' needs two hexadecimal digits");
	*out = (char)(high << 4 | low);
	cur->at += 3;
	return 0;
}

static bool
is_allowed(char c)
{
	unsigned char u = (unsigned char)c;

	return u >= 0x20 ? u != 0x7f : c == '\t' || c == '\r' || c == '\n';
}

static int
decode_char(struct cursor *cur)
{
	char c = *cur->at;
	int rc;

	if (c == '%') {
		rc = decode_escape(cur, &c);
		if (rc < 0)
			return rc;
	} else if (c <= 0x20 || c >= 0x7f || c == '=') {
		return err_set(cur->err, ERR_INVALID, "form: a character that must be escaped");
	} else {
		c = c == '+' ? ' ' : c;
		cur->at++;
	}
	if (!is_allowed(c))
		return err_set(cur->err, ERR_INVALID, "form: a control character");
	*cur->to++ = c;
	return 0;
}

/* Decode up to one of the two stops or the end; the result is NUL-terminated. */
static int
decode_word(struct cursor *cur, const char stops[2], const char **out)
{
	char *start = cur->to;
	int rc;

	while (cur->at < cur->end && *cur->at != stops[0] && *cur->at != stops[1]) {
		rc = decode_char(cur);
		if (rc < 0)
			return rc;
	}
	if (!utf8_is_valid(start, (size_t)(cur->to - start)))
		return err_set(cur->err, ERR_INVALID, "form: text that is not UTF-8");
	*cur->to++ = '\0';
	*out = start;
	return 0;
}

static int
decode_field(struct cursor *cur, struct form_field *out)
{
	int rc;

	rc = decode_word(cur, "=&", &out->name);
	if (rc < 0)
		return rc;
	if (!*out->name || cur->at == cur->end || *cur->at != '=')
		return err_set(cur->err, ERR_INVALID, "form: a field is not name=value");
	cur->at++;
	return decode_word(cur, "&&", &out->value);
}

static int
decode_fields(struct cursor *cur, struct form *form)
{
	struct form_field field = { "", "" };
	int rc;

	for (;;) {
		if (form->count == FORM_FIELDS_MAX)
			return err_set(
			    cur->err, ERR_LIMIT, "form: more than %d fields", FORM_FIELDS_MAX);
		rc = decode_field(cur, &field);
		if (rc < 0)
			return rc;
		if (form_get(form, field.name))
			return err_set(cur->err, ERR_INVALID, "form: a field occurs twice");
		form->fields[form->count++] = field;
		if (cur->at == cur->end)
			return 0;
		cur->at++;
	}
}

static size_t
count_fields(const char *text, size_t n)
{
	size_t count = 1, i;

	for (i = 0; i < n && count < FORM_FIELDS_MAX; i++)
		count += text[i] == '&';
	return count;
}

int
form_parse(struct arena *arena, const char *text, size_t n, struct form *out, struct err *err)
{
	struct cursor cur = { .at = text, .end = text + n, .err = err };
	struct form form = { 0 };
	size_t fields = count_fields(text, n);
	int rc;

	if (n == 0) {
		*out = form;
		return 0;
	}
	form.fields = arena_alloc(arena, fields * sizeof(*form.fields));
	/* A word is never longer than its source; each field ends two words. */
	cur.to = arena_alloc(arena, n + 2 * fields);
	rc = decode_fields(&cur, &form);
	if (rc < 0)
		return rc;
	*out = form;
	return 0;
}

const char *
form_get(const struct form *form, const char *name)
{
	size_t i;

	for (i = 0; i < form->count; i++)
		if (strcmp(form->fields[i].name, name) == 0)
			return form->fields[i].value;
	return NULL;
}

void
form_escape(struct str *out, const char *text)
{
	for (; *text; text++) {
		unsigned char u = (unsigned char)*text;

		if (u < 0x80 && (isalnum(u) || strchr("-._~", u)))
			str_add_char(out, *text);
		else
			str_addf(out, "%%%02X", u);
	}
}
