// SPDX-License-Identifier: GPL-2.0
/*
 * The routing table of inner addresses: cases by hand, readers beside a writer,
 * then random operations against a list that is searched from end to end.
 *
 * SEED=n repeats a run, OPS=n sets its length.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "allowedips.h"
#include "kstub.h"
#include "tap.h"

#define OWNERS	6

static struct wgr_aip_table table;
static struct wgr_aip_owner owners[OWNERS];
static struct mutex lock;

static void start(void)
{
	size_t i;

	wgr_aip_init(&table, &lock);
	for (i = 0; i < OWNERS; i++)
		wgr_aip_owner_init(&owners[i]);
	mutex_lock(&lock);
}

/* Returns whether nothing was left behind. */
static bool finish(void)
{
	bool clean;

	wgr_aip_destroy(&table);
	mutex_unlock(&lock);
	kstub_grace();
	clean = !table.root4 && !table.root6 && !kstub_live;
	if (!clean)
		printf("# %ld allocations left\n", kstub_live);
	return clean;
}

static int owner_of(u16 family, const void *addr)
{
	struct wgr_aip_owner *owner;

	rcu_read_lock();
	owner = wgr_aip_lookup(&table, family, addr);
	rcu_read_unlock();
	return owner ? owner - owners : -1;
}

/* By text: "10.0.0.0/8" and "10.1.2.3", of either family. */

static u16 parse(const char *text, u8 addr[16], u8 *cidr)
{
	u16 family = strchr(text, ':') ? AF_INET6 : AF_INET;
	char copy[64], *slash;

	snprintf(copy, sizeof(copy), "%s", text);
	slash = strchr(copy, '/');
	if (slash) {
		*slash = '\0';
		*cidr = atoi(slash + 1);
	}
	if (inet_pton(family, copy, addr) != 1)
		abort();
	return family;
}

static int put(const char *text, int owner)
{
	u8 addr[16], cidr;
	u16 family = parse(text, addr, &cidr);

	return wgr_aip_insert(&table, family, addr, cidr, &owners[owner]);
}

static int drop(const char *text, int owner)
{
	u8 addr[16], cidr;
	u16 family = parse(text, addr, &cidr);

	return wgr_aip_remove(&table, family, addr, cidr, &owners[owner]);
}

static int at(const char *text)
{
	u8 addr[16];
	u16 family = parse(text, addr, NULL);

	return owner_of(family, addr);
}

static bool is(const char *text, int owner)
{
	int found = at(text);

	if (found != owner)
		printf("# %s: %d, should be %d\n", text, found, owner);
	return found == owner;
}

/* The prefixes of an owner in the order of a walk. */
static bool lists(int owner, const char *expected)
{
	struct wgr_aip_cursor cursor = {};
	struct wgr_aip_entry *entry;
	char all[4096] = "", addr[64];

	while ((entry = wgr_aip_next(&table, &owners[owner], &cursor))) {
		inet_ntop(entry->family, &entry->addr, addr, sizeof(addr));
		snprintf(all + strlen(all), sizeof(all) - strlen(all),
			 "%s%s/%u", *all ? " " : "", addr, entry->cidr);
	}
	if (strcmp(all, expected))
		printf("# \"%s\", should be \"%s\"\n", all, expected);
	return !strcmp(all, expected);
}

