#include <assent/base/crypto.h>
#include <assent/base/str.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void
assert_hex(const uint8_t *bytes, size_t n, const char *want)
{
	AUTO(str_donep) struct str s = STR_INIT(1000);

	str_add_hex(&s, bytes, n);
	assert_string_equal(str_text(&s), want);
}

/* FIPS 180-4 examples */
static const struct {
	const char *text, *digest;
} digests[] = {
	{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
};

static void
sha_256_agrees_with_its_standard(void **state)
{
	uint8_t out[SHA256_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(digests); i++) {
		AUTO(hash_freep) struct hash *hash = hash_new();
		const char *text = digests[i].text;

		sha256(text, strlen(text), out);
		assert_hex(out, sizeof(out), digests[i].digest);
		for (; *text; text++)
			hash_add(hash, text, 1);
		hash_add(hash, NULL, 0);
		hash_end(hash, out);
		assert_hex(out, sizeof(out), digests[i].digest);
	}
}

/* RFC 4231 sections 4.3 and 4.7 */
static void
hmac_agrees_with_its_standard(void **state)
{
	uint8_t key[131], out[SHA256_SIZE];
	const char *text = "Test Using Larger Than Block-Size Key - Hash Key First";

	(void)state;
	hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, out);
	assert_hex(
	    out, sizeof(out), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	hmac_sha256(key, sizeof(key), text, strlen(text), out);
	assert_hex(
	    out, sizeof(out), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	hmac_sha256(NULL, 0, NULL, 0, out);
	assert_hex(
	    out, sizeof(out), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void
hash_of_pieces(const char *a, const char *b, uint8_t out[SHA256_SIZE])
{
	AUTO(hash_freep) struct hash *hash = hash_new();

	hash_add_text(hash, a);
	hash_add_text(hash, b);
	hash_end(hash, out);
}

static void
a_mac_of_parts_is_that_of_the_whole(void **state)
{
	static const size_t lengths[] = { 0, 1, 24, 63, 64 };
	static const char text[] = "what do ya want for nothing?";
	const struct bytes_part parts[] = { { text, 5 }, { text + 5, 0 }, { text + 5, 23 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		struct mac_key key = { .len = lengths[i] };
		uint8_t whole[SHA256_SIZE], pieces[SHA256_SIZE];

		memset(key.bytes, 0x5a, key.len);
		hmac_sha256(key.bytes, key.len, text, sizeof(text) - 1, whole);
		hmac_sha256_parts(&key, parts, ARRAY_LEN(parts), pieces);
		assert_memory_equal(whole, pieces, SHA256_SIZE);
	}
}

static void
texts_cannot_flow_into_each_other(void **state)
{
	static const char *const pairs[][2] = {
		{ "ab", "c" },
		{ "a", "bc" },
		{ "abc", "" },
		{ "", "abc" },
		{ "abc", NULL },
		{ NULL, "abc" },
	};
	uint8_t out[ARRAY_LEN(pairs)][SHA256_SIZE], want[SHA256_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		hash_of_pieces(pairs[i][0], pairs[i][1], out[i]);
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		for (size_t j = 0; j < i; j++)
			assert_false(bytes_equal(out[i], out[j], SHA256_SIZE));
	sha256("\0\0\0\0\0\0\0\2ab\0\0\0\0\0\0\0\1c", 19, want);
	assert_memory_equal(out[0], want, sizeof(want));
	sha256("\0\0\0\0\0\0\0\3abc\xff\xff\xff\xff\xff\xff\xff\xff", 19, want);
	assert_memory_equal(out[4], want, sizeof(want));
}

static void
random_bytes_differ_each_time(void **state)
{
	uint8_t a[32] = { 0 }, b[32] = { 0 }, zero[32] = { 0 };

	(void)state;
	random_bytes(a, sizeof(a));
	random_bytes(b, sizeof(b));
	assert_false(bytes_equal(a, b, sizeof(a)));
	assert_false(bytes_equal(a, zero, sizeof(a)));
	random_bytes(zero, 0);
	assert_true(bytes_equal(a, a, sizeof(a)));
	assert_true(bytes_equal(a, b, 0));
}

/* RFC 8032 section 7.1 */
static const struct {
	const char *seed, *public_key, *message, *signature;
} signatures[] = {
	{ "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
	    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
	    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
	    "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b" },
	{ "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
	    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
	    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
	    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
};

static void
ed25519_agrees_with_its_standard(void **state)
{
	struct ed25519_proof proof;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(signatures); i++) {
		uint8_t seed[32], key[32], message[8], signature[64];
		const char *hex = signatures[i].message;
		long n = hex_decode(hex, strlen(hex), message, sizeof(message));

		assert_true(n >= 0);
		assert_int_equal(hex_decode(signatures[i].seed, 64, seed, 32), 32);
		ed25519_public(seed, key);
		assert_hex(key, sizeof(key), signatures[i].public_key);
		ed25519_sign(seed, message, (size_t)n, signature);
		assert_hex(signature, sizeof(signature), signatures[i].signature);
		ed25519_prove(seed, message, (size_t)n, &proof);
		assert_memory_equal(proof.key, key, sizeof(key));
		assert_memory_equal(proof.signature, signature, sizeof(signature));
		assert_true(ed25519_verify(key, message, (size_t)n, signature));
	}
}

static void
a_changed_bit_breaks_a_signature(void **state)
{
	uint8_t seed[32] = { 7 }, key[32], signature[64];
	char text[] = "approved by owner@customer.example";

	(void)state;
	ed25519_public(seed, key);
	ed25519_sign(seed, text, sizeof(text), signature);
	assert_true(ed25519_verify(key, text, sizeof(text), signature));
	text[3] ^= 1;
	assert_false(ed25519_verify(key, text, sizeof(text), signature));
	text[3] ^= 1;
	for (size_t i = 0; i < sizeof(signature); i++) {
		signature[i] ^= 0x10;
		assert_false(ed25519_verify(key, text, sizeof(text), signature));
		signature[i] ^= 0x10;
	}
	key[0] ^= 1;
	assert_false(ed25519_verify(key, text, sizeof(text), signature));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha_256_agrees_with_its_standard),
		cmocka_unit_test(hmac_agrees_with_its_standard),
		cmocka_unit_test(a_mac_of_parts_is_that_of_the_whole),
		cmocka_unit_test(texts_cannot_flow_into_each_other),
		cmocka_unit_test(random_bytes_differ_each_time),
		cmocka_unit_test(ed25519_agrees_with_its_standard),
		cmocka_unit_test(a_changed_bit_breaks_a_signature),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
