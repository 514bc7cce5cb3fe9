#include <assent/model/api_token.h>

#include <string.h>

#define PREFIX "asn_"
#define CHECK 5 /* bytes of the hash that follow the chance */
#define BYTES (API_TOKEN_CHANCE + CHECK)
#define WORD_MAX 40

static const char *const scope_names[] = {
#define X(id, name) [SCOPE_##id] = name,
	API_SCOPES(X)
#undef X
};

#define READ_SCOPES \
	(SCOPE_BIT(SCOPE_TICKETS_READ) | SCOPE_BIT(SCOPE_APPROVALS_READ) | \
	    SCOPE_BIT(SCOPE_ORGANISATIONS_READ) | SCOPE_BIT(SCOPE_ESCALATIONS_READ))

void
api_token_text(const uint8_t chance[API_TOKEN_CHANCE], struct api_token_text *out)
{
	AUTO(str_donep) struct str text = STR_INIT(2 * API_TOKEN_CHARS);
	uint8_t bytes[BYTES], hash[SHA256_SIZE];

	sha256(chance, API_TOKEN_CHANCE, hash);
	memcpy(bytes, chance, API_TOKEN_CHANCE);
	memcpy(bytes + API_TOKEN_CHANCE, hash, CHECK);
	str_add(&text, PREFIX);
	str_add_base32(&text, bytes, sizeof(bytes));
	memcpy(out->text, str_text(&text), API_TOKEN_CHARS + 1);
	mem_wipe(bytes, sizeof(bytes));
	mem_wipe(text.text, text.len);
}

bool
api_token_hash(const char *text, uint8_t out[SHA256_SIZE])
{
	uint8_t bytes[BYTES], hash[SHA256_SIZE];

	if (strlen(text) != API_TOKEN_CHARS || !text_starts(text, PREFIX) ||
	    base32_decode(text + strlen(PREFIX), API_TOKEN_CHARS - strlen(PREFIX), bytes,
		sizeof(bytes)) != BYTES)
		return false;
	sha256(bytes, API_TOKEN_CHANCE, hash);
	if (!bytes_equal(hash, bytes + API_TOKEN_CHANCE, CHECK))
		return false;
	sha256(bytes, sizeof(bytes), out);
	return true;
}

const char *
api_scope_name(enum api_scope scope)
{
	return scope_names[scope];
}

static bool
scope_parse(const char *word, size_t len, unsigned *scopes)
{
	for (unsigned i = 0; i < SCOPE_COUNT; i++)
		if (strlen(scope_names[i]) == len && memcmp(scope_names[i], word, len) == 0) {
			*scopes |= SCOPE_BIT(i);
			return true;
		}
	return false;
}

bool
api_scopes_parse(const char *text, unsigned *out, const char **bad)
{
	static _Thread_local char word[WORD_MAX];
	unsigned scopes = 0;

	for (text += strspn(text, " ,"); *text != '\0'; text += strspn(text, " ,")) {
		size_t len = strcspn(text, " ,");

		if (!scope_parse(text, len, &scopes)) {
			len = len < sizeof(word) ? len : sizeof(word) - 1;
			memcpy(word, text, len);
			word[len] = '\0';
			*bad = word;
			return false;
		}
		text += len;
	}
	*out = scopes;
	return true;
}

void
api_scopes_add(struct str *out, unsigned scopes)
{
	const char *between = "";

	for (unsigned i = 0; i < SCOPE_COUNT; i++) {
		if ((scopes & SCOPE_BIT(i)) == 0)
			continue;
		str_addf(out, "%s%s", between, scope_names[i]);
		between = " ";
	}
}

/* Who may decide is not an engineer's to change through a program (invariant 13). */
bool
api_role_scopes(const char *role, unsigned *out)
{
	static const struct {
		const char *role;
		unsigned scopes;
	} roles[] = {
		{ "reader", READ_SCOPES },
		{ "engineer", SCOPE_ALL & ~SCOPE_BIT(SCOPE_ORGANISATIONS_WRITE) },
		{ "admin", SCOPE_ALL },
	};

	for (size_t i = 0; i < ARRAY_LEN(roles); i++)
		if (text_is(roles[i].role, role)) {
			*out = roles[i].scopes;
			return true;
		}
	return false;
}

bool
api_name_is_good(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= API_NAME_MAX &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
	    len;
}
