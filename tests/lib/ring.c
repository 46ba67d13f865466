/* SPDX-License-Identifier: MIT */
#include "lib/ring.h"

#include "loop/uring.h"

typedef struct plan {
    size_t calls;
    size_t times; /* still to be answered */
    int result;
} plan;

static plan plans[RING_COUNT];
static unsigned entries_max;

void ring_answer(ring_call call, size_t times, int result)
{
    plans[call].times = times;
    plans[call].result = result;
}

void ring_shrink(unsigned entries)
{
    entries_max = entries;
}

void ring_reset(void)
{
    for (size_t i = 0; i < RING_COUNT; i++) plans[i] = (plan){0};
    entries_max = 0;
}

size_t ring_calls(ring_call call)
{
    return plans[call].calls;
}

static bool is_answered(ring_call call)
{
    plans[call].calls++;
    if (plans[call].times == 0) return false;
    plans[call].times--;
    return true;
}

/* name, parameters, arguments */
#define WRAP(name, parameters, arguments)                                                          \
    int __real_##name parameters;                                                                  \
    int __wrap_##name parameters;                                                                  \
    int __wrap_##name parameters                                                                   \
    {                                                                                              \
        if (is_answered(RING_##name)) return plans[RING_##name].result;                            \
        return __real_##name arguments;                                                            \
    }

WRAP(io_uring_register_buf_ring,
     (struct io_uring * ring, struct io_uring_buf_reg *registration, unsigned flags),
     (ring, registration, flags))
WRAP(io_uring_get_events, (struct io_uring * ring), (ring))
WRAP(io_uring_register, (unsigned fd, unsigned opcode, const void *argument, unsigned count),
     (fd, opcode, argument, count))
WRAP(io_uring_submit, (struct io_uring * ring), (ring))
WRAP(io_uring_submit_and_wait, (struct io_uring * ring, unsigned count), (ring, count))
WRAP(io_uring_submit_and_get_events, (struct io_uring * ring), (ring))

int __real_io_uring_queue_init_params(unsigned entries, struct io_uring *ring,
                                      struct io_uring_params *parameters);
int __wrap_io_uring_queue_init_params(unsigned entries, struct io_uring *ring,
                                      struct io_uring_params *parameters);
int __wrap_io_uring_queue_init_params(unsigned entries, struct io_uring *ring,
                                      struct io_uring_params *parameters)
{
    if (is_answered(RING_io_uring_queue_init_params))
        return plans[RING_io_uring_queue_init_params].result;
    if (entries_max > 0) {
        entries = entries_max;
        parameters->cq_entries = 2 * entries_max;
    }
    return __real_io_uring_queue_init_params(entries, ring, parameters);
}

struct io_uring_probe *__real_io_uring_get_probe_ring(struct io_uring *ring);
struct io_uring_probe *__wrap_io_uring_get_probe_ring(struct io_uring *ring);
struct io_uring_probe *__wrap_io_uring_get_probe_ring(struct io_uring *ring)
{
    return is_answered(RING_io_uring_get_probe_ring) ? NULL : __real_io_uring_get_probe_ring(ring);
}

/* Only what succeeded is made to fail, so that what the backend itself took back stays taken. */
static int answer(ring_call call, int result)
{
    return result >= 0 && is_answered(call) ? plans[call].result : result;
}

void __real_hws_uring_acceptable(hws_io *io, int result);
void __wrap_hws_uring_acceptable(hws_io *io, int result);
void __wrap_hws_uring_acceptable(hws_io *io, int result)
{
    __real_hws_uring_acceptable(io, answer(RING_hws_uring_acceptable, result));
}

void __real_hws_uring_received(hws_io *io, int result, unsigned flags);
void __wrap_hws_uring_received(hws_io *io, int result, unsigned flags);
void __wrap_hws_uring_received(hws_io *io, int result, unsigned flags)
{
    const int answered = answer(RING_hws_uring_received, result);
    if (answered != result) { /* a receive that failed has no buffer */
        hws_uring_drop(hws_uring_of(io), flags, (size_t)result);
        flags &= ~(unsigned)IORING_CQE_F_BUFFER;
    }
    __real_hws_uring_received(io, answered, flags);
}

void __real_hws_uring_sent(hws_io *io, int result);
void __wrap_hws_uring_sent(hws_io *io, int result);
void __wrap_hws_uring_sent(hws_io *io, int result)
{
    __real_hws_uring_sent(io, answer(RING_hws_uring_sent, result));
}

void __real_hws_uring_is_writable(hws_io *io, int result, unsigned flags);
void __wrap_hws_uring_is_writable(hws_io *io, int result, unsigned flags);
void __wrap_hws_uring_is_writable(hws_io *io, int result, unsigned flags)
{
    __real_hws_uring_is_writable(io, answer(RING_hws_uring_is_writable, result), flags);
}
