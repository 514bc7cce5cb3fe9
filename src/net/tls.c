#include "tls_priv.h"

#include <assent/base/file.h>
#include <assent/base/mem.h>
#include <assent/base/str.h>

#include <gnutls/x509.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHAIN_MAX 8
#define FILE_MAX ((size_t)256 << 10)
#define GROUPS_MAX 256
#define KEY_ID_MAX 64
/* A handshake that began with the old pair is over by then: the sweeper cut it. */
#define RETIRE_NS (UINT64_C(120) * 1000000000)

struct pair {
	gnutls_pcert_st chain[CHAIN_MAX];
	unsigned count;
	gnutls_privkey_t key;
	struct tls_state state;
	struct pair *next; /* retired before this one */
	uint64_t retired_ns;
};

struct stamp { /* which version of a file it was */
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed;
};

static struct {
	pthread_mutex_t lock;
	struct pair *now, *retired;
	char *certificate, *key;
	struct stamp stamps[2]; /* of the last look */
} own = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void
pair_free(struct pair *pair)
{
	if (pair == NULL)
		return;
	for (unsigned i = 0; i < pair->count; i++)
		gnutls_pcert_deinit(&pair->chain[i]);
	if (pair->key != NULL)
		gnutls_privkey_deinit(pair->key);
	mem_free(pair);
}
FREEP(struct pair, pair_free)

/* --- reading ------------------------------------------------------------------ */

static bool
is_own_group(gid_t gid)
{
	gid_t groups[GROUPS_MAX];
	int count = getgroups(GROUPS_MAX, groups);

	if (gid == getegid())
		return true;
	for (int i = 0; i < count; i++)
		if (groups[i] == gid)
			return true;
	return false;
}

/* What systemd hands to us alone may carry a group's bit: there it is the mask of an ACL. */
static bool
is_handed_over(const char *path)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");

	return folder != NULL && *folder && text_starts(path, folder);
}

static int
read_key(const char *path, struct str *out, struct err *err)
{
	struct stat st;
	int rc = file_read_secret(path, out, err);

	if (rc < 0)
		return rc;
	if (stat(path, &st) == 0 && (st.st_mode & (S_IRGRP | S_IWGRP)) != 0 &&
	    !is_own_group(st.st_gid) && !is_handed_over(path))
		return err_set(err, ERR_DENIED,
		    "%s holds a key, but a group that is not ours may read it (chmod g= %s)", path,
		    path);
	return 0;
}

static gnutls_datum_t
datum(const struct str *text)
{
	return (gnutls_datum_t){ (unsigned char *)text->text, (unsigned)text->len };
}

static int
refuse(struct err *err, const char *path, const char *what, int gnu)
{
	return err_set(err, ERR_INVALID, "%s: %s: %s", path, what, gnutls_strerror(gnu));
}

static int
take_chain(struct pair *pair, gnutls_x509_crt_t *certs, unsigned count)
{
	unsigned n = count;
	int gnu = 0;

	if (count > CHAIN_MAX)
		return GNUTLS_E_SHORT_MEMORY_BUFFER;
	gnu = gnutls_pcert_import_x509_list(pair->chain, certs, &n, GNUTLS_X509_CRT_LIST_SORT);
	if (gnu == 0)
		pair->count = n;
	pair->state.from = (utc_ms)gnutls_x509_crt_get_activation_time(certs[0]) * 1000;
	pair->state.until = (utc_ms)gnutls_x509_crt_get_expiration_time(certs[0]) * 1000;
	return gnu;
}

static int
read_chain(struct pair *pair, const char *path, struct err *err)
{
	AUTO(str_donep) struct str text = STR_INIT(FILE_MAX);
	gnutls_x509_crt_t *certs = NULL;
	unsigned count = 0;
	gnutls_datum_t data;
	int gnu, rc = file_read(path, &text, err);

	if (rc < 0)
		return rc;
	data = datum(&text);
	gnu = gnutls_x509_crt_list_import2(&certs, &count, &data, GNUTLS_X509_FMT_PEM, 0);
	if (gnu < 0)
		return refuse(err, path, "no certificate chain in PEM", gnu);
	gnu = take_chain(pair, certs, count);
	for (unsigned i = 0; i < count; i++)
		gnutls_x509_crt_deinit(certs[i]);
	gnutls_free(certs);
	return gnu < 0 ? refuse(err, path, "not a chain that can be served", gnu) : 0;
}

static int
read_private(struct pair *pair, const char *path, struct err *err)
{
	AUTO(str_donep) struct str text = STR_INIT(FILE_MAX);
	gnutls_datum_t data;
	int gnu, rc = read_key(path, &text, err);

	if (rc == 0) {
		data = datum(&text);
		gnu = gnutls_privkey_init(&pair->key);
		if (gnu == 0)
			gnu = gnutls_privkey_import_x509_raw(
			    pair->key, &data, GNUTLS_X509_FMT_PEM, NULL, 0);
		if (gnu < 0)
			rc = refuse(err, path, "no key in PEM without a password", gnu);
	}
	if (text.text != NULL)
		mem_wipe(text.text, text.room);
	return rc;
}

