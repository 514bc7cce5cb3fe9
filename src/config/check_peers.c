/* check_peers: mail servers, helpdesks and credentials that the settings name. */
#include "check_priv.h"
#include "unique_priv.h"

#include <assent/base/data.h>

#include <arpa/inet.h>
#include <string.h>

static bool
is_given(const char *text)
{
	return text && *text;
}

/* A key, or the reader's words for the fault, of one login or route. */
struct place {
	const struct node *map; /* the section or record */
	const char *name; /* "outgoing", "mailbox" */
};

static void
fault_key(struct reader *reader, const struct place *place, const char *key, const char *sentence)
{
	const struct node *node = record_spot(place->map, key);

	faults_add(
	    reader->faults, node->line, node->column, "%s.%s: %s", place->name, key, sentence);
}

/* --- logins ------------------------------------------------------------ */

/* 127.evil.example is somebody's name, and no address. */
static bool
is_loopback(const char *host)
{
	struct in_addr address;

	if (text_is(host, "localhost") || text_is(host, "::1"))
		return true;
	return text_starts(host, "127.") && inet_pton(AF_INET, host, &address) == 1;
}

/* As resolvers, TLS and SMTP take it: no port, no brackets, no letters beyond ASCII. */
static bool
is_host(const char *host)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._-";
	struct in6_addr address;
	size_t n = strlen(host);

	if (strchr(host, ':') != NULL)
		return inet_pton(AF_INET6, host, &address) == 1;
	return n <= 253 && strspn(host, plain) == n && !strchr(".-", host[0]) && host[n - 1] != '.';
}

/* What goes out raw inside a command must not hold one of its own. */
static bool
is_plain(const char *text)
{
	return !text || !text[strcspn(text, "\r\n")];
}

static bool
credential_exists(const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->credential_count; i++)
		if (policy->credentials[i].name && text_is(policy->credentials[i].name, name))
			return true;
	return false;
}

static void
check_signing_in(struct reader *reader, const struct login *login, const struct place *place)
{
	if (login->auth != AUTH_NONE && !is_given(login->user))
		fault_key(reader, place, "user", "is needed to sign in");
	if (login->auth == AUTH_PASSWORD && !is_given(login->password_file))
		fault_key(reader, place, "password_file", "is needed for auth: password");
	if (login->auth == AUTH_XOAUTH2 && !is_given(login->credential))
		fault_key(reader, place, "credential", "is needed for auth: xoauth2");
	else if (login->auth == AUTH_XOAUTH2 &&
	    !credential_exists(&reader->settings->policy, login->credential))
		fault_key(reader, place, "credential", "there is no such record under credentials");
	if (!is_plain(login->password))
		fault_key(reader, place, "password_file", "the password has more than one line");
}

static void
check_login(struct reader *reader, const struct login *login, const struct place *place)
{
	if (!is_given(login->host))
		return;
	if (!is_host(login->host))
		fault_key(reader, place, "host",
		    "is no host name; a port has a key of its own, an IPv6 address has no "
		    "brackets, "
		    "and letters beyond ASCII are written as xn--…");
	if (login->tls == TLS_NONE && !is_loopback(login->host))
		fault_key(reader, place, "tls",
		    "none is for a server on this machine only; write implicit or starttls");
	check_signing_in(reader, login, place);
}

/* --- mailboxes --------------------------------------------------------- */

static void
check_after(struct reader *reader, const struct settings_mailbox *box, const struct place *place)
{
	if (box->after == AFTER_MOVE && !is_given(box->move_to))
		fault_key(reader, place, "move_to", "is needed for after: move");
	if (box->after == AFTER_MOVE && is_given(box->move_to) &&
	    text_is(box->move_to, box->folder))
		fault_key(reader, place, "move_to", "is the folder that is read");
}

