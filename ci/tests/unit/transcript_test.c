// SPDX-License-Identifier: GPL-2.0
/*
 * The core against bytes that are not its own: conversations with wireguard-go that
 * transcripts.sh has recorded, in transcripts/. What the core said then it must say
 * again, as chance and time are the same, and what it was told it must take.
 *
 *   transcript_test                      replays all
 *   transcript_test record KIND FILE     has the conversation, with a WireGuard at
 *                                        127.0.0.1:51820 that knows who is at :51821
 *
 * A transcript: a line for each key, ">" before what the core sent, "<" before
 * what it got.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "port.h"
#include "protocol/data.h"
#include "protocol/handshake.h"
#include "protocol/mac.h"
#include "protocol/slots.h"
#include "tap.h"

#define S		1000000000ULL
#define LONGEST		2048
#define THEIR_PORT	51820
#define OUR_PORT	51821
/* So many copies in a row, so often at most, until who gets them is under load: for a second. */
#define FLOOD		500
#define FLOODS		100

/* A private key of wireguard-go, one of ours, and a preshared one. */
static const u8 their_secret[WGR_KEY_LEN] = { 0x48, 1, 2, 3, [31] = 0x40 };
static const u8 our_secret[WGR_KEY_LEN] = { 0x50, 4, 5, 6, [31] = 0x41 };
static const u8 some_psk[WGR_KEY_LEN] = { 7, 8, 9 };

static FILE *script;
static bool recording;
static int sock = -1;

static struct wgr_identity us, them;
static struct wgr_handshake hs;
static struct wgr_slots slots;
static struct wgr_keys keys;
static struct wgr_jar jar;
static struct wgr_checker checker;
static u64 now_ns;

/* ---- the other side: there, or on paper ---- */

static void write_line(char sign, const u8 *bytes, size_t len)
{
	size_t i;

	fprintf(script, "%c ", sign);
	for (i = 0; i < len; i++)
		fprintf(script, "%02x", bytes[i]);
	fputc('\n', script);
}

/* The next line if it begins with @sign. Return: bytes on it, or -1. */
static int read_line(char sign, u8 *bytes)
{
	static char line[2 * LONGEST + 8];
	unsigned int byte;
	int len = 0;

	do {
		if (!fgets(line, sizeof(line), script))
			return -1;
	} while (line[0] == '#');
	if (line[0] != sign)
		return -1;
	while (len < LONGEST && sscanf(line + 2 + 2 * len, "%2x", &byte) == 1)
		bytes[len++] = byte;
	return len;
}

