/* SPDX-License-Identifier: MIT */
/* The key and its answer, and fields that strangers to the handshake add to it. */
#include "wire/handshake.h"

#include <assert.h>

#include "base/base64.h"
#include "base/sha1.h"

/* What decides about connection, body or handshake is nobody else's to say. */
static bool is_reserved(hws_text name)
{
    static const char *const NAMES[] = {
        "Connection", "Content-Length",    "Expect",  "Host", "Keep-Alive", "Origin",
        "Trailer",    "Transfer-Encoding", "Upgrade",
    };
    static const char PREFIX[] = "Sec-WebSocket-";
    const size_t prefix_size = sizeof PREFIX - 1;

    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (hws_text_equal_ignoring_case(name, hws_text_of(NAMES[i]))) return true;
    return name.size >= prefix_size &&
           hws_text_equal_ignoring_case((hws_text){name.data, prefix_size}, hws_text_of(PREFIX));
}

bool hws_handshake_value_is_safe(hws_text value)
{
    if (hws_text_trim(value).size != value.size) return false;
    for (size_t i = 0; i < value.size; i++) {
        const uint8_t byte = (uint8_t)value.data[i];
        if ((byte < ' ' && byte != '\t') || byte == 0x7F) return false;
    }
    return true;
}

void hws_handshake_add_field(hws_writer *writer, const char *name, hws_text value)
{
    hws_writer_add_string(writer, name);
    hws_writer_add_string(writer, ": ");
    hws_writer_add(writer, value);
    hws_writer_add_string(writer, "\r\n");
}

hws_status hws_handshake_add_headers(hws_writer *writer, const hws_http_field *headers,
                                     size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const hws_http_field *header = &headers[i];
        if (!hws_text_is_token(header->name) || is_reserved(header->name) ||
            !hws_handshake_value_is_safe(header->value))
            return HWS_ERR_INVALID_ARGUMENT;
        hws_writer_add(writer, header->name);
        hws_handshake_add_field(writer, "", header->value);
    }
    return HWS_OK;
}

void hws_handshake_accept_key(hws_text key, char accept[HWS_HANDSHAKE_ACCEPT_SIZE])
{
    static const char GUID[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; /* §1.3 */
    char joined[HWS_HANDSHAKE_KEY_SIZE + sizeof GUID - 1];
    assert(key.size == HWS_HANDSHAKE_KEY_SIZE);
    memcpy(joined, key.data, key.size);
    memcpy(joined + key.size, GUID, sizeof GUID - 1);

    uint8_t digest[HWS_SHA1_SIZE];
    hws_sha1(joined, sizeof joined, digest);
    hws_base64_encode(digest, sizeof digest, accept);
}
