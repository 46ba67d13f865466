/* SPDX-License-Identifier: MIT */
/* What one thread has for another: letters in the order in which they were put in, read on the
 * loop's thread.  Waking it takes no memory, so that a letter that was put in arrives. */
#ifndef HAWSER_CHANNEL_MAILBOX_H
#define HAWSER_CHANNEL_MAILBOX_H

#include <pthread.h>
#include <stdbool.h>

#include "loop/loop.h"

typedef enum hws_letter_kind {
    HWS_LETTER_PUBLICATION, /* body: the publication */
    HWS_LETTER_JOIN,        /* body: who comes */
    HWS_LETTER_LEAVE,       /* body: who goes */
    HWS_LETTER_ORDER,       /* body: what all threads are to do; without a channel */
} hws_letter_kind;

typedef struct hws_letter hws_letter;

struct hws_letter {
    hws_letter *next;
    hws_letter_kind kind;
    uint64_t offset; /* of a publication; 0: its channel keeps no history */
    size_t channel_size;
    size_t body_size;
    char text[]; /* the channel, then the body: JSON */
};

static inline hws_text hws_letter_channel(const hws_letter *letter)
{
    return (hws_text){letter->text, letter->channel_size};
}

static inline hws_text hws_letter_body(const hws_letter *letter)
{
    return (hws_text){letter->text + letter->channel_size, letter->body_size};
}

/* NULL when there is no memory. */
hws_letter *hws_letter_new(const hws_memory *memory, hws_letter_kind kind, hws_text channel,
                           hws_text body);
void hws_letter_free(const hws_memory *memory, hws_letter *letter);

typedef struct hws_mailbox {
    hws_loop *loop;
    const hws_memory *memory;
    void (*read)(void *owner, const hws_letter *letter);
    void *owner;

    pthread_mutex_t lock; /* of what follows */
    hws_letter *first;
    hws_letter *last;
    size_t size; /* bytes that wait */
    hws_posted posted;
    bool is_posted;
} hws_mailbox;

/* Bytes that may wait for a thread that does not keep up. */
enum { HWS_MAILBOX_SIZE_MAX = 64 << 20 };

/* Errors: HWS_ERR_SYSTEM. */
HWS_MUST_CHECK hws_status hws_mailbox_init(hws_mailbox *mailbox, hws_loop *loop,
                                           const hws_memory *memory,
                                           void (*read)(void *owner, const hws_letter *letter),
                                           void *owner);

/* Its loop has been freed, or the caller is on its thread. */
void hws_mailbox_release(hws_mailbox *mailbox);

bool hws_mailbox_is_full(hws_mailbox *mailbox);                 /* Thread: any. */
void hws_mailbox_put(hws_mailbox *mailbox, hws_letter *letter); /* Takes it over.  Thread: any. */

#endif /* HAWSER_CHANNEL_MAILBOX_H */
