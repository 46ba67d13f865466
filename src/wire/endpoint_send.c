/* SPDX-License-Identifier: MIT */
/* From messages to frames in the queue.  A frame is in the queue whole or not at all. */
#include <string.h>

#include "base/memory.h"
#include "base/try.h"
#include "wire/endpoint.h"
#include "wire/frame.h"
#include "wire/mask.h"
#include "wire/utf8.h"

static bool is_open(const hws_endpoint *endpoint)
{
    return !endpoint->close_sent && !endpoint->ended;
}

hws_status hws_endpoint_write(hws_endpoint *endpoint, uint8_t opcode, bool fin, const void *payload,
                              size_t size)
{
    const hws_endpoint_options *options = endpoint->options;
    hws_frame_header header = {
        .payload_size = size,
        .opcode = opcode,
        .fin = fin,
        .masked = options->role == HWS_ROLE_CLIENT,
    };
    /* §5.3: a fresh key for every frame, from a strong source. */
    if (header.masked && !options->random(options->random_user, header.mask_key, 4))
        return HWS_ERR_RANDOM;

    if (size > SIZE_MAX - HWS_FRAME_HEADER_MAX) return HWS_ERR_NO_MEMORY;
    uint8_t *place = hws_queue_reserve(endpoint->queue, HWS_FRAME_HEADER_MAX + size);
    if (!place) return HWS_ERR_NO_MEMORY;
    const size_t header_size = hws_frame_write(&header, place);
    if (size > 0) memcpy(place + header_size, payload, size);
    if (header.masked)
        hws_mask(options->kernels, (hws_span){place + header_size, size}, header.mask_key, 0);
    hws_queue_commit(endpoint->queue, header_size + size);
    return HWS_OK;
}

/* §5.4: parts follow each other, and no other message comes between them. */
static bool part_is_in_sequence(const hws_endpoint *endpoint, const hws_message *message)
{
    switch (message->part) {
    case HWS_WHOLE:
    case HWS_FIRST:
        return endpoint->sent_opcode == 0;
    case HWS_MIDDLE:
    case HWS_LAST:
        return endpoint->sent_opcode == (uint8_t)message->type;
    }
    return false;
}

/* `utf8`: where the text stood before this part, and then after it. */
static hws_status check_text(const hws_endpoint *endpoint, const hws_message *message, bool fin,
                             hws_utf8 *utf8)
{
    if (message->type != HWS_TEXT || endpoint->options->skip_utf8) return HWS_OK;
    const hws_span bytes = {(uint8_t *)(uintptr_t)message->data, message->size}; /* read alone */
    HWS_TRY(hws_utf8_check(endpoint->options->kernels, utf8, bytes));
    return fin ? hws_utf8_finish(utf8) : HWS_OK;
}

hws_status hws_endpoint_send(hws_endpoint *endpoint, const hws_message *message)
{
    if (!is_open(endpoint)) return HWS_ERR_NOT_OPEN;
    if (message->type != HWS_TEXT && message->type != HWS_BINARY) return HWS_ERR_INVALID_ARGUMENT;
    if (!part_is_in_sequence(endpoint, message)) return HWS_ERR_INVALID_ARGUMENT;

    const bool first = message->part == HWS_WHOLE || message->part == HWS_FIRST;
    const bool fin = message->part == HWS_WHOLE || message->part == HWS_LAST;
    hws_utf8 utf8 = first ? (hws_utf8){0} : endpoint->sent_utf8;
    HWS_TRY(check_text(endpoint, message, fin, &utf8));

    const uint8_t opcode = first ? (uint8_t)message->type : HWS_OPCODE_CONTINUATION;
    HWS_TRY(hws_endpoint_write(endpoint, opcode, fin, message->data, message->size));
    endpoint->sent_utf8 = utf8;
    endpoint->sent_opcode = fin ? 0 : (uint8_t)message->type;
    return HWS_OK;
}

hws_status hws_endpoint_ping(hws_endpoint *endpoint, const void *payload, size_t size)
{
    if (!is_open(endpoint)) return HWS_ERR_NOT_OPEN;
    if (size > HWS_FRAME_CONTROL_MAX) return HWS_ERR_INVALID_ARGUMENT;
    return hws_endpoint_write(endpoint, HWS_OPCODE_PING, true, payload, size);
}

/* §5.5.3: of several pings only the latest need be answered; who reads too little to hear the
 * answers gets just that one. */
static hws_status keep_pong(hws_endpoint *endpoint, hws_span payload)
{
    if (!endpoint->kept_pong)
        endpoint->kept_pong = hws_memory_new(endpoint->options->memory, 1 + HWS_FRAME_CONTROL_MAX);
    if (!endpoint->kept_pong) return HWS_ERR_NO_MEMORY;
    endpoint->kept_pong[0] = (uint8_t)payload.size;
    if (payload.size > 0) memcpy(endpoint->kept_pong + 1, payload.data, payload.size);
    return HWS_OK;
}

hws_status hws_endpoint_pong(hws_endpoint *endpoint, hws_span payload)
{
    if (!is_open(endpoint)) return HWS_OK;
    if (endpoint->blocked) return keep_pong(endpoint, payload);
    return hws_endpoint_write(endpoint, HWS_OPCODE_PONG, true, payload.data, payload.size);
}

void hws_endpoint_set_blocked(hws_endpoint *endpoint, bool blocked)
{
    endpoint->blocked = blocked;
    uint8_t *pong = endpoint->kept_pong;
    if (blocked || !pong) return;
    endpoint->kept_pong = NULL;
    /* Without memory the peer goes unanswered once, and pings again. */
    if (is_open(endpoint))
        (void)!hws_endpoint_write(endpoint, HWS_OPCODE_PONG, true, pong + 1, pong[0]);
    hws_memory_free(endpoint->options->memory, pong, 1 + HWS_FRAME_CONTROL_MAX);
}

hws_blob *hws_endpoint_frame(const hws_memory *memory, const hws_message *message)
{
    const hws_frame_header header = {
        .payload_size = message->size, .opcode = (uint8_t)message->type, .fin = true};
    uint8_t head[HWS_FRAME_HEADER_MAX];
    const size_t head_size = hws_frame_write(&header, head);
    if (message->size > SIZE_MAX - head_size) return NULL;
    hws_blob *blob = hws_blob_new(memory, head_size + message->size);
    if (!blob) return NULL;
    memcpy(blob->data, head, head_size);
    if (message->size > 0) memcpy(blob->data + head_size, message->data, message->size);
    return blob;
}

hws_status hws_endpoint_share(hws_endpoint *endpoint, hws_blob *frame)
{
    if (!is_open(endpoint)) return HWS_ERR_NOT_OPEN;
    if (endpoint->sent_opcode != 0 || endpoint->options->role != HWS_ROLE_SERVER)
        return HWS_ERR_INVALID_ARGUMENT;
    return hws_queue_share(endpoint->queue, frame);
}
