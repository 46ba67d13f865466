/* SPDX-License-Identifier: MIT */
/* From a publication to the mailboxes of all threads that have a subscriber. */
#include "channel/engine_memory_state.h"
#include "channel/writer.h"

enum {
    KEY_COUNT_MAX = 256,        /* idempotency keys that one channel remembers */
    KEY_TTL_MS = 5 * 60 * 1000, /* and for how long */
};

/* One letter for each mailbox that subscribes; all of them, or none. */
typedef struct mailing {
    hws_letter *letters; /* in the order of their boxes */
    hws_letter **end;
} mailing;

static void drop_mailing(const hws_engine_memory *it, mailing *mail)
{
    for (hws_letter *letter = mail->letters, *next; letter; letter = next) {
        next = letter->next;
        hws_letter_free(it->memory, letter);
    }
}

static bool wants(const hws_record *it, size_t number)
{
    return (it->wanted[number / 64] >> number % 64 & 1) != 0;
}

static hws_status write_mailing(const hws_engine_memory *it, const hws_record *to,
                                hws_letter_kind kind, uint64_t offset, hws_text body, mailing *mail)
{
    hws_status status = HWS_OK;
    const size_t count = atomic_load(&it->box_count);
    mail->letters = NULL;
    mail->end = &mail->letters;
    for (size_t i = 0; i < count && status == HWS_OK; i++) {
        if (!wants(to, i)) continue;
        hws_letter *letter = NULL;
        if (hws_mailbox_is_full(it->boxes[i]))
            status = HWS_ERR_LIMIT;
        else if (!(letter = hws_letter_new(it->memory, kind, hws_record_name(to), body)))
            status = HWS_ERR_NO_MEMORY;
        if (!letter) continue;
        letter->offset = offset;
        *mail->end = letter;
        mail->end = &letter->next;
    }
    if (status != HWS_OK) drop_mailing(it, mail);
    return status;
}

static void send_mailing(const hws_engine_memory *it, const hws_record *to, const mailing *mail)
{
    hws_letter *letter = mail->letters;
    for (size_t i = 0; letter; i++) {
        if (!wants(to, i)) continue;
        hws_letter *next = letter->next;
        hws_mailbox_put(it->boxes[i], letter);
        letter = next;
    }
}

/* Publishing. */

static const hws_used_key *find_key(const hws_record *in, hws_text key, uint64_t now_ms)
{
    const hws_used_key *each = in->keys;
    while (each && !hws_text_equal((hws_text){each->text, each->size}, key)) each = each->older;
    return each && each->expires_ms > now_ms ? each : NULL;
}

/* The oldest makes room. */
static hws_used_key *make_key(const hws_engine_memory *it, hws_record *in, hws_text text)
{
    hws_used_key *made = hws_memory_new(it->memory, sizeof *made + text.size);
    if (!made) return NULL;
    *made = (hws_used_key){.size = text.size};
    memcpy(made->text, text.data, text.size);
    size_t count = 1;
    hws_used_key **keys = &in->keys;
    while (*keys && count++ < KEY_COUNT_MAX) keys = &(*keys)->older;
    hws_record_forget_keys(it, keys);
    return made;
}

/* All that a publication needs, so that nothing fails when it takes effect. */
typedef struct parcel {
    hws_blob *kept; /* for the history; NULL: it is not kept */
    hws_used_key *key;
    mailing mail;
    hws_writer text;
    uint64_t offset;
} parcel;

static hws_status pack(hws_engine_memory *it, const hws_policy *policy, const hws_publication *what,
                       hws_record *to, parcel *made)
{
    const bool is_kept = policy->history_size > 0 && !what->skip_history;
    *made =
        (parcel){.text = hws_writer_on(it->memory), .offset = is_kept ? to->history.top + 1 : 0};
    hws_write(&made->text, what->body);
    if (is_kept) {
        HWS_WRITE(&made->text, ",\"offset\":");
        hws_write_number(&made->text, made->offset);
    }
    HWS_WRITE(&made->text, "}");
    const hws_text text = hws_writer_text(&made->text);
    if (!text.data) return HWS_ERR_NO_MEMORY;
    if (is_kept) {
        made->kept = hws_blob_new(it->memory, text.size);
        if (!made->kept) return HWS_ERR_NO_MEMORY;
        memcpy(made->kept->data, text.data, text.size);
    }
    if (what->idempotency_key.data) {
        made->key = make_key(it, to, what->idempotency_key);
        if (!made->key) return HWS_ERR_NO_MEMORY;
    }
    return write_mailing(it, to, HWS_LETTER_PUBLICATION, made->offset, text, &made->mail);
}

