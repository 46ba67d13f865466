/* SPDX-License-Identifier: MIT */
/* Judges how a WebSocket went on that was open: its frames, its pongs, its end. */
#include "cmd/doctor_talk.h"

#include <inttypes.h>

#include "cmd/doctor_deflate.h"

typedef struct close_meaning {
    int code;
    const char *text;
    const char *remedy;
} close_meaning;

/* RFC 6455 §7.4.1 and the IANA registry. */
static const close_meaning close_meanings[] = {
    {1000, "it was done", "Its log may say why it was done so soon."},
    {1001, "the server goes away", "It is being stopped: try again."},
    {1002, "it says that we broke the protocol",
     "If you find no bug there, tell the makers of the server and of Hawser."},
    {1003, "it cannot take this kind of message", "See whether it wants text or binary."},
    {1005, "it gave no code", "Its log may say why."},
    {1006, "the connection ended without a Close frame",
     "The server crashed or was stopped, or a proxy cut the connection: see the logs of both."},
    {1007, "it says that a text was not UTF-8", "See what it takes for text."},
    {1008, "its policy: often a missing or bad token, or Origin",
     "Send what it wants to see: --bearer TOKEN, --origin ORIGIN, or a token in the URL."},
    {1009, "a message was too big for it", "Raise its limit, or send less at a time."},
    {1010, "it wanted an extension that was not offered", "See which one it demands."},
    {1011, "the server failed", "Its log says why."},
    {1012, "the server restarts",
     "Try again in some seconds; clients shall reconnect by "
     "themselves."},
    {1013, "the server is overloaded: try again later",
     "Try again later; let clients wait longer and longer before they reconnect."},
    {1014, "a gateway got a bad answer from the server behind it",
     "See whether the server behind the proxy runs."},
    {3000, "unauthorized: a token is missing or bad", "Send one: --bearer TOKEN."},
    {3003, "forbidden: the token does not suffice", "See what it allows."},
    {3008, "the server waited too long for us", "It may want a first message: a login, say."},
};

static const close_meaning *find_meaning(int code)
{
    for (size_t i = 0; i < sizeof close_meanings / sizeof *close_meanings; i++)
        if (close_meanings[i].code == code) return &close_meanings[i];
    return NULL;
}

const char *doctor_talk_code_text(int code)
{
    const close_meaning *meaning = find_meaning(code);
    return meaning        ? meaning->text
           : code >= 4000 ? "a code of this application's own"
           : code >= 3000 ? "a code of a framework's own"
                          : "a code without a meaning";
}

static const char *code_remedy(int code)
{
    const close_meaning *meaning = find_meaning(code);
    return meaning ? meaning->remedy
                   : "The documentation of the server says what it means by that; often a missing "
                     "or bad token: --bearer TOKEN, or one in the URL.";
}

typedef struct frame_fault {
    hws_status status;
    const char *name;
    const char *text;
} frame_fault;

static const frame_fault frame_faults[] = {
    {HWS_ERR_FRAME_MASK, "frame-masked",
     "The server masks its frames; only clients may (RFC 6455 5.1)."},
    {HWS_ERR_FRAME_RSV, "frame-reserved-bit",
     "The server sent a frame with a reserved bit set, though no extension was agreed on: most "
     "often it compresses (permessage-deflate) without having been asked to."},
    {HWS_ERR_FRAME_OPCODE, "frame-opcode", "The server sent a frame of a kind that there is not."},
    {HWS_ERR_FRAME_CONTROL, "frame-control",
     "The server sent a control frame that is fragmented, or over 125 bytes."},
    {HWS_ERR_FRAME_LENGTH, "frame-length",
     "The server sent a frame whose length is not in its shortest form, or far too large."},
    {HWS_ERR_MESSAGE_SEQUENCE, "frame-sequence",
     "The server sent the fragments of a message out of order."},
    {HWS_ERR_UTF8, "text-not-utf8", "The server sent a text that is not UTF-8."},
    {HWS_ERR_CLOSE_BODY, "close-malformed", "The server sent a Close frame of one byte."},
    {HWS_ERR_CLOSE_CODE, "close-malformed",
     "The server sent a Close frame with a code that may not be sent."},
    {HWS_ERR_CONTROL_RATE, "control-flood", "The server sent control frames without end."},
};

/* Returns: whether that is what is wrong. */
static bool judge_frames(const doctor_report *report, doctor_faults *faults)
{
    for (size_t i = 0; i < sizeof frame_faults / sizeof *frame_faults; i++) {
        const frame_fault *it = &frame_faults[i];
        if (it->status != report->talk.status) continue;
        doctor_fault_add(faults, DOCTOR_FAULT, it->name, "%s", it->text);
        doctor_fault_remedy(faults, "Repair or update the server's WebSocket library; if a proxy "
                                    "stands in front, see whether the bytes are the server's own "
                                    "(connect without it).");
        return true;
    }
    return false;
}

static void judge_early_end(const doctor_report *report, doctor_faults *faults)
{
    const doctor_talk *talk = &report->talk;
    const bool has_reason = talk->reason[0] != '\0';
    const bool is_asked = talk->echo != DOCTOR_ECHO_NOT_TRIED;
    const bool is_failure = !is_asked || talk->code == HWS_CLOSE_ABNORMAL;
    doctor_fault_add(faults, is_failure ? DOCTOR_FAULT : DOCTOR_NOTE,
                     is_asked ? "closed-on-message" : "closed-at-once",
                     "The WebSocket opened, and %s: code %d (%s)%s%s%s.",
                     is_asked ? "the server closed it when it got our message"
                              : "the server closed it at once",
                     talk->code, doctor_talk_code_text(talk->code), has_reason ? ", \"" : "",
                     talk->reason, has_reason ? "\"" : "");
    if (is_asked) {
        doctor_fault_remedy(faults, "A server with a protocol of its own may do so; --no-message "
                                    "sends none.");
    } else {
        doctor_fault_remedy(faults, "%s", code_remedy(talk->code));
    }
}

static void judge_end(const doctor_report *report, doctor_faults *faults)
{
    if (report->talk.status == HWS_ERR_CLOSE_TIMEOUT) {
        doctor_fault_add(faults, DOCTOR_FAULT, "close-unanswered",
                         "The server does not answer our Close frame.");
        doctor_fault_remedy(faults,
                            "Let it answer with a Close frame and end the connection (RFC "
                            "6455 5.5.1): browsers stay CLOSING until then, and connections "
                            "pile up.");
    } else if (!report->talk.was_clean) {
        doctor_fault_add(faults, DOCTOR_WARNING, "close-unclean",
                         "The server ended the connection without answering our Close frame; "
                         "browsers report that as 1006.");
        doctor_fault_remedy(faults, "Let it send a Close frame before it ends the connection.");
    }
}

static void judge_pong(const doctor_report *report, doctor_faults *faults)
{
    if (!report->talk.is_pinged || report->talk.is_ponged) return;
    doctor_fault_add(faults, DOCTOR_FAULT, "no-pong", "The server does not answer a ping.");
    doctor_fault_remedy(faults, "It must (RFC 6455 5.5.2): else dead connections cannot be told "
                                "from silent ones. See whether its reading is blocked.");
}

void doctor_talk_judge(const doctor_report *report, doctor_faults *faults)
{
    const doctor_talk *talk = &report->talk;
    if (!talk->is_open || doctor_deflate_judge_talk(report, faults) || judge_frames(report, faults))
        return;
    if (!talk->is_closed_by_us) {
        judge_early_end(report, faults);
        return;
    }
    judge_pong(report, faults);
    judge_end(report, faults);
}
