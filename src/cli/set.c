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

/**
 * struct wish - what is to be set
 * @settings: values, and the name of the interface
 * @given: which of them, bits of enum order_setting
 * @peer: the key of the peer whose own they are to be, as it was given, or NULL
 * @key: the same as bytes
 */
struct wish {
	struct order_settings settings;
	unsigned int given;
	const char *peer;
	uint8_t key[KEY_LEN];
};

static int read_value(struct wish *wish, const struct setting *setting, const char *name,
		      const char *text)
{
	uint32_t *place = setting_place(&wish->settings, setting);

	if (wish->peer ? setting_read_peer(name, text, place) : setting_read(name, text, place))
		return CLI_OK;
	return say_usage("%s \"%s\": %s%s", name, text, setting_wrong(setting, text),
			 wish->peer ? ", or default for the interface's" : "");
}

/* All of them: the peer has the interface's again. */
static void inherit_all(struct wish *wish)
{
	const struct setting *s;

	for (s = setting_all; s->name; s++) {
		*setting_place(&wish->settings, s) = WG_REORDER_INHERIT;
		wish->given |= s->bit;
	}
}

/* Return: an exit code, after one line of text if it is not %CLI_OK. */
static int read_settings(int count, char **words, struct wish *wish)
{
	const struct setting *setting;
	int i, code;

	if (wish->peer && count == 1 && !strcmp(words[0], SETTING_INHERIT)) {
		inherit_all(wish);
		return CLI_OK;
	}
	for (i = 0; i < count; i += 2) {
		setting = setting_find(words[i]);
		if (!setting)
			return say_usage("there is no setting \"%s\": give %s", words[i],
					 setting_names());
		if (i + 1 == count)
			return say_usage("%s needs a value: %s", setting->name, setting->rule);
		if (wish->given & setting->bit)
			return say_usage("%s is given twice: give it once", setting->name);
		code = read_value(wish, setting, words[i], words[i + 1]);
		if (code)
			return code;
		wish->given |= setting->bit;
	}
	return CLI_OK;
}

static int wrong_key(const char *text)
{
	return say_usage("\"%s\" is no public key: give 44 characters as \"wg show\" prints them",
			 text);
}

/* What stands before the settings, which begin at *words then. */
static int read_whose(int *count, char ***words, struct wish *wish)
{
	const char *ifname = (*words)[0];

	if (access_check_name(ifname))
		return CLI_USAGE;
	snprintf(wish->settings.ifname, sizeof(wish->settings.ifname), "%s", ifname);
	++*words, --*count;
	if (*count && !strcmp((*words)[0], "peer")) {
		if (*count < 2)
			return say_usage("peer needs a public key, as \"wg show\" prints it");
		if (!key_parse((*words)[1], wish->key))
			return wrong_key((*words)[1]);
		wish->peer = (*words)[1];
		*words += 2, *count -= 2;
	}
	if (!*count)
		return say_usage("set %s needs settings: %s%s", ifname, setting_names(),
				 wish->peer ? "; or default for the interface's" : "");
	return CLI_OK;
}

/* The words of the setting that the kernel refused, or all of them. */
static void name_refused(char *to, size_t size, const struct wish *wish, unsigned int wrong,
			 int count, char **words)
{
	int i, used = snprintf(to, size, "%s:%s%s", wish->settings.ifname,
			       wish->peer ? " peer " : "", wish->peer ? wish->peer : "");

	for (i = 0; i + 1 < count && used < (int)size; i += 2) {
		if (!wrong || setting_find(words[i])->bit == wrong)
			used += snprintf(to + used, size - used, " %s %s", words[i], words[i + 1]);
	}
}

/* So that it is set again for an interface or a peer of this name. */
static int save(const struct wish *wish)
{
	int err = conf_save(&wish->settings, wish->peer ? wish->key : NULL, wish->given);

	if (!err)
		return CLI_OK;
	say("%s: set, but not saved in %s: %s", wish->settings.ifname, CONF_PATH, strerror(-err));
	return access_code(err);
}

/* A section of that name is for all. */
static int check_save(const char *ifname)
{
	if (strcmp(ifname, CONF_ALL))
		return CLI_OK;
	return say_usage("set \"%s\" takes no --save: in the file of settings [%s] is all interfaces; give this one another name",
			 ifname, ifname);
}

int set_command(const struct cli *cli, int count, char **words)
{
	struct wish wish = {};
	struct order order;
	unsigned int wrong;
	char what[256];
	int code, err;

	if (count < 1)
		return say_usage("set needs an interface and settings: set wg0 mode adaptive hold-max 500ms");
	code = read_whose(&count, &words, &wish);
	if (!code)
		code = read_settings(count, words, &wish);
	if (!code && cli->save)
		code = check_save(wish.settings.ifname);
	if (!code)
		code = access_open(&order);
	if (code)
		return code;
	err = order_set_peer(&order, &wish.settings, wish.peer ? wish.key : NULL, wish.given,
			     &wrong);
	if (err) {
		name_refused(what, sizeof(what), &wish, wrong, count, words);
		code = access_failed(&order, what, err);
	} else {
		look_begin(&order, wish.settings.ifname);
		if (cli->save)
			code = save(&wish);
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
		return wrong_key(words[2]);
	return reset(words[0], words[2], key);
}
