/* SPDX-License-Identifier: GPL-2.0 */
/*
 * input.h - what a fuzzer made up, read from its front; behind its end come zeros.
 */
#ifndef FUZZ_INPUT_H
#define FUZZ_INPUT_H

static const uint8_t *at, *end;

static u8 byte(void)
{
	return at < end ? *at++ : 0;
}

/* The first is the highest. */
static u64 bytes(int n)
{
	u64 value = 0;

	while (n--)
		value = value << 8 | byte();
	return value;
}

#endif
