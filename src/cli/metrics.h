/* SPDX-License-Identifier: GPL-2.0 */
/* metrics.h - the text format of Prometheus. */
#ifndef METRICS_H
#define METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "kernel.h"
#include "netns.h"
#include "order.h"

/**
 * struct metrics_interface - an interface that is exported
 * @netns: the network namespace that it is in; "" for the program's own
 * @settings: its settings
 * @report: its figures and those of its peers
 */
struct metrics_interface {
	char netns[NETNS_NAME];
	struct order_settings settings;
	struct order_report report;
};

/**
 * struct metrics - what is exported
 * @loaded: the module that runs
 * @netns: whether network namespaces are told apart, by a label
 * @own: what the program's own one is called there
 * @all: interfaces
 * @count: how many
 */
struct metrics {
	struct loaded loaded;
	bool netns;
	const char *own;
	struct metrics_interface *all;
	size_t count;
};

void metrics_print(FILE *to, const struct metrics *metrics);

#endif
