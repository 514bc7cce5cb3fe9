#include <assent/model/decision.h>

#include <assent/base/str.h>

static const char *const names[] = {
	[CHANNEL_LINK] = "link",
	[CHANNEL_REPLY] = "reply",
};

const char *
channel_name(enum channel channel)
{
	return names[channel];
}

bool
channel_parse(const char *name, enum channel *out)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!text_is(name, names[i]))
			continue;
		*out = (enum channel)i;
		return true;
	}
	return false;
}
