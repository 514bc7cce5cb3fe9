#pragma once
/* stories: the parts that story.c puts into its table. */
#include <assent/flow/story.h>

int intake_plan(struct desk *desk, const struct job *job, struct call *call, struct err *err);
int intake_more(struct desk *desk, const struct job *job, struct call *call, struct err *err);
int intake_settle(struct desk *desk, const struct job *job, struct call *call, struct err *err);

int ask_plan(struct desk *desk, const struct job *job, struct call *call, struct err *err);
int ask_settle(struct desk *desk, const struct job *job, struct call *call, struct err *err);
int ask_given_up(struct desk *desk, const struct job *job, struct call *call, struct err *err);

int document_plan(struct desk *desk, const struct job *job, struct call *call, struct err *err);
int document_settle(struct desk *desk, const struct job *job, struct call *call, struct err *err);
int document_given_up(struct desk *desk, const struct job *job, struct call *call, struct err *err);

int send_plan(struct desk *desk, const struct job *job, struct call *call, struct err *err);
int send_settle(struct desk *desk, const struct job *job, struct call *call, struct err *err);
int send_given_up(struct desk *desk, const struct job *job, struct call *call, struct err *err);

int token_plan(struct desk *desk, const struct job *job, struct call *call, struct err *err);
int token_settle(struct desk *desk, const struct job *job, struct call *call, struct err *err);

int login_plan(struct desk *desk, const struct job *job, struct call *call, struct err *err);
int login_settle(struct desk *desk, const struct job *job, struct call *call, struct err *err);

int resume_plan(struct desk *desk, const struct job *job, struct call *call, struct err *err);
int resume_settle(struct desk *desk, const struct job *job, struct call *call, struct err *err);

int hook_plan(struct desk *desk, const struct job *job, struct call *call, struct err *err);
int hook_settle(struct desk *desk, const struct job *job, struct call *call, struct err *err);

int remind_settle(struct desk *desk, const struct job *job, struct call *call, struct err *err);
int retention_settle(struct desk *desk, const struct job *job, struct call *call, struct err *err);
int expire_settle(struct desk *desk, const struct job *job, struct call *call, struct err *err);
int climb_settle(struct desk *desk, const struct job *job, struct call *call, struct err *err);
int lapse_settle(struct desk *desk, const struct job *job, struct call *call, struct err *err);
int gather_settle(struct desk *desk, const struct job *job, struct call *call, struct err *err);
int rule_settle(struct desk *desk, const struct job *job, struct call *call, struct err *err);