static void nested(void)
{
	start();
	tap_ok(is("10.0.0.1", -1) && is("::1", -1), "an empty table has nobody");
	put("10.0.0.0/8", 0);
	put("10.1.0.0/16", 1);
	put("10.1.2.0/24", 2);
	put("10.1.2.3/32", 3);
	tap_ok(is("10.255.0.1", 0) && is("10.1.255.1", 1) &&
	       is("10.1.2.255", 2) && is("10.1.2.3", 3) && is("10.1.2.2", 2) &&
	       is("11.0.0.0", -1) && is("9.255.255.255", -1),
	       "the longest prefix wins");
	put("0.0.0.0/0", 4);
	tap_ok(is("11.0.0.0", 4) && is("255.255.255.255", 4) && is("0.0.0.0", 4) &&
	       is("10.1.2.3", 3) && is("::", -1), "default route of IPv4");
	put("::/0", 5);
	put("fd00:1::/32", 0);
	put("fd00:1::/64", 1);
	put("fd00:1::42/128", 2);
	put("fd00:1:0:0:8000::/65", 3);
	tap_ok(is("fd00:1::42", 2) && is("fd00:1::43", 1) && is("fd00:1:1::", 0) &&
	       is("fd00:1:0:0:8000::1", 3) && is("fd00:1:0:0:7fff::", 1) &&
	       is("fd00:2::", 5) && is("ffff:ffff::", 5) && is("10.0.0.1", 0),
	       "IPv6, on both sides of bit 64");
	drop("10.1.0.0/16", 1);
	tap_ok(is("10.1.255.1", 0) && is("10.1.2.9", 2),
	       "without one, the next shorter one");
	tap_ok(lists(0, "10.0.0.0/8 fd00:1::/32") && lists(1, "fd00:1::/64") &&
	       lists(4, "0.0.0.0/0"), "a walk goes in the order of insertion");
	tap_ok(finish(), "nothing left");
}

/* Every length of both families, along one address and beside it. */
static void every_length(void)
{
	static const u8 ones[16] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	};
	static const u8 pattern[16] = {
		0xa5, 0x3c, 0x96, 0x0f, 0x5a, 0xc3, 0x69, 0xf0,
		0xa5, 0x3c, 0x96, 0x0f, 0x5a, 0xc3, 0x69, 0xf1,
	};
	const u8 *addrs[] = { ones, pattern };
	int bits, flip, which;
	bool good = true;
	u16 family;

	for (which = 0; which < 2; which++)
		for (bits = 32; bits <= 128; bits += 96) {
			family = bits == 32 ? AF_INET : AF_INET6;
			start();
			for (flip = 0; flip <= bits; flip++)
				good &= !wgr_aip_insert(&table, family, addrs[which],
							flip, &owners[flip % 5]);
			good &= owner_of(family, addrs[which]) == bits % 5;
			for (flip = 0; flip < bits; flip++) {
				u8 addr[16];

				memcpy(addr, addrs[which], 16);
				addr[flip / 8] ^= 0x80 >> flip % 8;
				good &= owner_of(family, addr) == flip % 5;
			}
			good &= finish();
		}
	tap_ok(good, "all lengths from 0 on");
}

static void masking(void)
{
	u8 bytes[17];

	start();
	put("10.1.2.3/8", 0);
	put("fd00::ffff/70", 1);
	tap_ok(lists(0, "10.0.0.0/8") && lists(1, "fd00::/70") && is("10.9.9.9", 0),
	       "bits past the prefix do not count");
	tap_ok(!put("10.200.0.0/8", 2) && lists(0, "") && lists(2, "10.0.0.0/8"),
	       "nor when it is looked for");
	drop("10.77.0.0/8", 2);
	tap_ok(lists(2, "") && is("10.0.0.1", -1), "nor when it is removed");
	memset(bytes, 0xab, sizeof(bytes));
	tap_ok(!wgr_aip_insert(&table, AF_INET6, bytes + 1, 128, &owners[3]) &&
	       owner_of(AF_INET6, bytes + 1) == 3, "addresses of any alignment");
	tap_ok(finish(), "nothing left");
}

