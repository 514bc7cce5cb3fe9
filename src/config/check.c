#include "check_priv.h"
#include "syntax_priv.h"
#include "unique_priv.h"

#include <assent/base/data.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define LOCAL_WITH_TOKEN_MAX 31 /* 64 bytes less the separator and 32 characters of token */

const struct node *
spot(const struct node *root, const char *section, const char *key)
{
	const struct node *map = section ? tree_value(root, section) : root;
	const struct node *node = tree_value(map, key);

	if (node)
		return node;
	return map ? map : root;
}

const struct node *
record_spot(const struct node *record, const char *key)
{
	const struct node *node = tree_value(record, key);

	return node ? node : record;
}

void
fault_at(struct reader *reader, const struct node *node, const char *sentence)
{
	faults_add(reader->faults, node->line, node->column, "%s", sentence);
}

static void
check_agent(struct reader *reader, const struct node *root)
{
	struct policy *policy = &reader->settings->policy;
	const struct node *node = spot(root, "agent", "email");
	const char *separator = policy->separator;
	size_t local;

	if (!policy->agent_email)
		return;
	if (policy->instance && !*policy->instance)
		policy->instance = policy->agent_email;
	if (!separator || !*separator)
		return;
	if (!strchr("+-=_", *separator)) {
		fault_at(reader, spot(root, "agent", "separator"),
		    "agent.separator: must be one of + - = _ or \"\"");
		return;
	}
	local = (size_t)(strrchr(policy->agent_email, '@') - policy->agent_email);
	if (memchr(policy->agent_email, *separator, local))
		fault_at(reader, node,
		    "agent.email: holds agent.separator before its '@', so reply tokens could not "
		    "be told apart");
	else if (local > LOCAL_WITH_TOKEN_MAX)
		fault_at(reader, node,
		    "agent.email: has more than 31 bytes before its '@'; a reply token would not "
		    "fit");
}

/* --- organisations and staff ------------------------------------------- */

void
organisation_meant(struct reader *reader, const char *key)
{
	const struct policy *policy = &reader->settings->policy;
	AUTO(mem_freep)
	const char **keys = mem_alloc((policy->organisation_count + 1) * sizeof(*keys));
	size_t n = 0;

	for (size_t i = 0; i < policy->organisation_count; i++)
		if (policy->organisations[i].key)
			keys[n++] = policy->organisations[i].key;
	faults_meant(reader->faults, text_nearest(key, keys, n));
}

static void
check_owner(struct reader *reader, const struct policy_organisation *org, const struct node *record)
{
	const struct node *node = record_spot(record, "owner");

	if (!org->owner_email || !org->domains.count)
		return;
	for (size_t i = 0; i < org->domains.count; i++)
		if (text_is(domain_of(org->owner_email), org->domains.items[i]))
			return;
	faults_add(reader->faults, node->line, node->column,
	    "owner '%.100s' is outside the domains of organisation '%.64s'", org->owner_email,
	    org->key ? org->key : "?");
}

static void
inherit(struct reader *reader, struct policy_organisation *org)
{
	const struct policy *policy = &reader->settings->policy;

	if (!org->locale || !*org->locale)
		org->locale = policy->locale;
	if (!org->zone_name || !*org->zone_name) {
		org->zone_name = policy->zone_name;
		org->zone = policy->zone;
	}
	if (org->level == LEVEL_DEFAULT)
		org->level = policy->level;
}

/* A value that could not be read is NULL. */
static bool
is_empty(const char *text)
{
	return !text || !*text;
}

static void
check_level(struct reader *reader, const struct node *node, enum reply_level level)
{
	if (level == LEVEL_VOUCHED && reader->settings->policy.trust == TRUST_NONE)
		fault_at(reader, node,
		    "reply_level: vouched needs a trust.source; without one no reply could ever "
		    "decide");
	if (level == LEVEL_SIGNED && is_empty(reader->settings->smime.ca_file))
		fault_at(reader, node,
		    "reply_level: signed needs smime.ca_file; without authorities no reply could "
		    "ever decide");
}

