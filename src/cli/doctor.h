/* SPDX-License-Identifier: GPL-2.0 */
/* doctor.h - the checks of "doctor", and how they tell what they found. */
#ifndef DOCTOR_H
#define DOCTOR_H

#include "kernel.h"
#include "link.h"
#include "order.h"
#include "util.h"

/**
 * enum doctor_level - how bad it is
 * @DOCTOR_OK: as it should be
 * @DOCTOR_WARN: works, and could be better, or could not be looked at
 * @DOCTOR_FAIL: does not work
 */
enum doctor_level {
	DOCTOR_OK,
	DOCTOR_WARN,
	DOCTOR_FAIL,
};

/**
 * struct doctor - what the checks look at
 * @kernel: the one that runs
 * @installed: whether it has a folder in /lib/modules
 * @loaded: the module that runs
 * @links: WireGuard interfaces of this network namespace
 * @link_count: how many
 * @note: told of each finding
 * @data: for @note
 */
struct doctor {
	struct kernel kernel;
	bool installed;
	struct loaded loaded;
	struct link *links;
	size_t link_count;
	void (*note)(void *data, enum doctor_level level, const char *check, const char *remedy,
		     const char *text);
	void *data;
};

/**
 * doctor_note() - tell a finding
 * @doctor: whom to tell
 * @level: how bad it is
 * @check: which check it comes from, one word
 * @remedy: what to do, or NULL
 * @format: what was found
 */
void doctor_note(const struct doctor *doctor, enum doctor_level level, const char *check,
		 const char *remedy, const char *format, ...)
	__printf(5, 6);

/* Module, DKMS, headers, signature, Secure Boot, initial file system, others. */
void doctor_check_module(const struct doctor *doctor);

/* Settings against what was counted under them. */
void doctor_check_order(const struct doctor *doctor);

/*
 * The same for one interface, or, with a @key, for a peer that has settings of its own:
 * what was counted @since a look before under these settings, and by how much the
 * latest packet was too late, microseconds, 0 if that was not measured. Of a peer only
 * what is not well is told.
 */
void doctor_check_figures(const struct doctor *doctor, const struct order_settings *settings,
			  const uint8_t *key, const struct order_stats *since,
			  uint64_t late_us);

/* What TCP has met with. */
void doctor_check_tcp(const struct doctor *doctor);

#endif
