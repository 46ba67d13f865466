/* SPDX-License-Identifier: MIT */
#include "cmd/access_token.h"

#include <string.h>
#include <sys/stat.h>

#include "cmd/options.h"

/* Three parts in base64url (RFC 7515 §7.1), which go into JSON as they are. */
static bool is_token(const char *text)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    for (int part = 1; part <= 3; part++) {
        const size_t size = strspn(text, letters);
        if (size == 0 || text[size] != (part < 3 ? '.' : '\0')) return false;
        text += size + 1;
    }
    return true;
}

bool access_token_read(const char *command, access_token *it)
{
    if (it->given && it->file) {
        options_complain(command, "choose one of --token and --token-file");
        return false;
    }
    if (it->file && !secret_file_read(command, "token-file", it->file, it->secret)) return false;
    it->text = it->file ? it->secret : it->given;
    if (!it->text || (strlen(it->text) < SECRET_FILE_SIZE_MAX && is_token(it->text))) return true;
    options_complain(command, "--%s: that is no token; hawser token makes one",
                     it->file ? "token-file" : "token");
    return false;
}

bool access_token_renew(const char *command, access_token *it)
{
    struct stat found;
    if (!it->file || (stat(it->file, &found) == 0 && !S_ISREG(found.st_mode))) return true;
    return access_token_read(command, it);
}
