/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_BASE_BANNED_H
#define TREATY_SRC_BASE_BANNED_H

/*
 * Functions that read or write without a bound, keep hidden state or look at
 * the locale. Using one fails to compile. The build includes this header
 * before every source file of ours, after the system headers it needs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TREATY_BANNED(name) treaty_banned_##name##_use_something_safer

#undef strcpy
#define strcpy(a, b) TREATY_BANNED(strcpy)
#undef strcat
#define strcat(a, b) TREATY_BANNED(strcat)
#undef strncpy
#define strncpy(a, b, n) TREATY_BANNED(strncpy)
#undef strncat
#define strncat(a, b, n) TREATY_BANNED(strncat)
#undef sprintf
#define sprintf(...) TREATY_BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) TREATY_BANNED(vsprintf)
#undef strtok
#define strtok(a, b) TREATY_BANNED(strtok)
#undef gmtime
#define gmtime(t) TREATY_BANNED(gmtime)
#undef localtime
#define localtime(t) TREATY_BANNED(localtime)
#undef atoi
#define atoi(s) TREATY_BANNED(atoi)
#undef atol
#define atol(s) TREATY_BANNED(atol)
#undef atof
#define atof(s) TREATY_BANNED(atof)
#undef strtod
#define strtod(s, e) TREATY_BANNED(strtod)

#endif
