// SPDX-License-Identifier: GPL-2.0
/*
 * aead.c - how long sealing and opening of one message takes, without all else.
 *
 * Loaded, it writes a line for each length to the kernel's log and refuses to
 * stay: "aead: LENGTH SEALED OPENED", bytes and nanoseconds.
 */
#include <crypto/chacha20poly1305.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#define ROUNDS	500
#define MOST	1424

static const u8 key[CHACHA20POLY1305_KEY_SIZE] = { 1 };

static u64 seal(u8 *message, size_t len)
{
	u64 begun_ns = ktime_get_ns();
	int i;

	for (i = 0; i < ROUNDS; i++)
		chacha20poly1305_encrypt(message, message, len, NULL, 0, i, key);
	return (ktime_get_ns() - begun_ns) / ROUNDS;
}

/* Each is to be a good one: what seal() did is taken back in turn. */
static u64 open_all(u8 *message, size_t len)
{
	bool good = true;
	u64 spent_ns = 0;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		u64 begun_ns;

		chacha20poly1305_encrypt(message, message, len, NULL, 0, i, key);
		begun_ns = ktime_get_ns();
		good &= chacha20poly1305_decrypt(message, message,
						 len + CHACHA20POLY1305_AUTHTAG_SIZE,
						 NULL, 0, i, key);
		spent_ns += ktime_get_ns() - begun_ns;
	}
	return good ? spent_ns / ROUNDS : 0;
}

static int __init aead_init(void)
{
	static const size_t lengths[] = { 0, 96, MOST };
	u8 *message = kzalloc(MOST + CHACHA20POLY1305_AUTHTAG_SIZE, GFP_KERNEL);
	int i;

	if (!message)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		u64 sealed_ns = seal(message, lengths[i]);
		u64 opened_ns = open_all(message, lengths[i]);

		pr_info("aead: %zu %llu %llu\n", lengths[i], sealed_ns, opened_ns);
	}
	kfree(message);
	return -EAGAIN;
}
module_init(aead_init);

MODULE_DESCRIPTION("Times ChaCha20-Poly1305 of one message");
MODULE_LICENSE("GPL");
