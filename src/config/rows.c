#include "rows_priv.h"

#include "rows_login_priv.h"

#include <string.h>

#define AT(field) .at = offsetof(struct settings, field)
#define ORG(field) .at = offsetof(struct policy_organisation, field)
#define STAFF(field) .at = offsetof(struct policy_staff, field)
#define DELEGATE(field) .at = offsetof(struct policy_delegate, field)
#define BOX(field) .at = offsetof(struct settings_mailbox, field)
#define SECOND(type, field) .second = offsetof(struct type, field)
#define TABLE(name, bytes) \
	static const struct table name##_table = { name##_rows, ARRAY_LEN(name##_rows), bytes }
#define OUT(field) .at = offsetof(struct settings, outgoing.field)
#define ALERT(field) .at = offsetof(struct settings, alerts.field)
#define SOURCE(field) .at = offsetof(struct policy_source, field)
#define MODEL(field) .at = offsetof(struct settings_model, field)
#define CREDENTIAL(field) .at = offsetof(struct policy_credential, field)
#define LEVELS "default vouched token link signed"

/* clang-format off */
static const struct row agent_rows[] = {
	{ "email", KIND_ADDRESS, AT(policy.agent_email), .example = "approvals@helpdesk.example",
	  .help = "The address of the agent: engineers put it in Cc, owners answer to it." },
	{ "name", KIND_TEXT, AT(policy.agent_name), .min = 1, .max = 100, .fallback = "Approval desk",
	  .help = "The name that stands in front of the address." },
	{ "separator", KIND_TEXT, AT(policy.separator), .max = 1, .fallback = "+",
	  .help = "The character between the address and a reply token, as in approvals+token@. "
	  "\"\" where the mail system has no sub-addresses: answers are then found by Message-ID." },
	{ "instance", KIND_TEXT, AT(policy.instance), .max = 100, .fallback = "",
	  .help = "What this installation calls itself in its loop header; two that can mail each "
	  "other need different ones. \"\" takes the address of the agent." },
};

static const struct row keys_rows[] = {
	{ "site_key_file", KIND_SECRET, AT(site_key_file), .fallback = SETTINGS_SITE_KEYS,
	  .example = SETTINGS_SITE_KEYS,
	  .help = "The key ring that links and reply addresses are made from: a line \"id key\" each, "
	  "the key as 64 hexadecimal digits, the newest last. Keep old keys until no open approval "
	  "needs them." },
	{ "signing_key_file", KIND_SECRET, AT(signing_key_file), .fallback = SETTINGS_SIGNING_KEY,
	  .example = SETTINGS_SIGNING_KEY,
	  .help = "The Ed25519 key that signs receipts: 64 hexadecimal digits." },
	{ "credential_key_file", KIND_SECRET, AT(credential_key_file), .fallback = "",
	  .help = "The key ring that encrypts refresh tokens in the database, written like the one "
	  "above; needed where credentials are. \"\" for none." },
};

static const struct row mailbox_rows[] = {
	{ "name", KIND_NAME, BOX(name), .example = "inbox",
	  .help = "A name of your own. Do not change it later: it is how a mail that was taken in "
	  "already is recognised." },
	{ "maildir", KIND_PATH, BOX(maildir), .fallback = "", .example = "/var/lib/assentd/inbox",
	  .help = "A Maildir that the mail system delivers to. Made when it is missing. \"\" for an "
	  "IMAP mailbox, which has a host instead." },
	LOGIN_ROWS(settings_mailbox, login, "IMAP server", 0)
	{ "folder", KIND_TEXT, BOX(folder), .min = 1, .max = 200, .fallback = "INBOX",
	  .help = "The folder of the IMAP mailbox that is read." },
	{ "after", KIND_WORD, BOX(after), .words = "keep flag move", .fallback = "keep",
	  .help = "What happens on the server to a mail that was taken in: nothing, the flag Seen, or "
	  "a move to move_to." },
	{ "move_to", KIND_TEXT, BOX(move_to), .max = 200, .fallback = "",
	  .help = "The folder for after: move." },
	{ "poll", KIND_SPAN, BOX(poll), .min = 5 * MS_SECOND, .max = MS_HOUR, .fallback = "60s",
	  .help = "The longest time between two looks into the mailbox. Where the server has IDLE, "
	  "new mail is noticed at once." },
	{ "fresh", KIND_SPAN, BOX(fresh), .min = 0, .max = 365 * MS_DAY, .fallback = "1d",
	  .help = "Mail older than this that lies in the IMAP mailbox when it is first looked into is "
	  "filed without any effect." },
};

