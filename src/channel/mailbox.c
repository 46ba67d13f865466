/* SPDX-License-Identifier: MIT */
#include "channel/mailbox.h"

#include <stddef.h>

#include "base/memory.h"

static size_t size_of(const hws_letter *letter)
{
    return sizeof *letter + letter->channel_size + letter->body_size;
}

hws_letter *hws_letter_new(const hws_memory *memory, hws_letter_kind kind, hws_text channel,
                           hws_text body)
{
    hws_letter *letter = hws_memory_new(memory, sizeof *letter + channel.size + body.size);
    if (!letter) return NULL;
    *letter = (hws_letter){.kind = kind, .channel_size = channel.size, .body_size = body.size};
    if (channel.size > 0) memcpy(letter->text, channel.data, channel.size);
    if (body.size > 0) memcpy(letter->text + channel.size, body.data, body.size);
    return letter;
}

void hws_letter_free(const hws_memory *memory, hws_letter *letter)
{
    if (letter) hws_memory_free(memory, letter, size_of(letter));
}

static hws_letter *take_all(hws_mailbox *mailbox)
{
    pthread_mutex_lock(&mailbox->lock);
    hws_letter *first = mailbox->first;
    mailbox->first = mailbox->last = NULL;
    mailbox->size = 0;
    mailbox->is_posted = false;
    pthread_mutex_unlock(&mailbox->lock);
    return first;
}

static void read_all(hws_posted *posted)
{
    hws_mailbox *mailbox = (hws_mailbox *)(void *)((char *)posted - offsetof(hws_mailbox, posted));
    for (hws_letter *letter = take_all(mailbox), *next; letter; letter = next) {
        next = letter->next;
        mailbox->read(mailbox->owner, letter);
        hws_letter_free(mailbox->memory, letter);
    }
}

hws_status hws_mailbox_init(hws_mailbox *mailbox, hws_loop *loop, const hws_memory *memory,
                            void (*read)(void *owner, const hws_letter *letter), void *owner)
{
    *mailbox = (hws_mailbox){
        .loop = loop,
        .memory = memory,
        .read = read,
        .owner = owner,
        .posted = {.call = read_all},
    };
    return pthread_mutex_init(&mailbox->lock, NULL) == 0 ? HWS_OK : HWS_ERR_SYSTEM;
}

/* A loop that was freed has called what was posted: only one that lives on can still hold it. */
void hws_mailbox_release(hws_mailbox *mailbox)
{
    if (mailbox->is_posted) hws_loop_unpost(mailbox->loop, &mailbox->posted);
    for (hws_letter *letter = take_all(mailbox), *next; letter; letter = next) {
        next = letter->next;
        hws_letter_free(mailbox->memory, letter);
    }
    pthread_mutex_destroy(&mailbox->lock);
}

bool hws_mailbox_is_full(hws_mailbox *mailbox)
{
    pthread_mutex_lock(&mailbox->lock);
    const bool is_full = mailbox->size >= HWS_MAILBOX_SIZE_MAX;
    pthread_mutex_unlock(&mailbox->lock);
    return is_full;
}

void hws_mailbox_put(hws_mailbox *mailbox, hws_letter *letter)
{
    pthread_mutex_lock(&mailbox->lock);
    letter->next = NULL;
    if (mailbox->last)
        mailbox->last->next = letter;
    else
        mailbox->first = letter;
    mailbox->last = letter;
    mailbox->size += size_of(letter);
    const bool wakes = !mailbox->is_posted;
    mailbox->is_posted = true;
    pthread_mutex_unlock(&mailbox->lock);
    if (!wakes) return;
    /* A loop that is being freed reads nothing any more; what lies here goes with the box. */
    if (hws_loop_post_own(mailbox->loop, &mailbox->posted, false) == HWS_OK) return;
    pthread_mutex_lock(&mailbox->lock);
    mailbox->is_posted = false;
    pthread_mutex_unlock(&mailbox->lock);
}
