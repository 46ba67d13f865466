/* SPDX-License-Identifier: MIT */
/* wslay over epoll: an echo, and a broadcast to all the others.  Prints its port. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wslay/wslay.h>

typedef struct peer {
    int fd;
    bool is_open;
    bool hears;
    bool wants_out;
    struct peer *next;
    struct peer *previous;
    wslay_event_context_ptr context;
    size_t head_size;
    char head[2048];
} peer;

static int epoll;
static peer *listeners;

static void watch(peer *it, int operation, bool out)
{
    struct epoll_event event = {.events = EPOLLIN | (out ? (uint32_t)EPOLLOUT : 0), .data.ptr = it};
    epoll_ctl(epoll, operation, it->fd, &event);
    it->wants_out = out;
}

static ssize_t on_recv(wslay_event_context_ptr context, uint8_t *bytes, size_t size, int flags,
                       void *user)
{
    (void)flags;
    const peer *it = user;
    const ssize_t got = recv(it->fd, bytes, size, 0);
    if (got > 0) return got;
    wslay_event_set_error(context, got < 0 && errno == EAGAIN ? WSLAY_ERR_WOULDBLOCK
                                                              : WSLAY_ERR_CALLBACK_FAILURE);
    return -1;
}

static ssize_t on_send(wslay_event_context_ptr context, const uint8_t *bytes, size_t size,
                       int flags, void *user)
{
    const peer *it = user;
    const ssize_t sent =
        send(it->fd, bytes, size, MSG_NOSIGNAL | (flags & WSLAY_MSG_MORE ? MSG_MORE : 0));
    if (sent >= 0) return sent;
    wslay_event_set_error(context,
                          errno == EAGAIN ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
    return -1;
}

static void flush(peer *it)
{
    (void)wslay_event_send(it->context);
    const bool out = wslay_event_want_write(it->context);
    if (out != it->wants_out) watch(it, EPOLL_CTL_MOD, out);
}

static void on_message(wslay_event_context_ptr context,
                       const struct wslay_event_on_msg_recv_arg *arg, void *user)
{
    const peer *it = user;
    if (wslay_is_ctrl_frame(arg->opcode)) return;
    const struct wslay_event_msg message = {arg->opcode, arg->msg, arg->msg_length};
    if (!it->hears) wslay_event_queue_msg(context, &message);
    for (peer *to = it->hears ? listeners : NULL; to; to = to->next) {
        if (to == it) continue;
        wslay_event_queue_msg(to->context, &message);
        flush(to);
    }
}

static void end(peer *it)
{
    if (it->hears) {
        if (it->previous)
            it->previous->next = it->next;
        else
            listeners = it->next;
        if (it->next) it->next->previous = it->previous;
    }
    if (it->context) wslay_event_context_free(it->context);
    close(it->fd);
    free(it);
}

/* The key is where the load has it: this is no HTTP server. */
static bool shake_hands(peer *it)
{
    const ssize_t got =
        recv(it->fd, it->head + it->head_size, sizeof it->head - 1 - it->head_size, 0);
    if (got <= 0) return got < 0 && errno == EAGAIN;
    it->head_size += (size_t)got;
    it->head[it->head_size] = '\0';
    if (!strstr(it->head, "\r\n\r\n")) return it->head_size < sizeof it->head - 1;
    const char *key = strcasestr(it->head, "Sec-WebSocket-Key:");
    if (!key) return false;
    key += strlen("Sec-WebSocket-Key:");
    key += strspn(key, " ");
    char text[64 + 40];
    const int size = snprintf(text, sizeof text, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    unsigned char digest[SHA_DIGEST_LENGTH];
    unsigned char accept[32];
    SHA1((const unsigned char *)text, (size_t)size, digest);
    EVP_EncodeBlock(accept, digest, sizeof digest);
    char answer[256];
    const int answer_size = snprintf(answer, sizeof answer,
                                     "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                     "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                                     accept);
    if (send(it->fd, answer, (size_t)answer_size, MSG_NOSIGNAL) != answer_size) return false;
    it->is_open = true;
    it->hears = strncmp(it->head, "GET /broadcast ", 15) == 0;
    if (it->hears) {
        it->next = listeners;
        if (listeners) listeners->previous = it;
        listeners = it;
    }
    const struct wslay_event_callbacks calls = {
        .recv_callback = on_recv, .send_callback = on_send, .on_msg_recv_callback = on_message};
    if (wslay_event_context_server_init(&it->context, &calls, it) != 0) return false;
    wslay_event_config_set_max_recv_msg_length(it->context, 64 << 20);
    return true;
}

static bool serve(peer *it, uint32_t events)
{
    if (!it->is_open) return shake_hands(it);
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR) && wslay_event_recv(it->context) != 0)
        return false;
    flush(it);
    return wslay_event_want_read(it->context) || wslay_event_want_write(it->context);
}

int main(void)
{
    const struct sockaddr_in any = {.sin_family = AF_INET,
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in bound;
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    epoll = epoll_create1(0);
    if (bind(listener, (const struct sockaddr *)&any, sizeof any) < 0 ||
        listen(listener, 4096) < 0 ||
        getsockname(listener, (struct sockaddr *)&bound, &(socklen_t){sizeof bound}) < 0)
        return 1;
    printf("%d\n", ntohs(bound.sin_port));
    fflush(stdout);
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &(struct epoll_event){.events = EPOLLIN});
    for (;;) {
        struct epoll_event events[256];
        const int count = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < count; i++) {
            peer *it = events[i].data.ptr;
            if (it) {
                if (!serve(it, events[i].events)) end(it);
                continue;
            }
            it = calloc(1, sizeof *it);
            if (!it) return 1;
            it->fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
            setsockopt(it->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
            watch(it, EPOLL_CTL_ADD, false);
        }
    }
}
