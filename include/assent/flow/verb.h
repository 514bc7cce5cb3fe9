#pragma once
/*
 * verb: what the operator's tool may do, as JSON in and JSON out. The daemon
 * offers the same table over its control socket; with no daemon running the
 * tool runs it itself. Each verb is one step.
 *
 *   approval.request {"tickets": ["T-1001"], "question"?, "summary"?, "by"?}
 *   approval.withdraw {"approval": ID}
 *   approval.remind {"approval": ID}
 *   job.retry {"job": ID}
 *   clock.accept {}
 *   credential.login {"credential": NAME}
 *   credential.give {"credential": NAME, "refresh_token": TEXT}
 *   credential.status {"credential": NAME}
 *   token.new {"name", "role", "team"?, "scopes", "expires"?: utc_ms}
 *   token.revoke {"token": ID}
 *   site.hold {}
 *   person.erase {"email"}
 *   signing.retire {"key": hex}
 *   doctor.mail {"to", "nonce"}
 *   finding.add {"ticket", "text", "kind"?, "source"?}
 *   finding.remove {"ticket", "finding": number or ID}
 *   fix.add {"ticket", "title", "description"?, "confidence"?}
 *   fix.decide {"ticket", "fix", "decision", "title"?, "description"?, "confidence"?}
 *   task.add {"ticket", "text", "kind"?}
 *   task.change {"ticket", "task", "text"?, "answer"?, "state"?}
 *   document.draft {"ticket", "kind", "locale"?, "force"?: bool}
 *   document.edit {"ticket", "kind", "text", "locale"?}
 *   ticket.resolve {"ticket", "comment"?, "spent"?, "withdraw"?: bool}
 *   ticket.escalate {"ticket", "to"?, "comment"?, "spent"?}
 *   ticket.pause, ticket.resume, ticket.reopen {"ticket", "comment"?, "spent"?}
 *   ticket.spent {"ticket", "spent", "comment"?}
 *   escalation.raise {"title", "reason", …}, as flow/escalation_json.h has it
 *   escalation.ack, escalation.reopen, escalation.resume {"escalation": ID}
 *   escalation.assign {"escalation": ID, "to"}
 *   escalation.snooze {"escalation": ID, "until"}
 *   escalation.resolve {"escalation": ID, "action"?, "notes"?, "override"?: object}
 *   site.release {"drop_older"?: ms, of reminders}
 */
#include <assent/flow/desk.h>
#include <assent/store/people.h>

/* Who called: a user's name, put into the arguments by the door that knows it, over what was sent. */
#define VERB_USER "user"
#include <assent/model/id.h>

#include <jansson.h>

/*
 * *out is a new object. ERR_NOT_FOUND for an unknown verb or thing,
 * ERR_INVALID for arguments, ERR_CONFLICT when it is too late for it.
 */
int verb_run(struct desk *desk, const char *name, const json_t *arguments, json_t **out,
    struct err *err) MUST_USE;

/* A ticket by "T-1001", "1001" or its id; an approval or job by id or unique prefix of at least 8 characters is the caller's affair. */
int verb_ticket(struct desk *desk, const char *name, struct id *out, struct err *err) MUST_USE;
/* An organisation by its key; ERR_NOT_FOUND names the nearest there is. */
int verb_organisation(
    struct desk *desk, const char *key, struct organisation *out, struct err *err) MUST_USE;
