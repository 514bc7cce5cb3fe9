#pragma once
/*
 * help_imap: a mailbox child without a server. The test program runs itself
 * under the name "fake-mailbox" (a link in the test's folder); the child then
 * reads the file "world" beside that link at each question and adds a line to
 * "log" for each. Lines of the world:
 *
 *	validity N, next N	UIDVALIDITY, UIDNEXT (0: not said)
 *	mail UID TIME [SIZE]	a letter, with the size that the server claims
 *	big UID BYTES		its length, else it is a short one
 *	kill UID, killhead UID	die when it is fetched whole, or its header is
 *	omit UID		listed, never given
 *	vanish UID		gone between the list and the FETCH
 *	fail UID		the FETCH fails, nobody dies
 *	dieopen, refuse FINAL	die at OPEN; answer FAILED at LOGIN
 *	failafter, failsoon	AFTER fails; WAIT fails
 */

/* First in main(): never returns in the child. */
void imap_child_begin(const char *argv0);
