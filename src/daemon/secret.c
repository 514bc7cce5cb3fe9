/* secret: what we show to a mail server so that it believes who we are. */
#include <assent/base/str.h>

#include "daemon/daemon_priv.h"

int
login_secret(struct daemon *daemon, const struct login *login, struct str *out, struct err *err)
{
	(void)daemon;
	str_clear(out);
	if (login->auth == AUTH_NONE)
		return 0;
	if (login->auth == AUTH_XOAUTH2)
		return err_set(err, ERR_NOT_FOUND,
		    "nobody signed in to the credential %s yet; run `assent mailbox login`",
		    login->credential);
	if (login->password == NULL)
		return err_set(err, ERR_NOT_FOUND, "there is no password for %s", login->user);
	str_add(out, login->password);
	return 0;
}

int
login_refused(struct daemon *daemon, const struct login *login, struct err *err)
{
	(void)daemon;
	(void)login;
	(void)err;
	return 0;
}
