#include <assent/base/attr.h>
#include <assent/base/fault.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#ifdef ASSENT_FAULTS
static void
the_nth_passage_fails_and_no_other(void **state)
{
	(void)state;
	fault_arm("commit", 3);
	for (int i = 1; i <= 5; i++)
		assert_int_equal(fault_here("commit"), i == 3);
	assert_false(fault_here("write"));
	assert_int_equal(fault_passed("commit"), 5);
	assert_int_equal(fault_passed("write"), 1);
	assert_int_equal(fault_passed("never"), 0);
}

static void
disarming_forgets(void **state)
{
	(void)state;
	fault_arm("commit", 1);
	fault_arm("commit", 0);
	assert_int_equal(fault_passed("commit"), 0);
	assert_false(fault_here("commit"));
	fault_arm(NULL, -1);
	assert_false(fault_here("commit"));
	assert_int_equal(fault_passed("commit"), 1);
}

static const struct {
	const char *env;
	int killed; /* the signal */
	int failed; /* which passage, 0 for none */
} envs[] = {
	{ "commit:2", 0, 2 },
	{ "commit:2:kill", SIGKILL, 0 },
	{ "commit:2:other", 0, 2 },
	{ "commit:9:kill", 0, 0 },
	{ "write:1", 0, 0 },
	{ "commit", 0, 0 },
	{ "commit:x", 0, 0 },
	{ "commit:0", 0, 0 },
	{ "", 0, 0 },
};

/* The variable is read once in a process, so each row is one. */
static int
status_with(const char *env)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		setenv("ASSENTD_FAULT", env, 1);
		for (int i = 1; i <= 5; i++)
			if (fault_here("commit"))
				_exit(i);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void
the_environment_can_fail_or_kill(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(envs); i++) {
		int status = status_with(envs[i].env);

		if (envs[i].killed) {
			assert_true(WIFSIGNALED(status));
			assert_int_equal(WTERMSIG(status), envs[i].killed);
		} else {
			assert_true(WIFEXITED(status));
			assert_int_equal(WEXITSTATUS(status), envs[i].failed);
		}
	}
}
#else
static void
nothing_fails_on_purpose_in_a_real_build(void **state)
{
	(void)state;
	setenv("ASSENTD_FAULT", "commit:1:kill", 1);
	assert_false(fault_here("commit"));
}
#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
#ifdef ASSENT_FAULTS
		/* First, while no point was passed in this process. */
		cmocka_unit_test(the_environment_can_fail_or_kill),
		cmocka_unit_test(the_nth_passage_fails_and_no_other),
		cmocka_unit_test(disarming_forgets),
#else
		cmocka_unit_test(nothing_fails_on_purpose_in_a_real_build),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
