/* SPDX-License-Identifier: MIT */
/* What a person types into hawser connect: a text to send, or a command behind a slash. */
#ifndef HAWSER_CMD_CONNECT_COMMAND_H
#define HAWSER_CMD_CONNECT_COMMAND_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { CONNECT_CODE_DEFAULT = 1000 };

typedef enum connect_command_type {
    CONNECT_SEND,   /* text */
    CONNECT_BINARY, /* text, overwritten with `size` bytes */
    CONNECT_PING,   /* text */
    CONNECT_CLOSE,  /* code, text: the reason */
    CONNECT_HELP,
    CONNECT_QUIT,
    CONNECT_WRONG, /* text: what is wrong, and what to write; static */
} connect_command_type;

typedef struct connect_command {
    connect_command_type type;
    const char *text; /* within the line; "" for none */
    size_t size;      /* bytes of it */
    int code;
} connect_command;

/* Reads a line that has no newline; it may be overwritten.  It lives as long as the answer. */
connect_command connect_command_read(char *line);

/* One line for each command. */
void connect_command_help(FILE *file, const char *line_begin);

#endif /* HAWSER_CMD_CONNECT_COMMAND_H */
