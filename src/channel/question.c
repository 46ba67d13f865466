/* SPDX-License-Identifier: MIT */
#include "channel/question.h"

#include <stddef.h>
#include <time.h>

#include "base/memory.h"
#include "base/try.h"
#include "channel/json.h"

/* After one that failed, within the grace of an expired connection; on average. */
enum { REFRESH_AGAIN_S = 5 };

static hws_hub *hub_of(const hws_question *question)
{
    return question->command.client->station->hub;
}

bool hws_question_is_asked(const hws_hub *hub, hws_question_kind kind)
{
    return (hub->decider.asks & HWS_ASKS(kind)) != 0;
}

/* Its end. */

static void free_question(hws_question *question)
{
    hws_guest *client = question->command.client;
    const hws_memory *memory = hub_of(question)->memory;
    hws_writer_release(&question->data);
    hws_buffer_release(&question->backlog, memory);
    json_decref(question->parameters);
    hws_memory_free(memory, question, sizeof *question);
    hws_guest_unref(client);
}

/* Takes the client's question away from it, then what waited. */
static void resume(hws_deferred *deferred)
{
    hws_question *question =
        (hws_question *)(void *)((char *)deferred - offsetof(hws_question, resume));
    hws_guest *client = question->command.client;
    client->question = NULL;
    hws_guest_resume(client,
                     (hws_text){(const char *)question->backlog.data, question->backlog.size});
    free_question(question);
}

static void finish(hws_question *question)
{
    hws_guest *client = question->command.client;
    if (question->kind == HWS_QUESTION_REFRESH) {
        client->refreshing = NULL;
        hws_guest_schedule(client);
        free_question(question);
    } else if (question->backlog.size > 0) {
        hws_loop_defer(client->station->loop, &question->resume);
    } else {
        client->question = NULL;
        free_question(question);
    }
}

void hws_question_cancel(hws_question *question)
{
    if (!question) return;
    hws_guest *client = question->command.client;
    const hws_decider *decider = &hub_of(question)->decider;
    if (!question->is_answered && decider->on_cancel) {
        question->is_answered = true;
        decider->on_cancel(question, decider->user);
    }
    hws_loop_undefer(client->station->loop, &question->resume);
    free_question(question);
}

hws_status hws_question_hold(hws_question *question, hws_text lines)
{
    hws_buffer *backlog = &question->backlog;
    const hws_memory *memory = hub_of(question)->memory;
    HWS_TRY(hws_buffer_reserve(backlog, memory, lines.size + 1, HWS_QUESTION_BACKLOG_MAX));
    HWS_TRY(hws_buffer_append(backlog, memory, lines.data, lines.size, HWS_QUESTION_BACKLOG_MAX));
    return hws_buffer_append(backlog, memory, "\n", 1, HWS_QUESTION_BACKLOG_MAX);
}

/* Asking. */

static hws_question *make(hws_guest *client, hws_question_kind kind)
{
    const hws_memory *memory = client->station->hub->memory;
    hws_question *made = hws_memory_new_zeroed(memory, sizeof *made);
    if (!made) return NULL;
    made->command.client = hws_guest_ref(client);
    made->kind = kind;
    made->data = hws_writer_on(memory);
    made->resume.call = resume;
    return made;
}

static void ask(hws_question *question)
{
    const hws_decider *decider = &hub_of(question)->decider;
    question->is_being_asked = true;
    decider->on_question(question, decider->user);
    question->is_being_asked = false;
    if (question->is_answered) finish(question);
}

static bool read_parameters(hws_question *question)
{
    const json_t *from = question->parameters;
    const json_t *data = json_object_get(from, "data");
    if (data) hws_write_json(&question->data, data);
    return !question->data.has_failed && hws_json_get_text(from, "channel", &question->channel) &&
           hws_json_get_text(from, "method", &question->method);
}

void hws_question_ask(const hws_command *command, hws_question_kind kind, hws_question_apply *apply)
{
    hws_question *question = make(command->client, kind);
    if (!question) {
        hws_command_fail(command, HWS_ERROR_INTERNAL);
        return;
    }
    question->command = *command;
    question->parameters = json_incref((json_t *)(uintptr_t)command->parameters);
    question->apply = apply;
    if (!read_parameters(question)) {
        hws_command_fail(command, HWS_ERROR_INTERNAL);
        free_question(question);
        return;
    }
    command->client->question = question;
    ask(question);
}

