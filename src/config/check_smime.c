/* check, S/MIME: files that are read with the settings, and whether they fit together. */
#include "check_priv.h"

#include <assent/base/certificate.h>
#include <assent/base/file.h>
#include <assent/base/identity.h>

#include <string.h>

/* The text of the file that smime.key names; "" without one, NULL with a fault. */
static const char *
read_text(struct reader *reader, const struct node *at, const char *path, size_t most)
{
	AUTO(str_donep) struct str text = STR_INIT(most);
	struct err err;

	if (!path || !*path)
		return "";
	if (file_read(path, &text, &err) == 0) {
		if (strlen(str_text(&text)) == text.len)
			return arena_dup(reader->arena, str_text(&text));
		err_set(&err, ERR_INVALID, "%s is no text (PEM)", path);
	}
	faults_add(reader->faults, at->line, at->column, "%.440s", err.text);
	return NULL;
}

static void
check_authorities(struct reader *reader, const struct node *root)
{
	AUTO(authorities_freep) struct authorities *authorities = NULL;
	struct settings_smime *s = &reader->settings->smime;
	const struct node *at = spot(root, "smime", "ca_file");
	struct err err;

	s->authorities = read_text(reader, at, s->ca_file, CERTIFICATE_BUNDLE_MAX);
	s->crls =
	    read_text(reader, spot(root, "smime", "crl_file"), s->crl_file, CERTIFICATE_CRL_MAX);
	if (!s->authorities || !s->crls)
		return;
	reader->settings->policy.signatures = *s->authorities != '\0';
	if (!*s->authorities && *s->crls)
		fault_at(reader, spot(root, "smime", "crl_file"),
		    "smime.crl_file: has no effect without smime.ca_file");
	else if (s->ca_file && *s->ca_file &&
	    authorities_read(s->authorities, s->crls, &authorities, &err) < 0)
		faults_add(
		    reader->faults, at->line, at->column, "%.200s: %.240s", s->ca_file, err.text);
}

static void
check_identity(struct reader *reader, const struct node *root)
{
	struct settings_smime *s = &reader->settings->smime;
	const struct node *at = spot(root, "smime", "cert_file");
	const char *agent = reader->settings->policy.agent_email;
	bool has_cert = s->cert_file && *s->cert_file, has_key = s->key_file && *s->key_file;
	const char *chain;
	struct err err;

	if (has_cert != has_key)
		fault_at(reader, at, "smime.cert_file and smime.key_file go together");
	if (!has_cert || !s->key)
		return;
	chain = read_text(reader, at, s->cert_file, IDENTITY_FILE_MAX);
	if (!chain)
		return;
	if (identity_read(chain, s->key, &s->identity, &err) < 0)
		faults_add(
		    reader->faults, at->line, at->column, "%.200s: %.240s", s->cert_file, err.text);
	else if (agent && !identity_names(s->identity, agent))
		faults_add(reader->faults, at->line, at->column,
		    "%.200s: the certificate does not name agent.email, %.200s", s->cert_file,
		    agent);
}

void
check_smime(struct reader *reader, const struct node *root)
{
	check_authorities(reader, root);
	check_identity(reader, root);
}
