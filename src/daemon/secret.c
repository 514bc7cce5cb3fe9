/* secret: what we show to a mail server so that it believes who we are. */
#include <assent/base/str.h>
#include <assent/flow/credential.h>

#include "daemon/daemon_priv.h"

struct ask {
	const struct settings *settings;
	const char *credential;
	struct str *out;
};

static int
token_step(struct tx *tx, void *arg, struct err *err)
{
	const struct ask *ask = arg;
	struct desk desk = { tx, &ask->settings->policy, clock_now(), true };
	const char *token;
	int rc = credential_token(&desk, ask->credential, &token, err);

	str_clear(ask->out);
	if (rc == 0)
		str_add(ask->out, token);
	return rc;
}

static int
renew_step(struct tx *tx, void *arg, struct err *err)
{
	const struct ask *ask = arg;
	struct desk desk = { tx, &ask->settings->policy, clock_now(), true };

	return credential_renew(&desk, ask->credential, err);
}

int
login_secret(struct daemon *daemon, const struct login *login, struct str *out, struct err *err)
{
	struct ask ask = { .credential = login->credential, .out = out };
	AUTO(settings_unrefp) struct settings *settings = settings_get(daemon->settings);

	str_clear(out);
	ask.settings = settings;
	if (login->auth == AUTH_NONE)
		return 0;
	if (login->auth == AUTH_XOAUTH2)
		return db_read(daemon->db, NULL, token_step, &ask, err);
	if (login->password == NULL)
		return err_set(err, ERR_NOT_FOUND, "there is no password for %s", login->user);
	str_add(out, login->password);
	return 0;
}

int
login_refused(struct daemon *daemon, const struct login *login, struct err *err)
{
	AUTO(settings_unrefp) struct settings *settings = settings_get(daemon->settings);
	struct ask ask = { .settings = settings, .credential = login->credential };

	if (login->auth != AUTH_XOAUTH2)
		return 0;
	return db_step(daemon->db, renew_step, &ask, err);
}
