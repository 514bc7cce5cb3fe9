/*
 * HTML as text, from libxml2's events: no tree is built, so a page costs its
 * own size and nesting costs a row of a fixed stack. What goes deeper, or has
 * tags of thousands of attributes (quadratic in the parser), is stripped.
 * A link gives its words, not its address: that is not what its writer wrote,
 * and in a quote it may be a token of ours.
 */
#include "html_priv.h"
#include "parser_priv.h"

#include <assent/base/utf8.h>

#include <libxml/HTMLparser.h>
#include <libxml/parserInternals.h>
#include <stdio.h>
#include <string.h>

#define STACK_MAX 400
#define QUOTE_MAX 8
#define ATTRIBUTES_MAX 500
#define RULE "________________________________"

enum tag {
	TAG_OTHER,
	TAG_SKIP, /* with all that is in it */
	TAG_BLOCK, /* a line of its own */
	TAG_PARAGRAPH, /* with a blank line around */
	TAG_QUOTE,
	TAG_PRE,
	TAG_BREAK,
	TAG_RULE,
	TAG_CELL,
	TAG_ITEM,
	TAG_NUMBERED,
};

struct tag_row {
	const char *name;
	enum tag tag;
};

/* clang-format off */
static const struct tag_row tags[] = {
	{ "address", TAG_BLOCK }, { "applet", TAG_SKIP }, { "article", TAG_BLOCK },
	{ "audio", TAG_SKIP }, { "blockquote", TAG_QUOTE }, { "br", TAG_BREAK }, { "caption", TAG_BLOCK },
	{ "center", TAG_BLOCK }, { "datalist", TAG_SKIP }, { "dd", TAG_BLOCK }, { "del", TAG_SKIP }, { "dialog", TAG_SKIP }, { "div", TAG_BLOCK }, { "dl", TAG_PARAGRAPH },
	{ "dt", TAG_BLOCK }, { "fieldset", TAG_BLOCK }, { "footer", TAG_BLOCK }, { "form", TAG_BLOCK },
	{ "h1", TAG_PARAGRAPH }, { "h2", TAG_PARAGRAPH }, { "h3", TAG_PARAGRAPH }, { "h4", TAG_PARAGRAPH },
	{ "h5", TAG_PARAGRAPH }, { "h6", TAG_PARAGRAPH }, { "header", TAG_BLOCK }, { "hr", TAG_RULE },
	{ "iframe", TAG_SKIP }, { "li", TAG_ITEM }, { "main", TAG_BLOCK }, { "math", TAG_SKIP },
	{ "nav", TAG_BLOCK }, { "noembed", TAG_SKIP }, { "noframes", TAG_SKIP }, { "object", TAG_SKIP },
	{ "ol", TAG_NUMBERED }, { "p", TAG_PARAGRAPH }, { "pre", TAG_PRE }, { "s", TAG_SKIP }, { "script", TAG_SKIP },
	{ "section", TAG_BLOCK }, { "select", TAG_SKIP }, { "strike", TAG_SKIP }, { "style", TAG_SKIP }, { "svg", TAG_SKIP },
	{ "table", TAG_BLOCK }, { "td", TAG_CELL }, { "template", TAG_SKIP }, { "th", TAG_CELL },
	{ "title", TAG_SKIP }, { "tr", TAG_BLOCK }, { "ul", TAG_PARAGRAPH }, { "video", TAG_SKIP },
};
/* clang-format on */

struct element {
	struct look look;
	enum tag tag;
	bool quotes; /* lines in it are somebody else's */
	bool attribution; /* "On … wrote:" or "---- Forwarded": its first words tell */
	bool tight; /* a paragraph without blank lines (Outlook) */
	int items; /* of an ordered list so far, -1 in others */
};

