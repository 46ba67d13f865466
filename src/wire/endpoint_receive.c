/* SPDX-License-Identifier: MIT */
/* From bytes to events: a short message that is in the input whole, which is the usual case, is
 * looked at here; all else is for wire/endpoint_frames. */
#include "base/span.h"
#include "wire/endpoint.h"
#include "wire/frame.h"
#include "wire/mask.h"
#include "wire/utf8.h"

/* The sizes of a short message in the input: of its header, 0 when there is none, and payload. */
typedef struct shape {
    size_t header_size;
    size_t size;
} shape;

/* §5.2: 16 bits of length are for what 7 have no room for. */
static shape shape_of(hws_span input, bool masked)
{
    const size_t key_size = masked ? 4 : 0;
    const size_t size = input.data[1] ^ (masked ? HWS_FRAME_MASK_BIT : 0);
    if (size < HWS_FRAME_LENGTH_16) return (shape){2 + key_size, size};
    if (size != HWS_FRAME_LENGTH_16 || input.size < 4) return (shape){0};
    const size_t size_16 = (size_t)input.data[2] << 8 | input.data[3];
    return (shape){size_16 < HWS_FRAME_LENGTH_16 ? 0 : 4 + key_size, size_16};
}

/* Most frames are whole messages of at most 65535 bytes, and are in the input whole.  They need no
 * state, and take a short way that knows nothing else: what differs in a single bit, or is wrong,
 * takes the long one. */
static shape find_short_message(const hws_endpoint *endpoint, hws_span input)
{
    const hws_incoming *incoming = endpoint->incoming;
    const bool busy =
        endpoint->close_sent || (incoming && (incoming->in_frame || incoming->head_size > 0 ||
                                              incoming->message_opcode != 0));
    if (busy || input.size < 2) return (shape){0};

    const uint8_t opcode = input.data[0] ^ HWS_FRAME_FIN_BIT;
    const shape found = shape_of(input, endpoint->options->role == HWS_ROLE_SERVER);
    const bool is_message = opcode == HWS_OPCODE_TEXT || opcode == HWS_OPCODE_BINARY;
    const bool fits = found.header_size <= input.size &&
                      found.size <= input.size - found.header_size &&
                      found.size <= endpoint->options->message_size_max;
    return is_message && fits ? found : (shape){0};
}

/* A whole text in one piece: unmasked, and found to be one. */
static bool open_text(const hws_endpoint *endpoint, hws_span payload, const uint8_t *key)
{
    const hws_kernels *kernels = endpoint->options->kernels;
    hws_utf8 utf8 = {0};
    if (key && payload.size > HWS_UTF8_BLOCK)
        return hws_utf8_unmask_blocks(kernels, &utf8, payload, key, 0) == HWS_OK &&
               utf8.needed == 0;
    const bool is_ascii =
        key ? hws_mask(kernels, payload, key, 0)
            : payload.size < HWS_UTF8_SHORT && hws_ascii(payload.data, payload.size);
    return is_ascii || hws_utf8_is_text(kernels, payload);
}

static hws_status receive_short(const hws_endpoint *endpoint, hws_span *input, shape found,
                                hws_event *event)
{
    const hws_span header = hws_span_take(input, found.header_size);
    const hws_span payload = hws_span_take(input, found.size);
    const bool masked = endpoint->options->role == HWS_ROLE_SERVER;
    const uint8_t *key = masked ? header.data + header.size - 4 : NULL;
    const uint8_t opcode = header.data[0] & HWS_FRAME_OPCODE_BITS;
    if (opcode == HWS_OPCODE_TEXT && !endpoint->options->skip_utf8) {
        if (!open_text(endpoint, payload, key)) return HWS_ERR_UTF8;
    } else if (key) {
        (void)hws_mask(endpoint->options->kernels, payload, key, 0);
    }
    hws_endpoint_tell_message(opcode, payload, HWS_WHOLE, event);
    return HWS_OK;
}

/* The peer lives; the answer to our Close has a deadline of its own. */
static void hear(hws_endpoint *endpoint, uint64_t now_ms)
{
    if (endpoint->close_sent) return;
    endpoint->since_ms = now_ms;
    endpoint->pinged = false;
}

/* What the last call told from memory goes. */
static void drop_told(hws_endpoint *endpoint)
{
    if (endpoint->incoming->message_is_done) hws_endpoint_drop_message(endpoint);
    if (endpoint->incoming->control_is_done) hws_endpoint_drop_control(endpoint);
}

void hws_endpoint_receive(hws_endpoint *endpoint, uint64_t now_ms, hws_span *input,
                          hws_event *event)
{
    event->type = HWS_EVENT_NEED_INPUT; /* the rest is written with the event */
    if (endpoint->incoming) drop_told(endpoint);
    if (endpoint->ended) {
        hws_span_take(input, input->size);
        return;
    }
    if (input->size > 0) hear(endpoint, now_ms);
    if (input->size == 0 && !endpoint->incoming) return;
    const shape found = find_short_message(endpoint, *input);
    const hws_status status = found.header_size > 0
                                  ? receive_short(endpoint, input, found, event)
                                  : hws_endpoint_receive_frames(endpoint, now_ms, input, event);
    if (status != HWS_OK) hws_endpoint_fail(endpoint, status, event);
}
