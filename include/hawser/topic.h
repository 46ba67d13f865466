/* SPDX-License-Identifier: MIT */
/* Topics of a server: who publishes, who subscribes, and what happens to who reads too slowly.
 *
 *     hws_server_set_topic(server, "quotes/#", &(hws_topic_options){
 *         .overflow = HWS_OVERFLOW_KEEP_LATEST, .retain = true});
 *     hws_websocket_subscribe_with(ws, "quotes/+", &(hws_subscribe_options){
 *         .is_pattern = true, .wants_retained = true});
 *     hws_server_publish_with(server, "quotes/xetra", &message, &(hws_publish_options){
 *         .key = "SAP"});
 *
 * A topic is any text of 1 to HWS_TOPIC_SIZE_MAX bytes; nobody has to make or to remove it.
 *
 * A pattern stands for many topics, as in MQTT 5 §4.7.  Slashes divide both into levels; in a
 * pattern the level + stands for any one level, and the level #, which must be the last, for any
 * number of them, even none: a/# matches a, a/b and a/b/c.  A pattern that begins with + or #
 * matches no topic that begins with $.  Only where a pattern is asked for is it one: who subscribes
 * to the topic # hears what is published to the topic #, and no more, so that a name that a
 * stranger chose opens nothing else to him.
 *
 * What one thread publishes arrives in its order, everywhere; whoever is reached by several of his
 * subscriptions gets one copy.
 *
 * Thread: any, for all calls. */
#ifndef HAWSER_TOPIC_H
#define HAWSER_TOPIC_H

#include <stdbool.h>
#include <stddef.h>

#include "hawser/export.h"
#include "hawser/message.h"
#include "hawser/status.h"
#include "hawser/websocket.h"

#ifdef __cplusplus
extern "C" {
#endif

struct hws_server;

enum {
    HWS_TOPIC_SIZE_MAX = 255,     /* bytes of a topic or a pattern */
    HWS_TOPIC_KEY_SIZE_MAX = 255, /* bytes of a key */
};

/* Subscribes and unsubscribes.  Subscribing twice is once; a WebSocket that closes leaves all.
 *
 * Errors: HWS_ERR_NOT_OPEN, HWS_ERR_INVALID_ARGUMENT, HWS_ERR_LIMIT (topic_count_max),
 *         HWS_ERR_NO_MEMORY.  From another thread only the first two are told. */
HWS_API hws_status hws_websocket_subscribe(hws_websocket ws, const char *topic);
HWS_API hws_status hws_websocket_unsubscribe(hws_websocket ws, const char *topic);

/* How to subscribe; zero is what hws_websocket_subscribe does. */
typedef struct hws_subscribe_options {
    bool is_pattern;     /* `topic` is a pattern */
    bool hears_itself;   /* also what this WebSocket publishes */
    bool wants_retained; /* before what follows, and each time, what topics have retained, the
                            oldest first; for a pattern all that is retained is looked through;
                            what goes over send_queue_max meets the policy of its topic */
    char reserved[29];   /* zero */
} hws_subscribe_options;

/* Subscribing again changes the options.  `options` may be NULL.  Errors as above; a pattern that
 * is none is an invalid argument. */
HWS_API hws_status hws_websocket_subscribe_with(hws_websocket ws, const char *topic,
                                                const hws_subscribe_options *options);
HWS_API hws_status hws_websocket_unsubscribe_pattern(hws_websocket ws, const char *pattern);

/* To all subscribers but the sender.  Framed once in each thread, whatever their number; to threads
 * without one nothing is sent.  All of them get it or, when this fails, none.
 *
 * Returns: HWS_OK, or HWS_BUFFERED when other threads have it yet to do.
 * Errors:  HWS_ERR_NOT_OPEN; HWS_ERR_INVALID_ARGUMENT (also for a part of a message); HWS_ERR_UTF8;
 *          HWS_ERR_QUEUE_FULL, too much waits for another thread; HWS_ERR_NO_MEMORY. */
HWS_API hws_status hws_websocket_publish(hws_websocket ws, const char *topic,
                                         const hws_message *message);

/* To all subscribers.  Returns and errors as above. */
HWS_API hws_status hws_server_publish(struct hws_server *server, const char *topic,
                                      const hws_message *message);

/* How to publish; zero is what the calls above do. */
typedef struct hws_publish_options {
    const char *key;   /* what it is about, of at most HWS_TOPIC_KEY_SIZE_MAX bytes, for
                          HWS_OVERFLOW_KEEP_LATEST; NULL: "" */
    bool to_sender;    /* also to the one who publishes, if he subscribes */
    char reserved[23]; /* zero */
} hws_publish_options;

/* `options` may be NULL.  Returns and errors as above. */
HWS_API hws_status hws_websocket_publish_with(hws_websocket ws, const char *topic,
                                              const hws_message *message,
                                              const hws_publish_options *options);
HWS_API hws_status hws_server_publish_with(struct hws_server *server, const char *topic,
                                           const hws_message *message,
                                           const hws_publish_options *options);

/* What happens to a message for a subscriber whose queue is full: send_queue_max bytes wait
 * already, because he reads too slowly or not at all.  Whatever happens to him, nobody else waits
 * for it, and what has begun to leave is never dropped.  Who takes no byte for send_timeout_ms is
 * ended. */
typedef enum hws_overflow {
    /* He is closed with 1008: those who stay have missed nothing. */
    HWS_OVERFLOW_CLOSE = 0,

    /* He does not get it. */
    HWS_OVERFLOW_DROP_NEWEST = 1,

    /* What has waited longest for him of the same topic makes room; when nothing of it waits, he
     * does not get the new one. */
    HWS_OVERFLOW_DROP_OLDEST = 2,

    /* As soon as he takes less than he is sent, a message takes the place of the one that waits of
     * the same topic and key: where that stood, so that a key that changes all the time does not
     * wait for ever.  Each key arrives in order; of two keys the later may come first.  When his
     * queue is full of other keys he is closed with 1008. */
    HWS_OVERFLOW_KEEP_LATEST = 3,
} hws_overflow;

typedef struct hws_topic_options {
    hws_overflow overflow;
    bool is_pattern; /* for all topics that match */

    /* The last message is kept, of each key with HWS_OVERFLOW_KEEP_LATEST, for who subscribes with
     * wants_retained; one without a payload is passed on, and what was kept is forgotten.  In all
     * retained_size_max (hawser/limits.h); over it what is oldest is forgotten. */
    bool retain;
    char reserved[58]; /* zero */
} hws_topic_options;

/* Sets the options of a topic, or of all that a pattern matches, for what is published from now on.
 * Those of a topic itself go before those of patterns; of several patterns the one that was set
 * last counts.  `options` may be NULL, for zeros.  The calling thread's own messages after it meet
 * the new options everywhere; let one thread set a name.
 *
 * Errors: HWS_ERR_INVALID_ARGUMENT; HWS_ERR_QUEUE_FULL, HWS_ERR_NO_MEMORY: nothing has changed. */
HWS_API hws_status hws_server_set_topic(struct hws_server *server, const char *topic,
                                        const hws_topic_options *options);

/* How many subscribe to that topic itself, over all threads. */
HWS_API size_t hws_server_subscriber_count(const struct hws_server *server, const char *topic);

/* Whether a pattern matches a topic.  False for what is no pattern, or no topic. */
HWS_API bool hws_topic_matches(const char *pattern, const char *topic);

#ifdef __cplusplus
}
#endif

#endif /* HAWSER_TOPIC_H */
