/* Addresses: GMime reads the lists, what comes out is checked here. */
#include "parser_priv.h"

#include <assent/base/utf8.h>

#include <string.h>

/* "local@domain" in plain letters: no blank, bracket, comment, quote or control anywhere. */
static bool
is_plain_address(const char *s)
{
	const char *at = strchr(s, '@');
	size_t n = strlen(s);

	if (!at || at == s || !at[1] || strchr(at + 1, '@') || n > NAME_MAX_BYTES)
		return false;
	if (at[1] == '.' || at[1] == '-' || strstr(s, "=?") || strstr(at, ".."))
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] <= ' ' || s[i] == 0x7f || strchr("<>()[],;:\\\"", s[i]))
			return false;
	return utf8_is_valid(s, n);
}

static void
lower_domain(char *email)
{
	char *domain = strchr(email, '@') + 1, *folded;
	size_t n = strlen(domain);

	text_lower(domain);
	folded = g_utf8_strdown(domain, -1);
	/* A letter whose small form is longer stays as it is: nobody's domain has one. */
	if (strlen(folded) == n)
		memcpy(domain, folded, n);
	g_free(folded);
}

static bool
has_invisible(const char *s)
{
	AUTO(str_donep) struct str visible = STR_INIT(NAME_MAX_BYTES);

	utf8_add_visible(&visible, s, strlen(s));
	return !text_is(str_text(&visible), s);
}

static const char *
checked(struct reading *r, const char *addr)
{
	char *email;

	if (!addr || !is_plain_address(addr) || has_invisible(addr))
		return "";
	email = arena_dup(r->arena, addr);
	lower_domain(email);
	return email;
}

const char *
address_of(struct reading *r, const char *value)
{
	AUTO(mem_freep) char *copy = mem_dup(value);
	char *s = text_trim(copy);
	size_t n;

	if (*s == '<')
		s++;
	n = strcspn(s, ">");
	s[n] = '\0';
	return checked(r, s);
}

static void
add_mailbox(struct reading *r, InternetAddress *ia, struct address_list *list)
{
	const char *addr = internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(ia));
	const char *name = internet_address_get_name(ia);

	if (list->count >= ADDRESSES_MAX) {
		r->letter->truncated = true;
		return;
	}
	list->items[list->count].name = header_clean(r, name ? name : "", NAME_MAX_BYTES);
	list->items[list->count].email = checked(r, addr);
	list->count++;
}

/* Groups are flattened; a group within a group is no mail address. */
static void
add_list(struct reading *r, InternetAddressList *from, struct address_list *list)
{
	int n = internet_address_list_length(from);

	for (int i = 0; i < n; i++) {
		InternetAddress *ia = internet_address_list_get_address(from, i);
		InternetAddressList *members;

		if (INTERNET_ADDRESS_IS_MAILBOX(ia)) {
			add_mailbox(r, ia, list);
			continue;
		}
		members = internet_address_group_get_members(INTERNET_ADDRESS_GROUP(ia));
		for (int k = 0; members && k < internet_address_list_length(members); k++) {
			ia = internet_address_list_get_address(members, k);
			if (INTERNET_ADDRESS_IS_MAILBOX(ia))
				add_mailbox(r, ia, list);
		}
	}
}

static int
count_mailboxes(InternetAddressList *from)
{
	int n = internet_address_list_length(from), count = n;

	for (int i = 0; i < n; i++) {
		InternetAddress *ia = internet_address_list_get_address(from, i);
		InternetAddressList *members = NULL;

		if (INTERNET_ADDRESS_IS_GROUP(ia))
			members = internet_address_group_get_members(INTERNET_ADDRESS_GROUP(ia));
		if (members)
			count += internet_address_list_length(members);
		if (count >= ADDRESSES_MAX)
			return ADDRESSES_MAX;
	}
	return count;
}

static void
read_list(struct reading *r, InternetAddressList *from, struct address_list *list)
{
	if (!from || internet_address_list_length(from) == 0)
		return;
	list->items = arena_alloc(r->arena, (size_t)count_mailboxes(from) * sizeof(*list->items));
	add_list(r, from, list);
}