static void
check_mailbox(struct reader *reader, const struct settings_mailbox *box, const struct node *record)
{
	const struct place place = { record, "mailboxes" };

	check_folder(reader, box->maildir, record_spot(record, "maildir"), false);
	if (is_given(box->maildir) && is_given(box->login.host))
		fault_key(reader, &place, "host", "a mailbox has a maildir or a host, not both");
	else if (!is_given(box->maildir) && !is_given(box->login.host))
		fault_key(reader, &place, "maildir",
		    "is missing; a mailbox has a maildir, or a host for IMAP");
	check_login(reader, &box->login, &place);
	check_after(reader, box, &place);
}

void
check_mailboxes(struct reader *reader, const struct node *root)
{
	struct settings *s = reader->settings;
	const struct node *list = tree_value(root, "mailboxes");
	const struct node *record = list && s->mailbox_count ? list->first : NULL;
	AUTO(unique_donep) struct unique names = { .what = "mailbox" };
	AUTO(unique_donep) struct unique paths = { .what = "maildir" };

	/* Our own mail coming straight back in would be a loop. */
	unique_add(&paths, s->outgoing.maildir, spot(root, "outgoing", "maildir"));
	unique_add(&paths, s->alerts.maildir, spot(root, "alerts", "maildir"));
	for (size_t i = 0; i < s->mailbox_count && record; i++, record = record->next) {
		unique_add(&names, s->mailboxes[i].name, record_spot(record, "name"));
		unique_add(&paths, s->mailboxes[i].maildir, record_spot(record, "maildir"));
		check_mailbox(reader, &s->mailboxes[i], record);
	}
	unique_check(&names, reader->faults);
	unique_check(&paths, reader->faults);
}

/* --- routes ------------------------------------------------------------ */

static int
ways(const struct settings_route *route)
{
	return is_given(route->maildir) + is_given(route->sendmail) + is_given(route->login.host);
}

static void
check_route(struct reader *reader, const struct settings_route *route, const struct place *place)
{
	check_folder(reader, route->maildir, record_spot(place->map, "maildir"), false);
	if (ways(route) > 1)
		fault_key(reader, place, "host", "one of maildir, sendmail and host, not more");
	check_login(reader, &route->login, place);
}

void
check_outgoing(struct reader *reader, const struct node *root)
{
	struct settings *s = reader->settings;
	const struct node *outgoing = tree_value(root, "outgoing");
	const struct node *alerts = tree_value(root, "alerts");
	const struct place out = { outgoing ? outgoing : root, "outgoing" };
	const struct place alert = { alerts ? alerts : root, "alerts" };

	if (ways(&s->outgoing) == 0)
		fault_key(reader, &out, "maildir",
		    "is missing; mail goes out by one of maildir, sendmail and host");
	check_route(reader, &s->outgoing, &out);
	check_route(reader, &s->alerts, &alert);
	if (ways(&s->alerts) > 0 && !is_given(s->policy.alert_to))
		fault_key(reader, &alert, "to", "is needed to send alerts");
}

/* --- helpdesks and credentials ------------------------------------------ */

#define SECRET_MIN 24 /* bytes, as Standard Webhooks has it */
#define SECRETS_MAX 16

/* "whsec_" and base64; what is wrong with it, or NULL. */
static const char *
read_whsec(const char *line, struct mac_key *out)
{
	static const char prefix[] = "whsec_";
	long n;

	if (!text_starts(line, prefix))
		return "must start with whsec_";
	line += sizeof(prefix) - 1;
	n = base64_decode(line, strlen(line), out->bytes, sizeof(out->bytes));
	if (n < SECRET_MIN)
		return "must be base64 of 24 to 64 bytes after whsec_";
	out->len = (size_t)n;
	return NULL;
}

struct whsecs {
	const char *text, *key; /* and the key that names its file */
	struct mac_key *keys;
	size_t count;
};