static void ownership(void)
{
	start();
	put("192.168.4.0/24", 0);
	put("192.168.4.0/24", 1);
	tap_ok(is("192.168.4.9", 1) && lists(0, "") && lists(1, "192.168.4.0/24"),
	       "a prefix moves to the last one that claims it");
	put("192.168.5.0/24", 1);
	put("192.168.4.0/24", 1);
	tap_ok(lists(1, "192.168.4.0/24 192.168.5.0/24"),
	       "claimed again it keeps its place");
	tap_ok(!drop("192.168.4.0/24", 0) && is("192.168.4.9", 1),
	       "another owner does not remove it");
	tap_ok(!drop("192.168.4.0/25", 1) && !drop("192.168.4.0/23", 1) &&
	       !drop("10.0.0.0/8", 1) && is("192.168.4.9", 1),
	       "nor does another length");
	put("192.168.4.1/32", 2);
	put("192.168.0.0/16", 2);
	put("fd00::/8", 2);
	wgr_aip_remove_owner(&table, &owners[2]);
	tap_ok(lists(2, "") && is("192.168.4.1", 1) && is("192.168.9.1", -1) &&
	       is("fd00::1", -1) && is("192.168.5.1", 1),
	       "all prefixes of one owner go, of both families, no others");
	wgr_aip_remove_owner(&table, &owners[2]);
	tap_ok(lists(2, ""), "an owner without prefixes loses none");
	wgr_aip_destroy(&table);
	tap_ok(lists(1, "") && is("192.168.4.9", -1) && !put("10.0.0.0/8", 3) &&
	       is("10.2.3.4", 3), "a destroyed table is empty and usable");
	tap_ok(finish(), "nothing left");
}

static void bad_arguments(void)
{
	u8 addr[16] = {};

	start();
	tap_ok(wgr_aip_insert(&table, AF_INET, addr, 33, &owners[0]) == -EINVAL &&
	       wgr_aip_insert(&table, AF_INET, addr, 255, &owners[0]) == -EINVAL &&
	       wgr_aip_insert(&table, AF_INET6, addr, 129, &owners[0]) == -EINVAL,
	       "too long to insert");
	tap_ok(wgr_aip_remove(&table, AF_INET, addr, 33, &owners[0]) == -EINVAL &&
	       wgr_aip_remove(&table, AF_INET6, addr, 129, &owners[0]) == -EINVAL,
	       "too long to remove");
	tap_ok(wgr_aip_insert(&table, AF_UNIX, addr, 0, &owners[0]) == -EINVAL &&
	       wgr_aip_remove(&table, AF_UNSPEC, addr, 0, &owners[0]) == -EINVAL,
	       "no other family to change");
	tap_ok(lists(0, "") && !kstub_live, "nothing was taken");
	put("0.0.0.0/0", 0);
	put("::/0", 0);
	tap_ok(owner_of(AF_UNIX, addr) == -1 && owner_of(AF_INET6, addr) == 0,
	       "nor one to look for");
	tap_ok(finish(), "nothing left");
}

/* Each allocation of an insertion fails once, for every shape of it. */
static void no_memory(void)
{
	static const char *const shapes[] = {
		"10.0.0.0/8",		/* empty tree */
		"10.64.0.0/10",		/* below a node */
		"10.65.0.0/10",		/* there already */
		"10.32.0.0/11",		/* one more in a node */
		"10.64.1.0/24",		/* a child more */
		"10.64.1.128/32",	/* and below that */
		"10.64.1.129/32",
		"10.64.64.1/32",	/* a fork */
		"10.64.0.0/16",		/* a node in between */
		"0.0.0.0/0",		/* a new top */
	};
	unsigned int failures = 0;
	bool good = true;
	size_t i;

	start();
	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		int after;

		for (after = 1; ; after++) {
			int before = at("10.64.1.128"), ret;
			long live = kstub_live;

			kstub_failed = false;
			kstub_fail_in = after;
			ret = put(shapes[i], i % OWNERS);
			kstub_fail_in = 0;
			if (!kstub_failed) {
				good &= !ret;
				break;
			}
			failures++;
			good &= ret == -ENOMEM && before == at("10.64.1.128") &&
				live == kstub_live;
		}
	}
	tap_ok(good && failures >= 20, "%u failed allocations change nothing",
	       failures);
	kstub_fail_in = 1;
	kstub_failed = false;
	for (i = 0; i < ARRAY_SIZE(shapes); i++)
		good &= !drop(shapes[i], i % OWNERS);
	for (i = 0; i < OWNERS; i++)
		wgr_aip_remove_owner(&table, &owners[i]);
	kstub_fail_in = 0;
	kstub_grace();
	tap_ok(good && !kstub_failed && !kstub_live, "removing asks for no memory");
	tap_ok(finish(), "nothing left");
}

