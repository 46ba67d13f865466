/* SPDX-License-Identifier: MIT */
/* A thread of the library's own to turn a loop in. */
#include <errno.h>
#include <signal.h>

#include "loop/state.h"

static void *turn(void *user)
{
    /* It only ends by hws_loop_stop, or by a kernel that answers nonsense: nobody could be told. */
    (void)!hws_loop_run(user);
    return NULL;
}

/* Signals are for the program's threads: they would interrupt ours for nothing. */
static int create(pthread_t *thread, hws_loop *loop)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int error = pthread_create(thread, NULL, turn, loop);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

hws_status hws_loop_start(hws_loop *loop)
{
    if (loop->started || loop->in_turn) return HWS_ERR_INVALID_ARGUMENT;
    const int error = create(&loop->runner, loop);
    if (error != 0) {
        errno = error;
        return HWS_ERR_SYSTEM;
    }
    loop->started = true;
    /* From here on the caller is not on the loop's thread, whether that has begun or not. */
    atomic_store(&loop->thread, loop->runner);
    return HWS_OK;
}

void hws_loop_join(hws_loop *loop)
{
    if (!loop->started) return;
    hws_loop_stop(loop);
    pthread_join(loop->runner, NULL);
    loop->started = false;
    atomic_store(&loop->thread, pthread_self());
}
