/* SPDX-License-Identifier: MIT */
/* Decisions about clients of a hub that somebody else takes: the program, or a back end that it
 * asks (hawser/webhook.h asks over HTTP).
 *
 *     static void on_question(hws_question *question, void *user)
 *     {
 *         (void)hws_question_answer(question, &(hws_decision){
 *             .user = {"ada", 3},
 *             .info = {"{\"name\":\"Ada\"}", 14}});
 *     }
 *
 *     static const hws_decider decider = {
 *         .asks = HWS_ASKS(HWS_QUESTION_CONNECT), .on_question = on_question};
 *     ... hws_hub_new(&(hws_hub_options){.decider = &decider}, ...);
 *
 * A question is answered from within on_question or later.  Until then what its client sends next
 * waits, so that the commands of a client are done in the order in which they came, and what it
 * publishes is published in that order.  At most HWS_QUESTION_BACKLOG_MAX bytes wait; a command
 * over that is answered with error 111 (too many requests).
 *
 * Thread: that of the client's connection; all of a question happens there. */
#ifndef HAWSER_DECISION_H
#define HAWSER_DECISION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hawser/export.h"
#include "hawser/span.h"
#include "hawser/status.h"

#ifdef __cplusplus
extern "C" {
#endif

struct hws_loop;

typedef enum hws_question_kind {
    HWS_QUESTION_CONNECT,   /* who is it, and may he come in?  Of clients without a token. */
    HWS_QUESTION_REFRESH,   /* may he stay?  Once his `expire_at_s` has come. */
    HWS_QUESTION_SUBSCRIBE, /* may he into that channel?  Where `subscribe` is HWS_WHO_HOOK. */
    HWS_QUESTION_PUBLISH,   /* may he say that?  Where `publish` is HWS_WHO_HOOK. */
    HWS_QUESTION_RPC,       /* what is the answer? */
} hws_question_kind;

enum {
    HWS_QUESTION_KIND_COUNT = 5,
    HWS_QUESTION_BACKLOG_MAX = 131072, /* bytes of commands that wait, of one client */
    HWS_DECIDER_HEADER_MAX = 32,       /* names of headers that are kept */
    HWS_DECISION_TEXT_MAX = 255,       /* bytes of a user, and of a message */
    HWS_DECISION_META_MAX = 8192,      /* bytes of what is kept for who decides */
    HWS_DECISION_REASON_MAX = 123,     /* bytes of a reason (RFC 6455 §5.5) */
};

#define HWS_ASKS(kind) (1U << (kind))

typedef struct hws_question hws_question;

/* Who decides. */
typedef struct hws_decider {
    unsigned asks; /* HWS_ASKS of what is to be asked; the rest the hub decides by itself */
    void (*on_question)(hws_question *question, void *user);

    /* The client has gone: the question is gone when this returns, and is not to be answered.  NULL
     * is for who answers each from within on_question.  From the loop, or from within
     * hws_server_free. */
    void (*on_cancel)(hws_question *question, void *user);

    void *user;

    /* Names of headers, ended by NULL, that hws_question_header is to know; HWS_DECIDER_HEADER_MAX
     * at most.  NULL: none.  They cost each connection the memory of what it sent. */
    const char *const *headers;
} hws_decider;

/* What is asked.  Texts live as long as the question. */
HWS_API hws_question_kind hws_question_kind_of(const hws_question *question);
HWS_API hws_text hws_question_client(const hws_question *question); /* its id */
HWS_API hws_text hws_question_user(const hws_question *question);   /* ""; of connect: "" */
HWS_API hws_text hws_question_meta(const hws_question *question);   /* JSON of who let it in, or of
                                                                     its token; absent: none */
HWS_API const char *hws_question_transport(const hws_question *question); /* "websocket", … */
HWS_API hws_text hws_question_channel(const hws_question *question); /* of subscribe and publish */
HWS_API hws_text hws_question_method(const hws_question *question);  /* of RPC */

/* JSON that the client sent along: with connect, subscribe, publish, RPC; absent: none. */
HWS_API hws_text hws_question_data(const hws_question *question);

/* Of the request that the client connected with, one of the decider's names; several lines of it
 * are one, with ", " between them ("; " of Cookie).  X-Forwarded-For ends with the address that the
 * connection came from.  Absent: it had none. */
HWS_API hws_text hws_question_header(const hws_question *question, const char *name);

/* The loop of the client's thread: for timers, and for being answered from another thread, by a
 * post. */
HWS_API struct hws_loop *hws_question_loop(const hws_question *question);

/* Something of the decider's own; NULL at first. */
HWS_API void *hws_question_context(const hws_question *question);
HWS_API void hws_question_set_context(hws_question *question, void *context);

/* A channel that a client is in from the beginning. */
typedef struct hws_decision_sub {
    hws_text channel;
    hws_text info; /* JSON that others are told of him there, besides; absent: none */
    hws_text data; /* JSON for him; absent: none */
} hws_decision_sub;

/* Zero lets him in, as nobody in particular; lets it be done; has nothing to say. */
typedef struct hws_decision {
    int error;         /* 100 to 1999: no, and this is the error; 0: none */
    hws_text message;  /* of the error */
    bool is_temporary; /* of the error: the client may try again */

    int disconnect;  /* 3000 to 4999: no, and he goes; 0: he stays */
    hws_text reason; /* of that */

    uint64_t expire_at_s; /* seconds since 1970; connect, refresh: when it is asked about again,
                             or ends; subscribe: when the subscription ends; 0: never */
    bool has_expired;     /* refresh: it ends now */
    bool skip_history;    /* publish: the channel's history does without it */
    hws_text user;        /* connect */
    hws_text info;        /* connect, subscribe: JSON that others are told of him; absent: none */
    hws_text data;        /* JSON: connect, subscribe: for him; publish: in place of his; RPC: the
                             result; absent: none */
    const hws_text *channels; /* connect: that he is subscribed to at once */
    size_t channel_count;
    const hws_decision_sub *subs; /* connect: the same, each with something of its own */
    size_t sub_count;
    hws_text meta; /* connect: a JSON object that comes with the questions about him from then on,
                      and that nobody else is told; absent: none */
    char reserved[32]; /* zero */
} hws_decision;

/* Answers; the question is gone then, unless an error is returned.
 *
 * Errors: HWS_ERR_INVALID_ARGUMENT (a code out of its range, a text that is too long, no UTF-8 or
 *         no JSON; answered before), HWS_ERR_NO_MEMORY: it is still to be answered. */
HWS_API HWS_MUST_CHECK hws_status hws_question_answer(hws_question *question,
                                                      const hws_decision *decision);

/* Answers with error 100, which is temporary; a refresh is asked again until the connection's time
 * is up.  For who could not find out. */
HWS_API void hws_question_fail(hws_question *question);

#ifdef __cplusplus
}
#endif

#endif /* HAWSER_DECISION_H */
