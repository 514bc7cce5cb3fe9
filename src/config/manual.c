#include "read_priv.h"

#include <ctype.h>
#include <string.h>

/* clang-format off */
static const char head[] =
	".\\\" Made by \"assent config show --man\" from the table of settings.\n"
	".Dd November 21, 2026\n"
	".Dt ASSENTD.YAML 5\n"
	".Os\n"
	".Sh NAME\n"
	".Nm assentd.yaml\n"
	".Nd settings of assentd\n"
	".Sh DESCRIPTION\n"
	".Nm\n"
	"is the one file that\n"
	".Xr assentd 8\n"
	"and\n"
	".Xr assent 1\n"
	"read.\n"
	"It is YAML: one document in UTF-8 of at most 1 MiB,\n"
	"without anchors, aliases and tags.\n"
	".Dq assent init\n"
	"writes the first one with every key explained, and\n"
	".Dq assent config check\n"
	"shows everything that is wrong with it as\n"
	".Ql file:line:column: message .\n"
	"The daemon starts, and reloads, only with a file that has no fault.\n"
	".Pp\n"
	"Relative paths start at the folder of the file.\n"
	"Durations are a number and one of\n"
	".Cm ms , s , m , h\n"
	"and\n"
	".Cm d ,\n"
	"sizes a number, alone (bytes) or with\n"
	".Cm KiB , MiB\n"
	"or\n"
	".Cm GiB .\n"
	"Domains may be written in any script and are compared in their ASCII form.\n"
	".Sh KEYS\n";

static const char tail[] =
	".Sh FILES\n"
	".Bl -tag -width Ds\n"
	".It Pa /etc/assentd/assentd.yaml\n"
	"The settings.\n"
	".It Pa /etc/assentd/site.keys\n"
	"The key ring.\n"
	"A lost ring makes every mailed link invalid; a stolen one lets others answer.\n"
	".It Pa /etc/assentd/signing.key\n"
	"The key that signs receipts.\n"
	".El\n"
	".Sh EXAMPLES\n"
	"The smallest file, with one customer and one engineer:\n"
	".Bd -literal -offset indent\n"
	"agent:\n"
	"  email: approvals@helpdesk.example\n"
	"mailboxes:\n"
	"  - name: inbox\n"
	"    maildir: /var/lib/assentd/inbox\n"
	"outgoing:\n"
	"  maildir: /var/lib/assentd/outbox\n"
	"organisations:\n"
	"  - key: acme\n"
	"    name: ACME Ltd\n"
	"    owner: boss@acme.example\n"
	"    domains: [acme.example]\n"
	"staff:\n"
	"  - email: sam@helpdesk.example\n"
	".Ed\n"
	".Sh SEE ALSO\n"
	".Xr assent 1 ,\n"
	".Xr assentd 8\n";
/* clang-format on */

#define TEXT_WIDTH 78

/* Does a sentence end between these two words? */
static bool
is_sentence_end(const char *last, const char *next)
{
	return strchr(".?", *last) && !islower((unsigned char)*next);
}

/* Text as roff: short lines, a new sentence on a new one, nothing that roff takes for its own. */
static void
add_roff(struct str *out, const char *text)
{
	size_t column = 0;

	for (const char *p = text; *p; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");

		if (column && (column + 1 + n > TEXT_WIDTH || is_sentence_end(p - 2, p))) {
			str_add(out, "\n");
			column = 0;
		}
		str_add(out, column ? " " : "");
		str_add(out, !column && strchr(".'", *p) ? "\\&" : "");
		for (size_t i = 0; i < n; i++)
			if (p[i] == '\\')
				str_add(out, "\\e");
			else
				str_add_char(out, p[i]);
		column += 1 + n;
		p += n;
	}
	str_add(out, "\n");
}

static void
add_default(struct str *out, const struct row *row)
{
	if (!row->fallback) {
		str_add(out, "It must be given.\n");
	} else if (kinds[row->kind].list || !*row->fallback) {
		const char *empty = kinds[row->kind].list ? "[]" : "\\(dq\\(dq";

		str_addf(out, "The default is\n.Ql %s .\n", *row->fallback ? row->fallback : empty);
	} else {
		str_addf(out, "The default is\n.Ql %s .\n", row->fallback);
	}
	if (row->flags & ROW_RESTART)
		str_add(out, "It takes effect at the next start.\n");
}

static void
add_key(struct str *out, const struct row *row)
{
	AUTO(str_donep) struct str type = STR_INIT(400);

	row_add_type(&type, row);
	str_addf(out, ".It Cm %s : Ar %s\n", row->key, kinds[row->kind].name);
	add_roff(out, row->help);
	str_addf(out, ".Pq %s\n", str_text(&type));
	add_default(out, row);
}

static void
add_keys(struct str *out, const struct row *rows, size_t n)
{
	str_add(out, ".Bl -tag -width Ds\n");
	for (size_t i = 0; i < n; i++)
		if (!rows[i].table)
			add_key(out, &rows[i]);
	str_add(out, ".El\n");
}

static void
add_section(struct str *out, const struct row *row)
{
	str_addf(out, ".Ss %s\n", row->key);
	add_roff(out, row->help);
	if (row->kind == KIND_RECORDS)
		str_addf(out, "This is a list of at most %lld records%s; each has these keys:\n",
		    (long long)row->max, row->fallback ? "" : ", with at least one");
	add_keys(out, row->table->rows, row->table->count);
}

void
settings_add_manual(struct str *out)
{
	str_add(out, head);
	for (size_t i = 0; i < settings_table.count; i++)
		if (settings_table.rows[i].table)
			add_section(out, &settings_table.rows[i]);
	str_add(out, ".Ss Keys without a section\n");
	add_keys(out, settings_table.rows, settings_table.count);
	str_add(out, tail);
}
