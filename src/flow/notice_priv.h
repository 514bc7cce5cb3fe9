#pragma once
/* notice_priv: what the files of notice and gather share. */
#include <assent/flow/notice.h>

/* The row that a notice becomes. The view is taken over. */
struct outgoing notice_row(struct desk *desk, struct notice *notice);
/* Its job: it leaves when it may. */
int notice_queue(struct desk *desk, const struct outgoing *mail, const struct notice *notice,
    struct err *err) MUST_USE;

/* Where many go to its reader at once: mail becomes a line of a digest that is under way. */
int gather_take(struct desk *desk, const struct notice *notice, struct outgoing *mail,
    struct err *err) MUST_USE;
