#include <assent/text/secret.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Written in two pieces, so that no scanner takes them for real ones. */
#define AWS \
	"AKIA" \
	"QWERTYUIOPASDFGH"
#define GITHUB \
	"ghp_" \
	"a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
#define SLACK \
	"xoxb-" \
	"123456789012-abcdefGHIJKL"
#define OPENAI \
	"sk-proj-" \
	"Abc123Def456Ghi789Jkl012"
#define GOOGLE \
	"AIza" \
	"SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q"
#define JWT \
	"eyJhbGciOiJIUzI1NiJ9." \
	"eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl"

static void
redacted(const char *text, struct str *out)
{
	*out = STR_INIT(1u << 20);
	secret_redact(text, strlen(text), out);
}

static void
what_looks_like_a_secret_is_taken_out(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "password: hunter2", "password: [secret]" },
		{ "Password = 'a b c' now", "Password = '[secret]' now" },
		{ "The **Passwort:** geheim!", "The **Passwort:** [secret]!" },
		{ "mot de passe : soleil", "mot de passe : [secret]" },
		{ "la contraseña: sol3", "la contraseña: [secret]" },
		{ "Пароль: солнце", "Пароль: [secret]" },
		{ "密码：abc", "密码：[secret]" },
		{ "كلمة المرور: شمس", "كلمة المرور: [secret]" },
		{ "The password is hunter2.", "The password is [secret]." },
		{ "Password:\nhunter2\nthanks", "Password:\n[secret]\nthanks" },
		{ "PIN: 4711", "PIN: [secret]" },
		{ "db_password=x;Server=y", "db_password=[secret];Server=y" },
		{ "Server=db;Uid=sa;Pwd=abc;", "Server=db;Uid=sa;Pwd=[secret];" },
		{ "{\"api_key\": \"abc\"}", "{\"api_key\": \"[secret]\"}" },
		{ "Authorization: Bearer abcdefghijkl123", "Authorization: Bearer [secret]" },
		{ "amqp://user:pa55@mq.example/x", "amqp://user:[secret]@mq.example/x" },
		{ "key " AWS " end", "key [secret] end" },
		{ "(" GITHUB ")", "([secret])" },
		{ SLACK ".", "[secret]." },
		{ OPENAI, "[secret]" },
		{ GOOGLE, "[secret]" },
		{ "x " JWT " y", "x [secret] y" },
		{ "Key: VK7JG-NPHTM-C97JM-9MPGT-3V66T", "Key: [secret]" },
		{ "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nb",
		    "a\n[secret]\nb" },
		{ "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl", "[secret]" },
		{ "is aB3dE5gH7jK9mN1pQ3sT5vW7 it", "is [secret] it" },
		{ "?sig=aB3dE5gH7jK9mN1pQ3sT5vW7yZ%3D", "?[secret]%3D" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(str_donep) struct str once, twice;
		redacted(cases[i].text, &once);
		if (!text_is(str_text(&once), cases[i].want))
			fail_msg("%s → %s", cases[i].text, str_text(&once));
		redacted(str_text(&once), &twice);
		assert_string_equal(str_text(&twice), str_text(&once));
	}
}

static void
ordinary_ids_and_words_stay(void **state)
{
	static const char *const texts[] = {
		"T-1042 and INC0012345 on srv-build-02",
		"serial 5CG1234XYZ, part 20-GB-Platte, v1.2.3-rc4",
		"550e8400-e29b-41d4-a716-446655440000",
		"commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
		"sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"The password is wrong and the token is missing",
		"Password reset for Petra, please",
		"Key: value. Keyboard: German.",
		"see https://shop.example/cart/items/2026/november?id=12345",
		"Windows-Server-2022-Datacenter-x64-EN-US-v3",
		"Microsoft.Exchange.Management.PowerShell2010",
		"/usr/share/doc/assentd/examples/systemd/listen.conf",
		"Donaudampfschifffahrtsgesellschaftskapitän 2026",
		"-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
		"Basic plan, bearer of news",
		"10.20.0.0/16 to 203.0.113.7:443",
		"",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO(str_donep) struct str out;
		redacted(texts[i], &out);
		assert_string_equal(str_text(&out), texts[i]);
	}
}

static void
fields_are_secret_by_their_names(void **state)
{
	static const char *const secret[] = { "password", "DB_PASSWORD", "apiKey", "api key", "PIN",
		"client_secret", "accessToken", "Passwort", "ssh-key", "auth", "SessionCookie" };
	static const char *const plain[] = { "keyboard", "monkey", "title", "spin", "passenger",
		"author", "cost centre", "serial", "pinned", "" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(secret); i++)
		if (!secret_is_name(secret[i]))
			fail_msg("%s", secret[i]);
	for (size_t i = 0; i < ARRAY_LEN(plain); i++)
		if (secret_is_name(plain[i]))
			fail_msg("%s", plain[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_looks_like_a_secret_is_taken_out),
		cmocka_unit_test(ordinary_ids_and_words_stay),
		cmocka_unit_test(fields_are_secret_by_their_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
