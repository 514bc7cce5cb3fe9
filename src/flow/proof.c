#include <assent/flow/proof.h>

#include <assent/base/num.h>

#include <string.h>

#define LINES_MAX (PROOF_ITEMS_MAX + 8)
#define LINE_MAX_LEN ((size_t)1000)
#define SIGNED_MAX ((size_t)32 << 10)
#define SIGNATURE_CHARS 88 /* base64 of 64 bytes */

static const char first_line[] = "assentd receipt 1";
static const char *const words[] = { "mail", "item", "when", "head", "key", "signature" };

struct lines {
	struct arena *arena;
	char *items[LINES_MAX];
	size_t count;
};

static bool
begins(const char *line, const char *word)
{
	size_t n = strlen(word);

	return strncmp(line, word, n) == 0 && (line[n] == ' ' || line[n] == '\0');
}

static bool
begins_anew(const char *line)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (begins(line, words[i]))
			return true;
	return false;
}

/* Without quote marks, indent and what a mail program left at its end. */
static char *
bare_line(char *line)
{
	char *end;

	while (*line == '>' || *line == ' ' || *line == '\t')
		line++;
	end = line + strlen(line);
	while (end > line && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		*--end = '\0';
	return line;
}

static void
drop_blanks(char *text)
{
	char *to = text;

	for (const char *from = text; *from != '\0'; from++)
		if (*from != ' ')
			*to++ = *from;
	*to = '\0';
}

static bool
is_whole_signature(const char *line)
{
	size_t n = 0;

	if (!begins(line, "signature"))
		return false;
	for (line += strlen("signature"); *line != '\0'; line++)
		n += *line != ' ';
	return n >= SIGNATURE_CHARS;
}

/* False when there are more lines than a receipt has. */
static bool
take_line(struct lines *lines, const char *line)
{
	char **last = lines->count > 0 ? &lines->items[lines->count - 1] : NULL;

	if (begins_anew(line)) {
		if (lines->count == LINES_MAX)
			return false;
		lines->items[lines->count++] = arena_dup(lines->arena, line);
		return true;
	}
	if (last == NULL || strlen(*last) + strlen(line) > LINE_MAX_LEN)
		return false;
	*last = arena_printf(lines->arena, "%s %s", *last, line);
	return true;
}

static int
find_lines(const char *text, struct lines *lines, struct err *err)
{
	AUTO(mem_freep) char *copy = mem_dup(text);
	char *rest = copy, *line;
	bool inside = false;

	while ((line = strsep(&rest, "\n")) != NULL) {
		line = bare_line(line);
		if (!inside)
			inside = text_is(line, first_line);
		else if (*line != '\0' && !take_line(lines, line))
			break;
		if (lines->count > 0 && is_whole_signature(lines->items[lines->count - 1]))
			return 0;
	}
	if (!inside)
		return err_set(
		    err, ERR_NOT_FOUND, "there is no receipt (\"%s\") in it", first_line);
	return err_set(err, ERR_INVALID, "the receipt is cut off: its signature is not whole");
}

/* The value of the next line, which must begin with word; NULL when it does not. */
static char *
next_value(const struct lines *lines, size_t *at, const char *word)
{
	char *line;

	if (*at == lines->count || !begins(lines->items[*at], word))
		return NULL;
	line = lines->items[(*at)++] + strlen(word);
	while (*line == ' ')
		line++;
	return line;
}

static bool
read_head(char *value, struct ledger_head *out)
{
	char *rest = value, *seq = value != NULL ? strsep(&rest, " ") : NULL;

	if (seq == NULL || rest == NULL || !num_parse_within(seq, 0, INT64_MAX, &out->seq))
		return false;
	drop_blanks(rest);
	return hex_decode(rest, strlen(rest), out->hash, sizeof(out->hash)) == SHA256_SIZE;
}

static bool
read_bytes(char *value, uint8_t *out, size_t n)
{
	if (value == NULL)
		return false;
	drop_blanks(value);
	return base64_decode(value, strlen(value), out, n) == (long)n;
}

static bool
read_items(const struct lines *lines, size_t *at, struct proof *out)
{
	char *value;

	out->items = arena_alloc(lines->arena, lines->count * sizeof(*out->items));
	while ((value = next_value(lines, at, "item")) != NULL) {
		struct proof_item *item = &out->items[out->count++];

		item->mark = strsep(&value, " ");
		item->outcome = value != NULL ? value : "";
		if (item->outcome[0] == '\0' || out->count > PROOF_ITEMS_MAX)
			return false;
	}
	return out->count > 0;
}

/* The name of the line that is missing or wrong, or NULL. */
static const char *
read_all(const struct lines *lines, struct proof *out)
{
	size_t at = 0;

	out->mail = next_value(lines, &at, "mail");
	if (out->mail == NULL)
		return "mail";
	if (!read_items(lines, &at, out))
		return "item";
	out->when = next_value(lines, &at, "when");
	if (out->when == NULL)
		return "when";
	if (!read_head(next_value(lines, &at, "head"), &out->head))
		return "head";
	if (!read_bytes(next_value(lines, &at, "key"), out->key, sizeof(out->key)))
		return "key";
	if (!read_bytes(
		next_value(lines, &at, "signature"), out->signature, sizeof(out->signature)))
		return "signature";
	return NULL;
}

void
proof_add_text(const struct proof *proof, struct str *out)
{
	str_addf(out, "%s\nmail %s\n", first_line, proof->mail);
	for (size_t i = 0; i < proof->count; i++)
		str_addf(out, "item %s %s\n", proof->items[i].mark, proof->items[i].outcome);
	str_addf(out, "when %s\nhead %lld ", proof->when, (long long)proof->head.seq);
	str_add_hex(out, proof->head.hash, sizeof(proof->head.hash));
	str_add_char(out, '\n');
}

int
proof_read(const char *text, struct arena *arena, struct proof *out, struct err *err)
{
	AUTO(str_donep) struct str signed_text = STR_INIT(SIGNED_MAX);
	struct lines lines = { .arena = arena };
	struct proof proof = { 0 };
	const char *wrong;
	int rc = find_lines(text, &lines, err);

	if (rc < 0)
		return rc;
	wrong = read_all(&lines, &proof);
	if (wrong != NULL)
		return err_set(err, ERR_INVALID, "the receipt's line \"%s\" is not whole", wrong);
	proof_add_text(&proof, &signed_text);
	proof.is_signed = !str_overflowed(&signed_text) &&
	    ed25519_verify(proof.key, str_text(&signed_text), signed_text.len, proof.signature);
	*out = proof;
	return 0;
}
