/* SPDX-License-Identifier: MIT */
#include "cmd/secret_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/options.h"

bool secret_file_read(const char *command, const char *option, const char *path,
                      char secret[SECRET_FILE_SIZE_MAX])
{
    FILE *file = fopen(path, "re");
    if (!file) {
        options_complain(command, "--%s: cannot open %s: %s", option, path, strerror(errno));
        return false;
    }
    const size_t size = fread(secret, 1, SECRET_FILE_SIZE_MAX, file);
    const bool failed = ferror(file);
    fclose(file);
    if (failed || size == SECRET_FILE_SIZE_MAX) {
        options_complain(command, "--%s: cannot use %s: %s", option, path,
                         failed ? "it cannot be read" : "it is too large");
        return false;
    }
    secret[size] = '\0';
    secret[strcspn(secret, "\r\n")] = '\0';
    if (secret[0] != '\0') return true;
    options_complain(command, "--%s: the first line of %s is empty", option, path);
    return false;
}
