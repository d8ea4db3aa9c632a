// SPDX-License-Identifier: GPL-2.0
/*
 * build_id.c - what the linker has written into a module to tell it from all others.
 *
 * It is a note, and the kernel shows the notes of loaded modules. The bytes are the
 * same in both places, and in the byte order of this machine, so that it is found in
 * the file without a look at the sections.
 */
#include "build_id.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "program.h"
#include "say.h"
#include "util.h"

/* Notes come first, and what lies beyond this is not read. */
#define FILE_ROOM (8 << 20)

/**
 * struct note - what a note begins with
 * @name_size: bytes of @name
 * @size: bytes of what follows
 * @type: 3 for a build id
 * @name: whose type that is
 */
struct note {
	uint32_t name_size;
	uint32_t size;
	uint32_t type;
	char name[4];
};

static bool is_note(const struct note *note, size_t rest)
{
	return note->name_size == sizeof(note->name) && note->type == 3 &&
	       !memcmp(note->name, "GNU", sizeof(note->name)) && note->size &&
	       note->size <= rest && note->size <= (BUILD_ID_ROOM - 1) / 2;
}

/* Notes begin at multiples of 4 bytes. */
static void find(char to[BUILD_ID_ROOM], const char *bytes, size_t len)
{
	struct note note;
	size_t at;
	uint32_t i;

	*to = 0;
	for (at = 0; at + sizeof(note) <= len; at += 4) {
		memcpy(&note, bytes + at, sizeof(note));
		if (!is_note(&note, len - at - sizeof(note)))
			continue;
		for (i = 0; i < note.size; i++)
			sprintf(to + 2 * i, "%02x",
				(unsigned char)bytes[at + sizeof(note) + i]);
		return;
	}
}

/* The program that unpacks such a file. */
static const char *unpacker(const char *path)
{
	static const char *const ways[][2] = {
		{ ".xz", "xz" }, { ".zst", "zstd" }, { ".gz", "gzip" },
	};
	const char *suffix = strrchr(path, '.');
	size_t i;

	for (i = 0; suffix && i < ARRAY_SIZE(ways); i++) {
		if (!strcmp(suffix, ways[i][0]))
			return ways[i][1];
	}
	return NULL;
}

void build_id_of_file(char to[BUILD_ID_ROOM], const char *path)
{
	const char *program = unpacker(path);
	const char *const unpack[] = { program, "-dc", path, NULL };
	const char *const plain[] = { "cat", path, NULL };
	char *bytes = say_alloc(NULL, FILE_ROOM);
	size_t len;

	*to = 0;
	if (!program_bytes(bytes, FILE_ROOM, &len, program ? unpack : plain))
		find(to, bytes, len);
	free(bytes);
}

void build_id_of_loaded(char to[BUILD_ID_ROOM], const char *name)
{
	char path[PATH_MAX], bytes[256];
	FILE *file;

	*to = 0;
	file_path(path, "/sys/module/%s/notes/.note.gnu.build-id", name);
	file = fopen(path, "re");
	if (!file)
		return;
	find(to, bytes, fread(bytes, 1, sizeof(bytes), file));
	fclose(file);
}