static const struct row outgoing_rows[] = {
	{ "maildir", KIND_PATH, OUT(maildir), .fallback = "", .flags = ROW_RESTART,
	  .example = "/var/lib/assentd/outbox",
	  .help = "A Maildir that mail to people is written to. Made when it is missing. \"\" where "
	  "host or sendmail says where it goes." },
	{ "sendmail", KIND_PATH, OUT(sendmail), .fallback = "", .flags = ROW_RESTART,
	  .help = "The program of a local mail system, such as /usr/sbin/sendmail, that takes a mail "
	  "on its standard input." },
	LOGIN_ROWS(settings, outgoing.login, "SMTP relay", ROW_RESTART)
	{ "helo", KIND_TEXT, OUT(helo), .max = 253, .fallback = "", .flags = ROW_RESTART,
	  .help = "The name we greet the relay with; \"\" takes this machine's." },
	{ "connections", KIND_INT, OUT(connections), .min = 1, .max = 16, .fallback = "4",
	  .flags = ROW_RESTART, .help = "How many connections to the relay are kept open at most." },
	{ "per_minute", KIND_INT, OUT(per_minute), .min = 0, .max = 1000000, .fallback = "0",
	  .flags = ROW_RESTART,
	  .help = "The most mails a minute to one domain; the rest waits. 0 is no limit: relays "
	  "have limits of their own." },
	{ "timeout", KIND_SPAN, OUT(timeout), .min = MS_SECOND, .max = 8 * MS_MINUTE,
	  .fallback = "5m", .flags = ROW_RESTART,
	  .help = "How long one mail may take, connecting and all. Too short a time sends mails "
	  "twice: a relay that looks into them may think for minutes." },
	{ "lifetime", KIND_SPAN, AT(policy.mail_lifetime), .min = MS_HOUR, .max = 30 * MS_DAY,
	  .fallback = "3d", .help = "A mail that the relay kept refusing for the moment is given up "
	  "after this; its question becomes undeliverable and the engineer is told." },
	{ "verp", KIND_BOOL, AT(policy.verp), .fallback = "true",
	  .help = "Put a name of the mail into its envelope sender, so that a bounce finds it. Needs "
	  "sub-addresses (agent.separator)." },
};

static const struct row alert_rows[] = {
	{ "to", KIND_ADDRESS, AT(policy.alert_to), .fallback = "",
	  .help = "The operator's address: who hears that a mailbox is parked, a credential was "
	  "refused or the disk is full. \"\" tells nobody." },
	{ "maildir", KIND_PATH, ALERT(maildir), .fallback = "", .flags = ROW_RESTART,
	  .help = "A way for these mails that is not the usual one: a Maildir." },
	{ "sendmail", KIND_PATH, ALERT(sendmail), .fallback = "", .flags = ROW_RESTART,
	  .help = "Or the program of a local mail system." },
	LOGIN_ROWS(settings, alerts.login, "Or an SMTP relay", ROW_RESTART)
	{ "helo", KIND_TEXT, ALERT(helo), .max = 253, .fallback = "", .flags = ROW_RESTART,
	  .help = "As outgoing.helo." },
};

static const struct row source_rows[] = {
	{ "name", KIND_NAME, SOURCE(name), .example = "desk",
	  .help = "A name of your own; the webhook's address is /hooks/ and this name." },
	{ "secrets_file", KIND_SECRET, SOURCE(secrets_file), .second = offsetof(struct policy_source, secrets),
	  .example = "desk.secrets",
	  .help = "Signing secrets as the helpdesk shows them, whsec_ and base64, a line each. All "
	  "that are listed are valid, so that one can be replaced without a gap." },
	{ "customers", KIND_NAMES, SOURCE(customers), .max = 2000, .fallback = "",
	  .help = "Keys of the organisations that this source may speak for." },
	{ "domains", KIND_DOMAINS, SOURCE(domains), .max = 64, .fallback = "",
	  .help = "Mail domains of customers that this source may make itself; [] makes none." },
	{ "may_set_owner", KIND_BOOL, SOURCE(may_set_owner), .fallback = "false",
	  .help = "Whether it may change who decides for its customers, inside their domains. Each "
	  "change is told to the owner before." },
	{ "may_ask", KIND_BOOL, SOURCE(may_ask), .fallback = "true",
	  .help = "Whether it may request approvals." },
	{ "may_escalate", KIND_BOOL, SOURCE(may_escalate), .fallback = "false",
	  .help = "Whether it may raise packets about its customers (docs/ESCALATION.md)." },
	{ "tolerance", KIND_SPAN, SOURCE(tolerance), .min = 10 * MS_SECOND, .max = MS_HOUR,
	  .fallback = "5m", .help = "How far the time of an attempt may be from ours." },
};

