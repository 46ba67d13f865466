/* SPDX-License-Identifier: MIT */
#include "wire/frame.h"

hws_status hws_frame_header_read(const uint8_t *bytes, size_t size, const hws_frame_rules *rules,
                                 hws_frame_header *header, size_t *header_size)
{
    return hws_frame_read(bytes, size, rules, header, header_size);
}

size_t hws_frame_header_write(const hws_frame_header *header, uint8_t bytes[HWS_FRAME_HEADER_MAX])
{
    return hws_frame_write(header, bytes);
}
