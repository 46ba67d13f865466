/* SPDX-License-Identifier: MIT */
/* Hides what identifies the user, in what is written for others to see. */
#include "cmd/doctor_mask.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum {
    JWT_SIZE_MIN = 20, /* bytes; every one is longer */
};

static const char mask[] = "***";

/* What is being written. */
typedef struct output {
    char *text;
    size_t size;
    size_t size_max; /* with its zero */
} output;

static void put(output *out, const char *text, size_t size)
{
    const size_t room = out->size_max - out->size - 1;
    if (size > room) size = room;
    if (size > 0) memcpy(out->text + out->size, text, size);
    out->size += size;
    out->text[out->size] = '\0';
}

static bool is_one_of(char byte, const char *set)
{
    return byte != '\0' && strchr(set, byte) != NULL;
}

/* Of a query's name and value, and of a token (RFC 3986 §2.3, RFC 7515 §2). */
static bool is_word(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || is_one_of(byte, "-._~%+");
}

static size_t word_size(const char *text, size_t size)
{
    size_t i = 0;
    while (i < size && is_word(text[i])) i++;
    return i;
}

static bool has_part(const char *text, size_t size, const char *part)
{
    const size_t part_size = strlen(part);
    for (size_t i = 0; i + part_size <= size; i++)
        if (strncasecmp(text + i, part, part_size) == 0) return true;
    return false;
}

static bool is_secret_name(const char *name, size_t size)
{
    static const char *const parts[] = {"token", "key",     "auth",       "secret", "pass",  "jwt",
                                        "sig",   "session", "credential", "code",   "ticket"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (has_part(name, size, parts[i])) return true;
    return false;
}

/* "?token=VALUE" or "&token=VALUE".  Returns: the bytes up to the value; 0: it is none. */
static size_t secret_parameter(const char *text, size_t size)
{
    if (!is_one_of(text[0], "?&")) return 0;
    const size_t name_size = word_size(text + 1, size - 1);
    if (1 + name_size >= size || text[1 + name_size] != '=') return 0;
    return is_secret_name(text + 1, name_size) ? name_size + 2 : 0;
}

static size_t value_size(const char *text, size_t size)
{
    size_t i = 0;
    while (i < size && text[i] > ' ' && !is_one_of(text[i], "&#\"'<>)")) i++;
    return i;
}

/* The base64 of a JSON object begins with "eyJ". */
static bool is_jwt(const char *word, size_t size)
{
    return size >= JWT_SIZE_MIN && strncmp(word, "eyJ", 3) == 0;
}

void doctor_mask_text(const char *text, size_t size, char *out_text, size_t out_size)
{
    output out = {.text = out_text, .size_max = out_size};
    out_text[0] = '\0';
    size_t i = 0;
    while (i < size) {
        const size_t name_size = secret_parameter(text + i, size - i);
        if (name_size > 0) {
            put(&out, text + i, name_size);
            put(&out, mask, sizeof mask - 1);
            i += name_size + value_size(text + i + name_size, size - i - name_size);
            continue;
        }
        const size_t word = word_size(text + i, size - i);
        if (is_jwt(text + i, word)) {
            put(&out, mask, sizeof mask - 1);
        } else {
            put(&out, text + i, word > 0 ? word : 1);
        }
        i += word > 0 ? word : 1;
    }
}

static bool is_secret_field(const char *name, size_t size)
{
    static const char *const parts[] = {"authorization", "cookie",  "token", "secret",
                                        "password",      "api-key", "apikey"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (has_part(name, size, parts[i])) return true;
    return false;
}

/* "Authorization: Bearer ": what is no secret in a field. */
static size_t plain_size(const char *line, size_t size, size_t name_size)
{
    size_t i = name_size + 1;
    while (i < size && line[i] == ' ') i++;
    if (!has_part(line, name_size, "authorization")) return i;
    const size_t scheme = word_size(line + i, size - i);
    const bool has_scheme = i + scheme < size && line[i + scheme] == ' ';
    return has_scheme ? i + scheme + 1 : i;
}

void doctor_mask_line(const char *line, size_t size, char *out_text, size_t out_size)
{
    const char *colon = memchr(line, ':', size);
    const size_t name_size = colon ? (size_t)(colon - line) : 0;
    const bool is_field = word_size(line, name_size) == name_size; /* and no request line */
    if (!is_field || !is_secret_field(line, name_size)) {
        doctor_mask_text(line, size, out_text, out_size);
        return;
    }
    output out = {.text = out_text, .size_max = out_size};
    put(&out, line, plain_size(line, size, name_size));
    put(&out, mask, sizeof mask - 1);
}
