#pragma once
/*
 * settings: the one file that a site edits, read whole or not at all.
 *
 * Every key is a row (src/config/rows.c) with type, bounds, default and help;
 * reading, `config show`, the first file that `init` writes and the man page
 * come from the same rows. A snapshot is immutable and counted: whoever holds
 * a reference may read it from any thread until settings_unref().
 *
 * Paths may be relative: they start at the settings file's folder. Secrets are
 * never in the file itself; a relative name of a secret file is looked up in
 * $CREDENTIALS_DIRECTORY where that is set, else beside the settings file.
 * Domains are kept in lower-case ASCII form (IDN as xn--), also those of
 * addresses.
 */
#include <assent/base/attr.h>
#include <assent/base/err.h>
#include <assent/base/log.h>
#include <assent/base/str.h>
#include <assent/config/faults.h>
#include <assent/model/login.h>
#include <assent/model/policy.h>

#include <jansson.h>

#define SETTINGS_FILE "/etc/assentd/assentd.yaml"
#define SETTINGS_SIZE_MAX (1u << 20)

enum after_take { AFTER_KEEP, AFTER_FLAG, AFTER_MOVE };

struct settings_mailbox {
	const char *name; /* unique; part of each letter's source key */
	const char *maildir; /* "" for an IMAP mailbox */
	struct login login; /* host is "" for a Maildir */
	const char *folder;
	int after; /* enum after_take: what happens to a mail that was taken in */
	const char *move_to;
	span_ms poll; /* longest time between two looks, beside IDLE */
	span_ms fresh; /* older mail that is there at the first look is filed */
};

/* Where mail goes: exactly one of maildir, sendmail and login.host is not "". */
struct settings_route {
	const char *maildir;
	const char *sendmail; /* program of a local MTA */
	struct login login;
	int connections; /* most at once */
	int per_minute; /* most mails a minute to one domain; 0 is no limit */
	const char *helo; /* "" takes the host's name */
	span_ms timeout; /* for one mail; 0 takes the usual one */
};

enum ai_kind { AI_NONE, AI_OPENAI, AI_ANTHROPIC, AI_GEMINI };

/* One model on one server; ai/model.h says what becomes of it. */
struct settings_model {
	const char *name, *kind; /* "openai", "anthropic", "gemini" */
	const char *base_url, *model;
	const char *key_file, *key; /* key is NULL without a file */
	int serves; /* enum model_serves: both tiers, fast, careful */
	int64_t price_in, price_cached, price_out; /* micros per million tokens; -1: not said */
	span_ms timeout; /* 0: ai.timeout */
};

struct settings_ai {
	int kind; /* enum ai_kind: the short form of a list of one */
	const char *base_url, *model;
	const char *key_file, *key; /* key is NULL without a file */
	span_ms timeout, batch_timeout;
	int at_once;
	int budget, organisation_budget; /* tokens a day; 0: no limit */
	const struct settings_model *chain; /* all that are asked, however they were written */
	size_t chain_count;
};

struct identity;

struct settings_smime {
	const char *ca_file, *crl_file; /* "" for none */
	const char *authorities, *crls; /* what is in them (PEM), "" for none */
	const char *cert_file, *key_file; /* "" for none */
	const char *key; /* NULL for none */
	struct identity *identity; /* of both; NULL: our mails are not signed */
};

struct listen_address {
	const char *host; /* numeric IPv4 or IPv6, without brackets */
	uint16_t port; /* 0: the kernel chooses (tests) */
	bool ipv6;
};

struct listen_list {
	const struct listen_address *items;
	size_t count;
};

/* The first bits of address; IPv4 is 4 bytes long, IPv6 16. */
struct ip_range {
	uint8_t address[16];
	uint8_t length; /* 4 or 16 */
	uint8_t bits;
};

struct range_list {
	const struct ip_range *items;
	size_t count;
};

struct settings {
	struct policy policy;

