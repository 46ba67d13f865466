/* SPDX-License-Identifier: MIT */
#include "http/mime.h"

#include "base/text.h"

typedef struct media_type {
    const char *extension;
    const char *type;
} media_type;

/* What the web serves; text is UTF-8 by our word, since a file does not say. */
static const media_type TYPES[] = {
    {"html", "text/html; charset=utf-8"},
    {"htm", "text/html; charset=utf-8"},
    {"css", "text/css; charset=utf-8"},
    {"js", "text/javascript; charset=utf-8"},
    {"mjs", "text/javascript; charset=utf-8"},
    {"json", "application/json"},
    {"map", "application/json"},
    {"webmanifest", "application/manifest+json"},
    {"txt", "text/plain; charset=utf-8"},
    {"md", "text/markdown; charset=utf-8"},
    {"csv", "text/csv; charset=utf-8"},
    {"xml", "application/xml"},
    {"svg", "image/svg+xml"},
    {"png", "image/png"},
    {"jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"gif", "image/gif"},
    {"webp", "image/webp"},
    {"avif", "image/avif"},
    {"ico", "image/x-icon"},
    {"bmp", "image/bmp"},
    {"woff", "font/woff"},
    {"woff2", "font/woff2"},
    {"ttf", "font/ttf"},
    {"otf", "font/otf"},
    {"mp3", "audio/mpeg"},
    {"m4a", "audio/mp4"},
    {"ogg", "audio/ogg"},
    {"opus", "audio/ogg"},
    {"wav", "audio/wav"},
    {"flac", "audio/flac"},
    {"mp4", "video/mp4"},
    {"webm", "video/webm"},
    {"ogv", "video/ogg"},
    {"pdf", "application/pdf"},
    {"wasm", "application/wasm"},
    {"zip", "application/zip"},
    {"gz", "application/gzip"},
    {"tar", "application/x-tar"},
};

/* What stands behind the last dot of the last part of a path; absent without one. */
static hws_text extension_of(hws_text name)
{
    for (size_t i = name.size; i > 0; i--) {
        const char character = name.data[i - 1];
        if (character == '/') break;
        if (character == '.') return (hws_text){name.data + i, name.size - i};
    }
    return (hws_text){0};
}

const char *hws_mime_type(hws_text name)
{
    const hws_text extension = extension_of(name);
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++)
        if (hws_text_equal_ignoring_case(extension, hws_text_of(TYPES[i].extension)))
            return TYPES[i].type;
    return "application/octet-stream";
}