static const struct row credential_rows[] = {
	{ "name", KIND_NAME, CREDENTIAL(name), .example = "m365",
	  .help = "A name of your own, for credential: in mailboxes, outgoing and alerts." },
	{ "grant", KIND_WORD, CREDENTIAL(grant), .words = "refresh-token client-credentials",
	  .fallback = "refresh-token",
	  .help = "refresh-token: somebody signs in once, by \"assent mailbox login\". "
	  "client-credentials: the program signs in by itself." },
	{ "token_url", KIND_URL, CREDENTIAL(token_url),
	  .example = "https://login.microsoftonline.com/common/oauth2/v2.0/token",
	  .help = "Where tokens are fetched." },
	{ "device_url", KIND_URL, CREDENTIAL(device_url), .fallback = "",
	  .help = "Where \"assent mailbox login\" fetches the code that is typed into a browser." },
	{ "client_id", KIND_TEXT, CREDENTIAL(client_id), .min = 1, .max = 300, .example = "client",
	  .help = "Who we are there." },
	{ "secret_file", KIND_SECRET, CREDENTIAL(secret_file), .second = offsetof(struct policy_credential, secret),
	  .fallback = "", .help = "A file with the client's secret; \"\" for a public client." },
	{ "scope", KIND_TEXT, CREDENTIAL(scope), .max = 1000, .fallback = "",
	  .help = "What is asked for, such as https://outlook.office365.com/IMAP.AccessAsUser.All "
	  "offline_access." },
};

static const struct row ai_rows[] = {
	{ "kind", KIND_WORD, AT(ai.kind), .words = "none openai anthropic gemini", .fallback = "none",
	  .help = "Where one model is enough: which API its server speaks. openai: any server that "
	  "speaks OpenAI's. none: those under models, and without any the offline writer, which also "
	  "takes over when a model fails." },
	{ "base_url", KIND_URL, AT(ai.base_url), .flags = ROW_QUERY, .fallback = "",
	  .help = "Where the API is, with the version; \"\" takes the maker's own." },
	{ "model", KIND_TEXT, AT(ai.model), .max = 200, .fallback = "",
	  .help = "The model's name; needed with a kind." },
	{ "key_file", KIND_SECRET, AT(ai.key_file), SECOND(settings, ai.key), .fallback = "",
	  .help = "A file with the API key; \"\" where the server wants none." },
	{ "timeout", KIND_SPAN, AT(ai.timeout), .min = MS_SECOND, .max = 5 * MS_MINUTE,
	  .fallback = "15s", .help = "The longest time for one text." },
	{ "batch_timeout", KIND_SPAN, AT(ai.batch_timeout), .min = MS_SECOND, .max = 10 * MS_MINUTE,
	  .fallback = "30s", .help = "The longest time for all summaries of a bulk mail, and for one "
	  "text with all that are asked for it." },
	{ "at_once", KIND_INT, AT(ai.at_once), .min = 1, .max = 20, .fallback = "5",
	  .help = "How many of them are asked for at the same time." },
	{ "budget", KIND_INT, AT(ai.budget), .min = 0, .max = 2000000000, .fallback = "0",
	  .help = "The most tokens that all texts of a day (UTC) may take, in and out; what comes "
	  "then is written offline. 0 is no limit." },
	{ "organisation_budget", KIND_INT, AT(ai.organisation_budget), .min = 0, .max = 2000000000,
	  .fallback = "0",
	  .help = "The same for each organisation; organisations[].ai_budget says otherwise for one." },
	{ "sensitive", KIND_NAMES, AT(policy.sensitive), .max = SENSITIVE_MAX, .fallback = "",
	  .help = "Names of ticket attributes whose values stay out of every document, beside those "
	  "whose names say so, such as password or apiKey." },
};

