#include "jail_priv.h"

#include <errno.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#define DESCRIPTORS_MAX 8
#define MEMORY_MAX ((rlim_t)768 << 20) /* address space: libraries, the mail, bombs */

struct limit {
	int resource;
	rlim_t most;
};

static int
set_limits(struct err *err)
{
	static const struct limit limits[] = {
		{ RLIMIT_CORE, 0 },
		{ RLIMIT_FSIZE, 0 },
		{ RLIMIT_NPROC, 0 },
		{ RLIMIT_NOFILE, DESCRIPTORS_MAX },
#ifndef ASSENT_SANITIZED /* whose shadow memory is terabytes of address space */
		{ RLIMIT_AS, MEMORY_MAX },
#endif
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct rlimit limit = { limits[i].most, limits[i].most };

		if (setrlimit((__rlimit_resource_t)limits[i].resource, &limit) < 0)
			return err_errno(err, ERR_IO, errno, "cannot limit myself");
	}
	return 0;
}

struct ruleset { /* as of ABI 6; older kernels take its beginning */
	uint64_t files, net, scope;
};

/* No rule is added, so nothing that is handled is allowed. */
static int
shut_files(struct err *err)
{
	struct ruleset set = { .files = (1ull << 13) - 1 };
	size_t size = sizeof(set.files);
	int fd,
	    abi =
		(int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	if (abi < 1)
		return 0; /* an older kernel: seccomp stands alone */
	if (abi >= 2)
		set.files = (1ull << 14) - 1;
	if (abi >= 3)
		set.files = (1ull << 15) - 1;
	if (abi >= 4) {
		set.net = 3;
		size = 2 * sizeof(uint64_t);
	}
	if (abi >= 6) {
		set.scope = 3;
		size = sizeof(set);
	}
	fd = (int)syscall(SYS_landlock_create_ruleset, &set, size, 0);
	if (fd < 0)
		return err_errno(err, ERR_IO, errno, "cannot make a Landlock ruleset");
	if (syscall(SYS_landlock_restrict_self, fd, 0) < 0) {
		close(fd);
		return err_errno(err, ERR_IO, errno, "cannot restrict myself by Landlock");
	}
	close(fd);
	return 0;
}

/* What reading, thinking and answering need. */
static const int allowed[] = {
	SCMP_SYS(brk),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(close),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(fstat),
	SCMP_SYS(futex),
	SCMP_SYS(getpid),
	SCMP_SYS(getrandom),
	SCMP_SYS(gettid),
	SCMP_SYS(lseek),
	SCMP_SYS(madvise),
	SCMP_SYS(mremap),
	SCMP_SYS(munmap),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(read),
	SCMP_SYS(recvmsg),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sched_yield),
	SCMP_SYS(sendmsg),
	SCMP_SYS(setitimer),
#ifdef ASSENT_SANITIZED /* the sanitizers look around and report */
	SCMP_SYS(mmap),
	SCMP_SYS(mprotect),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(write),
#endif
};

/* Libraries look for files now and then; they are told no and live. */
static const int refused[] = {
	SCMP_SYS(access),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(newfstatat),
	SCMP_SYS(open),
	SCMP_SYS(openat),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(stat),
	SCMP_SYS(statx),
};

#ifndef ASSENT_SANITIZED
struct narrow {
	int call;
	struct scmp_arg_cmp condition;
};

/* Memory, but never to run; words only to standard error. */
static const struct narrow narrow[] = {
	{ SCMP_SYS(mmap), { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0 } },
	{ SCMP_SYS(mprotect), { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0 } },
	{ SCMP_SYS(write), { 0, SCMP_CMP_EQ, STDERR_FILENO, 0 } },
};
#endif

static int
add_rules(scmp_filter_ctx filter)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(allowed) / sizeof(allowed[0]); i++)
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	for (size_t i = 0; rc == 0 && i < sizeof(refused) / sizeof(refused[0]); i++)
		rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), refused[i], 0);
#ifndef ASSENT_SANITIZED
	for (size_t i = 0; rc == 0 && i < sizeof(narrow) / sizeof(narrow[0]); i++)
		rc = seccomp_rule_add(
		    filter, SCMP_ACT_ALLOW, narrow[i].call, 1, narrow[i].condition);
#endif
	return rc;
}

static int
shut_calls(struct err *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int rc;

	if (!filter)
		return err_set(err, ERR_IO, "cannot make a seccomp filter");
	rc = add_rules(filter);
	if (rc == 0)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	if (rc < 0)
		return err_errno(err, ERR_IO, -rc, "cannot load the seccomp filter");
	return 0;
}

int
jail_enter(struct err *err)
{
	int rc;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_errno(err, ERR_IO, errno, "cannot drop my privileges");
	rc = shut_files(err);
	if (rc == 0)
		rc = set_limits(err);
	if (rc == 0)
		rc = shut_calls(err);
	return rc;
}

void
jail_allow(span_ms time)
{
	struct itimerval timer = {
		.it_value = { .tv_sec = time / MS_SECOND, .tv_usec = time % MS_SECOND * 1000 },
	};

	setitimer(ITIMER_REAL, &timer, NULL);
}
