/* SPDX-License-Identifier: MIT */
/* Which Hawser this is. */
#ifndef HAWSER_VERSION_H
#define HAWSER_VERSION_H

#include "hawser/export.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HWS_VERSION "0.1.0"

/* The version of the library that is linked, which may be newer than HWS_VERSION. */
HWS_API const char *hws_version(void);

#ifdef __cplusplus
}
#endif

#endif /* HAWSER_VERSION_H */