static const struct row model_rows[] = {
	{ "name", KIND_NAME, MODEL(name), .example = "gpt",
	  .help = "A name of your own, for the log and the figures." },
	{ "kind", KIND_CHOICE, MODEL(kind), .words = "openai anthropic gemini", .fallback = "openai",
	  .help = "Which API the server speaks; openai: OpenAI, Azure, vLLM, Ollama, llama.cpp and "
	  "whatever else is compatible." },
	{ "base_url", KIND_URL, MODEL(base_url), .flags = ROW_QUERY, .fallback = "",
	  .example = "https://api.openai.com/v1",
	  .help = "Where the API is, with the version, and with ?api-version= for Azure's older "
	  "addresses; \"\" takes the maker's own. Plain http is for this machine only." },
	{ "model", KIND_TEXT, MODEL(model), .min = 1, .max = 200, .example = "gpt-4.1-mini",
	  .help = "The model's name there." },
	{ "key_file", KIND_SECRET, MODEL(key_file), SECOND(settings_model, key), .fallback = "",
	  .help = "A file with the API key; \"\" where the server wants none." },
	{ "tier", KIND_WORD, MODEL(serves), .words = "both fast careful", .fallback = "both",
	  .help = "For which prompts it is asked, by the tier that each names." },
	{ "price_in", KIND_PRICE, MODEL(price_in), .fallback = "",
	  .help = "What a million tokens that go in cost, in any currency; \"\" counts no money." },
	{ "price_cached", KIND_PRICE, MODEL(price_cached), .fallback = "",
	  .help = "The same for those that the server had in its cache; \"\" is price_in." },
	{ "price_out", KIND_PRICE, MODEL(price_out), .fallback = "",
	  .help = "What a million tokens that come out cost." },
	{ "timeout", KIND_SPAN, MODEL(timeout), .min = 0, .max = 5 * MS_MINUTE, .fallback = "0s",
	  .help = "The longest time for one text; 0s takes ai.timeout." },
};

static const struct row retention_rows[] = {
	{ "raw_mail", KIND_SPAN, AT(policy.retention.raw_mail), .max = 3650 * MS_DAY, .fallback = "90d",
	  .help = "How long mail is kept as it came, unless it decided something: that stays as long "
	  "as its decision. 0 is for ever, here and below." },
	{ "ip", KIND_SPAN, AT(policy.retention.ip), .max = 3650 * MS_DAY, .fallback = "90d",
	  .help = "How long the network addresses of clicks are kept." },
	{ "people", KIND_SPAN, AT(policy.retention.people), .max = 36500 * MS_DAY, .fallback = "0s",
	  .help = "How long after its last change a closed ticket keeps its words and its people's "
	  "addresses. The ledger stays provable without them." },
};

static const struct row mail_rows[] = {
	{ "max_size", KIND_SIZE, AT(mail_max_size), .min = 64 << 10, .max = 256 << 20,
	  .fallback = "25MiB", .help = "A larger mail is set aside unread." },
};

static const struct row approvals_rows[] = {
	{ "send_delay", KIND_SPAN, AT(policy.send_delay), .max = MS_DAY, .fallback = "60s",
	  .help = "How long an engineer can take a question back before it is mailed." },
	{ "remind_after_days", KIND_INT, AT(policy.remind_after_days), .max = 60, .fallback = "2",
	  .help = "Working days of silence before the one reminder; 0 never reminds." },
	{ "expire_after_days", KIND_INT, AT(policy.expire_after_days), .min = 1, .max = 365,
	  .fallback = "10",
	  .help = "Working days before a question expires. Nothing expires into an approval." },
	{ "reminders_per_day", KIND_INT, AT(policy.reminders_per_day), .max = 1000, .fallback = "10",
	  .help = "The most reminders that one person gets in a day; questions that are left wait for "
	  "the next working day, those asked first come first. A bulk mail is one. 0 is no limit." },
	{ "singles", KIND_INT, AT(policy.singles), .max = 1000, .fallback = "5",
	  .help = "The most mails about packets, and reminders, that one person gets by themselves within "
	  "a minute; what comes on top of that becomes lines of one mail. Critical ones always go by "
	  "themselves. 0 gathers nothing." },
	{ "tell_requester", KIND_BOOL, AT(policy.tell_requester), .fallback = "false",
	  .help = "Tell the person who asked, where the address is a known contact." },
	{ "batch_max", KIND_INT, AT(policy.batch_max), .min = 1, .max = 50, .fallback = "20",
	  .help = "The most tickets in one bulk mail." },
	{ "binding", KIND_NAMES, AT(policy.binding), .max = 50, .fallback = "",
	  .help = "Attributes of tickets, as helpdesks send them, that are shown to the owner and "
	  "bind the decision: when one changes after asking, the owner is asked again. Any case; "
	  "\"*\" is all." },
	{ "reply_level", KIND_WORD, AT(policy.level), .words = LEVELS, .fallback = "default",
	  .help = "What a reply must show before it may decide. vouched: a host under trust says that "
	  "the sender is genuine. token: it carries the reply token and comes from the owner's "
	  "address. link: replies never decide, links do. signed: the owner's S/MIME signature, by a "
	  "certificate that smime.ca_file vouches for. default is vouched where trust names a source, "
	  "else token." },
};