/* Has the certificate the key's public half? */
static bool
belongs(const struct pair *pair)
{
	unsigned char of_cert[KEY_ID_MAX], of_key[KEY_ID_MAX];
	size_t cert_len = sizeof(of_cert), key_len = sizeof(of_key);
	gnutls_pubkey_t public;
	bool same;

	if (gnutls_pubkey_init(&public) < 0)
		return false;
	same = gnutls_pubkey_import_privkey(public, pair->key, 0, 0) == 0 &&
	    gnutls_pubkey_get_key_id(public, GNUTLS_KEYID_USE_SHA256, of_key, &key_len) == 0 &&
	    gnutls_pubkey_get_key_id(
		pair->chain[0].pubkey, GNUTLS_KEYID_USE_SHA256, of_cert, &cert_len) == 0 &&
	    cert_len == key_len && memcmp(of_cert, of_key, key_len) == 0;
	gnutls_pubkey_deinit(public);
	return same;
}

static int
pair_read(const struct tls_files *files, struct pair **out, struct err *err)
{
	AUTO(pair_freep) struct pair *pair = mem_alloc(sizeof(*pair));
	int rc = read_chain(pair, files->certificate, err);

	if (rc == 0)
		rc = read_private(pair, files->key, err);
	if (rc < 0)
		return rc;
	if (!belongs(pair))
		return err_set(err, ERR_INVALID, "%s: the certificate is for another key than %s",
		    files->certificate, files->key);
	*out = TAKE(pair);
	return 0;
}

/* --- the pair in force ---------------------------------------------------------- */

static void
stamp_take(const char *path, struct stamp *out)
{
	struct stat st;

	/* Padding is compared too. */
	memset(out, 0, sizeof(*out));
	if (stat(path, &st) < 0)
		return;
	out->device = st.st_dev;
	out->inode = st.st_ino;
	out->size = st.st_size;
	out->changed = st.st_mtim;
}

static bool
has_changed(void)
{
	struct stamp fresh[2];
	bool changed;

	stamp_take(own.certificate, &fresh[0]);
	stamp_take(own.key, &fresh[1]);
	changed = memcmp(fresh, own.stamps, sizeof(fresh)) != 0;
	memcpy(own.stamps, fresh, sizeof(fresh));
	return changed;
}

/* Under lock. */
static void
free_retired(uint64_t before_ns)
{
	struct pair **at = &own.retired, *pair;

	while ((pair = *at) != NULL) {
		if (pair->retired_ns > before_ns) {
			at = &pair->next;
			continue;
		}
		*at = pair->next;
		pair_free(pair);
	}
}

static void
forget_retired(void)
{
	uint64_t now = clock_tick_ns();

	pthread_mutex_lock(&own.lock);
	free_retired(now > RETIRE_NS ? now - RETIRE_NS : 0);
	pthread_mutex_unlock(&own.lock);
}

static void
put_in_force(struct pair *pair)
{
	pthread_mutex_lock(&own.lock);
	if (own.now != NULL) {
		own.now->retired_ns = clock_tick_ns();
		own.now->next = own.retired;
		own.retired = own.now;
	}
	own.now = pair;
	pthread_mutex_unlock(&own.lock);
}

static bool
is_valid_at(const struct pair *pair, utc_ms now)
{
	return pair->state.from <= now && now < pair->state.until;
}

int
tls_open(const struct tls_files *files, struct err *err)
{
	struct pair *pair = NULL;
	int rc = pair_read(files, &pair, err);

	if (pair == NULL)
		return rc;
	own.certificate = mem_dup(files->certificate);
	own.key = mem_dup(files->key);
	(void)has_changed();
	put_in_force(pair);
	return 0;
}

int
tls_look(bool forced, utc_ms now, struct err *err)
{
	struct tls_files files = { own.certificate, own.key };
	struct pair *pair = NULL;
	int rc;

	if (own.now == NULL)
		return 0;
	forget_retired();
	if (!has_changed() && !forced)
		return 0;
	rc = pair_read(&files, &pair, err);
	if (pair == NULL)
		return rc;
	if (!is_valid_at(pair, now) && is_valid_at(own.now, now)) {
		pair_free(pair);
		return err_set(
		    err, ERR_INVALID, "%s: the certificate is not valid today", files.certificate);
	}
	put_in_force(pair);
	return 1;
}

bool
tls_state(struct tls_state *out)
{
	bool is_open;

	pthread_mutex_lock(&own.lock);
	is_open = own.now != NULL;
	if (is_open)
		*out = own.now->state;
	pthread_mutex_unlock(&own.lock);
	return is_open;
}

void
tls_close(void)
{
	pthread_mutex_lock(&own.lock);
	free_retired(UINT64_MAX);
	pair_free(TAKE(own.now));
	mem_free(TAKE(own.certificate));
	mem_free(TAKE(own.key));
	pthread_mutex_unlock(&own.lock);
}

/* house: library callback */
int
tls_pick(gnutls_session_t session, const struct gnutls_cert_retr_st *info, gnutls_pcert_st **certs,
    unsigned *count, gnutls_ocsp_data_st **ocsp, unsigned *ocsp_count, gnutls_privkey_t *key,
    unsigned *flags)
{
	(void)session;
	(void)info;
	pthread_mutex_lock(&own.lock);
	*certs = own.now->chain;
	*count = own.now->count;
	*key = own.now->key;
	pthread_mutex_unlock(&own.lock);
	*ocsp = NULL;
	*ocsp_count = 0;
	*flags = 0; /* they stay ours */
	return 0;
}
