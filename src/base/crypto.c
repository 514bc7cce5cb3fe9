#include <assent/base/crypto.h>
#include <assent/base/mem.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static NORETURN void
crypto_die(void)
{
	static const char why[] = "a primitive of libcrypto failed\n";
	ssize_t rc = write(STDERR_FILENO, why, sizeof(why) - 1);

	(void)rc;
	abort();
}

/* Fetching an algorithm costs more than hashing a token, so it is kept. */
static EVP_MD *sha256_kept;
static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;

static void
sha256_fetch(void)
{
	sha256_kept = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (!sha256_kept)
		crypto_die();
}

static const EVP_MD *
sha256_method(void)
{
	if (pthread_once(&sha256_once, sha256_fetch) != 0)
		crypto_die();
	return sha256_kept;
}

void
random_bytes(void *out, size_t n)
{
	if (RAND_bytes_ex(NULL, out, n, 0) != 1)
		crypto_die();
}

void
sha256(const void *bytes, size_t n, uint8_t out[SHA256_SIZE])
{
	if (EVP_Digest(bytes, n, out, NULL, sha256_method(), NULL) != 1)
		crypto_die();
}

void
hmac_sha256(const void *key, size_t key_len, const void *bytes, size_t n, uint8_t out[SHA256_SIZE])
{
	unsigned len = 0;

	/* A NULL key means "the key of last time" to libcrypto. */
	if (!HMAC(sha256_method(), key ? key : "", (int)key_len, bytes, n, out, &len) ||
	    len != SHA256_SIZE)
		crypto_die();
}

bool
bytes_equal(const void *a, const void *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}

struct hash {
	EVP_MD_CTX *ctx;
};

struct hash *
hash_new(void)
{
	struct hash *hash = mem_alloc(sizeof(*hash));

	hash->ctx = EVP_MD_CTX_new();
	if (!hash->ctx || EVP_DigestInit_ex(hash->ctx, sha256_method(), NULL) != 1)
		crypto_die();
	return hash;
}

void
hash_free(struct hash *hash)
{
	if (!hash)
		return;
	EVP_MD_CTX_free(hash->ctx);
	mem_free(hash);
}

void
hash_add(struct hash *hash, const void *bytes, size_t n)
{
	if (n && EVP_DigestUpdate(hash->ctx, bytes, n) != 1)
		crypto_die();
}

void
hash_add_u64(struct hash *hash, uint64_t n)
{
	uint8_t b[8];

	for (int i = 0; i < 8; i++)
		b[i] = (uint8_t)(n >> (56 - 8 * i));
	hash_add(hash, b, sizeof(b));
}

void
hash_add_text(struct hash *hash, const char *text)
{
	size_t n = text ? strlen(text) : 0;

	hash_add_u64(hash, text ? n : UINT64_MAX);
	hash_add(hash, text, n);
}

void
hash_end(struct hash *hash, uint8_t out[SHA256_SIZE])
{
	if (EVP_DigestFinal_ex(hash->ctx, out, NULL) != 1)
		crypto_die();
}

#define SHA256_BLOCK 64

static struct hash *
hash_pad(const struct mac_key *key, uint8_t with)
{
	struct hash *hash = hash_new();
	uint8_t pad[SHA256_BLOCK];

	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] = (uint8_t)((i < key->len ? key->bytes[i] : 0) ^ with);
	hash_add(hash, pad, sizeof(pad));
	OPENSSL_cleanse(pad, sizeof(pad));
	return hash;
}

/*
 * RFC 2104 over the digest that is kept: libcrypto's own HMAC() looks its
 * algorithm up at each call, under a lock that all threads share.
 */
void
hmac_sha256_parts(const struct mac_key *key, const struct bytes_part *parts, size_t count,
    uint8_t out[SHA256_SIZE])
{
	AUTO(hash_freep) struct hash *inner = hash_pad(key, 0x36), *outer = hash_pad(key, 0x5c);

	for (size_t i = 0; i < count; i++)
		hash_add(inner, parts[i].bytes, parts[i].n);
	hash_end(inner, out);
	hash_add(outer, out, SHA256_SIZE);
	hash_end(outer, out);
}

static EVP_PKEY *
private_key(const uint8_t seed[ED25519_KEY_SIZE])
{
	EVP_PKEY *key =
	    EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, ED25519_KEY_SIZE);

	if (!key)
		crypto_die();
	return key;
}

static void
public_of(const EVP_PKEY *key, uint8_t out[ED25519_KEY_SIZE])
{
	size_t len = ED25519_KEY_SIZE;

	if (EVP_PKEY_get_raw_public_key(key, out, &len) != 1)
		crypto_die();
}

void
ed25519_public(const uint8_t seed[ED25519_KEY_SIZE], uint8_t out[ED25519_KEY_SIZE])
{
	EVP_PKEY *key = private_key(seed);

	public_of(key, out);
	EVP_PKEY_free(key);
}

static void
sign_with(EVP_PKEY *key, const void *bytes, size_t n, uint8_t out[ED25519_SIGNATURE_SIZE])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = ED25519_SIGNATURE_SIZE;

	if (!ctx || EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) != 1 ||
	    EVP_DigestSign(ctx, out, &len, bytes, n) != 1)
		crypto_die();
	EVP_MD_CTX_free(ctx);
}

void
ed25519_sign(const uint8_t seed[ED25519_KEY_SIZE], const void *bytes, size_t n,
    uint8_t out[ED25519_SIGNATURE_SIZE])
{
	EVP_PKEY *key = private_key(seed);

	sign_with(key, bytes, n, out);
	EVP_PKEY_free(key);
}

void
ed25519_prove(
    const uint8_t seed[ED25519_KEY_SIZE], const void *bytes, size_t n, struct ed25519_proof *out)
{
	EVP_PKEY *key = private_key(seed);

	public_of(key, out->key);
	sign_with(key, bytes, n, out->signature);
	EVP_PKEY_free(key);
}

bool
ed25519_verify(const uint8_t public_key[ED25519_KEY_SIZE], const void *bytes, size_t n,
    const uint8_t signature[ED25519_SIGNATURE_SIZE])
{
	EVP_PKEY *key =
	    EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, ED25519_KEY_SIZE);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good;

	if (!ctx)
		crypto_die();
	good = key && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
	    EVP_DigestVerify(ctx, signature, ED25519_SIGNATURE_SIZE, bytes, n) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return good;
}