/*
 * A walk in steps while the table changes in between: the prefix given last is
 * removed, moved or replaced, and so is the next one.
 */
static void broken_walk(void)
{
	struct wgr_aip_cursor cursor = {}, copy;
	struct wgr_aip_entry *entry;

	start();
	put("10.0.1.0/24", 0);
	put("10.0.2.0/24", 0);
	put("10.0.3.0/24", 0);
	put("10.0.4.0/24", 0);
	entry = wgr_aip_next(&table, &owners[0], &cursor);
	tap_ok(entry && entry->addr.v4.s_addr == htonl(0x0a000100), "first step");
	drop("10.0.1.0/24", 0);
	kstub_grace();
	entry = wgr_aip_next(&table, &owners[0], &cursor);
	tap_ok(entry && entry->addr.v4.s_addr == htonl(0x0a000200),
	       "the prefix given last is gone");
	put("10.0.2.0/24", 1);
	put("10.0.3.0/24", 1);
	copy = cursor;
	entry = wgr_aip_next(&table, &owners[0], &cursor);
	tap_ok(entry && entry->addr.v4.s_addr == htonl(0x0a000400),
	       "that and the next one belong to another");
	entry = wgr_aip_next(&table, &owners[0], &copy);
	tap_ok(entry && entry->addr.v4.s_addr == htonl(0x0a000400),
	       "a copy of the cursor repeats a step");
	tap_ok(!wgr_aip_next(&table, &owners[0], &cursor), "the end");
	put("10.0.5.0/24", 0);
	entry = wgr_aip_next(&table, &owners[0], &cursor);
	tap_ok(entry && entry->addr.v4.s_addr == htonl(0x0a000500),
	       "what is added later comes last");
	wgr_aip_remove_owner(&table, &owners[0]);
	kstub_grace();
	tap_ok(!wgr_aip_next(&table, &owners[0], &cursor), "the end when all are gone");
	tap_ok(finish(), "nothing left");
}

/* Memory stays in proportion, whatever is removed. */
static void bounded(void)
{
	bool good = true;
	long entries = 0;
	unsigned int i;
	u8 addr[16];

	start();
	for (i = 0; i < 100000; i++) {
		u32 bits = htonl(i * 2654435761U);

		memcpy(addr, &bits, 4);
		good &= !wgr_aip_insert(&table, AF_INET, addr, 32,
					&owners[i % 100 ? 0 : 1]);
		entries++;
	}
	kstub_grace();
	good &= kstub_live <= 3 * entries;
	tap_ok(good, "100000 prefixes: %ld allocations", kstub_live);
	wgr_aip_remove_owner(&table, &owners[0]);
	kstub_grace();
	tap_ok(kstub_live <= 3000, "1000 of them left: %ld allocations", kstub_live);
	for (i = 0, good = true; i < 100000; i++) {
		u32 bits = htonl(i * 2654435761U);

		good &= owner_of(AF_INET, &bits) == (i % 100 ? -1 : 1);
	}
	tap_ok(good, "exactly those are found");
	tap_ok(finish(), "nothing left");
}

/*
 * Readers beside a writer. Some addresses always belong to somebody, whatever
 * the writer does around them; each look-up must give one of the owners that
 * they have in turn, and nothing may be freed under a reader.
 */
static bool stop;
static unsigned long misses, reads;

