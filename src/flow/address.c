#include <assent/flow/address.h>

#include <assent/base/str.h>
#include <assent/mail/compose.h>
#include <assent/mail/sender.h>

#include <string.h>

#define ADDRESS_MAX 320 /* RFC 5321 section 4.5.3.1: 64 + 1 + 255 */

const char *
address_read(struct arena *arena, const char *typed)
{
	char *email;

	if (strlen(typed) > ADDRESS_MAX)
		return NULL;
	email = arena_dup(arena, sender_ascii_address(arena, typed));
	text_lower(email);
	return address_is_plain(email) ? email : NULL;
}
