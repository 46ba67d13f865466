/* SPDX-License-Identifier: MIT */
/* How a subscriber comes back to a channel, in every interleaving: becomes a member, then asks for
 * what it missed, holds what is published meanwhile, and tells both apart by their offsets
 * (src/channel/merge.c, docs/decisions/0033).  Publications are made, histories expire, connections
 * are cut and the server dies at any time.
 *
 * Held to: publications come one by one, each once and in order, unless the subscriber was told
 * that it was not recovered; and when all is quiet, it has the newest.
 *
 * ASK_FIRST        the other order: asks, then becomes a member
 * DELIVER_AT_ONCE  does not hold what is published meanwhile
 *
 * Both must fail: a model that cannot shows nothing. */

#define PUBLICATIONS 4
#define HISTORY_SIZE 2
#define HELD_MAX 2
#define CUTS 2
#define RESTARTS 1
#define EXPIRIES 1

mtype = { ABSENT, MEMBER, ASKED, LIVE };

/* The channel. */
byte top;       /* the offset of the newest publication */
byte kept;      /* publications that the history still has */
byte epoch = 1;

/* The subscriber's thread. */
bool is_member; /* publications of the channel come to its mailbox */
chan mailbox = [PUBLICATIONS] of { byte };
mtype stage = ABSENT;
chan held = [HELD_MAX] of { byte };
bool has_gap;
byte answer_top, answer_epoch;
bool answer_recovered;

/* The client, which survives its connections. */
byte seen, seen_epoch = 1;

inline forget(queue)
{
    do
    :: queue?_
    :: empty(queue) -> break
    od
}

inline lose_connection()
{
    is_member = false;
    stage = ABSENT;
    has_gap = false;
    forget(mailbox);
    forget(held)
}

inline deliver(offset)
{
    assert(seen_epoch == epoch && offset == seen + 1);
    seen = offset
}

inline take(offset)
{
    if
    :: offset <= seen -> skip
    :: offset == seen + 1 -> deliver(offset)
    :: offset > seen + 1 -> has_gap = true
    fi
}

inline hold(offset)
{
    if
    :: nfull(held) -> held!offset
    :: full(held) -> has_gap = true
    fi
}

/* All or nothing. */
inline ask()
{
    answer_top = top;
    answer_epoch = epoch;
    answer_recovered = (seen_epoch == epoch && seen <= top && top - seen <= kept)
}

inline catch_up()
{
    if
    :: answer_recovered && seen < answer_top -> seen = answer_top /* one by one, in one answer */
    :: answer_recovered && seen >= answer_top -> skip
    :: !answer_recovered -> seen = answer_top; seen_epoch = answer_epoch
    fi;
    stage = LIVE;
    do
    :: !has_gap && nempty(held) -> held?offset; take(offset)
    :: !has_gap && empty(held) -> break
    :: has_gap -> break
    od
}

active proctype channel()
{
    byte published, expiries, restarts;
    do
    :: published < PUBLICATIONS -> atomic {
        published++;
        top++;
        kept = (kept < HISTORY_SIZE -> kept + 1 : HISTORY_SIZE);
        if
        :: is_member -> mailbox!top
        :: else
        fi
    }
    :: expiries < EXPIRIES -> atomic { expiries++; kept = 0 }
    :: restarts < RESTARTS -> atomic {
        restarts++;
        epoch++;
        top = 0;
        kept = 0;
        lose_connection()
    }
    :: published == PUBLICATIONS -> break
    od
}

active proctype subscriber()
{
    byte cuts, offset;
    do
#ifdef ASK_FIRST
    :: atomic { stage == ABSENT -> ask(); stage = MEMBER }
    :: atomic { stage == MEMBER -> is_member = true; stage = ASKED }
#else
    :: atomic { stage == ABSENT -> is_member = true; stage = MEMBER }
    :: atomic { stage == MEMBER -> ask(); stage = ASKED }
#endif
    :: atomic { stage == ASKED -> catch_up() }
    :: atomic { stage == LIVE && !has_gap && nempty(mailbox) -> mailbox?offset; take(offset) }
#ifdef DELIVER_AT_ONCE
    :: atomic { (stage == MEMBER || stage == ASKED) && nempty(mailbox) -> mailbox?offset; deliver(offset) }
#else
    :: atomic { (stage == MEMBER || stage == ASKED) && nempty(mailbox) -> mailbox?offset; hold(offset) }
#endif
    /* Unsubscribed with 2500, and comes again by itself. */
    :: atomic { stage == LIVE && has_gap -> lose_connection() }
    :: atomic { cuts < CUTS -> cuts++; lose_connection() }
    :: timeout ->
        assert(stage == LIVE && seen == top && seen_epoch == epoch);
        break
    od
}
