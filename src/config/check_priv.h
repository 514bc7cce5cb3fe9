#pragma once
/* check: what no row can see alone. */
#include "read_priv.h"

/* Where section.key was written, else its section, else the top. */
const struct node *spot(const struct node *root, const char *section, const char *key);
/* Where a record's key was written, else the record. */
const struct node *record_spot(const struct node *record, const char *key);

/* To the fault that was added last: the organisation that key is nearly. */
void organisation_meant(struct reader *reader, const char *key);

void fault_at(struct reader *reader, const struct node *node, const char *sentence);
void check_folder(
    struct reader *reader, const char *path, const struct node *node, bool must_exist);

/* Mail in, mail out, and who is on the other side. */
void check_mailboxes(struct reader *reader, const struct node *root);
void check_outgoing(struct reader *reader, const struct node *root);
void check_delegates(struct reader *reader, const struct node *root);
void check_sources(struct reader *reader, const struct node *root);
void check_workflows(struct reader *reader, const struct node *root);
void check_credentials(struct reader *reader, const struct node *root);
/* Read the texts of a list of hours; false, and a fault at each that is wrong. */
struct week_hours;
bool check_hours(
    struct reader *reader, const struct node *list, const char *what, struct week_hours *out);
/* Business hours and roles; organisations find theirs before. */
void check_calendars(struct reader *reader, const struct node *root);
void check_roles(struct reader *reader, const struct node *root);
void check_smime(struct reader *reader, const struct node *root);
void check_ai(struct reader *reader, const struct node *root);
