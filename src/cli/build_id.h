/* SPDX-License-Identifier: GPL-2.0 */
/* build_id.h - what the linker has written into a module to tell it from all others. */
#ifndef BUILD_ID_H
#define BUILD_ID_H

/* Up to 32 bytes in hexadecimal; mostly it is 20. */
#define BUILD_ID_ROOM 65

/* Of a module's file, also if that is compressed. It is "" if it cannot be told. */
void build_id_of_file(char to[BUILD_ID_ROOM], const char *path);

/* Of the module of that name that is loaded, likewise. */
void build_id_of_loaded(char to[BUILD_ID_ROOM], const char *name);

#endif
