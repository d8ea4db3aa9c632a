// SPDX-License-Identifier: GPL-2.0
/*
 * A plugin for QEMU's emulator that counts how often each piece of the guest's code
 * runs between two marks, which mark.c sets from inside: exactly, and unseen there.
 *
 *   -plugin FILE,out=FOLDER
 *
 * writes FOLDER/N at the N-th end: "ADDRESS INSTRUCTIONS" for each piece of the kernel
 * in hexadecimal and decimal, and "0 INSTRUCTIONS" for all programs together. A piece
 * is what the emulator translates in one go, and never longer than a function's straight
 * run. For one CPU, and for version 1 of QEMU's plugins (bookworm's, trixie's has 4),
 * whose header no package brings: the functions below are those of it that are used.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mark.h"

struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef void exec_fn(unsigned int cpu, void *data);

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
					   void (*translated)(uint64_t id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int op, void *counter,
					      uint64_t amount);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, exec_fn *run, int flags,
					    void *data);

/* QEMU_PLUGIN_INLINE_ADD_U64, QEMU_PLUGIN_CB_NO_REGS */
enum { ADD = 0, NO_REGISTERS = 0 };

#define EXPORT __attribute__((visibility("default")))

EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv);

/* Pieces that there may be; a kernel that runs two modules for a while has 200,000. */
#define SLOTS (1u << 22)

struct slot {
	uint64_t address;
	uint64_t instructions;
};

/* Open addressing. The emulated code adds to them, so they never move. */
static struct slot slots[SLOTS];
static uint64_t programs;
static const char *folder;
static int ends;

static uint64_t *counter_of(uint64_t address)
{
	uint64_t at = address * UINT64_C(0x9e3779b97f4a7c15) >> 42;
	uint64_t tried;

	if (!(address >> 63))
		return &programs;
	for (tried = 0; tried < SLOTS; tried++, at = (at + 1) % SLOTS) {
		if (!slots[at].address)
			slots[at].address = address;
		if (slots[at].address == address)
			return &slots[at].instructions;
	}
	fputs("profile: more code than there is room for\n", stderr);
	exit(1);
}

static void begin(unsigned int cpu, void *data)
{
	uint64_t at;

	(void)cpu;
	(void)data;
	for (at = 0; at < SLOTS; at++)
		slots[at].instructions = 0;
	programs = 0;
}

static void end(unsigned int cpu, void *data)
{
	char path[4096];
	uint64_t at;
	FILE *file;

	(void)cpu;
	(void)data;
	snprintf(path, sizeof(path), "%s/%d", folder, ++ends);
	file = fopen(path, "w");
	if (!file) {
		perror(path);
		exit(1);
	}
	fprintf(file, "0 %" PRIu64 "\n", programs);
	for (at = 0; at < SLOTS; at++)
		if (slots[at].instructions)
			fprintf(file, "%" PRIx64 " %" PRIu64 "\n", slots[at].address,
				slots[at].instructions);
	if (fclose(file)) {
		perror(path);
		exit(1);
	}
}

/* Whether an instruction is a mark, and which. */
static int mark_of(const struct qemu_plugin_insn *insn)
{
	static const unsigned char marks[2][MARK_SIZE] = { MARK_BYTES(BEGIN), MARK_BYTES(END) };
	int which;

	if (qemu_plugin_insn_size(insn) != MARK_SIZE)
		return 0;
	for (which = 0; which < 2; which++)
		if (!memcmp(qemu_plugin_insn_data(insn), marks[which], MARK_SIZE))
			return which ? END : BEGIN;
	return 0;
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	uint64_t address = qemu_plugin_tb_vaddr(tb);
	size_t length = qemu_plugin_tb_n_insns(tb);
	size_t i;

	(void)id;
	qemu_plugin_register_vcpu_tb_exec_inline(tb, ADD, counter_of(address), length);
	for (i = 0; i < length && !(address >> 63); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		int mark = mark_of(insn);

		if (mark)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, mark == BEGIN ? begin : end,
							       NO_REGISTERS, NULL);
	}
}

int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4)) {
		fputs("profile: want out=FOLDER\n", stderr);
		return 1;
	}
	folder = strdup(argv[0] + 4);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return folder ? 0 : 1;
}
