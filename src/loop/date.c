/* SPDX-License-Identifier: MIT */
/* The date of HTTP answers: "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 §5.6.7), whatever the locale
 * says. */
#include <string.h>
#include <time.h>

#include "loop/state.h"

static void put_name(char *to, const char *names, int index)
{
    memcpy(to, names + (ptrdiff_t)index * 3, 3);
}

static void put_two_digits(char *to, int value)
{
    to[0] = (char)('0' + value / 10 % 10);
    to[1] = (char)('0' + value % 10);
}

static void format(char date[HWS_HTTP_DATE_SIZE + 1], const struct tm *at)
{
    memcpy(date, "Sun, 00 Jan 0000 00:00:00 GMT", HWS_HTTP_DATE_SIZE + 1);
    put_name(date, "SunMonTueWedThuFriSat", at->tm_wday);
    put_two_digits(date + 5, at->tm_mday);
    put_name(date + 8, "JanFebMarAprMayJunJulAugSepOctNovDec", at->tm_mon);
    put_two_digits(date + 12, (at->tm_year + 1900) / 100);
    put_two_digits(date + 14, at->tm_year % 100);
    put_two_digits(date + 17, at->tm_hour);
    put_two_digits(date + 20, at->tm_min);
    put_two_digits(date + 23, at->tm_sec);
}

void hws_http_date_write(int64_t second, char date[HWS_HTTP_DATE_SIZE + 1])
{
    const time_t moment = second;
    struct tm at;
    gmtime_r(&moment, &at);
    format(date, &at);
}

const char *hws_loop_http_date(hws_loop *loop)
{
    const time_t second = time(NULL);
    if (second != loop->date_second) {
        hws_http_date_write(second, loop->date);
        loop->date_second = second;
    }
    return loop->date;
}