static void ask_again_later(hws_guest *client)
{
    const uint64_t spread_s = REFRESH_AGAIN_S / 2;
    client->ask_s = (uint64_t)time(NULL) + REFRESH_AGAIN_S - spread_s +
                    hws_guest_draw(client, 2 * spread_s + 1);
}

static void apply_refresh(hws_question *question, const hws_decision *decision)
{
    hws_guest *client = question->command.client;
    if (decision->has_expired)
        hws_guest_disconnect(client, HWS_DISCONNECT_EXPIRED, "connection expired");
    else
        hws_guest_set_expiry(client, decision->expire_at_s);
}

void hws_question_ask_refresh(hws_guest *client)
{
    hws_question *question = make(client, HWS_QUESTION_REFRESH);
    if (!question) {
        ask_again_later(client);
        return;
    }
    question->apply = apply_refresh;
    client->refreshing = question;
    ask(question);
}

/* Answering. */

static bool is_good(const hws_question *question, const hws_decision *it)
{
    const bool has_error = it->error >= 100 && it->error <= 1999;
    const bool has_disconnect = it->disconnect >= 3000 && it->disconnect <= 4999;
    return !question->is_answered && (it->error == 0 || has_error) &&
           (it->disconnect == 0 || has_disconnect) && it->user.size <= HWS_DECISION_TEXT_MAX &&
           it->message.size <= HWS_DECISION_TEXT_MAX && it->meta.size <= HWS_DECISION_META_MAX &&
           it->reason.size <= HWS_DECISION_REASON_MAX && (it->channels || it->channel_count == 0) &&
           (it->subs || it->sub_count == 0);
}

static void refuse(hws_question *question, const hws_decision *decision)
{
    if (question->kind == HWS_QUESTION_REFRESH)
        ask_again_later(question->command.client);
    else
        hws_command_fail_with(&question->command, decision->error, decision->message,
                              decision->is_temporary);
}

static void disconnect(hws_question *question, const hws_decision *decision)
{
    char reason[HWS_DECISION_REASON_MAX + 1] = "";
    if (decision->reason.size > 0) memcpy(reason, decision->reason.data, decision->reason.size);
    hws_guest_disconnect(question->command.client, decision->disconnect, reason);
}

hws_status hws_question_settle(hws_question *question, const hws_decision *decision)
{
    if (!is_good(question, decision)) return HWS_ERR_INVALID_ARGUMENT;
    question->is_answered = true;
    if (question->command.client->state == HWS_GUEST_ENDED) {
        /* it was disconnected meanwhile, and is about to go */
    } else if (decision->disconnect != 0) {
        disconnect(question, decision);
    } else if (decision->error != 0) {
        refuse(question, decision);
    } else {
        question->apply(question, decision);
    }
    if (!question->is_being_asked) finish(question);
    return HWS_OK;
}

/* What would break a line, or others' JSON, is found out here. */
static hws_status compact(hws_text *text, hws_writer *to)
{
    json_t *value = NULL;
    if (!text->data) return HWS_OK;
    HWS_TRY(hws_json_read(*text, &value));
    hws_write_json(to, value);
    json_decref(value);
    *text = hws_writer_text(to);
    return text->data ? HWS_OK : HWS_ERR_NO_MEMORY;
}

/* The same of all that is JSON in a decision; it is compact in `to`, and points there. */
typedef struct compacted {
    hws_decision decision;
    hws_decision_sub *subs;
    hws_writer *writers; /* one for each text */
    size_t writer_count;
} compacted;

