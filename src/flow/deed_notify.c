/* deed_notify: a word to a role's people, and nothing that waits for them. */
#include "flow/deed.h"

int
deed_notify(struct deed *deed, struct err *err)
{
	int rc = deed_record(deed, err);

	return rc < 0 ? rc : deed_tell_role(deed, &(struct deed_letter){ .why = DEED_NOTIFY }, err);
}