struct page {
	struct str *out;
	htmlParserCtxtPtr parser;
	struct element stack[STACK_MAX];
	size_t depth;
	bool too_deep, clipped;
	int quotes, pres;
	int attributions; /* elements whose first words are still to come */
	int line_quotes; /* quote depth of the line before */
	int breaks; /* line ends owed before the next word */
	bool space; /* a blank owed */
	bool started; /* something was written by us */
	bool hard_blank; /* the line so far is one no-break space */
};

static void
add(struct page *p, const char *s, size_t n)
{
	if (p->out->ceiling - p->out->len < 3 * n) {
		p->clipped = true;
		return;
	}
	utf8_add_visible(p->out, s, n);
}

static void
add_prefix(struct page *p, int quotes)
{
	for (int i = 0; i < quotes && i < QUOTE_MAX; i++)
		add(p, "> ", 2);
}

/* Pay what is owed before a word. */
static void
settle(struct page *p)
{
	int between = p->quotes < p->line_quotes ? p->quotes : p->line_quotes;

	if (!p->started) {
		add_prefix(p, p->quotes);
	} else if (p->breaks > 0) {
		add(p, "\n", 1);
		if (p->breaks > 1) {
			add_prefix(p, between);
			add(p, "\n", 1);
		}
		add_prefix(p, p->quotes);
	} else if (p->space) {
		add(p, " ", 1);
	}
	p->started = true;
	p->line_quotes = p->quotes;
	p->breaks = 0;
	p->space = false;
	p->hard_blank = false;
}

/* A blank line that a person made with a no-break space counts as one. */
static void
owe_break(struct page *p, int least)
{
	if (p->hard_blank && p->breaks > 0)
		p->breaks = 2;
	p->hard_blank = false;
	if (p->breaks < least)
		p->breaks = least;
	p->space = false;
}

static struct element *
top(struct page *p)
{
	return p->depth > 0 ? &p->stack[p->depth - 1] : NULL;
}

/* The head of a forwarded mail stays as it is, so that it is seen as one. */
static void
settle_attribution(struct page *p, const char *word, size_t n)
{
	for (size_t i = p->depth; p->attributions > 0 && i-- > 0;) {
		struct element *e = &p->stack[i];

		if (!e->attribution)
			continue;
		e->attribution = false;
		p->attributions--;
		if ((n > 1 && memcmp(word, "--", 2) == 0) || e->quotes)
			return;
		e->quotes = true;
		p->quotes++;
	}
}

static void
add_word(struct page *p, const char *s, size_t n)
{
	settle_attribution(p, s, n);
	settle(p);
	add(p, s, n);
}

static size_t
blank_length(const char *s, size_t n)
{
	switch (s[0]) {
	case ' ':
	case '\t':
	case '\r':
	case '\n':
	case '\f':
		return 1;
	case '\xc2':
		return n > 1 && s[1] == '\xa0' ? 2 : 0;
	default:
		return 0;
	}
}

static void
take_blank(struct page *p, const char *s, size_t len)
{
	if (p->pres > 0 && *s == '\n') {
		owe_break(p, 0);
		p->breaks = p->breaks < 2 ? p->breaks + 1 : 2;
		return;
	}
	p->space = true;
	if (len == 2 && p->breaks > 0)
		p->hard_blank = true;
	if (p->pres > 0 && *s != '\r' && p->breaks == 0 && p->started) {
		add(p, " ", 1);
		p->space = false;
	}
}

/* To the next blank that may mean something. */
static size_t
word_length(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && ((s[i] > ' ' && s[i] < 0x7f) || blank_length(s + i, n - i) == 0))
		i++;
	return i;
}

/* Words with single blanks between them stay as they are. */
static size_t
words_length(const struct page *p, const char *s, size_t n)
{
	size_t i = word_length(s, n), more;

	if (p->pres > 0 || p->attributions > 0)
		return i;
	while (i + 1 < n && s[i] == ' ' && (more = word_length(s + i + 1, n - i - 1)) > 0)
		i += 1 + more;
	return i;
}

