#include "look.h"
#include "verbs.h"

/* clang-format off */
static const struct cli_option show_options[] = {
	{ "--defaults", OPTION_FLAG, NULL, "every key with its default, bounds and meaning" },
	{ "--man", OPTION_FLAG, NULL, "the manual page assentd.yaml(5)" },
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option rules_show_options[] = {
	{ "--dir", OPTION_TEXT, "DIR", "of this folder instead of the settings' site" },
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option rules_explain_options[] = {
	{ "--ticket", OPTION_TEXT, "T", "of this ticket, such as T-1001" },
	{ "--dir", OPTION_TEXT, "DIR", "by the rules of this folder instead of the settings' site" },
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option rules_simulate_options[] = {
	{ "--ticket", OPTION_TEXT, "T", "of this ticket, such as T-1001" },
	{ "--until", OPTION_TEXT, "TIME", "how long from now, such as 12h (default 7d)" },
	{ "--dir", OPTION_TEXT, "DIR", "by the rules of this folder instead of the settings' site" },
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option rules_replay_options[] = {
	{ "--since", OPTION_TEXT, "TIME", "so long ago, or a day such as 2026-09-01 (default 30d)" },
	{ "--rules", OPTION_TEXT, "PATH", "a folder, or one file in the place of the site's (default: the site's)" },
	{ "--organisation", OPTION_TEXT, "KEY", "only tickets of this customer" },
	{ "--ticket", OPTION_TEXT, "T", "only this ticket, such as T-1001" },
	LOOK_MAX_OPTION,
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option init_options[] = {
	{ "--dir", OPTION_TEXT, "DIR", "where to write (default: the folder of -c)" },
	{ "--imap", OPTION_TEXT, "HOST", "the mailbox is on this server" },
	{ "--smtp", OPTION_TEXT, "HOST", "mail goes out by this one (default: the same)" },
	{ "--user", OPTION_TEXT, "NAME", "the name to sign in with there" },
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option extract_options[] = {
	{ "--jsonl", OPTION_FLAG, NULL, "one JSON object a line, in and out" },
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option decide_options[] = {
	{ "--jsonl", OPTION_FLAG, NULL, "one JSON object a line, in and out" },
	{ "--items", OPTION_TEXT, "N", "how many tickets the mail put (default 1)" },
	{ "--locale", OPTION_TEXT, "TAG", "the language of the mail that is answered" },
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option ticket_list_options[] = {
	{ "--status", OPTION_TEXT, "S", "only those: open, waiting, decided, paused, escalated, resolved" },
	LOOK_MAX_OPTION,
	{ NULL, OPTION_FLAG, NULL, NULL },
};

#define COMMENT_OPTION { "--comment", OPTION_TEXT, "TEXT", "what to say about it" }
#define SPENT_OPTION { "--spent", OPTION_TEXT, "TIME", "how long it took, such as 30m or \"1h 30m\"; it adds up" }

static const struct cli_option closing_options[] = {
	COMMENT_OPTION,
	SPENT_OPTION,
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option resolve_options[] = {
	COMMENT_OPTION,
	SPENT_OPTION,
	{ "--withdraw", OPTION_FLAG, NULL, "also take back questions about it" },
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option escalate_options[] = {
	{ "--to", OPTION_TEXT, "ADDRESS", "who takes it over (default: escalate_to of the settings)" },
	COMMENT_OPTION,
	SPENT_OPTION,
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option spent_options[] = {
	COMMENT_OPTION,
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option finding_list_options[] = {
	{ "--all", OPTION_FLAG, NULL, "also those that were removed" },
	LOOK_MAX_OPTION,
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option finding_options[] = {
	{ "--kind", OPTION_TEXT, "KIND", "reported, observed (default), check or script" },
	{ "--source", OPTION_TEXT, "TEXT", "where it comes from" },
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option document_show_options[] = {
	{ "--locale", OPTION_TEXT, "TAG", "in this language, such as de-AT" },
	{ "--revision", OPTION_TEXT, "N", "this one (default: the newest)" },
	{ "--usage", OPTION_FLAG, NULL, "also what it cost" },
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option document_draft_options[] = {
	{ "--locale", OPTION_TEXT, "TAG", "in this language, such as de-AT" },
	{ "--force", OPTION_FLAG, NULL, "whatever is stored" },
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option document_edit_options[] = {
	{ "--file", OPTION_TEXT, "FILE", "the text; - reads standard input" },
	{ "--locale", OPTION_TEXT, "TAG", "in this language, such as de-AT" },
	{ "--revision", OPTION_TEXT, "N", "only where this is the newest" },
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option document_usage_options[] = {
	{ "--since", OPTION_TEXT, "TIME", "of so long a time (default 30d)" },
	{ "--organisation", OPTION_TEXT, "KEY", "only this customer's" },
	LOOK_MAX_OPTION,
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option memory_list_options[] = {
	LOOK_MAX_OPTION,
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option fix_options[] = {
	{ "--description", OPTION_TEXT, "TEXT", "what is to be done, and why" },
	{ "--confidence", OPTION_TEXT, "N", "0 to 100 (default 50)" },
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option decide_fix_options[] = {
	{ "--title", OPTION_TEXT, "TEXT", "accept it with this title" },
	{ "--description", OPTION_TEXT, "TEXT", "accept it with this description" },
	{ "--confidence", OPTION_TEXT, "N", "accept it with this confidence" },
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option task_options[] = {
	{ "--kind", OPTION_TEXT, "KIND", "question or action (default: by its question mark)" },
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option task_answer_options[] = {
	{ "--part", OPTION_FLAG, NULL, "it is only a part of the answer; the task stays open" },
	{ NULL, OPTION_FLAG, NULL, NULL },
};

#define ORGANISATION_OPTION { "--organisation", OPTION_TEXT, "KEY", "only this customer's" }

static const struct cli_option packet_list_options[] = {
	{ "--state", OPTION_TEXT, "S", "only those: open, pending, in_progress, resolved, expired" },
	ORGANISATION_OPTION,
	{ "--priority", OPTION_TEXT, "P", "only those: critical, high, medium, low" },
	{ "--reason", OPTION_TEXT, "R", "only those of this reason, such as timeout" },
	{ "--assignee", OPTION_TEXT, "ADDRESS", "only those that this person has" },
	{ "--rule", OPTION_TEXT, "ID", "only those that this rule raised" },
	{ "--ticket", OPTION_TEXT, "T", "only those about this ticket" },
	{ "--overdue", OPTION_FLAG, NULL, "only open ones that are over their time" },
	LOOK_MAX_OPTION,
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option packet_raise_options[] = {
	{ "--reason", OPTION_TEXT, "WORD", "such as timeout or missing_data" },
	{ "--priority", OPTION_TEXT, "P", "critical, high, medium (default) or low" },
	{ "--ticket", OPTION_TEXT, "T", "the ticket that it is about" },
	{ "--organisation", OPTION_TEXT, "KEY", "the customer (default: the ticket's)" },
	{ "--entity", OPTION_TEXT, "TYPE:ID", "what else it is about, such as deal:4711" },
	{ "--to", OPTION_TEXT, "WHO", "a role or an address of this desk" },
	{ "--due", OPTION_TEXT, "TIME", "when it is due, such as 2h (default 4h of business time)" },
	{ "--missing", OPTION_LIST, "TEXT", "what is missing" },
	{ "--suggest", OPTION_TEXT, "TEXT", "what might be done" },
	{ "--risk", OPTION_TEXT, "TEXT", "what happens if it waits" },
	{ "--workflow", OPTION_TEXT, "NAME", "the workflow that waits for it" },
	{ "--step", OPTION_TEXT, "TEXT", "the step that failed there" },
	{ "--resume-token", OPTION_TEXT, "TEXT", "what it goes on with" },
	{ "--once-key", OPTION_TEXT, "TEXT", "while one with this key is open it is that one" },
	{ "--file", OPTION_TEXT, "FILE", "all of it as a JSON object; - reads standard input" },
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option packet_resolve_options[] = {
	{ "--notes", OPTION_TEXT, "TEXT", "what else is to be known" },
	{ "--override", OPTION_TEXT, "FILE", "data for the workflow, a JSON object; - reads standard input" },
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option packet_stats_options[] = {
	{ "--since", OPTION_TEXT, "TIME", "raised since: 90d, a day or an ISO time (default: ever)" },
	{ "--until", OPTION_TEXT, "TIME", "raised before, written likewise (default: now)" },
	ORGANISATION_OPTION,
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option approval_list_options[] = {
	{ "--open", OPTION_FLAG, NULL, "only those that wait for an answer" },
	LOOK_MAX_OPTION,
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option request_options[] = {
	{ "--ticket", OPTION_LIST, "T", "what to ask about, such as T-1001" },
	{ "--question", OPTION_TEXT, "TEXT", "instead of the usual question" },
	{ "--summary", OPTION_TEXT, "FILE", "instead of the drafted summary, a line a bullet" },
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option inbound_list_options[] = {
	{ "--quarantined", OPTION_FLAG, NULL, "only what killed its parser too often" },
	{ "--status", OPTION_TEXT, "S", "only new, done, filed or quarantined ones" },
	LOOK_MAX_OPTION,
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option inbound_show_options[] = {
	{ "--raw", OPTION_FLAG, NULL, "the mail itself, as it came" },
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option login_options[] = {
	{ "--refresh-token", OPTION_TEXT, "FILE", "take this one, got elsewhere; - reads standard input" },
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option job_list_options[] = {
	{ "--dead", OPTION_FLAG, NULL, "only those that were given up" },
	LOOK_MAX_OPTION,
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option verify_options[] = {
	{ "--receipt", OPTION_TEXT, "FILE", "check a receipt mail as well" },
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option absence_list_options[] = {
	LOOK_MAX_OPTION,
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option token_list_options[] = {
	LOOK_MAX_OPTION,
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option token_options[] = {
	{ "--scope", OPTION_LIST, "SCOPE", "what it may do, such as tickets:read" },
	{ "--role", OPTION_TEXT, "ROLE", "reader, engineer (default) or admin" },
	{ "--team", OPTION_TEXT, "TEXT", "noted on what it asks" },
	{ "--expires", OPTION_TEXT, "TIME", "such as 90d, or never (default 365d)" },
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option doctor_options[] = {
	{ "--mail", OPTION_FLAG, NULL, "also send a mail to ourselves and wait for it" },
	{ "--wait", OPTION_TEXT, "TIME", "how long at most (default 60s)" },
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option backup_options[] = {
	{ "--with-keys", OPTION_FLAG, NULL, "copy the keys too" },
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option restore_options[] = {
	{ "--replace", OPTION_FLAG, NULL, "move a database that is there aside" },
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option release_options[] = {
	{ "--yes", OPTION_FLAG, NULL, "send mails that are older than a day too" },
	{ "--drop-older", OPTION_TEXT, "TIME", "leave out reminders older than this, such as 2d" },
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option erase_options[] = {
	{ "--yes", OPTION_FLAG, NULL, "do it; else it is only shown" },
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option rotate_options[] = {
	{ "--signing", OPTION_FLAG, NULL, "the key that signs receipts" },
	{ "--credential", OPTION_FLAG, NULL, "the ring of keys.credential_key_file" },
	{ NULL, OPTION_FLAG, NULL, NULL },
};

/* Help and completion show them in this order. */
const struct cli_verb cli_verbs[] = {
	{ "init", "", 0, 0, init_options, "write the first settings file and make the keys", verb_init },
	{ "config check", "[FILE]", 0, 1, NULL, "show everything that is wrong with the settings", verb_config_check },
	{ "config show", "", 0, 0, show_options, "show the settings in force", verb_config_show },
	{ "rules check", "[DIR]", 0, 1, NULL, "show everything that is wrong with the files of rules", verb_rules_check },
	{ "rules test", "[DIR]", 0, 1, NULL, "run the tests in the files of rules", verb_rules_test },
	{ "rules facts", "[DIR]", 0, 1, NULL, "list what rules may ask about", verb_rules_facts },
	{ "rules show", "[RULE]", 0, 1, rules_show_options, "show all rules, or one as it was understood", verb_rules_show },
	{ "rules explain", "[RULE]", 0, 1, rules_explain_options, "show why rules hold for a ticket or do not, part by part", verb_rules_explain },
	{ "rules simulate", "", 0, 0, rules_simulate_options, "show what would become of a ticket if nobody did anything", verb_rules_simulate },
	{ "rules replay", "", 0, 0, rules_replay_options, "show what rules would have done to what is recorded, beside what happened", verb_rules_replay },
	{ "status", "", 0, 0, NULL, "show what assentd does, and what waits for a person", verb_status },
	{ "doctor", "", 0, 0, doctor_options, "look for what is wrong, and say what to do", verb_doctor },
	{ "ticket list", "", 0, 0, ticket_list_options, "list tickets, newest first", verb_ticket_list },
	{ "ticket show", "TICKET", 1, 1, NULL, "show a ticket, its thread, approvals and events", verb_ticket_show },
	{ "ticket resolve", "TICKET", 1, 1, resolve_options, "it is solved; its notes are written", verb_ticket_resolve },
	{ "ticket escalate", "TICKET", 1, 1, escalate_options, "hand it over; the handoff goes out by mail", verb_ticket_escalate },
	{ "ticket pause", "TICKET", 1, 1, closing_options, "lay it aside, with its tasks and answers", verb_ticket_pause },
	{ "ticket resume", "TICKET", 1, 1, closing_options, "take it up again", verb_ticket_resume },
	{ "ticket reopen", "TICKET", 1, 1, closing_options, "it was not solved", verb_ticket_reopen },
	{ "ticket spent", "TICKET TIME", 2, 2, spent_options, "note time that was spent on it", verb_ticket_spent },
	{ "finding list", "TICKET", 1, 1, finding_list_options, "list what is known about a ticket", verb_finding_list },
	{ "finding add", "TICKET TEXT", 2, 2, finding_options, "write down what is known", verb_finding_add },
	{ "finding remove", "TICKET N", 2, 2, NULL, "take a finding back", verb_finding_remove },
	{ "fix list", "TICKET", 1, 1, memory_list_options, "list the fixes suggested for a ticket", verb_fix_list },
	{ "fix add", "TICKET TITLE", 2, 2, fix_options, "suggest a fix; it supersedes the one before", verb_fix_add },
	{ "fix decide", "TICKET N DECISION", 3, 3, decide_fix_options, "accepted, dismissed, one_off, draft_template or build_template", verb_fix_decide },
	{ "task list", "TICKET", 1, 1, memory_list_options, "list open questions and actions, and settled ones", verb_task_list },
	{ "task add", "TICKET TEXT", 2, 2, task_options, "add a question or an action", verb_task_add },
	{ "task answer", "TICKET N [TEXT]", 2, 3, task_answer_options, "answer a question; an action is done", verb_task_answer },
	{ "task skip", "TICKET N [TEXT]", 2, 3, NULL, "leave a task undone, perhaps with the reason", verb_task_skip },
	{ "task open", "TICKET N", 2, 2, NULL, "open a task again, or accept a proposed one", verb_task_open },
	{ "task dismiss", "TICKET N", 2, 2, NULL, "put a proposed task aside", verb_task_dismiss },
	{ "task edit", "TICKET N TEXT", 3, 3, NULL, "give a task other words", verb_task_edit },
	{ "document list", "TICKET", 1, 1, memory_list_options, "list what is written about a ticket", verb_document_list },
	{ "document show", "TICKET KIND", 2, 2, document_show_options, "show a document; nothing is drafted", verb_document_show },
	{ "document draft", "TICKET KIND", 2, 2, document_draft_options, "have it drafted, unless it is current", verb_document_draft },
	{ "document edit", "TICKET KIND", 2, 2, document_edit_options, "put a text of your own in its place", verb_document_edit },
	{ "document usage", "", 0, 0, document_usage_options, "show what models were paid for", verb_document_usage },
	{ "approval list", "", 0, 0, approval_list_options, "list approvals, newest first", verb_approval_list },
	{ "approval show", "ID", 1, 1, NULL, "show what was asked, the answer and its evidence", verb_approval_show },
	{ "approval request", "", 0, 0, request_options, "ask the owner about a ticket, or several", verb_approval_request },
	{ "approval withdraw", "ID", 1, 1, NULL, "take a question back", verb_approval_withdraw },
	{ "approval remind", "ID", 1, 1, NULL, "send the reminder now", verb_approval_remind },
	{ "approval delegate", "ID ADDRESS", 2, 2, NULL, "let somebody else of the customer answer", verb_approval_delegate },
	{ "escalation list", "", 0, 0, packet_list_options, "list packets, newest first, closed ones too", verb_escalation_list },
	{ "escalation show", "ID", 1, 1, NULL, "show a packet, whom it was put to and what happened", verb_escalation_show },
	{ "escalation raise", "[TITLE]", 0, 1, packet_raise_options, "put a packet to somebody", verb_escalation_raise },
	{ "escalation ack", "ID", 1, 1, NULL, "somebody has it: it goes no higher", verb_escalation_ack },
	{ "escalation assign", "ID ADDRESS", 2, 2, NULL, "put it to one person of this desk", verb_escalation_assign },
	{ "escalation snooze", "ID TIME", 2, 2, NULL, "nothing happens until then, such as 2h", verb_escalation_snooze },
	{ "escalation resolve", "ID [DONE]", 1, 2, packet_resolve_options, "it is done; a workflow that waits goes on", verb_escalation_resolve },
	{ "escalation reopen", "ID", 1, 1, NULL, "a resolved or expired one begins anew", verb_escalation_reopen },
	{ "escalation expire", "", 0, 0, NULL, "those that are out of time expire now", verb_escalation_expire },
	{ "escalation resume", "ID", 1, 1, NULL, "tell the workflow of a resolved one once more", verb_escalation_resume },
	{ "escalation stats", "", 0, 0, packet_stats_options, "how many, why, and how fast they are resolved", verb_escalation_stats },
	{ "absence list", "", 0, 0, absence_list_options, "list who is known to be away", verb_absence_list },
	{ "absence forget", "ADDRESS", 1, 1, NULL, "forget what an absence note said", verb_absence_forget },
	{ "delegate list", "", 0, 0, absence_list_options, "list who may answer for whom", verb_delegate_list },
	{ "inbound list", "", 0, 0, inbound_list_options, "list mail that came in, newest first", verb_inbound_list },
	{ "inbound show", "ID", 1, 1, inbound_show_options, "show what became of a mail", verb_inbound_show },
	{ "job list", "", 0, 0, job_list_options, "list what must happen later, earliest first", verb_job_list },
	{ "job retry", "ID", 1, 1, NULL, "try a job again that was given up", verb_job_retry },
	{ "ledger verify", "", 0, 0, verify_options, "prove that nothing in the ledger was changed", verb_ledger_verify },
	{ "ledger show", "[ID]", 0, 1, NULL, "show the entries of the ledger, or of one approval", verb_ledger_show },
	{ "clock accept", "", 0, 0, NULL, "believe the clock after a jump", verb_clock_accept },
	{ "token new", "NAME", 1, 1, token_options, "let a program use the API; its token is shown once", verb_token_new },
	{ "token list", "", 0, 0, token_list_options, "list the API's tokens, newest first", verb_token_list },
	{ "token revoke", "ID", 1, 1, NULL, "end a token at once", verb_token_revoke },
	{ "mailbox list", "", 0, 0, NULL, "show mailboxes, ways out and how they sign in", verb_mailbox_list },
	{ "mailbox login", "NAME", 1, 1, login_options, "sign in for a mailbox, a way out or a credential", verb_mailbox_login },
	{ "backup", "DIR", 1, 1, backup_options, "copy all that assentd knows, while it runs", verb_backup },
	{ "restore", "DIR", 1, 1, restore_options, "bring a backup back; nothing is sent until release", verb_restore },
	{ "hold", "", 0, 0, NULL, "send nothing from now on", verb_hold },
	{ "release", "", 0, 0, release_options, "show what waits to be sent, and send it", verb_release },
	{ "erase", "ADDRESS", 1, 1, erase_options, "remove what is known about a person", verb_erase },
	{ "key list", "", 0, 0, NULL, "show the keys, and which are still needed", verb_key_list },
	{ "key rotate", "", 0, 0, rotate_options, "add a key; links are made from it from now on", verb_key_rotate },
	{ "key prune", "", 0, 0, NULL, "remove keys that nothing needs any more", verb_key_prune },
	{ "key new", "FILE", 1, 1, NULL, "write a new ring of keys", verb_key_new },
	{ "mail parse", "FILE", 1, 1, NULL, "show a mail file as the daemon understands it", verb_mail_parse },
	{ "reply extract", "", 0, 0, extract_options, "cut replies down to their writers' own words", verb_reply_extract },
	{ "reply decide", "", 0, 0, decide_options, "read replies as decisions", verb_reply_decide },
};
/* clang-format on */

const size_t cli_verb_count = ARRAY_LEN(cli_verbs);