static const struct row trust_rows[] = {
	{ "source", KIND_WORD, AT(policy.trust), .words = "none authserv-id m365", .fallback = "none",
	  .help = "Who vouches for senders. authserv-id: the mail servers under hosts, in their "
	  "Authentication-Results. m365: Microsoft 365, which names no server. none: nobody." },
	{ "hosts", KIND_HOSTS, AT(policy.authserv_ids), .max = 16, .fallback = "",
	  .help = "The names that your own mail servers write into Authentication-Results, for "
	  "source: authserv-id." },
	{ "own_hosts", KIND_HOSTS, AT(policy.own_hosts), .max = 16, .fallback = "",
	  .help = "Mail hosts of your own, subdomains included, that a mail passes after its sender "
	  "was judged. Name a domain only if its border strips forged Authentication-Results. "
	  "Without any, only what stands above the first Received field counts." },
};

static const struct row smime_rows[] = {
	{ "ca_file", KIND_PATH, AT(smime.ca_file), .fallback = "",
	  .help = "Certificates (PEM) of the authorities that may vouch for people: an answer signed by "
	  "the owner then counts more than any mail server's word. Name only those whose certificates "
	  "you would take for a passport. \"\": signatures are not looked at." },
	{ "crl_file", KIND_PATH, AT(smime.crl_file), .fallback = "",
	  .help = "Revocation lists (PEM). With it, every authority that issues people's certificates "
	  "needs a current list here, else they count as not signed; reload after each update. \"\" asks "
	  "nobody." },
	{ "cert_file", KIND_PATH, AT(smime.cert_file), .fallback = "",
	  .help = "Our own certificate (PEM), which names agent.email, and the chain above it: mails to "
	  "people are signed. \"\" signs nothing." },
	{ "key_file", KIND_SECRET, AT(smime.key_file), SECOND(settings, smime.key), .fallback = "",
	  .help = "Its key (PEM, RSA or EC, without a passphrase)." },
};

static const struct row http_rows[] = {
	{ "public_url", KIND_URL, AT(policy.public_url), .fallback = "",
	  .help = "Where people reach the pages, such as https://approvals.helpdesk.example. It must be "
	  "https except on loopback. \"\": mails carry answers to send instead of links." },
	{ "listen", KIND_LISTEN, AT(listen), .max = 8, .fallback = "127.0.0.1:8025",
	  .flags = ROW_RESTART,
	  .help = "Addresses and ports to serve HTTP on, usually behind a proxy that does https. [] "
	  "serves nothing." },
	{ "trusted_proxies", KIND_RANGES, AT(trusted_proxies), .max = 32, .fallback = "",
	  .help = "Addresses or ranges of proxies whose X-Forwarded-For is believed." },
	{ "tls_cert_file", KIND_PATH, AT(tls_cert_file), .fallback = "", .flags = ROW_RESTART,
	  .help = "Certificate chain (PEM) for serving https ourselves; read again when it changes. "
	  "\"\" serves plain HTTP." },
	{ "tls_key_file", KIND_SECRET, AT(tls_key_file), .fallback = "", .flags = ROW_RESTART,
	  .help = "The certificate's key (PEM)." },
	{ "metrics_from", KIND_RANGES, AT(metrics_from), .max = 32, .fallback = "127.0.0.0/8 ::1/128",
	  .help = "Addresses or ranges that may read /metrics." },
	{ "api_rate", KIND_INT, AT(api_rate), .min = 1, .max = 1000000, .fallback = "600",
	  .flags = ROW_RESTART, .help = "Requests a minute that one API token may make." },
	{ "api_drafts", KIND_INT, AT(api_drafts), .min = 1, .max = 100000, .fallback = "120",
	  .flags = ROW_RESTART, .help = "Documents an hour that one API token may have drafted." },
};

