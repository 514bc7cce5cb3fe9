#pragma once
/* imap_priv: the child's answers, each read whole and checked before it is believed. */
#include <assent/base/frame.h>
#include <assent/mail/imap.h>

/* All: ERR_PEER, with a sentence, when the answer is not one to this question. */
int imap_read_opened(const struct frame *answer, struct imap_opened *out, struct err *err) MUST_USE;
/* list->first and list->most are what was asked; the rest is set on success. */
int imap_read_listed(const struct frame *answer, struct imap_list *list, struct arena *arena,
    struct err *err) MUST_USE;

struct imap_letter {
	size_t which; /* of the UIDs that were asked for */
	const char *bytes; /* in the frame */
	size_t n;
};

/* *from is the first place that may still come; it moves past the one that came. */
int imap_read_mail(const struct frame *answer, const struct imap_fetch *fetch, size_t *from,
    struct imap_letter *out, struct err *err) MUST_USE;
int imap_read_news(const struct frame *answer, bool *out, struct err *err) MUST_USE;
/* 0: *said is the child's own code and sentence. */
int imap_read_failed(
    const struct frame *answer, struct imap_trouble *out, struct err *said) MUST_USE;