static void
add_domains(struct reader *reader, struct unique *domains, const struct node *record)
{
	const struct node *list = tree_value(record, "domains");
	const char *domain;

	for (const struct node *item = list ? list->first : NULL; item; item = item->next)
		if (item->kind == NODE_SCALAR && !domain_fault(item->text, reader->arena, &domain))
			unique_add(domains, domain, item);
}

static void
check_organisations(struct reader *reader, const struct node *root)
{
	struct policy *policy = &reader->settings->policy;
	struct policy_organisation *orgs = (struct policy_organisation *)policy->organisations;
	const struct node *list = tree_value(root, "organisations");
	const struct node *record = list && policy->organisation_count ? list->first : NULL;
	AUTO(unique_donep) struct unique keys = { .what = "organisation" };
	AUTO(unique_donep) struct unique domains = { .what = "domain" };

	for (size_t i = 0; i < policy->organisation_count && record; i++, record = record->next) {
		unique_add(&keys, orgs[i].key, record_spot(record, "key"));
		add_domains(reader, &domains, record);
		check_owner(reader, &orgs[i], record);
		check_level(reader, record_spot(record, "reply_level"), orgs[i].level);
		inherit(reader, &orgs[i]);
	}
	unique_check(&keys, reader->faults);
	unique_check(&domains, reader->faults);
}

static void
check_staff(struct reader *reader, const struct node *root)
{
	struct policy *policy = &reader->settings->policy;
	const struct node *list = tree_value(root, "staff");
	const struct node *record = list && policy->staff_count ? list->first : NULL;
	AUTO(unique_donep) struct unique addresses = { .what = "staff address", .nocase = true };

	for (size_t i = 0; i < policy->staff_count && record; i++, record = record->next) {
		const char *email = policy->staff[i].email;

		unique_add(&addresses, email, record_spot(record, "email"));
		if (email && policy->agent_email && text_is_nocase(email, policy->agent_email))
			fault_at(reader, record_spot(record, "email"),
			    "the agent's own address cannot be staff: its mail would command it");
	}
	unique_check(&addresses, reader->faults);
}

/* --- folders ----------------------------------------------------------- */

void
check_folder(struct reader *reader, const char *path, const struct node *node, bool must_exist)
{
	struct stat st;

	if (!path || !*path)
		return;
	if (stat(path, &st) < 0) {
		if (must_exist)
			faults_add(reader->faults, node->line, node->column,
			    "folder %.300s does not exist", path);
		return;
	}
	if (!S_ISDIR(st.st_mode))
		faults_add(
		    reader->faults, node->line, node->column, "%.300s is not a folder", path);
}

static void
check_folders(struct reader *reader, const struct node *root)
{
	struct settings *s = reader->settings;

	check_folder(reader, s->state_dir, spot(root, NULL, "state_dir"), false);
	check_folder(reader, s->run_dir, spot(root, NULL, "run_dir"), false);
	check_folder(reader, s->policy.site_dir, spot(root, NULL, "site_dir"), true);
}

/* --- the rest ---------------------------------------------------------- */

static void
check_approvals(struct reader *reader, const struct node *root)
{
	const struct policy *policy = &reader->settings->policy;

	if (policy->expire_after_days && policy->remind_after_days >= policy->expire_after_days)
		faults_add(reader->faults, spot(root, "approvals", "remind_after_days")->line,
		    spot(root, "approvals", "remind_after_days")->column,
		    "approvals.remind_after_days: %d is not before expire_after_days, %d; 0 never "
		    "reminds",
		    policy->remind_after_days, policy->expire_after_days);
	check_level(reader, spot(root, "approvals", "reply_level"), policy->level);
}

