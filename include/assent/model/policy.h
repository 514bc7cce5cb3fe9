#pragma once
/*
 * policy: what a site has settled, as the stories need it.
 *
 * config fills it from the settings file; flow reads it; nobody changes it
 * after that. A reload makes a new one. All texts belong to the snapshot.
 */
#include <assent/base/clock.h>
#include <assent/base/crypto.h>
#include <assent/base/zone.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a reply must show before it may decide (invariant 8c). */
enum reply_level {
	LEVEL_DEFAULT, /* "vouched" with a trust source, else "token" */
	LEVEL_VOUCHED, /* aligned DMARC, DKIM or SPF by a trusted host */
	LEVEL_TOKEN, /* the reply token and the From address */
	LEVEL_LINK, /* replies never decide */
	LEVEL_SIGNED, /* an S/MIME signature of the person who was asked */
};

enum trust_mode {
	TRUST_NONE, /* nobody vouches for senders */
	TRUST_AUTHSERV, /* hosts named in authserv_ids do */
	TRUST_M365, /* Microsoft 365, which writes no authserv-id */
};

struct domain_list {
	const char **items; /* lower-case */
	size_t count;
};

struct text_items {
	const char **items;
	size_t count;
};

struct calendar;
struct rota;

struct policy_organisation {
	const char *key;
	const char *name;
	const char *owner_email;
	const char *owner_name;
	struct domain_list domains;
	const char *locale;
	const struct zone *zone;
	const char *zone_name;
	enum reply_level level;
	int ai_budget; /* tokens a day; 0: no limit, -1: the site's */
	const char *calendar_name; /* "" takes the site's */
	const struct calendar *calendar; /* its own; NULL: none is named */
};

/* Business hours by name; model/calendar.h says what the texts are. */
struct policy_calendar {
	const char *name;
	const char *zone_name;
	const struct zone *zone;
	struct text_items hours, holidays;
	const char *holidays_file; /* "" for none */
	struct calendar *calendar;
};

/* Who stands behind a word such as "manager"; model/rota.h says what the texts are. */
struct policy_role {
	const char *name;
	const char *organisation; /* key; "" for all that have none of this name */
	struct text_items people; /* addresses, in order */
	struct text_items rota; /* addresses, in turn */
	const char *start, *handover;
	const char *zone_name;
	const struct zone *zone;
	struct text_items rota_hours, overrides, quiet;
	const char *locale; /* of its people who are not of staff; "" takes the site's */
	const struct rota *turns; /* what the texts mean; NULL: no rota, no quiet hours */
};

/* Who answers in whose place. */
struct policy_delegate {
	const char *organisation; /* key */
	const char *person; /* "" for the owner */
	const char *delegate, *name;
	const char *when; /* "absent" or "always" */
	const char *from_text, *until_text; /* days, as written; "" for none */
	utc_ms from, until; /* the same; until is the first moment it is over; 0 for none */
};

struct policy_staff {
	const char *email;
	const char *name;
	const char *role; /* "engineer", "owner" or "admin" */
	const char *team;
	const char *locale; /* "" takes the site's */
};

struct site_key { /* one key of the ring (invariant 7) */
	uint32_t id;
	uint8_t bytes[32];
};

/* A helpdesk that sends webhooks, and what it may do (invariant 13). */
struct policy_source {
	const char *name; /* as in /hooks/<name> */
	const char *secrets_file;
	const char *secrets; /* "whsec_…", a line each; all are valid */
	const struct mac_key *secret_keys; /* the same, decoded */
	size_t secret_count;
	struct text_items
	    customers; /* keys of organisations it may speak for; "*" is all of its own making */
	struct domain_list domains; /* that customers it makes may have */
	bool may_set_owner, may_ask, may_escalate;
	span_ms tolerance; /* of the attempt's time, either way */
};

/* Who goes on when a packet is resolved (docs/ESCALATION.md). */
struct policy_workflow {
	const char *name;
	const char *url;
	const char *secret_file, *secret; /* "whsec_…", a line each */
	const struct mac_key *keys; /* the same, decoded; each signs */
	size_t key_count;
};

