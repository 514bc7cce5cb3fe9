#pragma once
/*
 * material: what a document about a ticket may be written from.
 *
 * What a model proposed and nobody stands for is no part of it. Documents that
 * the customer reads have the public thread only and of the attributes those
 * that are shown to the owner anyway (`binding:`); the owner's summary has
 * nothing of the engineers' work, so that it cannot tell of it.
 */
#include <assent/ai/bundle.h>
#include <assent/ai/form.h>
#include <assent/flow/desk.h>
#include <assent/model/id.h>

/* Who it is for is the kind's matter. In tx_arena(). ERR_NOT_FOUND: no such ticket. */
int material_read(struct desk *desk, const struct id *ticket, enum document_kind kind,
    struct bundle *out, struct err *err) MUST_USE;
