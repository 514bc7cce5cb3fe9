#pragma once
/* verbs: one function each, in src/cli/verb_<first word>.c. */
#include "cli.h"

int verb_config_check(struct cli *cli);
int verb_config_show(struct cli *cli);
int verb_init(struct cli *cli);
int verb_mail_parse(struct cli *cli);
int verb_reply_extract(struct cli *cli);
int verb_reply_decide(struct cli *cli);

int verb_ticket_list(struct cli *cli);
int verb_ticket_show(struct cli *cli);
int verb_approval_list(struct cli *cli);
int verb_approval_show(struct cli *cli);
int verb_approval_request(struct cli *cli);
int verb_approval_withdraw(struct cli *cli);
int verb_approval_remind(struct cli *cli);
int verb_approval_delegate(struct cli *cli);
int verb_finding_list(struct cli *cli);
int verb_finding_add(struct cli *cli);
int verb_finding_remove(struct cli *cli);
int verb_fix_list(struct cli *cli);
int verb_fix_add(struct cli *cli);
int verb_fix_decide(struct cli *cli);
int verb_task_list(struct cli *cli);
int verb_task_add(struct cli *cli);
int verb_task_answer(struct cli *cli);
int verb_task_skip(struct cli *cli);
int verb_task_open(struct cli *cli);
int verb_task_dismiss(struct cli *cli);
int verb_task_edit(struct cli *cli);
int verb_absence_list(struct cli *cli);
int verb_absence_forget(struct cli *cli);
int verb_delegate_list(struct cli *cli);
int verb_inbound_list(struct cli *cli);
int verb_inbound_show(struct cli *cli);
int verb_job_list(struct cli *cli);
int verb_job_retry(struct cli *cli);
int verb_ledger_verify(struct cli *cli);
int verb_ledger_show(struct cli *cli);
int verb_status(struct cli *cli);
int verb_clock_accept(struct cli *cli);
int verb_doctor(struct cli *cli);
int verb_backup(struct cli *cli);
int verb_restore(struct cli *cli);
int verb_hold(struct cli *cli);
int verb_release(struct cli *cli);
int verb_erase(struct cli *cli);
int verb_key_list(struct cli *cli);
int verb_key_rotate(struct cli *cli);
int verb_key_prune(struct cli *cli);
int verb_key_new(struct cli *cli);
int verb_mailbox_list(struct cli *cli);
int verb_mailbox_login(struct cli *cli);
int verb_token_new(struct cli *cli);
int verb_token_list(struct cli *cli);
int verb_token_revoke(struct cli *cli);