static hws_status compact_all(const hws_decision *from, const hws_memory *memory, compacted *to)
{
    size_t used = 3;
    const size_t count = from->subs ? from->sub_count : 0;
    *to = (compacted){.decision = *from, .writer_count = used + 2 * count};
    to->writers = hws_memory_new(memory, to->writer_count * sizeof *to->writers);
    if (!to->writers) return HWS_ERR_NO_MEMORY;
    for (size_t i = 0; i < to->writer_count; i++) to->writers[i] = hws_writer_on(memory);
    HWS_TRY(compact(&to->decision.info, &to->writers[0]));
    HWS_TRY(compact(&to->decision.data, &to->writers[1]));
    HWS_TRY(compact(&to->decision.meta, &to->writers[2]));
    if (to->decision.meta.size > 0 && to->decision.meta.data[0] != '{')
        return HWS_ERR_INVALID_ARGUMENT;
    if (count == 0) return HWS_OK;
    to->subs = hws_memory_new(memory, count * sizeof *to->subs);
    if (!to->subs) return HWS_ERR_NO_MEMORY;
    to->decision.subs = to->subs;
    memcpy(to->subs, from->subs, count * sizeof *to->subs);
    for (size_t i = 0; i < count; i++) {
        HWS_TRY(compact(&to->subs[i].info, &to->writers[used++]));
        HWS_TRY(compact(&to->subs[i].data, &to->writers[used++]));
    }
    return HWS_OK;
}

static void compacted_release(compacted *it, const hws_memory *memory)
{
    for (size_t i = 0; it->writers && i < it->writer_count; i++)
        hws_writer_release(&it->writers[i]);
    if (it->writers) hws_memory_free(memory, it->writers, it->writer_count * sizeof *it->writers);
    if (it->subs) hws_memory_free(memory, it->subs, it->decision.sub_count * sizeof *it->subs);
}

static bool is_utf8(hws_text text)
{
    json_t *string = json_stringn(text.data ? text.data : "", text.size);
    json_decref(string);
    return string != NULL;
}

hws_status hws_question_answer(hws_question *question, const hws_decision *decision)
{
    if (!decision || !is_utf8(decision->user) || !is_utf8(decision->message) ||
        !is_utf8(decision->reason))
        return HWS_ERR_INVALID_ARGUMENT;
    const hws_memory *memory = hub_of(question)->memory;
    compacted it;
    hws_status status = compact_all(decision, memory, &it);
    if (status == HWS_OK) status = hws_question_settle(question, &it.decision);
    compacted_release(&it, memory);
    return status;
}

void hws_question_fail(hws_question *question)
{
    (void)!hws_question_settle(question,
                               &(hws_decision){
                                   .error = HWS_ERROR_INTERNAL,
                                   .message = hws_text_of(hws_error_text(HWS_ERROR_INTERNAL)),
                                   .is_temporary = true,
                               });
}

/* Looking. */

hws_question_kind hws_question_kind_of(const hws_question *question)
{
    return question->kind;
}

hws_text hws_question_client(const hws_question *question)
{
    return hws_guest_id(question->command.client);
}

hws_text hws_question_user(const hws_question *question)
{
    return hws_guest_user(question->command.client);
}

hws_text hws_question_meta(const hws_question *question)
{
    const hws_guest *client = question->command.client;
    return (hws_text){client->meta, client->meta_size};
}

const char *hws_question_transport(const hws_question *question)
{
    static const char *const names[HWS_FORMAT_COUNT] = {
        [HWS_FORMAT_WEBSOCKET] = "websocket",
        [HWS_FORMAT_SSE] = "sse",
        [HWS_FORMAT_LINES] = "http_stream",
        [HWS_FORMAT_ONE_WAY_SSE] = "uni_sse",
        [HWS_FORMAT_ONE_WAY_LINES] = "uni_http_stream",
        [HWS_FORMAT_ONE_WAY_WEBSOCKET] = "uni_websocket",
    };
    return names[question->command.client->outlet.format];
}

hws_text hws_question_channel(const hws_question *question)
{
    return question->channel;
}

hws_text hws_question_method(const hws_question *question)
{
    return question->method;
}

hws_text hws_question_data(const hws_question *question)
{
    return hws_writer_text(&question->data);
}

hws_text hws_question_header(const hws_question *question, const char *name)
{
    return hws_headers_find(&question->command.client->headers, hws_text_of(name));
}

struct hws_loop *hws_question_loop(const hws_question *question)
{
    return question->command.client->station->loop;
}

void *hws_question_context(const hws_question *question)
{
    return question->context;
}

void hws_question_set_context(hws_question *question, void *context)
{
    question->context = context;
}
