/* SPDX-License-Identifier: MIT */
#include "net/tls_line.h"

#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>

void hws_tls_say(hws_tls_line line, const char *format, ...)
{
    if (!line.text || line.size == 0) return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line.text, line.size, format, arguments);
    va_end(arguments);
}

const char *hws_tls_last_reason(void)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return reason ? reason : "OpenSSL does not say why";
}
