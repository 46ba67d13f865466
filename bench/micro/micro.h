/* SPDX-License-Identifier: MIT */
/* The groups of what is measured, one file each. */
#ifndef HAWSER_BENCH_MICRO_MICRO_H
#define HAWSER_BENCH_MICRO_MICRO_H

void micro_bytes(void);   /* masking and UTF-8, beside memcpy and memchr */
void micro_deflate(void); /* compressing endpoints, beside their codec alone */
void micro_frames(void);  /* headers and whole endpoints, beside memcpy */
void micro_heads(void);   /* opening handshakes, beside memcpy */
void micro_topics(void);  /* patterns that match, beside a hash */

#endif /* HAWSER_BENCH_MICRO_MICRO_H */