	const char *file; /* absolute path it was read from, "" for defaults */
	const char *state_dir;
	const char *database; /* state_dir/assentd.db */
	const char *spool; /* state_dir/spool */
	const char *run_dir;
	const char *control; /* run_dir/control */
	const char *lock; /* run_dir/lock */
	int64_t min_free; /* bytes; below it nothing is taken in */
	int log_level; /* enum log_level */

	const char *site_key_file; /* as found */
	const char *signing_key_file;
	const char *credential_key_file; /* "" for none */

	const struct settings_mailbox *mailboxes;
	size_t mailbox_count;
	struct settings_route outgoing;
	struct settings_route alerts; /* none of the three when alerts go the usual way */
	int64_t mail_max_size;

	struct settings_ai ai;
	const struct settings_model *models; /* as they were written */
	size_t model_count;
	struct settings_smime smime;

	int parser_children;
	span_ms parser_deadline;

	struct listen_list listen; /* empty: no HTTP */
	struct range_list trusted_proxies;
	struct range_list metrics_from; /* who may read /metrics */
	const char *tls_cert_file, *tls_key_file; /* PEM; "" serves plain HTTP */
	int api_rate; /* requests a minute of one token */
	int api_drafts; /* documents an hour of one token */
};

/*
 * Read and check file. 0 gives *out to the caller (settings_unref()).
 * ERR_INVALID: faults holds at least one fault and err counts them; *out is
 * untouched. ERR_NOT_FOUND, ERR_DENIED, ERR_IO: the file could not be read.
 */
int settings_load(
    const char *file, struct settings **out, struct faults *faults, struct err *err) MUST_USE;

/* settings_load() from memory; paths start at the folder of file, which need not exist. */
int settings_parse(const char *file, const struct str *text, struct settings **out,
    struct faults *faults, struct err *err) MUST_USE;

struct settings *settings_ref(struct settings *settings);
void settings_unref(struct settings *settings);
FREEP(struct settings, settings_unref)

/*
 * slot: where a program keeps the settings in force. Thread-safe.
 *
 * settings_reload() reads the slot's file again and swaps only if it is clean:
 * otherwise the old snapshot stays in force and faults and err say why.
 * Holders of the old snapshot keep it until they let go.
 */
struct settings_slot;

struct settings_slot *settings_slot_new(struct settings *first) MUST_USE; /* takes first */
void settings_slot_free(struct settings_slot *slot);
FREEP(struct settings_slot, settings_slot_free)
struct settings *settings_get(struct settings_slot *slot) MUST_USE; /* settings_unref() it */
int settings_reload(struct settings_slot *slot, struct faults *faults, struct err *err) MUST_USE;

/*
 * Append the first key (such as "http.listen") that differs between two
 * snapshots and takes effect only at a restart. False when there is none.
 */
bool settings_needs_restart(
    const struct settings *now, const struct settings *then, struct str *out);

/* Append the settings in force as YAML (names of secret files, no secrets). */
void settings_add_yaml(const struct settings *settings, struct str *out);

/* The same as JSON (numbers with a unit stay texts), and every row as an object; a new reference. */
json_t *settings_json(const struct settings *settings) MUST_USE;
json_t *settings_rows_json(void) MUST_USE;

/* Append every key with its default, type, bounds and help, as YAML with comments. */
void settings_add_defaults(struct str *out);

/* Append the first settings file of a site: commented, clean once the keys are beside it. */
void settings_add_example(struct str *out);

/* Append assentd.yaml(5) in mdoc. */
void settings_add_manual(struct str *out);

/* Append the ith key as "section.key" or "list[].key"; false past the end. */
bool settings_key_at(size_t i, struct str *out) MUST_USE;

/* The names of the two files that `init` makes beside the example. */
#define SETTINGS_SITE_KEYS "site.keys"
#define SETTINGS_SIGNING_KEY "signing.key"

/* Append a fresh key ring (one key, id 1), or a fresh signing key, as file text. */
void settings_add_site_keys(struct str *out);
void settings_add_signing_key(struct str *out);
