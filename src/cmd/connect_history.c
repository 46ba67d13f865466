/* SPDX-License-Identifier: MIT */
/* The lines that were typed in earlier sessions, in a file that nobody else may read. */
#include "cmd/connect_history.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool connect_history_path(char path[CONNECT_HISTORY_PATH_SIZE_MAX])
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    const bool has_state = state && state[0] == '/'; /* XDG: a relative one is to be ignored */
    if (!has_state && (!home || home[0] != '/')) return false;
    const int size = snprintf(path, CONNECT_HISTORY_PATH_SIZE_MAX, "%s%s/hawser/history",
                              has_state ? state : home, has_state ? "" : "/.local/state");
    return size > 0 && size < CONNECT_HISTORY_PATH_SIZE_MAX;
}

void connect_history_load(History *lines, const char *path)
{
    HistEvent event;
    (void)history(lines, &event, H_LOAD, path); /* the first session has none */
}

/* Those of `path`, from the top; what is there already stays as it is. */
static bool make_folders(const char *path)
{
    char folder[CONNECT_HISTORY_PATH_SIZE_MAX];
    snprintf(folder, sizeof folder, "%s", path);
    for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(folder, 0700) != 0 && errno != EEXIST) return false;
        *slash = '/';
    }
    return true;
}

static bool write_lines(History *lines, const char *path)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return false;
    FILE *file = fdopen(fd, "w");
    if (!file) {
        close(fd);
        return false;
    }
    HistEvent event;
    const bool is_told = history(lines, &event, H_SAVE_FP, file) >= 0;
    return fclose(file) == 0 && is_told;
}

/* A new file takes the place of the old one: two sessions that end at once leave one whole. */
bool connect_history_save(History *lines, const char *path)
{
    char fresh[CONNECT_HISTORY_PATH_SIZE_MAX + 16];
    snprintf(fresh, sizeof fresh, "%s.%ld", path, (long)getpid());
    if (!make_folders(path)) return false;
    unlink(fresh); /* of one that was killed */
    if (write_lines(lines, fresh) && rename(fresh, path) == 0) return true;
    const int why = errno;
    unlink(fresh);
    errno = why;
    return false;
}

void connect_history_add(History *lines, const char *line)
{
    HistEvent event;
    if (line[0] != '\0' && line[0] != ' ') (void)history(lines, &event, H_ENTER, line);
}
