/* SPDX-License-Identifier: MIT */
/* A hub without a server, for fuzz targets: requests and streams come over fake streams, letters
 * through a real loop.  One client listens all the time, to the channels "a" and "kept:a". */
#ifndef HAWSER_TESTS_HUB_STAGE_H
#define HAWSER_TESTS_HUB_STAGE_H

#include "channel/hub.h"
#include "lib/failing_memory.h"
#include "lib/fake_stream.h"

extern hws_hub *hub_stage_hub;
extern fake_stream hub_stage_listener;

void hub_stage_begin(void);

/* A new connection that asks for something.  With memory that fails it may have ended already. */
void hub_stage_ask(fake_stream *peer, const char *path, hws_text body);

/* Whatever is on its way arrives, and `peer` reads what is for it. */
void hub_stage_settle(fake_stream *peer);

/* Everybody goes, and nothing is left, but for what is in the fake streams. */
void hub_stage_end(fake_stream *peer);

/* What `peer` got behind the head of its answer, and the answer's status; 0: there was none. */
int hub_stage_answer(const fake_stream *peer, hws_text *body);

/* The next line, which is an object.  NULL: there is no more. */
json_t *hub_stage_next(hws_text *lines);

#endif /* HAWSER_TESTS_HUB_STAGE_H */
