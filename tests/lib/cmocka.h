/* SPDX-License-Identifier: MIT */
/* cmocka with the headers it wants before it. */
#ifndef HAWSER_TESTS_CMOCKA_H
#define HAWSER_TESTS_CMOCKA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h> /* IWYU pragma: export */

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

#endif /* HAWSER_TESTS_CMOCKA_H */