static const struct row parser_rows[] = {
	{ "children", KIND_INT, AT(parser_children), .min = 1, .max = 16, .fallback = "2",
	  .flags = ROW_RESTART, .help = "How many jailed parsers run side by side." },
	{ "deadline", KIND_SPAN, AT(parser_deadline), .min = MS_SECOND, .max = 5 * MS_MINUTE,
	  .fallback = "20s", .flags = ROW_RESTART,
	  .help = "A parser that takes longer for one mail is killed." },
	{ "attempts", KIND_INT, AT(policy.parse_attempts), .min = 1, .max = 10, .fallback = "3",
	  .help = "A mail that killed its parser this often is quarantined." },
};

static const struct row jobs_rows[] = {
	{ "attempts", KIND_INT, AT(policy.job_attempts), .min = 1, .max = 100, .fallback = "12",
	  .help = "Tries, with growing pauses, before a job waits for \"assent job retry\"." },
};

static const struct row organisation_rows[] = {
	{ "key", KIND_NAME, ORG(key), .example = "acme",
	  .help = "A short word of your own. Do not change it later." },
	{ "name", KIND_TEXT, ORG(name), .min = 1, .max = 200, .example = "ACME Ltd",
	  .help = "The name as mails and pages show it." },
	{ "owner", KIND_ADDRESS, ORG(owner_email), .example = "boss@acme.example",
	  .help = "The address of the person who says yes or no; inside domains." },
	{ "owner_name", KIND_TEXT, ORG(owner_name), .max = 100, .fallback = "",
	  .example = "Alex Boss", .help = "That person's name." },
	{ "domains", KIND_DOMAINS, ORG(domains), .min = 1, .max = 64, .example = "acme.example",
	  .help = "Mail domains of this customer; each belongs to one organisation." },
	{ "locale", KIND_LOCALE, ORG(locale), .fallback = "",
	  .help = "Language of the mails and pages; \"\" takes the site's." },
	{ "zone", KIND_ZONE, ORG(zone_name), SECOND(policy_organisation, zone), .fallback = "",
	 
	  .help = "Time zone in which working days are counted; \"\" takes the site's." },
	{ "calendar", KIND_TEXT, ORG(calendar_name), .max = 64, .fallback = "",
	  .help = "The name of the calendar in which its working days and hours are counted; \"\" takes "
	  "the site's." },
	{ "reply_level", KIND_WORD, ORG(level), .words = LEVELS, .fallback = "default",
	  .help = "As approvals.reply_level, for this organisation; default takes that one." },
	{ "ai_budget", KIND_INT, ORG(ai_budget), .min = -1, .max = 2000000000, .fallback = "-1",
	  .help = "The most tokens a day for texts about its tickets; 0 is no limit, -1 takes "
	  "ai.organisation_budget." },
};

static const struct row delegate_rows[] = {
	{ "organisation", KIND_NAME, DELEGATE(organisation), .example = "acme",
	  .help = "The key of the customer." },
	{ "person", KIND_ADDRESS, DELEGATE(person), .fallback = "",
	  .help = "In whose place; \"\" is whoever is the owner." },
	{ "delegate", KIND_ADDRESS, DELEGATE(delegate), .example = "deputy@acme.example",
	  .help = "The address of the person who answers instead; inside the customer's domains." },
	{ "name", KIND_TEXT, DELEGATE(name), .max = 100, .fallback = "", .example = "Dana Deputy",
	  .help = "That person's name." },
	{ "when", KIND_CHOICE, DELEGATE(when), .words = "absent always", .fallback = "absent",
	  .help = "absent: asked too, once an absence note of the person is known. always: asked "
	  "instead, from the first day to the last." },
	{ "from", KIND_TEXT, DELEGATE(from_text), .max = 10, .fallback = "",
	  .help = "The first day, such as 2026-08-03, in the customer's zone; \"\" for no bound." },
	{ "until", KIND_TEXT, DELEGATE(until_text), .max = 10, .fallback = "",
	  .help = "The last day; needed for when: always, and then at most a year after the first "
	  "(or after today)." },
};