enum grant {
	GRANT_REFRESH, /* a refresh token, from `assent mailbox login` */
	GRANT_CLIENT, /* client credentials (RFC 6749 section 4.4) */
};

/* An OAuth2 client: where its access tokens come from. */
struct policy_credential {
	const char *name;
	int grant; /* enum grant */
	const char *token_url;
	const char *device_url; /* RFC 8628; "" without */
	const char *client_id;
	const char *secret_file, *secret; /* secret is NULL for a public client */
	const char *scope;
};

/* How long things are kept after their ticket's last decision or change; 0 is for ever. */
struct policy_retention {
	span_ms raw_mail; /* of mail that decided nothing */
	span_ms ip; /* addresses of link clicks */
	span_ms people; /* addresses and words of closed tickets */
};

#define SENSITIVE_MAX 16 /* names of attributes */

struct policy {
	const char *agent_email; /* the address engineers put in Cc */
	const char *agent_name;
	const char *separator; /* of sub-addresses, "" for none */
	const char *public_url; /* "" without; no trailing slash */
	const char *site_dir; /* overrides of templates and pages, "" for none */
	const char *ai_chain; /* who is asked to draft, in order; changes with it; "" for nobody */
	const char
	    *escalate_to; /* who takes over what is handed to nobody by name; "" for nobody */
	const char *locale; /* default */
	const struct zone *zone; /* default */
	const char *zone_name;

	span_ms send_delay; /* between ask and the mail */
	int remind_after_days; /* working days, 0 is never */
	int expire_after_days; /* working days, at least 1 */
	int reminders_per_day; /* to one person; 0 is no limit */
	int singles; /* mails that may be gathered, to one person at once; 0 gathers nothing */
	bool tell_requester;
	int batch_max; /* tickets in one bulk mail, at most 50 */
	enum reply_level level; /* default for organisations */
	struct text_items sensitive; /* attributes that no document shows */
	struct text_items binding; /* attributes that a decision binds to; "*" is all */

	enum trust_mode trust;
	struct domain_list authserv_ids;
	struct domain_list own_hosts; /* see mail/sender.h */
	bool signatures; /* S/MIME signatures of people are looked at */

	const struct policy_organisation *organisations;
	size_t organisation_count;
	const struct policy_calendar *calendars;
	size_t calendar_count;
	const char *calendar_name; /* of organisations that name none; "" for none */
	const struct calendar *calendar; /* the same, or NULL */
	const struct policy_role *roles;
	size_t role_count;
	const struct policy_delegate *delegates;
	size_t delegate_count;
	const struct policy_staff *staff;
	size_t staff_count;

	const struct site_key *keys; /* newest last; the last one signs */
	size_t key_count;
	uint8_t signing_seed[32]; /* Ed25519, for receipts */
	const struct policy_source *sources;
	size_t source_count;
	const struct policy_workflow *workflows;
	size_t workflow_count;
	const struct policy_credential *credentials;
	size_t credential_count;
	const struct site_key
	    *credential_keys; /* encrypt stored tokens; newest last; may be none */
	size_t credential_key_count;
	const char *alert_to; /* the operator's address, "" for none */
	span_ms mail_lifetime; /* a mail that could not be sent for so long is given up */
	bool verp; /* envelope senders name the mail they belong to */
	struct policy_retention retention;
	const char *instance; /* who we are to ourselves in loop headers */
	int job_attempts; /* tries before a job is given up */
	int parse_attempts; /* deaths before a letter is quarantined */
};

/*
 * The language this person reads: as staff, as one of a role's people, as the
 * owner of an organisation; the site's for anybody else.
 */
const char *policy_locale_of(const struct policy *policy, const char *email);
/*
 * Is this somebody of the desk: staff, of a role for everybody or for this
 * organisation (NULL: for any), escalate_to, or the operator? No packet goes to
 * anybody else.
 */
bool policy_reaches(const struct policy *policy, const char *organisation, const char *email);
/* Does the role name this address, in whatever turn? */
bool policy_role_has(const struct policy_role *role, const char *email);
