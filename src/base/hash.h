/* SPDX-License-Identifier: MIT */
/* A keyed hash (SipHash-2-4) for tables whose keys strangers choose: without the key nobody can
 * make them collide. */
#ifndef HAWSER_BASE_HASH_H
#define HAWSER_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

typedef struct hws_hash_key {
    uint64_t words[2]; /* random */
} hws_hash_key;

uint64_t hws_hash(const hws_hash_key *key, const void *bytes, size_t size);

#endif /* HAWSER_BASE_HASH_H */