static void *reader(void *unused)
{
	static const char *const moving[] = { "10.1.2.3", "fd00::1:2:3" };
	unsigned long count = 0, wrong = 0;
	u8 addr[2][16];
	u16 family[2];
	int i;

	for (i = 0; i < 2; i++)
		family[i] = parse(moving[i], addr[i], NULL);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		struct wgr_aip_owner *found;

		rcu_read_lock();
		for (i = 0; i < 2; i++) {
			found = wgr_aip_lookup(&table, family[i], addr[i]);
			wrong += found != &owners[0] && found != &owners[1];
		}
		rcu_read_unlock();
		count += 2;
	}
	__atomic_fetch_add(&misses, wrong, __ATOMIC_RELAXED);
	__atomic_fetch_add(&reads, count, __ATOMIC_RELAXED);
	return unused;
}

static void readers(void)
{
	/* Around the address: neighbours, longer, shorter, forks, tops. */
	static const char *const around[] = {
		"0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/30",
		"10.1.2.2/31", "10.1.2.4/32", "10.1.3.0/24", "10.129.0.0/16",
		"12.0.0.0/8", "::/0", "fd00::/16", "fd00::/64", "fd00::/90",
		"fd00::1:2:4/128", "fd00::1:2:0/127", "fd01::/32",
		"fd00:0:0:0:8000::/66",
	};
	pthread_t thread[2];
	unsigned int round;
	int i;

	start();
	put("10.1.2.3/32", 0);
	put("fd00::1:2:3/128", 0);
	for (i = 0; i < 2; i++)
		pthread_create(&thread[i], NULL, reader, NULL);
	for (round = 0; round < 60000; round++) {
		const char *what = around[round * 2654435761U % ARRAY_SIZE(around)];

		/* Owner 2 is never seen: the longest prefix stays. */
		switch (round / 7 % 5) {
		case 0: case 1:
			put(what, 2);
			break;
		case 2:
			drop(what, 2);
			break;
		case 3:
			put("10.1.2.3/32", round % 2);
			put("fd00::1:2:3/128", round % 2);
			break;
		default:
			if (round % 50 == 0)
				wgr_aip_remove_owner(&table, &owners[2]);
			break;
		}
		if (round % 16 == 0)
			kstub_grace();
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	tap_ok(!misses && reads > 1000, "%lu look-ups beside a writer, %lu missed",
	       reads, misses);
	tap_ok(finish(), "nothing left");
}

/* The list that random operations are checked against. */

#define MODEL	400

static struct model_entry {
	u16 family;
	u8 cidr;
	u8 addr[16];
	int owner;
	unsigned long serial;
} model[MODEL];
static unsigned int model_count;
static unsigned long model_serial;

static u8 mask_byte(u8 cidr, int i)
{
	return cidr >= 8 * i + 8 ? 0xff : cidr <= 8 * i ? 0 : 0xff00 >> (cidr - 8 * i);
}

static bool covers(const struct model_entry *entry, u16 family, const u8 *addr)
{
	int i;

	if (entry->family != family)
		return false;
	for (i = 0; i < (family == AF_INET ? 4 : 16); i++)
		if ((addr[i] ^ entry->addr[i]) & mask_byte(entry->cidr, i))
			return false;
	return true;
}

static int model_owner_of(u16 family, const u8 *addr)
{
	int owner = -1, length = -1;
	unsigned int i;

	for (i = 0; i < model_count; i++)
		if (model[i].cidr > length && covers(&model[i], family, addr)) {
			length = model[i].cidr;
			owner = model[i].owner;
		}
	return owner;
}

static struct model_entry *model_find(u16 family, const u8 *addr, u8 cidr)
{
	unsigned int i;

	for (i = 0; i < model_count; i++)
		if (model[i].cidr == cidr && covers(&model[i], family, addr))
			return &model[i];
	return NULL;
}

static void model_insert(u16 family, const u8 *addr, u8 cidr, int owner)
{
	struct model_entry *entry = model_find(family, addr, cidr);
	int i;

	if (entry && entry->owner == owner)
		return;
	if (!entry) {
		entry = &model[model_count++];
		memset(entry, 0, sizeof(*entry));
		entry->family = family;
		entry->cidr = cidr;
		for (i = 0; i < (family == AF_INET ? 4 : 16); i++)
			entry->addr[i] = addr[i] & mask_byte(cidr, i);
	}
	entry->owner = owner;
	entry->serial = ++model_serial;
}

/* All of an owner with @family 0, all of all owners with @owner -1. */
static void model_remove(u16 family, const u8 *addr, u8 cidr, int owner)
{
	unsigned int i = 0;

	while (i < model_count) {
		struct model_entry *entry = &model[i];

		if ((owner < 0 || entry->owner == owner) &&
		    (!family || (entry->cidr == cidr && covers(entry, family, addr))))
			*entry = model[--model_count];
		else
			i++;
	}
}

static struct model_entry *model_next(int owner, unsigned long after)
{
	struct model_entry *first = NULL;
	unsigned int i;

	for (i = 0; i < model_count; i++)
		if (model[i].owner == owner && model[i].serial > after &&
		    (!first || model[i].serial < first->serial))
			first = &model[i];
	return first;
}

static uint64_t random_state;

static unsigned int rnd(unsigned int below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (random_state * 0x2545f4914f6cdd1dULL >> 32) % below;
}

/* Near what is there, mostly: the same, or with one bit or the end changed. */
static u16 random_prefix(u8 addr[16], u8 *cidr)
{
	u16 family = rnd(2) ? AF_INET : AF_INET6;
	unsigned int bits, i;

	for (i = 0; i < 16; i++)
		addr[i] = rnd(3) ? rnd(2) * 0xff : rnd(256);
	*cidr = 255;
	if (model_count && rnd(4)) {
		struct model_entry *near = &model[rnd(model_count)];

		family = near->family;
		bits = family == AF_INET ? 32 : 128;
		i = rnd(bits);
		if (rnd(2))
			memcpy(addr, near->addr, 16);
		else
			memcpy(addr, near->addr, i / 8);
		if (rnd(3))
			addr[i / 8] ^= 0x80 >> i % 8;
		if (rnd(3) == 0)
			*cidr = near->cidr;
	}
	bits = family == AF_INET ? 32 : 128;
	if (*cidr == 255)
		*cidr = rnd(4) ? rnd(bits + 1) : rnd(bits / 8 + 1) * 8;
	return family;
}

static bool same_walk(int owner, struct wgr_aip_cursor *cursor,
		      unsigned long *after, unsigned int steps)
{
	while (steps--) {
		struct wgr_aip_entry *entry;
		struct model_entry *expected;

		entry = wgr_aip_next(&table, &owners[owner], cursor);
		expected = model_next(owner, *after);
		if (!entry || !expected)
			return !entry && !expected;
		if (entry->family != expected->family ||
		    entry->cidr != expected->cidr ||
		    memcmp(&entry->addr, expected->addr,
			   entry->family == AF_INET ? 4 : 16))
			return false;
		*after = expected->serial;
	}
	return true;
}

/*
 * What a reader sees in the middle of a change: after every single store it
 * looks for some addresses. Each of them has the owner it had before the change
 * or the one it has after it, and never the old one again.
 */
#define PROBES	3

static struct probe {
	u16 family;
	u8 addr[16];
	int before, now, changes;
} probes[PROBES];

static void probe_all(void)
{
	int i;

	for (i = 0; i < PROBES; i++) {
		struct probe *probe = &probes[i];
		int now = owner_of(probe->family, probe->addr);

		probe->changes += now != probe->now;
		probe->now = now;
	}
}

static void probes_start(u16 family, const u8 *addr)
{
	u8 cidr;
	int i;

	for (i = 0; i < PROBES; i++) {
		struct probe *probe = &probes[i];

		if (i) {
			probe->family = random_prefix(probe->addr, &cidr);
		} else {
			probe->family = family;
			memcpy(probe->addr, addr, 16);
		}
		probe->before = model_owner_of(probe->family, probe->addr);
		probe->now = probe->before;
		probe->changes = 0;
	}
	kstub_stored = probe_all;
}

static bool probes_end(void)
{
	bool good = true;
	int i;

	kstub_stored = NULL;
	probe_all();
	for (i = 0; i < PROBES; i++) {
		int after = model_owner_of(probes[i].family, probes[i].addr);

		good &= probes[i].now == after &&
			probes[i].changes == (probes[i].before != after);
	}
	return good;
}

static bool random_change(void)
{
	int owner = rnd(OWNERS), ret = 0, expected = 0;
	unsigned int what = rnd(1000);
	long at_once = kstub_at_once;
	bool seen = true;
	u8 addr[16], cidr;
	u16 family = random_prefix(addr, &cidr);

	if (what < 2) {
		wgr_aip_remove_owner(&table, &owners[owner]);
		model_remove(0, NULL, 0, owner);
	} else if (what < 3 && !rnd(8)) {
		wgr_aip_destroy(&table);
		model_remove(0, NULL, 0, -1);
	} else if (what < 400 || model_count == MODEL) {
		struct model_entry *there = NULL;

		if (model_count && rnd(4)) {
			there = &model[rnd(model_count)];
			family = there->family;
			cidr = there->cidr;
			memcpy(addr, there->addr, 16);
			if (rnd(8))
				owner = there->owner;
		}
		probes_start(family, addr);
		ret = wgr_aip_remove(&table, family, addr, cidr, &owners[owner]);
		model_remove(family, addr, cidr, owner);
		seen = probes_end();
	} else {
		probes_start(family, addr);
		kstub_failed = false;
		kstub_fail_in = rnd(8) ? 0 : 1 + rnd(3);
		ret = wgr_aip_insert(&table, family, addr, cidr, &owners[owner]);
		kstub_fail_in = 0;
		if (kstub_failed)
			expected = -ENOMEM;
		else
			model_insert(family, addr, cidr, owner);
		seen = probes_end();
	}
	/* What readers could get at is not freed before a grace period. */
	return ret == expected && seen && (ret || kstub_at_once == at_once);
}

static bool random_look(void)
{
	u8 addr[16], cidr;
	u16 family = random_prefix(addr, &cidr);

	return owner_of(family, addr) == model_owner_of(family, addr);
}

static bool random_run(unsigned long ops)
{
	struct wgr_aip_cursor cursor = {};
	unsigned long i, after = 0;
	int walker = 0;

	for (i = 0; i < ops; i++) {
		const char *what = NULL;

		if (!random_change())
			what = "result of a change";
		else if (!random_look() || !random_look() || !random_look())
			what = "look-up";
		else if (i % 7 == 0 && !same_walk(walker, &cursor, &after, 3))
			what = "walk between changes";
		if (i % 251 == 0) {
			unsigned long from = 0;

			cursor = (struct wgr_aip_cursor){};
			if (!same_walk(rnd(OWNERS), &cursor, &from, MODEL + 1))
				what = "whole walk";
			walker = rnd(OWNERS);
			cursor = (struct wgr_aip_cursor){};
			after = 0;
		}
		if (i % 64 == 0) {
			kstub_grace();
			if (kstub_live < model_count || kstub_live > 3L * model_count)
				what = "number of allocations";
		}
		if (what) {
			printf("# operation %lu: %s\n", i, what);
			return false;
		}
	}
	return true;
}

int main(void)
{
	const char *seed = getenv("SEED"), *ops = getenv("OPS");
	unsigned long count = ops ? strtoul(ops, NULL, 0) : 300000;
	uint64_t number = seed ? strtoull(seed, NULL, 0) : (uint64_t)time(NULL);

	nested();
	every_length();
	masking();
	ownership();
	bad_arguments();
	no_memory();
	broken_walk();
	bounded();
	readers();

	printf("# SEED=%" PRIu64 " OPS=%lu\n", number, count);
	random_state = number * 0x9e3779b97f4a7c15ULL | 1;
	start();
	tap_ok(random_run(count), "random operations as the plain list has them");
	tap_ok(finish(), "nothing left");
	return tap_done();
}