static void
on_text(void *arg, const xmlChar *text, int len)
{
	struct page *p = arg;
	const struct element *e = top(p);
	const char *s = (const char *)text;
	size_t n = len > 0 ? (size_t)len : 0;

	if (e && look_is_hidden(&e->look))
		return;
	while (n > 0) {
		size_t words, blank = blank_length(s, n);

		if (blank > 0) {
			take_blank(p, s, blank);
			s += blank;
			n -= blank;
			continue;
		}
		words = words_length(p, s, n);
		add_word(p, s, words);
		s += words;
		n -= words;
	}
}

static enum tag
tag_of(const char *name)
{
	size_t low = 0, high = ARRAY_LEN(tags);

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(name, tags[middle].name);

		if (order == 0)
			return tags[middle].tag;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return TAG_OTHER;
}

static bool
is_any_of(const char *value, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strstr(value, names[i]))
			return true;
	return false;
}

/* How mail programs mark what their user did not write. */
static void
read_name(struct page *p, struct element *e, const char *value)
{
	static const char *const attributions[] = { "gmail_attr", "moz-cite-prefix", "yahoo_quoted",
		"protonmail_quote", "zmail_extra", "tutanota_quote" };
	static const char *const rules[] = { "divRplyFwdMsg", "appendonsend",
		"mail-editor-reference-message-container", "OutlookMessageHeader", "stopSpelling" };

	if (!e->attribution && is_any_of(value, attributions, ARRAY_LEN(attributions))) {
		e->attribution = true;
		p->attributions++;
	}
	if (is_any_of(value, rules, ARRAY_LEN(rules)) && p->started) {
		owe_break(p, 1);
		add_word(p, RULE, strlen(RULE));
		owe_break(p, 1);
	}
	if (text_starts(value, "Mso"))
		e->tight = true;
}

static void
read_attributes(struct page *p, struct element *e, const xmlChar **attributes)
{
	for (size_t i = 0; attributes && attributes[i]; i += 2) {
		const char *name = (const char *)attributes[i];
		const char *value = attributes[i + 1] ? (const char *)attributes[i + 1] : "";

		look_attribute(&e->look, name, value);
		if (text_is(name, "class") || text_is(name, "id"))
			read_name(p, e, value);
	}
}

static void
start_item(struct page *p)
{
	char number[16];
	struct element *list = p->depth > 1 ? &p->stack[p->depth - 2] : NULL;

	owe_break(p, 1);
	if (list && list->items >= 0 && list->items < 1000) {
		snprintf(number, sizeof(number), "%d.", ++list->items);
		add_word(p, number, strlen(number));
	} else {
		add_word(p, "-", 1);
	}
	p->space = true;
}

static void
start_tag(struct page *p, struct element *e)
{
	switch (e->tag) {
	case TAG_BLOCK:
		owe_break(p, 1);
		break;
	case TAG_PARAGRAPH:
	case TAG_NUMBERED:
	case TAG_PRE:
		owe_break(p, e->tight ? 1 : 2);
		p->pres += e->tag == TAG_PRE;
		break;
	case TAG_QUOTE:
		owe_break(p, 1);
		e->quotes = true;
		p->quotes++;
		break;
	case TAG_BREAK:
		p->hard_blank = false;
		p->space = false;
		p->breaks = p->breaks < 2 ? p->breaks + 1 : 2;
		break;
	case TAG_RULE:
		owe_break(p, 1);
		add_word(p, RULE, strlen(RULE));
		owe_break(p, 1);
		break;
	case TAG_CELL:
		p->space = true;
		break;
	case TAG_ITEM:
		start_item(p);
		break;
	case TAG_SKIP:
	case TAG_OTHER:
		break;
	}
}