/* Decoded once, so that no request has to. Blank lines and lines that start with '#' are passed over. */
static void
read_secrets(struct reader *reader, struct whsecs *secrets, const struct place *place)
{
	struct mac_key *keys = arena_alloc(reader->arena, SECRETS_MAX * sizeof(*keys));
	char *rest = arena_dup(reader->arena, secrets->text), *copy = rest, *line;
	const char *fault = NULL;
	int number = 0;

	secrets->keys = keys;

	while (!fault && (line = strsep(&rest, "\n"))) {
		number++;
		line = text_trim(line);
		if (!*line || *line == '#')
			continue;
		fault = secrets->count == SECRETS_MAX ? "is one more than the 16 there may be"
						      : read_whsec(line, &keys[secrets->count]);
		secrets->count += !fault;
	}
	mem_wipe(copy, strlen(secrets->text));
	if (fault)
		fault_key(reader, place, secrets->key,
		    arena_printf(reader->arena, "line %d %s", number, fault));
	else if (!secrets->count)
		fault_key(reader, place, secrets->key, "holds no secret");
}

void
check_sources(struct reader *reader, const struct node *root)
{
	const struct policy *policy = &reader->settings->policy;
	const struct node *list = tree_value(root, "sources");
	const struct node *record = list && policy->source_count ? list->first : NULL;
	AUTO(unique_donep) struct unique names = { .what = "source" };

	for (size_t i = 0; i < policy->source_count && record; i++, record = record->next) {
		struct policy_source *source = (void *)(uintptr_t)&policy->sources[i];
		const struct place place = { record, "sources" };

		struct whsecs secrets = { .text = source->secrets, .key = "secrets_file" };

		unique_add(&names, source->name, record_spot(record, "name"));
		if (source->secrets)
			read_secrets(reader, &secrets, &place);
		source->secret_keys = secrets.keys;
		source->secret_count = secrets.count;
	}
	unique_check(&names, reader->faults);
}

void
check_workflows(struct reader *reader, const struct node *root)
{
	const struct policy *policy = &reader->settings->policy;
	const struct node *list = tree_value(root, "workflows");
	const struct node *record = list && policy->workflow_count ? list->first : NULL;
	AUTO(unique_donep) struct unique names = { .what = "workflow" };

	for (size_t i = 0; i < policy->workflow_count && record; i++, record = record->next) {
		struct policy_workflow *workflow = (void *)(uintptr_t)&policy->workflows[i];
		const struct place place = { record, "workflows" };
		struct whsecs secrets = { .text = workflow->secret, .key = "secret_file" };

		unique_add(&names, workflow->name, record_spot(record, "name"));
		if (workflow->secret)
			read_secrets(reader, &secrets, &place);
		workflow->keys = secrets.keys;
		workflow->key_count = secrets.count;
	}
	unique_check(&names, reader->faults);
}

static void
check_credential(
    struct reader *reader, const struct policy_credential *credential, const struct node *record)
{
	const struct place place = { record, "credentials" };

	if (credential->grant == GRANT_CLIENT && !is_given(credential->secret_file))
		fault_key(reader, &place, "secret_file", "is needed for client-credentials");
	if (credential->grant == GRANT_REFRESH && !is_given(credential->device_url))
		fault_key(reader, &place, "device_url",
		    "is needed for refresh-token: it is how somebody signs in");
}

void
check_credentials(struct reader *reader, const struct node *root)
{
	const struct settings *s = reader->settings;
	const struct policy *policy = &s->policy;
	const struct node *list = tree_value(root, "credentials");
	const struct node *record = list && policy->credential_count ? list->first : NULL;
	AUTO(unique_donep) struct unique names = { .what = "credential" };

	if (record && !is_given(s->credential_key_file))
		fault_at(reader, list,
		    "credentials need keys.credential_key_file, which encrypts their tokens; "
		    "`assent key new credential.keys` makes one");
	for (size_t i = 0; i < policy->credential_count && record; i++, record = record->next) {
		unique_add(&names, policy->credentials[i].name, record_spot(record, "name"));
		check_credential(reader, &policy->credentials[i], record);
	}
	unique_check(&names, reader->faults);
}
