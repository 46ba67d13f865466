/* SPDX-License-Identifier: MIT */
/* The handler writes the signal's number into a socket pair whose other end is a descriptor of the
 * loop like any other. */
#include "loop/signal.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "loop/state.h"

static const int taken[] = {SIGINT, SIGTERM, SIGPIPE};
enum { TAKEN_COUNT = sizeof taken / sizeof *taken };

struct hws_signals {
    hws_io io; /* first */
    void (*on_signal)(int signal, void *user);
    void *user;
    struct sigaction before[TAKEN_COUNT];
};

/* Signals belong to the process, so this does, too. */
static atomic_bool is_open;
static atomic_int write_fd;
static atomic_int handlers_running;
static pid_t owner; /* written before the handlers are installed */

static void remember(int signal)
{
    const int error = errno;
    atomic_fetch_add(&handlers_running, 1);
    const uint8_t number = (uint8_t)signal;
    const int fd = atomic_load(&write_fd);
    /* A forked child shares the socket, but its signals are not ours.  A full socket has told of
     * enough signals. */
    if (fd >= 0 && getpid() == owner) send(fd, &number, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    atomic_fetch_sub(&handlers_running, 1);
    errno = error;
}

static void on_receive(hws_io *io, hws_span bytes, int error)
{
    const hws_signals *signals = (hws_signals *)io;
    (void)error;
    for (size_t i = 0; i < bytes.size; i++) {
        signals->on_signal(bytes.data[i], signals->user);
        if (hws_io_is(io, HWS_IO_CLOSES)) return; /* by the call */
    }
}

static void on_close(hws_io *io)
{
    hws_memory_free(hws_loop_memory(io->loop), io, sizeof(hws_signals));
}

static const hws_io_handler handler = {.on_receive = on_receive, .on_close = on_close};

static void install(hws_signals *signals)
{
    struct sigaction action = {.sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < TAKEN_COUNT; i++) {
        action.sa_handler = taken[i] == SIGPIPE ? SIG_IGN : remember;
        sigaction(taken[i], &action, &signals->before[i]);
    }
}

static hws_status open_pair(hws_signals *signals, hws_loop *loop)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
        return HWS_ERR_SYSTEM;
    if (hws_io_open(&signals->io, loop, pair[0], &handler) < HWS_OK) {
        const int error = errno;
        close(pair[0]);
        close(pair[1]);
        errno = error;
        return HWS_ERR_SYSTEM;
    }
    hws_io_receive(&signals->io, true);
    atomic_store(&write_fd, pair[1]);
    return HWS_OK;
}

hws_status hws_signals_open(hws_loop *loop, void (*on_signal)(int signal, void *user), void *user,
                            hws_signals **out)
{
    if (atomic_exchange(&is_open, true)) return HWS_ERR_INVALID_ARGUMENT;
    const hws_memory *memory = hws_loop_memory(loop);
    hws_signals *signals = hws_memory_new_zeroed(memory, sizeof *signals);
    const hws_status status = signals ? open_pair(signals, loop) : HWS_ERR_NO_MEMORY;
    if (status < HWS_OK) {
        hws_memory_free(memory, signals, sizeof *signals);
        atomic_store(&is_open, false);
        return status;
    }
    signals->on_signal = on_signal;
    signals->user = user;
    owner = getpid();
    install(signals);
    *out = signals;
    return HWS_OK;
}

void hws_signals_close(hws_signals *signals)
{
    for (size_t i = 0; i < TAKEN_COUNT; i++) sigaction(taken[i], &signals->before[i], NULL);
    /* A handler may still be running on another thread. */
    const int fd = atomic_exchange(&write_fd, -1);
    while (atomic_load(&handlers_running) > 0) sched_yield();
    close(fd);
    hws_io_close(&signals->io, false);
    atomic_store(&is_open, false);
}
