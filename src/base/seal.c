#include <assent/base/seal.h>

#include <assent/base/crypto.h>
#include <assent/base/mem.h>

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NONCE_SIZE 12
#define TAG_SIZE 16

/* NIST SP 800-38D: a nonce, the ciphertext, the tag. */
_Static_assert(NONCE_SIZE + TAG_SIZE == SEAL_EXTRA, "what the header promises");

static void
must(int rc)
{
	static const char why[] = "AES-GCM of libcrypto failed\n";

	if (rc == 1)
		return;
	if (write(STDERR_FILENO, why, sizeof(why) - 1) < 0)
		abort();
	abort();
}

static EVP_CIPHER_CTX *
begin(const struct seal *seal, const uint8_t *nonce, int encrypts)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	must(ctx != NULL);
	must(EVP_CipherInit_ex2(ctx, EVP_aes_256_gcm(), seal->key, nonce, encrypts, NULL));
	must(EVP_CipherUpdate(
	    ctx, NULL, &n, (const uint8_t *)seal->context, (int)strlen(seal->context)));
	return ctx;
}

void
seal_close(const struct seal *seal, const void *bytes, size_t n, uint8_t *out)
{
	uint8_t *text = out + NONCE_SIZE;
	EVP_CIPHER_CTX *ctx;
	int len;

	random_bytes(out, NONCE_SIZE);
	ctx = begin(seal, out, 1);
	must(EVP_EncryptUpdate(ctx, text, &len, bytes, (int)n));
	must(EVP_EncryptFinal_ex(ctx, text + len, &len));
	must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, text + n));
	EVP_CIPHER_CTX_free(ctx);
}

bool
seal_open(const struct seal *seal, const uint8_t *sealed, size_t n, uint8_t *out)
{
	const uint8_t *text = sealed + NONCE_SIZE;
	uint8_t tag[TAG_SIZE];
	EVP_CIPHER_CTX *ctx;
	size_t plain;
	bool good;
	int len;

	if (n < SEAL_EXTRA)
		return false;
	plain = n - SEAL_EXTRA;
	memcpy(tag, text + plain, TAG_SIZE);
	ctx = begin(seal, sealed, 0);
	must(EVP_DecryptUpdate(ctx, out, &len, text, (int)plain));
	must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_SIZE, tag));
	good = EVP_DecryptFinal_ex(ctx, out + len, &len) == 1;
	EVP_CIPHER_CTX_free(ctx);
	if (!good)
		mem_wipe(out, plain);
	return good;
}