void
address_read_all(struct reading *r, GMimeMessage *message)
{
	struct letter *l = r->letter;

	read_list(r, g_mime_message_get_from(message), &l->from);
	read_list(r, g_mime_message_get_sender(message), &l->sender);
	read_list(r, g_mime_message_get_reply_to(message), &l->reply_to);
	read_list(r, g_mime_message_get_to(message), &l->to);
	read_list(r, g_mime_message_get_cc(message), &l->cc);
}

struct scan { /* through one mailbox of a From field */
	bool angle, closed; /* inside <>, behind it */
	bool bare_at; /* an '@' outside <> */
	bool angle_at; /* ... inside */
	bool word, gap, bare_gap; /* text so far; a blank behind it; text behind that */
	char last; /* not blank */
	bool odd;
};

/*
 * Without <>, what has an '@' is an address: no blank may stand in it. A dot at
 * the end of either half is dropped by some programs.
 */
static void
end_mailbox(struct scan *scan)
{
	if (scan->angle || (scan->bare_at && (scan->bare_gap || scan->last == '.')))
		scan->odd = true;
	*scan = (struct scan){ .odd = scan->odd };
}

/* Of two at signs one program takes the first, another the last. */
static void
scan_at(struct scan *scan)
{
	bool *seen = scan->angle ? &scan->angle_at : &scan->bare_at;

	if (*seen || scan->last == '.')
		scan->odd = true;
	*seen = true;
}

static void
scan_word(struct scan *scan)
{
	if (scan->gap)
		scan->bare_gap = true;
	scan->word = true;
}

static const char *
skip_quoted(const char *s, struct scan *scan)
{
	for (s++; *s && *s != '"'; s++) {
		if (*s == '\\' && s[1])
			s++;
		if ((unsigned char)*s < ' ' && !strchr("\t\r\n", *s))
			scan->odd = true;
	}
	if (!*s) {
		scan->odd = true;
		return s;
	}
	return s + 1;
}

static void
scan_angle(struct scan *scan, char c)
{
	if (c == '<' && (scan->angle || scan->closed || scan->bare_at))
		scan->odd = true;
	if (c == '>' && (!scan->angle || scan->last == '.'))
		scan->odd = true;
	scan->angle = c == '<';
	scan->closed = c == '>';
}

static void
scan_char(struct scan *scan, char c)
{
	if (c == '<' || c == '>') {
		scan_angle(scan, c);
	} else if (c == ',') {
		end_mailbox(scan);
	} else if (strchr("():;\\[]", c) || (unsigned char)c == 0x7f) {
		scan->odd = true;
	} else if (strchr(" \t\r\n", c)) {
		if (scan->angle)
			scan->odd = true;
		scan->gap = scan->word;
	} else if ((unsigned char)c < ' ' || scan->closed) {
		scan->odd = true;
	} else {
		scan_word(scan);
		if (c == '@')
			scan_at(scan);
	}
	if (!strchr(" \t\r\n", c))
		scan->last = c;
}

static bool
has_control(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' && !strchr("\t\r\n", *s))
			return true;
	return false;
}

/*
 * Encoded words belong into display names. One that turns into brackets, an
 * address or a line break is there so that two programs read two senders.
 */
static bool
has_encoded_trick(const char *raw)
{
	const char *angle = strrchr(raw, '<');
	char *display, *decoded;
	bool trick;

	if (!strstr(raw, "=?"))
		return false;
	if (!angle || strstr(angle, "=?"))
		return true;
	display = g_strndup(raw, (gsize)(angle - raw));
	decoded = g_mime_utils_header_decode_phrase(NULL, display);
	trick = !decoded || strpbrk(decoded, "<>@") || has_control(decoded);
	g_free(decoded);
	g_free(display);
	return trick;
}

bool
address_is_odd(const char *raw)
{
	struct scan scan = { 0 };

	for (const char *s = raw; *s;) {
		if (*s == '"' && !scan.angle)
			s = skip_quoted(s, &scan);
		else
			scan_char(&scan, *s++);
	}
	end_mailbox(&scan);
	return scan.odd || has_encoded_trick(raw);
}
