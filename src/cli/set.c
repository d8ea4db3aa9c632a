// SPDX-License-Identifier: GPL-2.0
/* set.c - the commands "set" and "reset". */
#include <stdio.h>
#include <string.h>

#include "access.h"
#include "cli.h"
#include "parse.h"
#include "say.h"
#include "util.h"

/**
 * struct word - a setting on the command line
 * @name: what it is called there
 * @setting: its bit
 * @parse: reads its value
 * @rule: what values there are, for who gave another one
 */
struct word {
	const char *name;
	enum order_setting setting;
	bool (*parse)(const char *text, uint32_t *value);
	const char *rule;
};

/* Ranges are the kernel's business: it knows them and says them. */
static bool parse_any(const char *text, uint32_t *value)
{
	return parse_number(text, 0, UINT32_MAX, value);
}

static const struct word words_known[] = {
	{ "mode", ORDER_MODE, parse_mode, "give adaptive, fixed or off" },
	{ "hold", ORDER_HOLD, parse_time, "give a time with its unit, such as 5ms or 800us" },
	{ "hold-max", ORDER_HOLD_MAX, parse_time,
	  "give a time with its unit, such as 50ms or 1s" },
	{ "window", ORDER_WINDOW, parse_any, "give a number of packets, such as 8192" },
};

static uint32_t *place_of(struct order_settings *settings, enum order_setting setting)
{
	switch (setting) {
	case ORDER_MODE:
		return &settings->mode;
	case ORDER_HOLD:
		return &settings->hold_us;
	case ORDER_HOLD_MAX:
		return &settings->hold_max_us;
	default:
		return &settings->window;
	}
}

static const struct word *known(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words_known); i++) {
		if (!strcmp(name, words_known[i].name))
			return &words_known[i];
	}
	return NULL;
}

/* Return: an exit code, after one line of text if it is not %CLI_OK. */
static int read_words(int count, char **words, struct order_settings *settings,
		      unsigned int *given)
{
	const struct word *word;
	int i;

	for (i = 0; i < count; i += 2) {
		word = known(words[i]);
		if (!word)
			return say_usage("there is no setting \"%s\": give mode, hold, hold-max or window",
					 words[i]);
		if (i + 1 == count)
			return say_usage("%s needs a value: %s", word->name, word->rule);
		if (*given & word->setting)
			return say_usage("%s is given twice: give it once", word->name);
		if (!word->parse(words[i + 1], place_of(settings, word->setting)))
			return say_usage("%s \"%s\": %s", word->name, words[i + 1], word->rule);
		*given |= word->setting;
	}
	return CLI_OK;
}

/* The words of the setting that the kernel refused, or all of them. */
static void name_refused(char *to, size_t size, const char *ifname, unsigned int wrong,
			 int count, char **words)
{
	int i, used = snprintf(to, size, "%s:", ifname);

	for (i = 0; i + 1 < count && used < (int)size; i += 2) {
		if (!wrong || known(words[i])->setting == wrong)
			used += snprintf(to + used, size - used, " %s %s", words[i], words[i + 1]);
	}
}

int set_command(const struct cli *cli, int count, char **words)
{
	struct order_settings settings = {};
	unsigned int given = 0, wrong;
	struct order order;
	char what[256];
	int code, err;

	(void)cli;
	if (count < 1)
		return say_usage("set needs an interface and settings: set wg0 mode adaptive hold-max 100ms");
	if (access_check_name(words[0]))
		return CLI_USAGE;
	if (count < 2)
		return say_usage("set %s needs settings: mode, hold, hold-max or window", words[0]);
	code = read_words(count - 1, words + 1, &settings, &given);
	if (code)
		return code;
	code = access_open(&order);
	if (code)
		return code;
	snprintf(settings.ifname, sizeof(settings.ifname), "%s", words[0]);
	err = order_set(&order, &settings, given, &wrong);
	if (err) {
		name_refused(what, sizeof(what), words[0], wrong, count - 1, words + 1);
		code = access_failed(&order, what, err);
	}
	order_close(&order);
	return code;
}

static int reset(const char *ifname, const char *peer, const uint8_t *key)
{
	struct order order;
	int code, err;
	char what[96];

	code = access_open(&order);
	if (code)
		return code;
	err = order_reset(&order, ifname, key);
	if (err) {
		snprintf(what, sizeof(what), "%s%s%s", ifname, peer ? ": peer " : "",
			 peer ? peer : "");
		code = access_failed(&order, what, err);
	}
	order_close(&order);
	return code;
}

int reset_command(const struct cli *cli, int count, char **words)
{
	uint8_t key[KEY_LEN];

	(void)cli;
	if (count < 1)
		return say_usage("reset needs the name of an interface");
	if (access_check_name(words[0]))
		return CLI_USAGE;
	if (count == 1)
		return reset(words[0], NULL, NULL);
	if (strcmp(words[1], "peer") || count != 3)
		return say_usage("\"%s\" is not understood: reset IF [peer KEY]",
				 words[count > 3 ? 3 : 1]);
	if (!key_parse(words[2], key))
		return say_usage("\"%s\" is no public key: give 44 characters as \"wg show\" prints them",
				 words[2]);
	return reset(words[0], words[2], key);
}
