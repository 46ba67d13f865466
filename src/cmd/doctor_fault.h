/* SPDX-License-Identifier: MIT */
/* What is wrong with a connection, or worth knowing of it: each with what to do about it. */
#ifndef HAWSER_CMD_DOCTOR_FAULT_H
#define HAWSER_CMD_DOCTOR_FAULT_H

#include <stddef.h>

enum {
    DOCTOR_FAULT_MAX = 24,           /* over that they are dropped */
    DOCTOR_FAULT_TEXT_SIZE = 1024,   /* bytes, the zero included */
    DOCTOR_FAULT_REMEDY_SIZE = 1536, /* likewise */
};

typedef enum doctor_gravity {
    DOCTOR_FAULT,   /* it does not work */
    DOCTOR_WARNING, /* it works, but not for everybody, or not for long */
    DOCTOR_NOTE,    /* worth knowing */
} doctor_gravity;

typedef struct doctor_fault {
    doctor_gravity gravity;
    const char *name; /* "connection-refused": for programs; static, and never changed */
    char text[DOCTOR_FAULT_TEXT_SIZE];     /* whole sentences */
    char remedy[DOCTOR_FAULT_REMEDY_SIZE]; /* what to do: lines; "" when there is nothing */
} doctor_fault;

/* Zero is an empty list. */
typedef struct doctor_faults {
    doctor_fault fault[DOCTOR_FAULT_MAX + 1]; /* one more: what is dropped goes there */
    size_t count;
    doctor_fault *last; /* that was added; its remedy may follow */
} doctor_faults;

void doctor_fault_add(doctor_faults *faults, doctor_gravity gravity, const char *name,
                      const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Adds to the remedy of what was added last: a line, when it has one already. */
void doctor_fault_remedy(doctor_faults *faults, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* How many of that gravity there are. */
size_t doctor_fault_count(const doctor_faults *faults, doctor_gravity gravity);

/* The one of that name; NULL when there is none. */
const doctor_fault *doctor_fault_find(const doctor_faults *faults, const char *name);

/* Puts the graver before the others; those of one gravity keep their order. */
void doctor_fault_sort(doctor_faults *faults);

#endif /* HAWSER_CMD_DOCTOR_FAULT_H */