static const struct row staff_rows[] = {
	{ "email", KIND_ADDRESS, STAFF(email), .example = "sam@helpdesk.example",
	  .help = "The address this person writes from." },
	{ "name", KIND_TEXT, STAFF(name), .max = 100, .fallback = "", .example = "Sam Engineer",
	  .help = "Name, as notes show it." },
	{ "role", KIND_CHOICE, STAFF(role), .words = "engineer owner admin",
	  .fallback = "engineer", .help = "What this person may do." },
	{ "team", KIND_TEXT, STAFF(team), .max = 100, .fallback = "",
	  .help = "Team, as notes show it." },
	{ "locale", KIND_LOCALE, STAFF(locale), .fallback = "",
	  .help = "Language of this person's mails and pages, where they are written in it; \"\" takes "
	  "the site's." },
};

TABLE(agent, 0);
TABLE(keys, 0);
TABLE(mailbox, sizeof(struct settings_mailbox));
TABLE(outgoing, 0);
TABLE(alert, 0);
TABLE(source, sizeof(struct policy_source));
TABLE(credential, sizeof(struct policy_credential));
TABLE(ai, 0);
TABLE(model, sizeof(struct settings_model));
TABLE(retention, 0);
TABLE(mail, 0);
TABLE(approvals, 0);
TABLE(trust, 0);
TABLE(smime, 0);
TABLE(http, 0);
TABLE(parser, 0);
TABLE(jobs, 0);
TABLE(organisation, sizeof(struct policy_organisation));
TABLE(delegate, sizeof(struct policy_delegate));
TABLE(staff, sizeof(struct policy_staff));

