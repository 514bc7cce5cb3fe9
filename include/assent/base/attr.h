#pragma once
/* attr: the GNU attributes we use, by readable names (gcc and clang). */

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define NORETURN __attribute__((noreturn))

/*
 * AUTO(x_freep) name: x_freep(&name) runs when name leaves its scope.
 * TAKE(name) hands the pointer on and leaves NULL behind.
 */
#define AUTO(freep) __attribute__((cleanup(freep)))
#define TAKE(p) \
	({ \
		__typeof__(p) take_ = (p); \
		(p) = NULL; \
		take_; \
	})
#define FREEP(type, free_fn) \
	static inline void free_fn##p(type **p) \
	{ \
		free_fn(*p); \
		*p = NULL; \
	}

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
