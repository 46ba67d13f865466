/* SPDX-License-Identifier: MIT */
/* For demonstration: a crowd that watches /live, which another process plays: hawser bench. */
#ifndef HAWSER_CMD_CROWD_H
#define HAWSER_CMD_CROWD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "hawser/server.h"

enum {
    CROWD_COUNT_MAX = 10000,
    CROWD_DURATION_S = 60, /* how long it stays, when nothing else is asked for */
    CROWD_DURATION_MAX_S = 600,
    CROWD_TEXT_SIZE = 512,
};

typedef enum crowd_verdict { /* and the code of an RPC's error */
                             CROWD_FINE = 0,
                             CROWD_MALFORMED = 400, /* a count or a duration that is none */
                             CROWD_FORBIDDEN = 403, /* not on a server like this one */
                             CROWD_HERE = 409,      /* one at a time */
                             CROWD_TOO_LARGE = 429, /* there are too few descriptors */
                             CROWD_FAILED = 503,    /* the system does not let us start it */
} crowd_verdict;

/* Where it may watch. */
typedef struct crowd_place {
    const hws_server *server; /* whose WebSockets take descriptors, too */
    const char *url;          /* of its first address, "http://localhost:8080" */
    const char *refusal;      /* why there can be no crowd; NULL: there can */
    uint32_t viewers_max; /* that the server's descriptors allow, with those who are there; at most
                             UINT32_MAX */
    uint32_t own_max;     /* that those of a process of its own allow */
} crowd_place;

/* Zero has no place.  Thread: any, after crowd_init. */
typedef struct crowd {
    pthread_mutex_t lock;
    const char *program;      /* what is run; by default this program */
    const hws_server *server; /* NULL: it has not begun */
    char url[CROWD_TEXT_SIZE];
    char refusal[CROWD_TEXT_SIZE];
    uint32_t viewers_max;
    uint32_t own_max;
    pid_t child;    /* 0: nobody */
    uint32_t count; /* who is called by it */
} crowd;

void crowd_init(crowd *it);
void crowd_release(crowd *it); /* whoever is left goes */

/* From now on it may be started. */
void crowd_settle(crowd *it, const crowd_place *place);

/* Calls `count` viewers for `duration_s` seconds. */
crowd_verdict crowd_start(crowd *it, uint64_t count, uint64_t duration_s);

/* Sends them home: those who have gone are seen by crowd_look. */
void crowd_stop(crowd *it);

/* How many were called and have not gone yet; 0: there is no crowd. */
uint32_t crowd_look(crowd *it);

/* What is wrong, for a verdict but CROWD_FINE. */
void crowd_explain(crowd *it, crowd_verdict verdict, char *text, size_t size);

#endif /* HAWSER_CMD_CROWD_H */
