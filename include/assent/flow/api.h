#pragma once
/*
 * api: what programs may do with tickets and customers, as steps. What a mail
 * from staff can do the same way has its own headers (ask, owner).
 *
 * A wish that cannot be met says which part of it is to blame as a pointer
 * into the request's body, where it is one part: *wrong, a constant, else NULL.
 */
#include <assent/flow/desk.h>
#include <assent/model/id.h>
#include <assent/store/people.h>

#include <stddef.h>

#define API_SOURCE "api:" /* of tickets and customers that came this way: no helpdesk's name */
#define API_TITLE_MAX 500
#define API_TEXT_MAX ((size_t)256 << 10)
#define API_WORD_MAX 200
#define API_DOMAINS_MAX 64

struct api_person {
	const char *email, *name; /* "" for none */
};

struct api_ticket {
	const char *title, *description;
	const char *customer; /* key; "" for that of the requester's domain */
	struct api_person requester;
	const char *engineer; /* address of staff, "" for nobody */
	const char *external_id; /* "" for none */
	const char *priority; /* "" for none */
	const char *by;
};

/*
 * ERR_INVALID when the customer is not known or the engineer is no staff;
 * ERR_CONFLICT when a ticket with this external id is there, and names it.
 */
int api_open_ticket(struct desk *desk, const struct api_ticket *ticket, struct id *out,
    const char **wrong, struct err *err) MUST_USE;

struct api_message {
	struct id ticket;
	struct api_person from;
	const char *text;
	const char *external_id; /* "" for none */
	bool is_public;
	const char *by;
};

/* ERR_CONFLICT when the ticket has a message with this external id. */
int api_add_message(struct desk *desk, const struct api_message *message, struct id *out,
    const char **wrong, struct err *err) MUST_USE;

struct api_customer {
	const char *key;
	const char *name; /* NULL leaves what is stored */
	const char *locale, *zone_name; /* NULL leaves what is stored */
	const struct domain_list *domains; /* NULL leaves them */
	bool has_owner; /* then owner is to be settled; its email is never "" */
	struct api_person owner;
	bool may_make; /* when there is none with this key */
	const char *by;
	const char *evidence; /* for the ledger: which token */
};

/*
 * Bring a customer to what is said, or make it. One that the settings name
 * keeps its name, locale, zone and domains (ERR_CONFLICT); its owner may
 * change inside its domains. A domain of another customer is ERR_CONFLICT.
 * Domains and owners are ledger entries (invariant 13).
 */
int api_put_customer(struct desk *desk, const struct api_customer *customer, bool *made,
    const char **wrong, struct err *err) MUST_USE;