static const struct row root_rows[] = {
	{ "agent", KIND_SECTION, .table = &agent_table, .help = "The mailbox that people write to." },
	{ "keys", KIND_SECTION, .table = &keys_table,
	  .help = "Secrets live in files of their own that only the daemon's user may read. A relative "
	  "name is looked up in $CREDENTIALS_DIRECTORY where systemd sets that, else beside this file." },
	{ "mailboxes", KIND_RECORDS, AT(mailboxes), SECOND(settings, mailbox_count), .min = 1,
	  .max = 16, .flags = ROW_RESTART, .table = &mailbox_table, .example = "",
	  .help = "Where mail comes in." },
	{ "outgoing", KIND_SECTION, .table = &outgoing_table, .help = "Where mail goes out." },
	{ "alerts", KIND_SECTION, .flags = ROW_LATER, .table = &alert_table,
	  .help = "What the operator hears, and how: best by another way than the usual mail." },
	{ "organisations", KIND_RECORDS, AT(policy.organisations),
	  SECOND(settings, policy.organisation_count), .max = 2000, .fallback = "",
	  .table = &organisation_table,
	  .help = "The customers: who may decide for whom." },
	{ "delegates", KIND_RECORDS, AT(policy.delegates), SECOND(settings, policy.delegate_count),
	  .max = 500, .fallback = "", .flags = ROW_LATER, .table = &delegate_table,
	  .help = "Who answers in the place of an owner who is away, or for a time." },
	{ "staff", KIND_RECORDS, AT(policy.staff), SECOND(settings, policy.staff_count), .max = 2000,
	  .fallback = "", .table = &staff_table,
	  .help = "The people who open tickets and ask: engineers and admins." },
	{ "calendars", KIND_RECORDS, AT(policy.calendars), SECOND(settings, policy.calendar_count),
	  .max = 100, .fallback = "", .flags = ROW_LATER, .table = &calendar_table,
	  .help = "Business hours and holidays; docs/CALENDARS.md has more." },
	{ "roles", KIND_RECORDS, AT(policy.roles), SECOND(settings, policy.role_count), .max = 500,
	  .fallback = "", .flags = ROW_LATER, .table = &role_table,
	  .help = "Who is meant by words such as manager: people in order, and who is on call." },
	{ "approvals", KIND_SECTION, .table = &approvals_table, .help = "How questions are asked." },
	{ "trust", KIND_SECTION, .table = &trust_table,
	  .help = "Whether a sender is who the mail says." },
	{ "smime", KIND_SECTION, .flags = ROW_LATER, .table = &smime_table,
	  .help = "Signed mail, in and out." },
	{ "http", KIND_SECTION, .table = &http_table, .help = "The pages behind the links." },
	{ "sources", KIND_RECORDS, AT(policy.sources), SECOND(settings, policy.source_count), .max = 64,
	  .fallback = "", .flags = ROW_LATER, .table = &source_table, .help = "Helpdesks that send webhooks." },
	{ "workflows", KIND_RECORDS, AT(policy.workflows), SECOND(settings, policy.workflow_count),
	  .max = 64, .fallback = "", .flags = ROW_LATER, .table = &workflow_table,
	  .help = "Programs that wait for people, and go on when a packet is resolved; "
	  "docs/ESCALATION.md has more." },
	{ "credentials", KIND_RECORDS, AT(policy.credentials),
	  SECOND(settings, policy.credential_count), .max = 32, .fallback = "", .flags = ROW_LATER,
	  .table = &credential_table, .help = "OAuth2 clients, for mail servers that want them." },
	{ "ai", KIND_SECTION, .flags = ROW_LATER, .table = &ai_table, .help = "What drafts may take, and who drafts where that is one model." },
	{ "models", KIND_RECORDS, AT(models), SECOND(settings, model_count), .max = 16, .fallback = "",
	  .flags = ROW_LATER, .table = &model_table,
	  .help = "Language models that draft. A text is asked of the first one whose tier fits, and of "
	  "the next when that fails; docs/MODELS.md has more." },
	{ "retention", KIND_SECTION, .flags = ROW_LATER, .table = &retention_table, .help = "How long things are kept." },
	{ "mail", KIND_SECTION, .table = &mail_table, .help = "Limits of mail." },
	{ "parser", KIND_SECTION, .table = &parser_table,
	  .help = "The jailed children that read other people's mail." },
	{ "jobs", KIND_SECTION, .table = &jobs_table, .help = "What must happen later or outside." },
	{ "escalate_to", KIND_ADDRESS, AT(policy.escalate_to), .fallback = "",
	  .help = "Who gets a ticket that is escalated to nobody by name: a role's address, such as "
	  "second-line@helpdesk.example. It need not be of staff, but commands of mail from it "
	  "then do not count." },
	{ "locale", KIND_LOCALE, AT(policy.locale), .fallback = "en",
	  .help = "Language of mails and pages: a folder of mail-templates, or a file of phrases." },
	{ "zone", KIND_ZONE, AT(policy.zone_name), SECOND(settings, policy.zone), .fallback = "UTC",
	  .example = "UTC",
	  .help = "Time zone, such as Europe/Berlin, in which working days are counted." },
	{ "calendar", KIND_TEXT, AT(policy.calendar_name), .max = 64, .fallback = "",
	  .flags = ROW_LATER,
	  .help = "The name of the calendar of organisations that name none. \"\" for none: working days "
	  "are then Monday to Friday, and all time counts as business time." },
	{ "site_dir", KIND_PATH, AT(policy.site_dir), .fallback = "",
	  .help = "A folder with your own versions of files of mail-templates/, phrases/, prompts/, rules/ and web/; "
		  "\"\" for none." },
	{ "state_dir", KIND_PATH, AT(state_dir), .fallback = "/var/lib/assentd", .flags = ROW_RESTART,
	  .help = "The folder of the database and of large mails." },
	{ "run_dir", KIND_PATH, AT(run_dir), .fallback = "/run/assentd", .flags = ROW_RESTART,
	  .help = "The folder of the control socket and the lock file." },
	{ "min_free", KIND_SIZE, AT(min_free), .min = 1 << 20, .max = (int64_t)1 << 40,
	  .fallback = "64MiB",
	  .help = "With less free space than this under state_dir no new mail is taken in; decisions "
	  "go on." },
	{ "log_level", KIND_WORD, AT(log_level), .words = "debug info notice warn error",
	  .fallback = "info", .help = "How much is logged." },
};
/* clang-format on */

const struct table settings_table = { root_rows, ARRAY_LEN(root_rows), 0 };

bool
row_word(const char *words, int n, char *out, size_t room)
{
	size_t len;

	for (; words && n > 0; n--) {
		words = strchr(words, ' ');
		if (words)
			words++;
	}
	if (!words)
		return false;
	len = strcspn(words, " ");
	if (len >= room)
		return false;
	memcpy(out, words, len);
	out[len] = '\0';
	return true;
}

bool
settings_key_at(size_t i, struct str *out)
{
	for (const struct row *row = root_rows; row < root_rows + ARRAY_LEN(root_rows); row++) {
		size_t here = row->table ? row->table->count : 1;

		if (i >= here) {
			i -= here;
			continue;
		}
		str_add(out, row->key);
		if (row->table)
			str_addf(
			    out, "%s.%s", row->table->size ? "[]" : "", row->table->rows[i].key);
		return true;
	}
	return false;
}