static struct sockaddr_in at_port(int port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static int set(int made, int option, const void *value, socklen_t len)
{
	return setsockopt(made, SOL_SOCKET, option, value, len);
}

static int open_socket(int port)
{
	const struct timeval patience = { .tv_sec = 5 };
	/* A flood is answered with as many cookies, and what is waited for comes behind. */
	const int room = 64 << 20;
	struct sockaddr_in here = at_port(port);
	int made = socket(AF_INET, SOCK_DGRAM, 0);

	if (made < 0 || bind(made, (struct sockaddr *)&here, sizeof(here)) ||
	    set(made, SO_RCVTIMEO, &patience, sizeof(patience)) ||
	    set(made, SO_RCVBUFFORCE, &room, sizeof(room))) {
		perror("socket");
		exit(2);
	}
	return made;
}

static void transmit(const void *bytes, size_t len)
{
	struct sockaddr_in there = at_port(THEIR_PORT);

	if (sendto(sock, bytes, len, 0, (struct sockaddr *)&there, sizeof(there)) < 0)
		perror("sendto");
}

/* True unless the core had something else to say then. */
static bool says(const void *bytes, size_t len)
{
	u8 before[LONGEST];

	if (recording) {
		write_line('>', bytes, len);
		transmit(bytes, len);
		return true;
	}
	return read_line('>', before) == (int)len && !memcmp(before, bytes, len);
}

/* A message of this kind; others that come are not told. Return: its length or -1. */
static int hears(u32 kind, u8 *bytes)
{
	int len;

	if (!recording) {
		len = read_line('<', bytes);
		return wgr_message_kind(bytes, len < 0 ? 0 : len) == kind ? len : -1;
	}
	do {
		len = recv(sock, bytes, LONGEST, 0);
	} while (len >= 0 && wgr_message_kind(bytes, len) != kind);
	if (len >= 0)
		write_line('<', bytes, len);
	return len;
}

/* ---- our side ---- */

static void new_keys(u32 index)
{
	memset(&keys, 0, sizeof(keys));
	wgr_keys_init(&keys, index);
}

static bool initiate(u32 index, struct wgr_msg_initiation *msg)
{
	struct wgr_draft draft;
	bool good;

	now_ns += 10 * S;
	new_keys(index);
	good = wgr_draft_ephemeral(&draft) &&
	       wgr_handshake_initiate(&hs, &draft, &us, index, 1700000000 + now_ns / S, 0, msg);
	wgr_draft_wipe(&draft);
	wgr_jar_stamp(&jar, msg, sizeof(*msg), now_ns);
	return good;
}

static bool get_ready(void)
{
	struct wgr_gone gone;

	if (!wgr_handshake_may_finish(&hs, keys.index))
		return false;
	wgr_handshake_finish(&hs, &keys, now_ns);
	wgr_slots_install(&slots, &keys, now_ns, &gone);
	return true;
}

static bool macs_are_right(const void *msg, size_t len)
{
	static const struct wgr_source source = { .bytes = { 127, 0, 0, 1, 0xca, 0x6c }, .len = 6 };

	return wgr_mac_check(&checker, msg, len, &source, false, now_ns) == WGR_MAC_1;
}

static bool read_response(const struct wgr_msg_response *msg)
{
	struct wgr_draft draft;
	bool good;

	good = macs_are_right(msg, sizeof(*msg)) &&
	       wgr_handshake_borrow(&hs, &draft, le32_to_cpu(msg->receiver)) &&
	       wgr_draft_response(&draft, &us, msg) &&
	       wgr_handshake_take_response(&hs, &draft, msg);
	wgr_draft_wipe(&draft);
	return good && get_ready();
}

static bool read_initiation(const struct wgr_msg_initiation *msg)
{
	struct wgr_draft draft;
	bool good;

	good = macs_are_right(msg, sizeof(*msg)) && wgr_draft_sender(&draft, &us, msg) &&
	       !memcmp(draft.public, them.public, WGR_KEY_LEN) &&
	       wgr_handshake_take_initiation(&hs, &draft, msg, now_ns);
	wgr_draft_wipe(&draft);
	return good;
}

static bool respond(u32 index, struct wgr_msg_response *msg)
{
	struct wgr_draft draft;
	bool good;

	new_keys(index);
	good = wgr_draft_ephemeral(&draft) && wgr_handshake_respond(&hs, &draft, index, msg);
	wgr_draft_wipe(&draft);
	wgr_jar_stamp(&jar, msg, sizeof(*msg), now_ns);
	return good && get_ready();
}

static u16 internet_sum(const u8 *bytes, size_t len)
{
	u32 sum = 0;
	size_t i;

	for (i = 0; i < len; i += 2)
		sum += bytes[i] << 8 | bytes[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static void put_sum(u8 *at, const u8 *bytes, size_t len)
{
	u16 sum = internet_sum(bytes, len);

	at[0] = sum >> 8;
	at[1] = sum;
}

#define PING_LEN	32

/* From 10.77.0.2, which is ours, to 10.77.0.1. */
static void make_ping(u8 ip[PING_LEN], u8 type)
{
	static const u8 begins[PING_LEN] = {
		0x45, 0, 0, PING_LEN, 0, 1, 0, 0, 64, 1, 0, 0, 10, 77, 0, 2, 10, 77, 0, 1,
		[24] = 0x12, 0x34, 0, 1, 'w', 'g', 'r', '!',
	};

	memcpy(ip, begins, PING_LEN);
	ip[20] = type;
	put_sum(ip + 10, ip, 20);
	put_sum(ip + 22, ip + 20, PING_LEN - 20);
}

static bool says_data(const u8 *packet, size_t len)
{
	u8 bytes[sizeof(struct wgr_msg_data) + PING_LEN + WGR_TAG_LEN];
	struct wgr_msg_data *msg = (struct wgr_msg_data *)bytes;

	if (!wgr_slots_for_sending(&slots, now_ns) || !wgr_keys_have_counters(&keys, 1))
		return false;
	memcpy(msg->sealed, packet, len);
	wgr_data_seal(&keys, msg, len, wgr_keys_take_counter(&keys));
	return says(bytes, sizeof(*msg) + len + WGR_TAG_LEN);
}

/* A data message with keys of ours. Return: the length of the packet in it, or -1. */
static int hears_data(u8 *packet)
{
	u8 bytes[LONGEST];
	struct wgr_msg_data *msg = (struct wgr_msg_data *)bytes;
	int len = hears(WGR_MSG_DATA, bytes);
	struct wgr_gone gone;
	u64 counter;

	if (len < (int)WGR_MSG_DATA_MIN || le32_to_cpu(msg->receiver) != keys.index)
		return -1;
	counter = le64_to_cpu(msg->counter);
	if (!wgr_keys_readable(&keys, now_ns) || !wgr_data_open(&keys, msg, len, counter) ||
	    !wgr_replay_accept(&keys.replay, counter) || wgr_replay_accept(&keys.replay, counter))
		return -1;
	if (wgr_slots_awaits(&slots, &keys))
		wgr_slots_confirm(&slots, &keys, &gone);
	len -= WGR_MSG_DATA_MIN;
	memcpy(packet, msg->sealed, len);
	return len;
}

/* A ping of ours comes back as it was, or one of theirs comes; keepalives before it are passed. */
static bool hears_ping(u8 type)
{
	u8 packet[LONGEST];
	int len;

	do {
		len = hears_data(packet);
	} while (len == 0);
	return len >= PING_LEN && packet[0] == 0x45 && packet[9] == 1 && packet[20] == type &&
	       !memcmp(packet + 12, "\x0a\x4d\x00\x01\x0a\x4d\x00\x02", 8);
}

/* ---- conversations ---- */

static void meet(const u8 *psk)
{
	port_seed(20260101);
	memset(&slots, 0, sizeof(slots));
	memset(&checker, 0, sizeof(checker));
	wgr_identity_set(&us, our_secret);
	wgr_identity_set(&them, their_secret);
	wgr_handshake_init(&hs, them.public, psk);
	wgr_handshake_precompute(&hs, &us);
	wgr_checker_set_key(&checker, us.public);
	wgr_jar_init(&jar, them.public);
	now_ns = 1000 * S;
}

static void we_begin(const char *what)
{
	struct wgr_msg_initiation initiation;
	u8 response[LONGEST], ping[PING_LEN];

	tap_ok(initiate(0x01020304, &initiation) && says(&initiation, sizeof(initiation)),
	       "%s: our initiation", what);
	tap_ok(hears(WGR_MSG_RESPONSE, response) > 0 && read_response((void *)response),
	       "%s: is answered", what);
	make_ping(ping, 8);
	tap_ok(says_data(ping, sizeof(ping)), "%s: a packet in their tunnel", what);
	tap_ok(hears_ping(0), "%s: comes back", what);
}

static void they_begin(const char *what)
{
	u8 initiation[LONGEST], ping[PING_LEN];
	struct wgr_msg_response response;

	tap_ok(hears(WGR_MSG_INITIATION, initiation) > 0 && read_initiation((void *)initiation),
	       "%s: their initiation", what);
	tap_ok(respond(0x05060708, &response) && says(&response, sizeof(response)),
	       "%s: is answered", what);
	tap_ok(!wgr_slots_for_sending(&slots, now_ns), "%s: no word of ours before theirs", what);
	tap_ok(hears_ping(8), "%s: then comes a packet", what);
	make_ping(ping, 0);
	tap_ok(says_data(ping, sizeof(ping)), "%s: and is answered", what);
}

/* True if a cookie waits to be read; what waits before it is thrown away. */
static bool cookie_waits(void)
{
	u8 bytes[LONGEST];
	int len;

	while ((len = recv(sock, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT)) >= 0) {
		if (wgr_message_kind(bytes, len) == WGR_MSG_COOKIE)
			return true;
		recv(sock, bytes, sizeof(bytes), MSG_DONTWAIT);
	}
	return false;
}

static void flood(const void *msg, size_t len)
{
	int floods, i;

	for (floods = 0; recording && floods < FLOODS && !cookie_waits(); floods++) {
		for (i = 0; i < FLOOD; i++)
			transmit(msg, len);
	}
	/* What it has queued is to be worked on before there is more. */
	usleep(recording ? 300000 : 0);
}

/* Only what comes for the message with this name counts. */
static void under_load(const char *what)
{
	struct wgr_msg_initiation first, second;
	u8 cookie[LONGEST], response[LONGEST];
	bool good;

	tap_ok(initiate(0x11111111, &first) && says(&first, sizeof(first)), "%s: too much", what);
	flood(&first, sizeof(first));
	good = hears(WGR_MSG_COOKIE, cookie) > 0;
	cookie[40] ^= 1;
	tap_ok(good && !wgr_jar_take(&jar, (void *)cookie, now_ns), "%s: a spoiled cookie is refused", what);
	cookie[40] ^= 1;
	tap_ok(wgr_jar_take(&jar, (void *)cookie, now_ns), "%s: it gives a cookie", what);
	tap_ok(initiate(0x22222222, &second) && says(&second, sizeof(second)), "%s: with that", what);
	do {
		good = hears(WGR_MSG_RESPONSE, response) > 0;
	} while (good && memcmp(response + 8, "\x22\x22\x22\x22", 4));
	tap_ok(good && read_response((void *)response), "%s: we are answered under load", what);
}

static const struct kind {
	const char *name;
	const u8 *psk;
	void (*talk)(const char *what);
} kinds[] = {
	{ "we-begin", NULL, we_begin },
	{ "we-begin-psk", some_psk, we_begin },
	{ "they-begin", NULL, they_begin },
	{ "they-begin-psk", some_psk, they_begin },
	{ "under-load", NULL, under_load },
};

static const struct kind *kind_of(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	}
	return NULL;
}

static int record(const char *name, const char *path)
{
	const struct kind *kind = kind_of(name);

	script = kind ? fopen(path, "w") : NULL;
	if (!script) {
		fprintf(stderr, "%s: no conversation of this kind, or %s cannot be written\n", name, path);
		return 2;
	}
	recording = true;
	sock = open_socket(OUR_PORT);
	fprintf(script, "# SPDX-License-Identifier: GPL-2.0\n"
		"# %s with wireguard-go; transcripts.sh makes it anew\n", name);
	meet(kind->psk);
	kind->talk(name);
	fclose(script);
	return tap_done();
}

static void replay(const struct kind *kind)
{
	char path[256];

	snprintf(path, sizeof(path), "transcripts/%s.txt", kind->name);
	script = fopen(path, "r");
	if (!tap_ok(script, "%s: there is a transcript", kind->name))
		return;
	meet(kind->psk);
	kind->talk(kind->name);
	fclose(script);
}

int main(int argc, char **argv)
{
	size_t i;

	wgr_handshake_setup();
	if (argc == 4 && !strcmp(argv[1], "record"))
		return record(argv[2], argv[3]);
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		replay(&kinds[i]);
	return tap_done();
}
