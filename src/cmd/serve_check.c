/* SPDX-License-Identifier: MIT */
#include "cmd/serve_check.h"

#include <stdio.h>
#include <string.h>

#include "hawser/url.h"

static bool begins_with(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool check_word(const char *command, const char *word, size_t word_size, option_list *free)
{
    hws_url url;
    const hws_status status = hws_url_parse_listen((hws_text){word, word_size}, &url);
    if (status != HWS_OK) {
        options_complain(command, "--listen: %.*s: %s", (int)word_size, word,
                         hws_status_text(status));
        return false;
    }
    char text[320];
    size_t size = 0;
    url.port = 0;
    if (hws_url_write(&url, text, sizeof text - 1, &size) != HWS_OK) return false;
    text[size] = '\0';
    const size_t used = strlen(free->text);
    snprintf(free->text + used, sizeof free->text - used, "%s%s", used > 0 ? " " : "", text);
    return true;
}

bool serve_check_listen(const char *command, const char *listen, option_list *free)
{
    free->text[0] = '\0';
    for (const char *word = listen; word[0] != '\0';) {
        const size_t size = strcspn(word, " ");
        const bool is_elsewhere = begins_with(word, "unix:") || begins_with(word, "fd:") ||
                                  begins_with(word, "https+fd:");
        if (!is_elsewhere && !check_word(command, word, size, free)) return false;
        word += size + (word[size] == ' ');
    }
    return true;
}
