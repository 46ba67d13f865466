/* SPDX-License-Identifier: MIT */
/* What a channel has kept, and who is in it. */
#include "base/try.h"
#include "channel/engine_memory_state.h"
#include "channel/writer.h"

/* What a query gets: the offsets from `first` to `last`, none if first > last. */
typedef struct range {
    uint64_t first;
    uint64_t last;
} range;

/* `since` must be a place that the channel has been at, and whose followers are all there.  Who has
 * had nothing knows no epoch: he begins at the beginning, whenever that was. */
static bool is_reachable(const hws_record *in, const hws_history_query *query)
{
    const hws_position top = hws_record_position(in, in->history.top);
    const bool is_new_here = !query->epoch.data && query->since == 0;
    const bool is_of_epoch = hws_text_equal(query->epoch, hws_text_of(top.epoch));
    return (is_new_here || is_of_epoch) && query->since <= top.offset &&
           query->since + 1 >= hws_history_bottom(&in->history);
}

static hws_status find_range(const hws_record *in, const hws_history_query *query, range *found,
                             bool *recovered)
{
    const uint64_t top = in->history.top;
    const uint64_t bottom = hws_history_bottom(&in->history);
    *found = (range){1, 0};
    if (query->has_since && !is_reachable(in, query))
        return query->all_or_nothing ? HWS_OK : HWS_ERR_NOT_FOUND;
    *found = (range){bottom, top};
    if (query->has_since && !query->reverse) found->first = query->since + 1;
    if (query->has_since && query->reverse) found->last = query->since > 0 ? query->since - 1 : 0;
    if (found->last < found->first) {
        *recovered = true;
        return HWS_OK;
    }
    const bool is_cut = found->last - found->first >= query->limit;
    if (is_cut && query->all_or_nothing) {
        *found = (range){1, 0};
        return HWS_OK;
    }
    if (is_cut && query->reverse) found->first = found->last - query->limit + 1;
    if (is_cut && !query->reverse) found->last = found->first + query->limit - 1;
    *recovered = true;
    return HWS_OK;
}

static void write_range(const hws_record *in, range of_offsets, bool reverse, hws_writer *writer)
{
    const uint64_t count = of_offsets.last - of_offsets.first + 1;
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t offset = reverse ? of_offsets.last - i : of_offsets.first + i;
        const hws_blob *publication = hws_history_at(&in->history, offset);
        if (i > 0) HWS_WRITE(writer, ",");
        hws_write(writer, (hws_text){(const char *)publication->data, publication->size});
    }
}

static hws_status read_history(const hws_record *in, const hws_history_query *query,
                               hws_engine_answer *answer, hws_writer *writer)
{
    range found;
    answer->position = hws_record_position(in, in->history.top);
    HWS_TRY(find_range(in, query, &found, &answer->recovered));
    if (query->limit == 0 || found.last < found.first) return HWS_OK;
    write_range(in, found, query->reverse, writer);
    answer->list = hws_writer_text(writer);
    answer->count = (size_t)(found.last - found.first + 1);
    return answer->list.data ? HWS_OK : HWS_ERR_NO_MEMORY;
}

void hws_engine_memory_history(hws_engine *engine, const hws_policy *policy,
                               const hws_history_query *query, hws_engine_done *done, void *user)
{
    hws_engine_memory *it = hws_engine_memory_of(engine);
    hws_engine_answer answer = {.status = HWS_OK};
    hws_writer writer = hws_writer_on(it->memory);
    const uint64_t hash = hws_record_hash(it, query->channel);
    hws_shard *in = hws_shard_enter(it, hash);
    hws_record *found;
    answer.status = hws_record_find_or_make(it, in, query->channel, hash, &found);
    if (answer.status == HWS_OK) {
        const uint64_t now_ms = it->clock();
        hws_history_expire(&found->history, it->memory, now_ms);
        found->touched_ms = now_ms;
        if (policy->history_size > 0) found->asked_until_ms = now_ms + policy->history_ttl_ms;
        answer.status = read_history(found, query, &answer, &writer);
        hws_record_tidy(it, in, found, now_ms);
    }
    hws_shard_leave(in);
    done(user, &answer);
    hws_writer_release(&writer);
}

void hws_engine_memory_history_remove(hws_engine *engine, hws_text channel, hws_engine_done *done,
                                      void *user)
{
    hws_engine_memory *it = hws_engine_memory_of(engine);
    const uint64_t hash = hws_record_hash(it, channel);
    hws_shard *in = hws_shard_enter(it, hash);
    hws_record *found = hws_record_find(in, channel, hash);
    if (found) hws_history_clear(&found->history, it->memory);
    hws_shard_leave(in);
    done(user, &(hws_engine_answer){.status = HWS_OK});
}

static void write_member(hws_table_entry *link, void *user)
{
    const hws_presence_entry *entry = (const hws_presence_entry *)link;
    hws_writer *writer = user;
    if (writer->buffer.size > 0) HWS_WRITE(writer, ",");
    hws_write_string(writer, hws_presence_client(entry));
    HWS_WRITE(writer, ":");
    hws_write(writer, hws_presence_info(entry));
}

void hws_engine_memory_presence(hws_engine *engine, hws_text channel, bool with_list,
                                hws_engine_done *done, void *user)
{
    hws_engine_memory *it = hws_engine_memory_of(engine);
    hws_engine_answer answer = {.status = HWS_OK};
    hws_writer writer = hws_writer_on(it->memory);
    const uint64_t hash = hws_record_hash(it, channel);
    hws_shard *in = hws_shard_enter(it, hash);
    hws_record *found = hws_record_find(in, channel, hash);
    if (found) {
        answer.count = found->present.count;
        if (with_list)
            hws_table_each(&found->present, write_member, &writer);
        else
            answer.user_count = hws_presence_user_count(&found->present);
    }
    hws_shard_leave(in);
    answer.list = hws_writer_text(&writer);
    if (writer.has_failed) answer.status = HWS_ERR_NO_MEMORY;
    done(user, &answer);
    hws_writer_release(&writer);
}
