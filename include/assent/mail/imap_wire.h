#pragma once
/*
 * imap_wire: what the daemon and a mailbox child (assent-mailbox) say to each
 * other, as frames (base/frame.h) over descriptor 3 of the child.
 *
 * The daemon asks, the child answers each question once, in order; a FETCH is
 * answered by a MAIL for each letter that still exists and then OK. Payloads
 * are fields (field_add_*, field_get_* of base/frame.h) in the order given
 * here. After a FAILED the connection to the server is closed; the child lives
 * and may be asked to OPEN again, for the same server: its walls leave it that
 * port and that ca_file only. An operation's deadline is absolute, except that
 * in a FETCH it begins anew with each letter that has come whole. The child never sees a database, a key or
 * another mailbox's credential; the daemon never sees libetpan.
 */
#include <assent/base/clock.h>

#include <stdint.h>

#define IMAP_FETCH_MAX 200 /* UIDs in one FETCH or AFTER */
#define IMAP_LIST_MAX 5000 /* entries in one LISTED */
#define IMAP_FRAME_SLACK ((size_t)64 << 10) /* above max_size, of a MAIL frame */

enum imap_frame {
	/*
	 * Connect, verify, sign in, select. Fields: text host, int port (0: the
	 * usual one), int tls (enum tls_mode), int auth (enum login_auth), text
	 * user, text secret (password or access token), text ca_file ("": the
	 * system's), text folder (UTF-8, or modified UTF-7 as it stands), int deadline (ms for each operation), int
	 * max_size (bytes of one letter; a larger one is never fetched whole).
	 * → OPENED or FAILED.
	 */
	IMAP_OPEN = 1,
	/* int first UID, int most entries. → LISTED or FAILED. */
	IMAP_LIST,
	/* int enum imap_part, int count, count × int UID, ascending. → MAIL…, OK or FAILED. */
	IMAP_FETCH,
	/* int enum imap_after, text target folder, int count, count × int UID. → OK or FAILED. */
	IMAP_AFTER,
	/* int ms. Waits for news by IDLE, else looks again at the end. → NEWS or FAILED. */
	IMAP_WAIT,
	/* Ends a WAIT early: it is answered as usual. Ignored when nothing waits. */
	IMAP_BREAK,
	/* Log out and exit. No answer. */
	IMAP_END,

	/* int UIDVALIDITY, int UIDNEXT (0: not said), int has IDLE, int has MOVE, text capabilities. */
	IMAP_OPENED = 64,
	/* int next (where the next LIST starts), int more (0 or 1), int count, count × (int UID, int size, int INTERNALDATE in ms). */
	IMAP_LISTED,
	/* int UID, bytes: the letter or its header. */
	IMAP_MAIL,
	IMAP_OK,
	/* int 1 when the folder may hold more than before, else 0. */
	IMAP_NEWS,
	/* int enum imap_stage, int ERR_ code, int 1 when trying again as it is will not help, text sentence. */
	IMAP_FAILED,
};

enum imap_part { IMAP_WHOLE, IMAP_HEADER };
enum imap_after { IMAP_FLAG_SEEN, IMAP_MOVE };

/* How far it had come; the daemon counts deaths before SELECT apart. */
enum imap_stage {
	IMAP_AT_CONNECT,
	IMAP_AT_TLS,
	IMAP_AT_GREETING,
	IMAP_AT_LOGIN,
	IMAP_AT_SELECT,
	IMAP_AT_LIST,
	IMAP_AT_FETCH,
	IMAP_AT_AFTER,
	IMAP_AT_WAIT,
};