static void
on_start(void *arg, const xmlChar *name, const xmlChar **attributes)
{
	struct page *p = arg;
	struct element *outer = top(p), *e;

	if (p->depth >= STACK_MAX) {
		p->too_deep = true;
		xmlStopParser(p->parser);
		return;
	}
	e = &p->stack[p->depth++];
	*e = (struct element){ .tag = tag_of((const char *)name), .items = -1 };
	if (outer)
		e->look = outer->look;
	if (e->tag == TAG_SKIP)
		e->look.gone = true;
	if (e->tag == TAG_NUMBERED)
		e->items = 0;
	read_attributes(p, e, attributes);
	if (!look_is_hidden(&e->look))
		start_tag(p, e);
	else if (e->tag == TAG_PRE)
		e->tag = TAG_OTHER;
}

static void
on_end(void *arg, const xmlChar *name)
{
	struct page *p = arg;
	struct element *e = top(p);

	if (!e)
		return;
	if (e->tag == TAG_PRE)
		p->pres--;
	if (e->attribution)
		p->attributions--;
	if (e->tag == TAG_PARAGRAPH || e->tag == TAG_NUMBERED || e->tag == TAG_PRE)
		owe_break(p, e->tight ? 1 : 2);
	else if (e->tag == TAG_BLOCK || e->tag == TAG_QUOTE || e->tag == TAG_ITEM || e->quotes)
		owe_break(p, 1);
	if (e->quotes)
		p->quotes--;
	p->depth--;
}

/* To the end of a comment that starts here, else s itself. */
static const char *
skip_comment(const char *s, const char *end)
{
	const char *close;

	if (end - s < 4 || memcmp(s, "<!--", 4) != 0)
		return s;
	close = memmem(s + 4, (size_t)(end - s) - 4, "-->", 3);
	return close ? close + 2 : end - 1;
}

/* A tag of thousands of words is read in quadratic time: such a page is stripped. */
static bool
has_huge_tag(const char *html, size_t n)
{
	const char *end = html + n;
	size_t words = 0;
	bool inside = false;

	for (const char *s = html; s < end; s++) {
		if (*s == '<') {
			inside = true;
			words = 0;
			s = skip_comment(s, end);
		} else if (*s == '>') {
			inside = false;
		} else if (inside && memchr(" \t\r\n/\"'", *s, 7) && ++words > 4 * ATTRIBUTES_MAX) {
			return true;
		}
	}
	return false;
}

static bool
parse(struct page *p, const char *html, size_t n)
{
	htmlParserCtxtPtr parser = htmlCreateMemoryParserCtxt(html, (int)n);

	if (!parser)
		return false;
	p->parser = parser;
	htmlCtxtUseOptions(parser,
	    HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET |
		HTML_PARSE_IGNORE_ENC | HTML_PARSE_NODEFDTD);
	xmlSwitchEncoding(parser, XML_CHAR_ENCODING_UTF8);
	memset(parser->sax, 0, sizeof(*parser->sax));
	parser->sax->startElement = on_start;
	parser->sax->endElement = on_end;
	parser->sax->characters = on_text;
	parser->sax->ignorableWhitespace = on_text;
	parser->userData = p;
	htmlParseDocument(parser);
	htmlFreeParserCtxt(parser);
	return !p->too_deep;
}

/* Never whole: what was hidden or quoted in the page cannot be told any more. */
static bool
strip(const char *html, size_t n, struct str *out)
{
	html_strip(html, n, out);
	return false;
}

bool
html_to_text(const char *html, size_t n, struct str *out)
{
	AUTO(mem_freep) struct page *page = NULL;
	size_t start = out->len;

	if (n == 0)
		return true;
	if (n > INT_MAX || has_huge_tag(html, n))
		return strip(html, n, out);
	page = mem_alloc(sizeof(*page));
	page->out = out;
	if (parse(page, html, n)) {
		if (page->started)
			add(page, "\n", 1);
		return !page->clipped && !sheet_changes_words(html, n);
	}
	str_cut(out, start);
	return strip(html, n, out);
}
