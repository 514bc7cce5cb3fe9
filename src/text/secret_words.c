#include <assent/text/secret.h>

#include "text/secret_priv.h"

#include <string.h>

/* clang-format off */
const struct secret_maker secret_makers[] = {
	{ "AKIA", 20 }, { "ASIA", 20 }, { "ABIA", 20 }, { "ACCA", 20 }, /* AWS */
	{ "ghp_", 20 }, { "gho_", 20 }, { "ghu_", 20 }, { "ghs_", 20 }, { "ghr_", 20 },
	{ "github_pat_", 20 }, { "glpat-", 20 }, { "gldt-", 20 }, { "glrt-", 20 },
	{ "xoxa-", 15 }, { "xoxb-", 15 }, { "xoxp-", 15 }, { "xoxr-", 15 }, { "xoxs-", 15 },
	{ "xoxe.", 15 }, { "xapp-", 15 }, { "sk-", 20 }, { "sk_live_", 16 }, { "sk_test_", 16 },
	{ "rk_live_", 16 }, { "rk_test_", 16 }, { "whsec_", 20 }, { "AIza", 35 }, { "ya29.", 20 },
	{ "GOCSPX-", 20 }, { "npm_", 30 }, { "pypi-", 30 }, { "hf_", 30 }, { "SG.", 40 },
	{ "shpat_", 30 }, { "shpss_", 30 }, { "dop_v1_", 30 }, { "hvs.", 24 }, { "dapi", 34 },
	{ "AGE-SECRET-KEY-1", 40 }, { "key-", 36 }, { "xkeysib-", 40 }, { "NRAK-", 20 },
	{ "lin_api_", 30 }, { "tskey-", 20 }, { "ATATT3", 40 }, { NULL, 0 }
};

/* In any word before a colon. */
static const char *const parts[] = { "password", "passwd", "passwort", "kennwort", "passphrase",
	"secret", "token", "credential", "apikey", "api_key", "api-key", "accesskey", "access_key",
	"access-key", "privatekey", "private_key", "private-key", "accountkey", "sharedkey",
	"wachtwoord", "senha", "parola", "clave_api", "pwd", "lozinka", "salasana", "lösenord",
	"adgangskode", "hasło", "heslo", "jelszó", "contraseña", "contrasena", "contrasenya",
	"geheimnis", "пароль", "Пароль", "ПАРОЛЬ", "секрет", "Секрет", "κωδικός", "Κωδικός", "סיסמה", "رمز_المرور", "şifre", "Şifre", "密码", "密碼",
	"パスワード", "暗証番号", "비밀번호", "รหัสผ่าน", "पासवर्ड", NULL };

const char *const secret_phrases[] = { "mot de passe", "api key", "access key", "private key",
	"secret key", "account key", "license key", "licence key", "product key", "recovery key",
	"clé api", "clé secrète", "clave secreta", "clave de acceso", "api-schlüssel",
	"geheimer schlüssel", "lizenzschlüssel", "palavra-passe", "palavra passe", "chave secreta",
	"كلمة المرور", "كلمة السر", "الرمز السري", "رمز عبور", "mật khẩu", "kata sandi",
	"mã pin", "one-time code", "verification code", NULL };

/* Whole words, as a part of a name. */
static const char *const words[] = { "key", "keys", "pin", "puk", "pass", "auth", "cookie",
	"authorization", "otp", "totp", "cvv", "cvc", NULL };
static const char *const said_words[] = { "pin", "puk", "pass", "pw", "otp", "cvv", "cvc", NULL };
/* clang-format on */

static bool
holds_part(const char *name)
{
	for (size_t i = 0; parts[i] != NULL; i++)
		if (text_find_nocase(name, parts[i]) != NULL)
			return true;
	return false;
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

static bool
is_one(const char *word, size_t n, const char *const *list)
{
	for (size_t i = 0; list[i] != NULL; i++)
		if (strlen(list[i]) == n && strncasecmp(word, list[i], n) == 0)
			return true;
	return false;
}

/* "apiKey", "api_key", "API KEY" → "api", "key". */
static bool
holds_word(const char *name, const char *const *list)
{
	for (const char *p = name; *p != '\0';) {
		size_t n = 0;
		while (*p != '\0' && !is_letter(*p))
			p++;
		while (is_letter(p[n]) &&
		    !(n > 0 && p[n] >= 'A' && p[n] <= 'Z' && !(p[n - 1] >= 'A' && p[n - 1] <= 'Z')))
			n++;
		if (n > 0 && is_one(p, n, list))
			return true;
		p += n;
	}
	return false;
}

bool
secret_is_said(const char *name)
{
	return holds_part(name) || holds_word(name, said_words);
}

bool
secret_is_name(const char *name)
{
	for (size_t i = 0; secret_phrases[i] != NULL; i++)
		if (text_find_nocase(name, secret_phrases[i]) != NULL)
			return true;
	return holds_part(name) || holds_word(name, words);
}
