/* SPDX-License-Identifier: MIT */
/* What a call can answer: success, or the one reason why not. */
#ifndef HAWSER_STATUS_H
#define HAWSER_STATUS_H

#include "hawser/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, value, close code, HTTP status, text)
 *
 * Values are ABI: never renumbered, never reused; successes are not negative.
 * The close code is what the peer is told (RFC 6455 §7.4.1) when this failure
 * ends an open connection; the HTTP status what it is told when the failure
 * ends a request or an opening handshake. */
#define HWS_STATUS_MAP(X)                                                                          \
    X(OK, 0, 1000, 200, "success")                                                                 \
    X(BUFFERED, 1, 1000, 200, "accepted, and waiting for the network")                             \
    /* Calls. */                                                                                   \
    X(ERR_NO_MEMORY, -1, 1011, 503, "out of memory")                                               \
    X(ERR_INVALID_ARGUMENT, -2, 1011, 500, "invalid argument")                                     \
    X(ERR_NOT_OPEN, -3, 1011, 500, "the connection is not open")                                   \
    X(ERR_QUEUE_FULL, -4, 1008, 503, "the peer reads too slowly: its send queue is full")          \
    X(ERR_SYSTEM, -5, 1011, 500, "the operating system refused")                                   \
    X(ERR_NOT_FOUND, -6, 1011, 404, "not found")                                                   \
    X(ERR_LIMIT, -7, 1013, 503, "a limit of this server is reached")                               \
    X(ERR_SHUTTING_DOWN, -8, 1001, 503, "going away")                                              \
    X(ERR_RANDOM, -9, 1011, 500, "no random bytes to be had")                                      \
    /* Addresses and sockets. */                                                                   \
    X(ERR_ADDRESS, -10, 1011, 500, "not an address that can be listened on")                       \
    X(ERR_ADDRESS_IN_USE, -11, 1011, 500, "the address is in use")                                 \
    X(ERR_PERMISSION, -12, 1011, 403, "permission denied")                                         \
    X(ERR_CONNECTION_LOST, -13, 1006, 400, "the connection ended without a Close frame")           \
    X(ERR_CONNECTION_RESET, -14, 1006, 400, "the connection was reset")                            \
    X(ERR_SEND_TIMEOUT, -15, 1006, 408, "the peer stopped reading")                                \
    X(ERR_TIMEOUT, -16, 1011, 504, "not in time")                                                  \
    X(ERR_ADDRESS_COUNT, -17, 1013, 429, "too many connections from one address")                  \
    X(ERR_ADDRESS_RATE, -18, 1013, 429, "connections from one address come too fast")              \
    X(ERR_CONNECTION_RATE, -19, 1013, 503, "connections come too fast")                            \
    /* Frames, RFC 6455 §5. */                                                                    \
    X(ERR_FRAME_RSV, -20, 1002, 400, "reserved bit that no extension claimed")                     \
    X(ERR_FRAME_OPCODE, -21, 1002, 400, "reserved opcode")                                         \
    X(ERR_FRAME_CONTROL, -22, 1002, 400, "control frame fragmented or over 125 bytes")             \
    X(ERR_FRAME_MASK, -23, 1002, 400, "client frame unmasked, or server frame masked")             \
    X(ERR_FRAME_LENGTH, -24, 1002, 400, "length not in its shortest form, or over 2^63-1")         \
    /* Messages. */                                                                                \
    X(ERR_MESSAGE_SEQUENCE, -30, 1002, 400, "fragment out of sequence")                            \
    X(ERR_MESSAGE_TOO_BIG, -31, 1009, 413, "message over the size limit")                          \
    X(ERR_MESSAGE_FRAGMENTS, -32, 1008, 400, "message in too many fragments")                      \
    X(ERR_MESSAGE_TIMEOUT, -33, 1008, 408, "message took too long to arrive")                      \
    X(ERR_INFLATION, -34, 1008, 400, "compressed data that is far too much, for too long")         \
    X(ERR_UTF8, -35, 1007, 400, "text that is not UTF-8")                                          \
    X(ERR_CONTROL_RATE, -36, 1008, 400, "too many control frames")                                 \
    X(ERR_MESSAGE_RATE, -37, 1008, 429, "messages come too fast")                                  \
    X(ERR_MEMORY_SHED, -38, 1013, 503, "closed to spare the memory of this server")                \
    X(ERR_DEFLATE, -39, 1007, 400, "compressed data that does not inflate")                        \
    /* Closing and keepalive. */                                                                   \
    X(ERR_CLOSE_BODY, -40, 1002, 400, "Close frame with a body of one byte")                       \
    X(ERR_CLOSE_CODE, -41, 1002, 400, "close code that may not be sent")                           \
    X(ERR_CLOSE_TIMEOUT, -42, 1006, 408, "no answer to the Close frame")                           \
    X(ERR_PONG_TIMEOUT, -43, 1006, 408, "no answer to a ping")                                     \
    /* URLs. */                                                                                    \
    X(ERR_URL_SCHEME, -50, 1011, 400, "URL scheme is not ws, wss, http or https")                  \
    X(ERR_URL_HOST, -51, 1011, 400, "URL without a valid host")                                    \
    X(ERR_URL_PORT, -52, 1011, 400, "URL port is not a number from 1 to 65535")                    \
    X(ERR_URL_USERINFO, -53, 1011, 400, "URL with a user name or password")                        \
    X(ERR_URL_FRAGMENT, -54, 1011, 400, "URL with a fragment")                                     \
    X(ERR_URL_PATH, -55, 1011, 400, "URL path or query with a character that must be escaped")     \
    X(ERR_URL_TOO_LONG, -56, 1011, 414, "URL over 8192 bytes")                                     \
    /* HTTP. */                                                                                    \
    X(ERR_HTTP_SYNTAX, -60, 1002, 400, "malformed HTTP")                                           \
    X(ERR_HTTP_METHOD, -61, 1002, 501, "HTTP method not implemented")                              \
    X(ERR_HTTP_VERSION, -62, 1002, 505, "HTTP version not supported")                              \
    X(ERR_HTTP_URI_TOO_LONG, -63, 1002, 414, "HTTP request target too long")                       \
    X(ERR_HTTP_HEAD_TOO_BIG, -64, 1002, 431, "HTTP header fields too large or too many")           \
    X(ERR_HTTP_HOST, -65, 1002, 400, "HTTP Host missing, repeated or invalid")                     \
    X(ERR_HTTP_FRAMING, -66, 1002, 400, "HTTP body of an ambiguous length")                        \
    X(ERR_HTTP_TRANSFER_CODING, -67, 1002, 501, "HTTP transfer coding not implemented")            \
    X(ERR_HTTP_BODY_TOO_BIG, -68, 1009, 413, "HTTP body over the limit")                           \
    X(ERR_HTTP_TIMEOUT, -69, 1008, 408, "HTTP request took too long to arrive")                    \
    X(ERR_HTTP_EXPECTATION, -70, 1002, 417, "HTTP expectation that cannot be met")                 \
    X(ERR_HTTP_METHOD_NOT_ALLOWED, -71, 1002, 405, "HTTP method not allowed here")                 \
    X(ERR_HTTP_DUPLICATE, -72, 1002, 400, "HTTP field repeated that may stand once")               \
    /* The opening handshake, RFC 6455 §4. */                                                     \
    X(ERR_HANDSHAKE_UPGRADE, -80, 1002, 426, "no Upgrade to websocket")                            \
    X(ERR_HANDSHAKE_CONNECTION, -81, 1002, 400, "Connection does not name Upgrade")                \
    X(ERR_HANDSHAKE_KEY, -82, 1002, 400, "Sec-WebSocket-Key is not 16 bytes of base64")            \
    X(ERR_HANDSHAKE_VERSION, -83, 1002, 426, "Sec-WebSocket-Version is not 13")                    \
    X(ERR_HANDSHAKE_ORIGIN, -84, 1008, 403, "origin not allowed")                                  \
    X(ERR_HANDSHAKE_PROTOCOL, -85, 1002, 400, "malformed or unknown subprotocol")                  \
    X(ERR_HANDSHAKE_EXTENSION, -86, 1010, 400, "malformed or unknown extension")                   \
    X(ERR_HANDSHAKE_STATUS, -87, 1002, 502, "the server did not switch protocols")                 \
    X(ERR_HANDSHAKE_ACCEPT, -88, 1002, 502, "Sec-WebSocket-Accept does not match the key")         \
    X(ERR_HANDSHAKE_BODY, -89, 1002, 400, "opening handshake with a body")                         \
    X(ERR_HANDSHAKE_TIMEOUT, -90, 1008, 504, "opening handshake took too long")                    \
    X(ERR_HANDSHAKE_HTTP, -91, 1002, 400, "opening handshake over HTTP/1.0")                       \
    X(ERR_HANDSHAKE_NO_VERSION, -92, 1002, 400, "Sec-WebSocket-Version missing")                   \
    X(ERR_REDIRECT, -93, 1011, 502, "redirected too often, or from wss to ws")                     \
    /* Connecting. */                                                                              \
    X(ERR_NAME, -100, 1006, 502, "host name not found")                                            \
    X(ERR_NAME_TEMPORARY, -101, 1006, 504, "host name could not be looked up")                     \
    X(ERR_CONNECT_REFUSED, -102, 1006, 502, "connection refused")                                  \
    X(ERR_CONNECT_UNREACHABLE, -103, 1006, 502, "host unreachable")                                \
    X(ERR_CONNECT_TIMEOUT, -104, 1006, 504, "connecting took too long")                            \
    X(ERR_PROXY, -105, 1006, 502, "the proxy did not open the way")                                \
    X(ERR_PROXY_AUTHENTICATION, -106, 1006, 502, "the proxy wants other credentials")              \
    X(ERR_PROXY_PROTOCOL, -107, 1006, 502, "the proxy does not speak its protocol")                \
    X(ERR_PROXY_HEADER, -108, 1002, 400, "no header of the PROXY protocol, or a broken one")      \
    /* TLS. */                                                                                     \
    X(ERR_TLS, -110, 1015, 502, "TLS failed")                                                      \
    X(ERR_TLS_UNTRUSTED, -111, 1015, 502, "certificate of an unknown authority")                   \
    X(ERR_TLS_EXPIRED, -112, 1015, 502, "certificate expired or not valid yet")                    \
    X(ERR_TLS_NAME, -113, 1015, 502, "certificate for another host name")                          \
    X(ERR_TLS_CERTIFICATE, -114, 1015, 502, "certificate that cannot be accepted")                 \
    X(ERR_TLS_NOT_TLS, -115, 1015, 502, "the peer does not speak TLS")                             \
    X(ERR_TLS_REFUSED, -116, 1015, 502, "the peer refused the TLS handshake")                      \
    X(ERR_TLS_FILE, -117, 1015, 500, "certificate, key or authorities that cannot be used")        \
    X(ERR_TLS_RATE, -118, 1008, 400, "too many TLS key updates or empty records")                  \
    /* The kernel. */                                                                              \
    X(ERR_BACKEND, -120, 1011, 500, "the kernel refuses this backend, or nobody built it")

typedef enum hws_status {
#define HWS_STATUS_ENUM(name, value, close_code, http_status, text) HWS_##name = (value),
    HWS_STATUS_MAP(HWS_STATUS_ENUM)
#undef HWS_STATUS_ENUM
} hws_status;

/* The text of `status`: lower case, no full stop, static.  Never NULL. */
HWS_API const char *hws_status_text(hws_status status);

/* The close code to send when `status` ends a connection. */
HWS_API int hws_status_close_code(hws_status status);

/* The HTTP status to answer when `status` ends a request. */
HWS_API int hws_status_http(hws_status status);

#ifdef __cplusplus
}
#endif

#endif /* HAWSER_STATUS_H */
