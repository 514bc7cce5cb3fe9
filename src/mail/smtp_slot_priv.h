#pragma once
/*
 * smtp_slot_priv: one connection to the relay, as outlet_smtp.c has several.
 * A slot is used by one thread at a time.
 */
#include <assent/mail/smtp.h>

#include "mail/smtp_priv.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>

#define SLOTS_MAX 16
#define SECRET_MAX (16u << 10)
#define SOCKETS_MAX 4

struct smtp;

struct slot {
	struct smtp *smtp;
	bool is_busy;
	CURLM *multi; /* NULL until it is used */
	CURL *easy;
	struct str secret; /* what the connection signed in with */
	bool is_secret_new; /* asked for in this try */
	struct smtp_talk talk;
	bool is_encrypted;
	int sockets[SOCKETS_MAX]; /* open ones, -1 for none; more than one while connecting */
	char why[CURL_ERROR_SIZE];
	/* the mail under way */
	const struct outlet_mail *mail;
	size_t at;
	bool needs_utf8, lacks_utf8, lacks_sign_in;
};

struct smtp {
	struct outlet outlet; /* first: a struct outlet * is a struct smtp * */
	struct smtp_options options;
	char *user, *url, *relay, *ca_file;
	pthread_mutex_t lock;
	pthread_cond_t freed;
	_Atomic(span_ms) stop_at; /* boot time after which nothing is waited for; 0: we work */
	struct slot slots[SLOTS_MAX];
	int count;
};

/* Send slot->mail: what outlet_ops.send returns. */
int slot_send(struct slot *slot, struct err *err) MUST_USE;
/* Forget what it signed in with. */
void slot_wipe(struct slot *slot);
