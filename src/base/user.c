#include <assent/base/user.h>

#include <pwd.h>
#include <stdio.h>

#define LINE_MAX_BYTES 1024
#define NAME_SHOWN 40

const char *
user_text(uid_t uid, char out[USER_TEXT_SIZE])
{
	FILE *file = fopen("/etc/passwd", "re");
	struct passwd entry, *found = NULL;
	char line[LINE_MAX_BYTES];

	while (file != NULL && fgetpwent_r(file, &entry, line, sizeof(line), &found) == 0)
		if (found->pw_uid == uid)
			break;
		else
			found = NULL;
	if (found != NULL)
		snprintf(out, USER_TEXT_SIZE, "%.*s (uid %lld)", NAME_SHOWN, found->pw_name,
		    (long long)uid);
	else
		snprintf(out, USER_TEXT_SIZE, "uid %lld", (long long)uid);
	if (file != NULL)
		fclose(file);
	return out;
}
