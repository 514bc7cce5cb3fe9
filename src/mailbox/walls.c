#include "walls_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LIBRARIES \
	((rlim_t)160 << 20) /* address space of code, stacks, TLS, the resolver's thread */
#define DNS 53

/* linux/landlock.h of Debian 12 knows files only. */
#define RULE_NET_PORT ((enum landlock_rule_type)2)
#define NET_BIND 1u
#define NET_CONNECT 2u

struct ruleset { /* as of ABI 6; older kernels take its beginning */
	uint64_t files, net, scope;
};

struct port_rule {
	uint64_t allowed, port;
};

static int
limit(int resource, rlim_t most, struct err *err)
{
	struct rlimit l = { most, most };

	if (setrlimit((__rlimit_resource_t)resource, &l) < 0)
		return err_errno(err, ERR_IO, errno, "cannot limit myself");
	return 0;
}

int
walls_limit(struct err *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_errno(err, ERR_IO, errno, "cannot drop my privileges");
	return limit(RLIMIT_CORE, 0, err);
}

/* A place that is not there needs no rule. */
static void
allow_reading(int set, const char *path)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
		.parent_fd = open(path, O_PATH | O_CLOEXEC),
	};

	if (rule.parent_fd < 0)
		return;
	if (syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0 &&
	    errno == EINVAL) {
		/* A file, not a folder. */
		rule.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE;
		syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	}
	close(rule.parent_fd);
}

static void
allow_port(int set, int port)
{
	struct port_rule rule = { NET_CONNECT, (uint64_t)port };

	syscall(SYS_landlock_add_rule, set, RULE_NET_PORT, &rule, 0);
}

static int
new_ruleset(int abi)
{
	struct ruleset set = { .files = (1ull << (abi >= 3 ? 15 : abi >= 2 ? 14 : 13)) - 1 };
	size_t size = sizeof(set.files);

	if (abi >= 4) {
		set.net = NET_BIND | NET_CONNECT;
		size = 2 * sizeof(uint64_t);
	}
	if (abi >= 6) {
		set.scope = 3;
		size = sizeof(set);
	}
	return (int)syscall(SYS_landlock_create_ruleset, &set, size, 0);
}

static int
shut_files(const char *ca_file, int port, struct err *err)
{
	/*
	 * Names and certificates, and what a resolver loads. Not all of /etc, nor
	 * of /usr: keys and the passwords of others usually lie there.
	 */
	static const char *const places[] = { "/etc/hosts", "/etc/resolv.conf",
		"/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf", "/etc/services",
		"/etc/protocols", "/etc/mdns.allow", "/etc/ld.so.cache", "/etc/localtime",
		"/etc/ssl/certs", "/etc/ssl/cert.pem", "/etc/ssl/openssl.cnf",
		"/etc/ca-certificates", "/etc/pki/tls/certs", "/etc/pki/tls/cert.pem",
		"/etc/pki/tls/openssl.cnf", "/etc/pki/ca-trust", "/etc/crypto-policies", "/usr/lib",
		"/usr/lib64", "/usr/share", "/usr/local/lib", "/usr/local/share", "/lib", "/lib64",
		"/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager", "/proc/self",
		"/dev/null", "/dev/urandom" };
	int abi =
	    (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	int rc, set;

	if (abi < 1)
		return 0; /* an older kernel */
	set = new_ruleset(abi);
	if (set < 0)
		return err_errno(err, ERR_IO, errno, "cannot make a Landlock ruleset");
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		allow_reading(set, places[i]);
	if (*ca_file)
		allow_reading(set, ca_file);
	if (abi >= 4) {
		allow_port(set, port);
		allow_port(set, DNS);
	}
	rc = (int)syscall(SYS_landlock_restrict_self, set, 0);
	close(set);
	if (rc < 0)
		return err_errno(err, ERR_IO, errno, "cannot restrict myself by Landlock");
	return 0;
}

int
walls_raise(const char *ca_file, int port, int64_t max_size, struct err *err)
{
	int rc = 0;

	/* A growing string is there twice for a moment. */
#ifndef ASSENT_SANITIZED /* whose shadow memory is terabytes of address space */
	rc = limit(RLIMIT_AS, LIBRARIES + 3 * (rlim_t)max_size, err);
#else
	(void)max_size;
#endif
	return rc < 0 ? rc : shut_files(ca_file, port, err);
}
