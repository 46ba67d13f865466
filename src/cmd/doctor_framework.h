/* SPDX-License-Identifier: MIT */
/* Recognises endpoints that have a protocol of their own around WebSocket: Socket.IO and SockJS. */
#ifndef HAWSER_CMD_DOCTOR_FRAMEWORK_H
#define HAWSER_CMD_DOCTOR_FRAMEWORK_H

#include "cmd/doctor_answer.h"

bool doctor_socket_io_is(const doctor_answer *answer);
void doctor_socket_io_judge(const doctor_report *report, doctor_faults *faults);

bool doctor_sockjs_is(const doctor_answer *answer);
void doctor_sockjs_judge(const doctor_answer *answer, doctor_faults *faults);

#endif /* HAWSER_CMD_DOCTOR_FRAMEWORK_H */
