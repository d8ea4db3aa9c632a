// SPDX-License-Identifier: GPL-2.0
/* set.c - the commands "set" and "reset". */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "access.h"
#include "cli.h"
#include "conf.h"
#include "look.h"
#include "say.h"
#include "setting.h"

/* Return: an exit code, after one line of text if it is not %CLI_OK. */
static int read_words(int count, char **words, struct order_settings *settings,
		      unsigned int *given)
{
	const struct setting *setting;
	int i;

	for (i = 0; i < count; i += 2) {
		setting = setting_find(words[i]);
		if (!setting)
			return say_usage("there is no setting \"%s\": give %s", words[i],
					 setting_names());
		if (i + 1 == count)
			return say_usage("%s needs a value: %s", setting->name, setting->rule);
		if (*given & setting->bit)
			return say_usage("%s is given twice: give it once", setting->name);
		if (!setting_read(words[i], words[i + 1], setting_place(settings, setting)))
			return say_usage("%s \"%s\": %s", words[i], words[i + 1],
					 setting_wrong(setting, words[i + 1]));
		*given |= setting->bit;
	}
	return CLI_OK;
}

/* The words of the setting that the kernel refused, or all of them. */
static void name_refused(char *to, size_t size, const char *ifname, unsigned int wrong,
			 int count, char **words)
{
	int i, used = snprintf(to, size, "%s:", ifname);

	for (i = 0; i + 1 < count && used < (int)size; i += 2) {
		if (!wrong || setting_find(words[i])->bit == wrong)
			used += snprintf(to + used, size - used, " %s %s", words[i], words[i + 1]);
	}
}

/* So that it is set again for an interface of this name. */
static int save(const struct order_settings *settings, unsigned int given)
{
	int err = conf_save(settings->ifname, settings, given);

	if (!err)
		return CLI_OK;
	say("%s: set, but not saved in %s: %s", settings->ifname, CONF_PATH, strerror(-err));
	return err == -EACCES || err == -EPERM ? CLI_ROOT : CLI_FAILED;
}

int set_command(const struct cli *cli, int count, char **words)
{
	struct order_settings settings = {};
	unsigned int given = 0, wrong;
	struct order order;
	char what[256];
	int code, err;

	if (count < 1)
		return say_usage("set needs an interface and settings: set wg0 mode adaptive hold-max 500ms");
	if (access_check_name(words[0]))
		return CLI_USAGE;
	if (count < 2)
		return say_usage("set %s needs settings: %s", words[0],
				 setting_names());
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
	} else {
		look_begin(&order, words[0]);
		if (cli->save)
			code = save(&settings, given);
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
	} else {
		look_begin(&order, ifname);
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
