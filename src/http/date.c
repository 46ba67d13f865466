/* SPDX-License-Identifier: MIT */
/* Each form is a pattern; a letter of it takes a part of the date, anything else stands for
 * itself:
 *
 *     w   a day of the week, of three letters     d   two digits of a day
 *     W   the same written out                    D   the same, a space for a leading zero
 *     m   a month, of three letters               Y   four digits of a year
 *     t   hh:mm:ss                                y   the last two of them */
#include "http/date.h"

#include <string.h>
#include <time.h>

static const char *const PATTERNS[] = {"w, d m Y t GMT", "W, d-m-y t GMT", "w m D t Y"};

static bool take_text(hws_text *text, const char *expected)
{
    const size_t size = strlen(expected);
    if (text->size < size || memcmp(text->data, expected, size) != 0) return false;
    text->data += size;
    text->size -= size;
    return true;
}

/* One of `count` names: the whole of it, or its first three letters. */
static bool take_name(hws_text *text, const char *const *names, int count, bool whole, int *index)
{
    for (int i = 0; i < count; i++) {
        char name[16] = "";
        memcpy(name, names[i], whole ? strlen(names[i]) : 3);
        if (!take_text(text, name)) continue;
        *index = i;
        return true;
    }
    return false;
}

static bool take_digits(hws_text *text, size_t count, int *number)
{
    if (text->size < count) return false;
    int value = 0;
    for (size_t i = 0; i < count; i++) {
        if (text->data[i] < '0' || text->data[i] > '9') return false;
        value = value * 10 + (text->data[i] - '0');
    }
    text->data += count;
    text->size -= count;
    *number = value;
    return true;
}

static bool take_time(hws_text *text, struct tm *at)
{
    return take_digits(text, 2, &at->tm_hour) && take_text(text, ":") &&
           take_digits(text, 2, &at->tm_min) && take_text(text, ":") &&
           take_digits(text, 2, &at->tm_sec);
}

static bool take_year(hws_text *text, struct tm *at)
{
    int year;
    if (!take_digits(text, 4, &year)) return false;
    at->tm_year = year - 1900;
    return true;
}

/* "A recipient MUST interpret a timestamp that appears to be more than 50 years in the future as
 * representing the most recent year in the past that had the same last two digits." */
static bool take_short_year(hws_text *text, int64_t now, struct tm *at)
{
    const time_t moment = now;
    struct tm today;
    int year;
    if (!take_digits(text, 2, &year) || !gmtime_r(&moment, &today)) return false;
    at->tm_year = today.tm_year - today.tm_year % 100 + year;
    if (at->tm_year > today.tm_year + 50) at->tm_year -= 100;
    return true;
}

static bool take_part(hws_text *text, char part, int64_t now, struct tm *at)
{
    static const char *const DAYS[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};
    static const char *const MONTHS[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    switch (part) {
    case 'w':
    case 'W':
        return take_name(text, DAYS, 7, part == 'W', &at->tm_wday);
    case 'm':
        return take_name(text, MONTHS, 12, false, &at->tm_mon);
    case 'd':
        return take_digits(text, 2, &at->tm_mday);
    case 'D':
        return take_text(text, " ") ? take_digits(text, 1, &at->tm_mday)
                                    : take_digits(text, 2, &at->tm_mday);
    case 'Y':
        return take_year(text, at);
    case 'y':
        return take_short_year(text, now, at);
    case 't':
        return take_time(text, at);
    default:
        return take_text(text, (const char[]){part, '\0'});
    }
}

static bool is_date(const struct tm *at)
{
    /* A second of 60 is a leap second. */
    return at->tm_mday >= 1 && at->tm_mday <= 31 && at->tm_hour < 24 && at->tm_min < 60 &&
           at->tm_sec <= 60;
}

static bool read_form(hws_text text, const char *pattern, int64_t now, struct tm *at)
{
    for (; *pattern; pattern++)
        if (!take_part(&text, *pattern, now, at)) return false;
    return text.size == 0 && is_date(at);
}

bool hws_http_date_read(hws_text text, int64_t now, int64_t *second)
{
    for (size_t i = 0; i < sizeof PATTERNS / sizeof *PATTERNS; i++) {
        struct tm at = {0};
        if (!read_form(text, PATTERNS[i], now, &at)) continue;
        *second = timegm(&at);
        return true;
    }
    return false;
}