static void unpack(const hws_engine_memory *it, parcel *made)
{
    hws_writer_release(&made->text);
    hws_blob_unref(made->kept);
    if (made->key) hws_memory_free(it->memory, made->key, sizeof *made->key + made->key->size);
}

static hws_status publish_in(hws_engine_memory *it, const hws_policy *policy,
                             const hws_publication *what, hws_record *to, hws_engine_answer *answer)
{
    const uint64_t now_ms = it->clock();
    hws_history_expire(&to->history, it->memory, now_ms);
    if (what->idempotency_key.data) {
        const hws_used_key *key = find_key(to, what->idempotency_key, now_ms);
        if (key) {
            answer->position = hws_record_position(to, key->offset);
            answer->is_repeated = true;
            return HWS_OK;
        }
    }
    parcel made;
    hws_status status = pack(it, policy, what, to, &made);
    if (status == HWS_OK && made.kept) {
        status = hws_history_add(&to->history, it->memory, made.kept, policy->history_size,
                                 now_ms + policy->history_ttl_ms);
        if (status == HWS_OK)
            made.kept = NULL;
        else
            drop_mailing(it, &made.mail);
    }
    if (status == HWS_OK) {
        if (made.key) {
            made.key->older = to->keys;
            made.key->offset = made.offset;
            made.key->expires_ms = now_ms + KEY_TTL_MS;
            to->keys = made.key;
            made.key = NULL;
        }
        to->touched_ms = now_ms;
        send_mailing(it, to, &made.mail);
        answer->position = hws_record_position(to, made.offset);
    }
    unpack(it, &made);
    return status;
}

void hws_engine_memory_publish(hws_engine *engine, const hws_policy *policy,
                               const hws_publication *what, hws_engine_done *done, void *user)
{
    hws_engine_memory *it = hws_engine_memory_of(engine);
    hws_engine_answer answer = {.status = HWS_OK};
    const bool is_remembered =
        (policy->history_size > 0 && !what->skip_history) || what->idempotency_key.data;
    const uint64_t hash = hws_record_hash(it, what->channel);
    hws_shard *in = hws_shard_enter(it, hash);
    hws_record *found = hws_record_find(in, what->channel, hash);
    if (!found && is_remembered)
        answer.status = hws_record_make(it, in, what->channel, hash, &found);
    if (found) {
        answer.status = publish_in(it, policy, what, found, &answer);
        hws_record_tidy(it, in, found, it->clock());
    }
    hws_shard_leave(in);
    done(user, &answer);
}

hws_status hws_engine_memory_announce(hws_engine *engine, hws_letter_kind kind, hws_text channel,
                                      hws_text body)
{
    hws_engine_memory *it = hws_engine_memory_of(engine);
    hws_status status = HWS_OK;
    const uint64_t hash = hws_record_hash(it, channel);
    hws_shard *in = hws_shard_enter(it, hash);
    const hws_record *found = hws_record_find(in, channel, hash);
    if (found) {
        mailing mail;
        status = write_mailing(it, found, kind, 0, body, &mail);
        if (status == HWS_OK) send_mailing(it, found, &mail);
    }
    hws_shard_leave(in);
    return status;
}

hws_status hws_engine_memory_tell(hws_engine *engine, hws_text order)
{
    hws_engine_memory *it = hws_engine_memory_of(engine);
    const size_t count = atomic_load(&it->box_count);
    for (size_t i = 0; i < count; i++) {
        hws_letter *letter = hws_letter_new(it->memory, HWS_LETTER_ORDER, (hws_text){0}, order);
        if (!letter) return HWS_ERR_NO_MEMORY;
        hws_mailbox_put(it->boxes[i], letter);
    }
    return HWS_OK;
}
