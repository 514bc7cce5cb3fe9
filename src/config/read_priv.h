#pragma once
/* read: from a tree to a struct settings, by the rows. */
#include "rows_priv.h"
#include <assent/config/tree.h>

struct reader {
	struct settings *settings;
	struct arena *arena; /* of the snapshot */
	struct faults *faults;
	const char *folder; /* of the settings file, absolute */
	char where[96]; /* "approvals." or "organisations[2]." */
};

/* How values of one kind are read, shown and explained. */
struct kind_ops {
	const char *name; /* for the manual: "duration" */
	const char *expected; /* "a duration such as 30s, 5m, 2h or 7d" */
	bool list;
	/* node has the right shape; for a list it is one item and may be called often */
	void (*read)(
	    struct reader *reader, const struct row *row, const struct node *node, void *base);
	void (*show)(const struct row *row, const void *base, struct str *out);
};

extern const struct kind_ops kinds[KIND_COUNT];

/* The whole file into reader->settings; every fault is added. */
void read_settings(struct reader *reader, const struct node *root);

/* What no row can see alone: duplicates, domains, trust, files. */
void check_settings(struct reader *reader, const struct node *root);

/* Read the key files into policy; at is where each is named. */
void read_site_keys(struct reader *reader, const struct node *at);
void read_credential_keys(struct reader *reader, const struct node *at);
void read_signing_key(struct reader *reader, const struct node *at);

/* The text in a secret file, trimmed, in the snapshot; NULL, and a fault, when there is none. */
const char *read_secret_text(struct reader *reader, const char *path, const struct node *at);

/* A fault of row's value at node: "approvals.batch_max: ...". */
void value_fault(struct reader *reader, const struct row *row, const struct node *node,
    const char *fmt, ...) PRINTF(4, 5);

/* Is locale one that mails and pages exist in? The nearest that is goes to *meant. */
bool locale_is_known(struct reader *reader, const char *locale, const char **meant);

/* The known zone whose name is nearest, in arena, or NULL. */
const char *zone_nearest(struct arena *arena, const char *name);

/* "list of domains, 1 to 64 entries", for people. */
void row_add_type(struct str *out, const struct row *row);

/* Append text so that YAML reads it back as it is. */
void yaml_add_scalar(struct str *out, const char *text);
