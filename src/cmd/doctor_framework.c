/* SPDX-License-Identifier: MIT */
/* Recognises endpoints that have a protocol of their own around WebSocket. */
#include "cmd/doctor_framework.h"

#include <stdio.h>
#include <string.h>

#include "cmd/doctor_redirect.h"

static bool is_on_socket_io_path(const doctor_answer *answer)
{
    char path[DOCTOR_URL_SIZE];
    return strstr(doctor_answer_path(answer, path, sizeof path), "/socket.io") ||
           strstr(path, "/engine.io");
}

/* Engine.IO tells of its own errors in JSON, and its polls begin with a packet "open". */
bool doctor_socket_io_is(const doctor_answer *answer)
{
    static const char *const words[] = {"transport unknown", "\"sid\":\"", "session id unknown",
                                        "unsupported protocol version", NULL};
    if (doctor_answer_says_any(answer, words)) return true;
    return is_on_socket_io_path(answer) &&
           (doctor_answer_says(answer, "bad request") || doctor_answer_says(answer, "\"code\":"));
}

void doctor_socket_io_judge(const doctor_report *report, doctor_faults *faults)
{
    const doctor_trial *trial = doctor_report_trial(report, DOCTOR_TRIAL_SOCKET_IO);
    char url[DOCTOR_URL_SIZE];
    doctor_fault_add(faults, DOCTOR_FAULT, "socket-io",
                     "This is an endpoint of Socket.IO (Engine.IO), which has a protocol of its "
                     "own on top of WebSocket.");
    if (trial && trial->is_open) {
        doctor_fault_remedy(faults, "The plain WebSocket below it is at %s", trial->url);
    } else if (doctor_redirect_resolve(&report->url, "/socket.io/?EIO=4&transport=websocket", url,
                                       sizeof url)) {
        doctor_fault_remedy(faults,
                            "The plain WebSocket below it is at %s (or EIO=3 for servers "
                            "of version 2).",
                            url);
    }
    doctor_fault_remedy(faults, "To talk with it, use a Socket.IO client; a plain WebSocket client "
                                "does not know its packets.");
}

bool doctor_sockjs_is(const doctor_answer *answer)
{
    return doctor_answer_says(answer, "welcome to sockjs");
}

void doctor_sockjs_judge(const doctor_answer *answer, doctor_faults *faults)
{
    const hws_url *from = &answer->report->url;
    char url[DOCTOR_URL_SIZE];
    char location[2 * DOCTOR_URL_SIZE];
    char path[DOCTOR_URL_SIZE];
    doctor_answer_path(answer, path, sizeof path);
    const size_t size = strlen(path);
    snprintf(location, sizeof location, "%s%swebsocket", path, path[size - 1] == '/' ? "" : "/");
    doctor_fault_add(faults, DOCTOR_FAULT, "sockjs",
                     "This is an endpoint of SockJS, whose WebSocket is below it.");
    if (doctor_redirect_resolve(from, location, url, sizeof url))
        doctor_fault_remedy(faults, "Use %s, or a SockJS client.", url);
}
