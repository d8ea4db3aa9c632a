/* SPDX-License-Identifier: GPL-2.0 */
/* util.h - a few words of the kernel's that are of use here. */
#ifndef UTIL_H
#define UTIL_H

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define __printf(text, values) __attribute__((format(printf, text, values)))

#ifndef __noreturn
#define __noreturn __attribute__((noreturn))
#endif

#endif
