/* SPDX-License-Identifier: MIT */
/* What a server lets its peers do, beyond the sizes and times of hws_server_options: connections
 * and where they come from, how a message may be cut up, how fast messages may come, and memory in
 * all.
 *
 * Zero means the default that is stated here, UINT32_MAX (UINT64_MAX) no limit.  Whoever goes over
 * a limit is refused with the HTTP status, or closed with the code, that is named beside it.
 *
 * "This machine" are loopback addresses and Unix sockets: that is where a proxy in front of the
 * server comes from, which speaks for many.  Such limits are for it only when they are set. */
#ifndef HAWSER_LIMITS_H
#define HAWSER_LIMITS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hws_limits {
    /* Connections.  An address is an IPv4 address, or the first half (/64) of an IPv6 one. */
    uint32_t connection_rate_max; /* new ones in a second, and as many at once; 503; 0: 10000 */
    uint32_t address_count_max;   /* of one address; 429; 0: half of connection_count_max, but for
                                     this machine */
    uint32_t address_rate_max;    /* new ones in a second from one address, twice as many at once;
                                     429; 0: 500, but for this machine */

    /* Requests. */
    uint32_t header_count_max;  /* header lines of a request; 431; 0: 100 */
    uint32_t request_count_max; /* on one connection, which then ends; 0: 1000 */

    /* Messages. */
    uint32_t fragment_count_max;    /* of one message; 1008; 0: 131072 */
    uint32_t fragment_empty_max;    /* without payload, of one message; 1008; 0: 128 */
    uint32_t control_rate_max;      /* pings and pongs in 10 s, after 50 at once; 1008; 0: 100 */
    uint32_t message_size_rate_min; /* bytes for which a message that arrives gets another second;
                                       1008; 0: 16384 */
    uint32_t message_rate_max; /* messages in a second from one peer, twice as many at once; 1008;
                                  0: no limit */
    uint64_t byte_rate_max; /* bytes in a second from one peer, twice as many at once; 1008; 0: no
                                  limit */
    uint32_t turn_message_max; /* messages of one peer that are handled in one go, before it is the
                                  others' turn; nobody is refused; 0: 1000 */

    /* Bytes that connections, messages on their way in and queues on their way out may take
     * together.  Over it the biggest go first: 1013 for who holds an unfinished message, an end
     * without a word for who does not read; 0: a quarter of the memory that the machine, or the
     * cgroup of the process, has. */
    uint64_t memory_size_max;

    /* Bytes of messages that topics retain (hawser/topic.h), in all threads together, of which each
     * keeps all of them; what was published longest ago is forgotten; 0: a sixteenth of
     * memory_size_max. */
    uint64_t retained_size_max;

    /* Bytes of published messages that wait in queues, each counted once in a thread, however many
     * it waits for.  Over it, who takes less than he is sent is treated as if his queue were full
     * (hws_overflow), and of those who do, the ones for whom most waits are ended without a word;
     * 0: a quarter of memory_size_max. */
    uint64_t broadcast_size_max;
    char reserved[48]; /* zero */
} hws_limits;

#ifdef __cplusplus
}
#endif

#endif /* HAWSER_LIMITS_H */
