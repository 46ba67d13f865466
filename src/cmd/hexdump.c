/* SPDX-License-Identifier: MIT */
/* Bytes for people: sixteen a line, with their offset, in hexadecimal digits and as ASCII. */
#include "cmd/hexdump.h"

enum { LINE_SIZE = 16 };

static void write_line(FILE *file, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < LINE_SIZE; i++) {
        if (i == LINE_SIZE / 2) fputc(' ', file);
        if (i < size)
            fprintf(file, " %02x", bytes[i]);
        else
            fputs("   ", file);
    }
    fputs("  |", file);
    for (size_t i = 0; i < size; i++)
        fputc(bytes[i] >= ' ' && bytes[i] <= '~' ? bytes[i] : '.', file);
    fputs("|\n", file);
}

void hexdump_write(FILE *file, const uint8_t *bytes, size_t size, const char *line_begin)
{
    for (size_t at = 0; at < size; at += LINE_SIZE) {
        const size_t left = size - at;
        fprintf(file, "%s%08zx ", line_begin, at);
        write_line(file, bytes + at, left < LINE_SIZE ? left : LINE_SIZE);
    }
}

static int digit(char character)
{
    if (character >= '0' && character <= '9') return character - '0';
    if (character >= 'a' && character <= 'f') return character - 'a' + 10;
    if (character >= 'A' && character <= 'F') return character - 'A' + 10;
    return -1;
}

bool hexdump_read(const char *text, uint8_t *bytes, size_t *size)
{
    size_t count = 0;
    while (*text != '\0') {
        if (*text == ' ') {
            text++;
            continue;
        }
        const int high = digit(text[0]);
        const int low = high < 0 ? -1 : digit(text[1]);
        if (low < 0) return false;
        bytes[count++] = (uint8_t)(high << 4 | low);
        text += 2;
    }
    *size = count;
    return true;
}
