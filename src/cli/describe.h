#pragma once
/* describe: tickets, approvals and mails as JSON, the same in every verb. */
#include "look.h"

#include <assent/store/post.h>

/* An approval as a row of a list; *out is a new object. */
int describe_approval(
    struct desk *desk, const struct approval *approval, json_t **out, struct err *err) MUST_USE;
/* As rows, in the order of list. */
int describe_approvals(struct desk *desk, const struct approval_filter *filter, json_t **out,
    struct err *err) MUST_USE;
extern const struct look_column describe_approval_columns[];

int describe_inbound(
    struct desk *desk, const struct inbound *inbound, json_t **out, struct err *err) MUST_USE;

/* Findings, fixes and tasks of a ticket, as members of out; and those of a ticket for people. */
int describe_memory(
    struct desk *desk, const struct id *ticket, json_t *out, struct err *err) MUST_USE;
void describe_print_memory(const json_t *ticket);
/* The same for "documents". */
int describe_documents(
    struct desk *desk, const struct id *ticket, json_t *out, struct err *err) MUST_USE;
void describe_print_documents(const json_t *ticket);
