/* SPDX-License-Identifier: MIT */
/* A list of what is wrong. */
#include "cmd/doctor_fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void doctor_fault_add(doctor_faults *faults, doctor_gravity gravity, const char *name,
                      const char *format, ...)
{
    doctor_fault *fault = &faults->fault[faults->count]; /* of a full list: what is dropped */
    if (faults->count < DOCTOR_FAULT_MAX) faults->count++;
    faults->last = fault;
    *fault = (doctor_fault){.gravity = gravity, .name = name};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fault->text, sizeof fault->text, format, arguments);
    va_end(arguments);
}

void doctor_fault_remedy(doctor_faults *faults, const char *format, ...)
{
    doctor_fault *fault = faults->last;
    if (!fault) return;
    size_t size = strlen(fault->remedy);
    if (size > 0 && size + 1 < sizeof fault->remedy) fault->remedy[size++] = '\n';
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fault->remedy + size, sizeof fault->remedy - size, format, arguments);
    va_end(arguments);
}

size_t doctor_fault_count(const doctor_faults *faults, doctor_gravity gravity)
{
    size_t count = 0;
    for (size_t i = 0; i < faults->count; i++) count += faults->fault[i].gravity == gravity;
    return count;
}

const doctor_fault *doctor_fault_find(const doctor_faults *faults, const char *name)
{
    for (size_t i = 0; i < faults->count; i++)
        if (strcmp(faults->fault[i].name, name) == 0) return &faults->fault[i];
    return NULL;
}

void doctor_fault_sort(doctor_faults *faults)
{
    for (size_t i = 1; i < faults->count; i++) {
        for (size_t k = i; k > 0 && faults->fault[k - 1].gravity > faults->fault[k].gravity; k--) {
            const doctor_fault graver = faults->fault[k];
            faults->fault[k] = faults->fault[k - 1];
            faults->fault[k - 1] = graver;
        }
    }
}
