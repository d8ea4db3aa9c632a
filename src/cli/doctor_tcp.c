// SPDX-License-Identifier: GPL-2.0
/*
 * doctor_tcp.c - checks of what TCP has met with.
 *
 * A sender of TCP learns from the acknowledgements that what it sent arrived out
 * of order. So what it knows is about the way out of here: for tunnels, about
 * what the far end does.
 */
#include <inttypes.h>
#include <linux/inet_diag.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "file.h"
#include "nl.h"
#include "say.h"

#ifndef NETLINK_SOCK_DIAG
#define NETLINK_SOCK_DIAG 4
#endif

/* TCP_ESTABLISHED of the kernel, as a bit. */
#define ESTABLISHED (1 << 1)

/**
 * struct counted - connections through tunnels
 * @doctor: which interfaces those are
 * @addresses: addresses of the interfaces, 16 bytes each
 * @address_count: how many
 * @connections: how many there are
 * @swapped: of these, met with reordering
 * @times: how often in all
 */
struct counted {
	const struct doctor *doctor;
	uint8_t (*addresses)[16];
	size_t address_count;
	unsigned int connections;
	unsigned int swapped;
	uint64_t times;
};

static bool is_tunnel(const struct doctor *d, int ifindex)
{
	size_t i;

	for (i = 0; i < d->link_count; i++) {
		if (d->links[i].ifindex == ifindex)
			return true;
	}
	return false;
}

static int take_address(const struct nlmsghdr *message, void *data)
{
	const struct ifaddrmsg *head = mnl_nlmsg_get_payload(message);
	const struct nlattr *table[IFA_LOCAL + 1], *attr;
	struct counted *counted = data;
	uint8_t *to;

	if (!is_tunnel(counted->doctor, head->ifa_index))
		return 0;
	nl_parse(table, IFA_LOCAL, message, sizeof(*head));
	attr = table[IFA_LOCAL] ? table[IFA_LOCAL] : table[IFA_ADDRESS];
	counted->addresses = say_alloc(counted->addresses, (counted->address_count + 1) * 16);
	to = counted->addresses[counted->address_count++];
	memset(to, 0, 16);
	nl_bytes(attr, to, head->ifa_family == AF_INET ? 4 : 16);
	return 0;
}

static bool is_ours(const struct counted *counted, const void *address, size_t size)
{
	uint8_t whole[16] = {};
	size_t i;

	memcpy(whole, address, size);
	for (i = 0; i < counted->address_count; i++) {
		if (!memcmp(counted->addresses[i], whole, sizeof(whole)))
			return true;
	}
	return false;
}

static int take_connection(const struct nlmsghdr *message, void *data)
{
	const struct inet_diag_msg *head = mnl_nlmsg_get_payload(message);
	const struct nlattr *table[INET_DIAG_INFO + 1];
	struct counted *counted = data;
	struct tcp_info info = {};
	size_t len;

	if (!is_ours(counted, head->id.idiag_src, head->idiag_family == AF_INET ? 4 : 16))
		return 0;
	counted->connections++;
	nl_parse(table, INET_DIAG_INFO, message, sizeof(*head));
	if (!table[INET_DIAG_INFO])
		return 0;
	len = mnl_attr_get_payload_len(table[INET_DIAG_INFO]);
	memcpy(&info, mnl_attr_get_payload(table[INET_DIAG_INFO]),
	       len < sizeof(info) ? len : sizeof(info));
	counted->swapped += !!info.tcpi_reord_seen;
	counted->times += info.tcpi_reord_seen;
	return 0;
}

static void read_addresses(struct counted *counted)
{
	struct nlmsghdr *request;
	struct nl nl;

	if (nl_open(&nl, NETLINK_ROUTE))
		return;
	request = nl_begin(&nl, RTM_GETADDR, NLM_F_DUMP);
	mnl_nlmsg_put_extra_header(request, sizeof(struct ifaddrmsg));
	nl_talk(&nl, take_address, counted);
	nl_close(&nl);
}

static void read_connections(struct counted *counted, uint8_t family)
{
	struct inet_diag_req_v2 *wanted;
	struct nlmsghdr *request;
	struct nl nl;

	if (nl_open(&nl, NETLINK_SOCK_DIAG))
		return;
	request = nl_begin(&nl, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP);
	wanted = mnl_nlmsg_put_extra_header(request, sizeof(*wanted));
	wanted->sdiag_family = family;
	wanted->sdiag_protocol = IPPROTO_TCP;
	wanted->idiag_ext = 1 << (INET_DIAG_INFO - 1);
	wanted->idiag_states = ESTABLISHED;
	nl_talk(&nl, take_connection, counted);
	nl_close(&nl);
}

static void check_connections(const struct doctor *d)
{
	struct counted counted = { .doctor = d };

	read_addresses(&counted);
	if (counted.address_count) {
		read_connections(&counted, AF_INET);
		read_connections(&counted, AF_INET6);
	}
	free(counted.addresses);
	if (!counted.connections)
		doctor_note(d, DOCTOR_OK, "tcp-tunnels", NULL,
			    "no connection from an address of a tunnel");
	else if (counted.swapped)
		doctor_note(d, DOCTOR_WARN, "tcp-tunnels",
			    "install wireguard-reorder at the far end, too",
			    "%u of %u connections saw %" PRIu64 " times that what they sent came out of order",
			    counted.swapped, counted.connections, counted.times);
	else
		doctor_note(d, DOCTOR_OK, "tcp-tunnels", NULL,
			    "%u connections, and none saw that what it sent came out of order",
			    counted.connections);
}

/* The value under a name: names are in one line, values in the next, both after "TcpExt:". */
static uint64_t value_of(const char *text, const char *wanted)
{
	char *lines = strdup(text), *names, *values, *name, *value, *more, *others;
	uint64_t found = 0;

	names = lines ? strtok_r(lines, "\n", &more) : NULL;
	values = names ? strtok_r(NULL, "\n", &more) : NULL;
	if (values) {
		name = strtok_r(names, " ", &more);
		value = strtok_r(values, " ", &others);
		while (name && value && strcmp(name, wanted)) {
			name = strtok_r(NULL, " ", &more);
			value = strtok_r(NULL, " ", &others);
		}
		if (name && value)
			found = strtoull(value, NULL, 10);
	}
	free(lines);
	return found;
}

static void check_counters(const struct doctor *d)
{
	char *text = file_text("/proc/self/net/netstat");
	uint64_t count = 0;

	if (text)
		count = value_of(text, "TCPSACKReorder") + value_of(text, "TCPTSReorder") +
			value_of(text, "TCPRenoReorder");
	free(text);
	if (count && d->loaded.whose == KERNEL_STOCK && d->link_count)
		doctor_note(d, DOCTOR_WARN, "tcp", "wireguard-reorder switch ours, at both ends",
			    "TCP has met reordering %" PRIu64 " times, through all interfaces",
			    count);
	else
		doctor_note(d, DOCTOR_OK, "tcp", NULL,
			    "TCP has met reordering %" PRIu64 " times, through all interfaces",
			    count);
}

void doctor_check_tcp(const struct doctor *d)
{
	check_counters(d);
	if (d->link_count)
		check_connections(d);
}