static void
check_trust(struct reader *reader, const struct node *root)
{
	const struct policy *policy = &reader->settings->policy;
	const struct node *hosts = tree_value(tree_value(root, "trust"), "hosts");

	if (policy->trust == TRUST_AUTHSERV && (!hosts || !hosts->first))
		fault_at(reader, spot(root, "trust", "source"),
		    "trust.source: authserv-id needs trust.hosts, the names that your mail servers "
		    "write into Authentication-Results");
	else if (policy->trust != TRUST_AUTHSERV && policy->authserv_ids.count)
		fault_at(reader, hosts, "trust.hosts: has no effect without source: authserv-id");
}

static void
check_own_hosts(struct reader *reader, const struct node *root)
{
	const struct policy *policy = &reader->settings->policy;

	if (policy->trust == TRUST_NONE && policy->own_hosts.count)
		fault_at(reader, spot(root, "trust", "own_hosts"),
		    "trust.own_hosts: has no effect without a trust.source");
}

static void
check_http(struct reader *reader, const struct node *root)
{
	const struct settings *s = reader->settings;
	const struct node *listen = tree_value(tree_value(root, "http"), "listen");
	AUTO(unique_donep) struct unique addresses = { .what = "listening address" };

	if (s->policy.public_url && *s->policy.public_url && listen && listen->kind == NODE_LIST &&
	    !listen->first)
		fault_at(reader, listen,
		    "http.listen: is empty, so nothing would answer the links that http.public_url "
		    "puts into mails");
	if (is_empty(s->tls_cert_file) != is_empty(s->tls_key_file))
		fault_at(reader, spot(root, "http", "tls_cert_file"),
		    "http.tls_cert_file and http.tls_key_file go together");
	for (const struct node *item = listen ? listen->first : NULL; item; item = item->next)
		if (item->kind == NODE_SCALAR)
			unique_add(&addresses, item->text, item);
	unique_check(&addresses, reader->faults);
}

static void
check_locale(struct reader *reader, const char *locale, const struct node *node)
{
	const char *meant = NULL;

	if (!locale || locale_is_known(reader, locale, &meant))
		return;
	faults_add(reader->faults, node->line, node->column,
	    "locale: there is no folder mail-templates/%.16s and no phrases/%.16s.txt, "
	    "built in or under site_dir",
	    locale, locale);
	faults_meant(reader->faults, meant);
}

static void
check_locales_of(struct reader *reader, const struct node *list)
{
	bool is_list = list && list->kind == NODE_LIST;

	for (const struct node *record = is_list ? list->first : NULL; record;
	     record = record->next) {
		const struct node *node = tree_value(record, "locale");

		if (node && node->kind == NODE_SCALAR && *node->text)
			check_locale(reader, node->text, node);
	}
}

static void
check_locales(struct reader *reader, const struct node *root)
{
	static const char *const lists[] = { "organisations", "staff", "roles" };

	check_locale(reader, reader->settings->policy.locale, spot(root, NULL, "locale"));
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		check_locales_of(reader, tree_value(root, lists[i]));
}

void
check_settings(struct reader *reader, const struct node *root)
{
	check_agent(reader, root);
	check_organisations(reader, root);
	check_calendars(reader, root);
	check_roles(reader, root);
	check_delegates(reader, root);
	check_staff(reader, root);
	check_mailboxes(reader, root);
	check_outgoing(reader, root);
	check_sources(reader, root);
	check_workflows(reader, root);
	check_credentials(reader, root);
	check_ai(reader, root);
	check_smime(reader, root);
	check_folders(reader, root);
	check_approvals(reader, root);
	check_trust(reader, root);
	check_own_hosts(reader, root);
	check_http(reader, root);
	check_locales(reader, root);
	read_site_keys(reader, spot(root, "keys", "site_key_file"));
	read_credential_keys(reader, spot(root, "keys", "credential_key_file"));
	read_signing_key(reader, spot(root, "keys", "signing_key_file"));
}
