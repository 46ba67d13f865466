/* SPDX-License-Identifier: MIT */
#include "cmd/keys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool complain(const char *command, const char *option, const char *path, const char *why)
{
    options_complain(command, "--%s: %.200s: %s", option, path, why);
    return false;
}

/* One byte more than there may be, to see that there is more, and a zero. */
enum { BLOCK_SIZE = KEY_FILE_SIZE_MAX + 2 };

static size_t without_line_break(const char *text, size_t size)
{
    if (size > 0 && text[size - 1] == '\n') size--;
    if (size > 0 && text[size - 1] == '\r') size--;
    return size;
}

bool key_file_read(const char *command, const char *option, const char *path, key_file *it)
{
    FILE *file = fopen(path, "re");
    if (!file) return complain(command, option, path, strerror(errno));
    setvbuf(file, NULL, _IONBF, 0); /* a buffer would keep it */
    it->text = calloc(1, BLOCK_SIZE);
    const size_t size = it->text ? fread(it->text, 1, KEY_FILE_SIZE_MAX + 1, file) : 0;
    const bool is_read = it->text && !ferror(file);
    fclose(file);
    it->size = is_read ? without_line_break(it->text, size) : 0;
    if (it->text) it->text[it->size] = '\0';
    if (is_read && size <= KEY_FILE_SIZE_MAX && it->size > 0) return true;
    const char *why = "it cannot be read";
    if (is_read) why = it->size == 0 ? "it is empty" : "it is larger than 16 KiB";
    key_file_wipe(it);
    return complain(command, option, path, why);
}

void key_file_wipe(key_file *it)
{
    if (it->text) explicit_bzero(it->text, BLOCK_SIZE);
    free(it->text);
    *it = (key_file){.text = NULL};
}

/* "2026=/etc/keys/new.pem": what stands before "=" is no path, as it has no "/". */
static const char *split_id(const char *text, char id[HWS_KEY_ID_SIZE_MAX + 1])
{
    const size_t size = strcspn(text, "=/");
    id[0] = '\0';
    if (text[size] != '=' || size == 0 || size > HWS_KEY_ID_SIZE_MAX) return text;
    memcpy(id, text, size);
    id[size] = '\0';
    return text + size + 1;
}

bool keys_read(const char *command, const option_texts *paths, keys *it)
{
    it->count = 0;
    if (paths->count > HWS_TOKEN_KEY_MAX) {
        options_complain(command, "--token-key may be given %d times at most", HWS_TOKEN_KEY_MAX);
        return false;
    }
    for (size_t i = 0; i < paths->count; i++) {
        const char *path = split_id(paths->text[i], it->ids[i]);
        if (!key_file_read(command, "token-key", path, &it->files[i])) return false;
        it->list[i] = (hws_token_key){
            .id = it->ids[i][0] != '\0' ? it->ids[i] : NULL,
            .text = {it->files[i].text, it->files[i].size},
        };
        it->count++;
    }
    return true;
}

void keys_wipe(keys *it)
{
    for (size_t i = 0; i < HWS_TOKEN_KEY_MAX; i++) key_file_wipe(&it->files[i]);
}
