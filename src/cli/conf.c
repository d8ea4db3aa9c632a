// SPDX-License-Identifier: GPL-2.0
/* conf.c - the file of settings. */
#include "conf.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "file.h"
#include "parse.h"
#include "replace.h"
#include "say.h"
#include "utf8.h"

/* What a new file begins with. */
#define HEADER "# Settings of WireGuard interfaces, see wireguard-reorder(8).\n"

/* Of what is not understood, so much is shown. */
#define SHOWN 40

/**
 * enum kind - what a line is
 * @NOTHING: empty, or a comment
 * @SECTION: the head of a section
 * @OPEN: the head of a section, but for its bracket
 * @VALUE: a name and a value
 * @OTHER: something else
 */
enum kind {
	NOTHING,
	SECTION,
	OPEN,
	VALUE,
	OTHER,
};

/**
 * struct parts - a line taken apart
 * @kind: what it is
 * @name: of a section or a setting, or else all of the line
 * @value: of a setting
 */
struct parts {
	enum kind kind;
	char *name;
	char *value;
};

static char *trim(char *text)
{
	char *end;

	while (isspace((unsigned char)*text))
		text++;
	for (end = text + strlen(text); end > text && isspace((unsigned char)end[-1]); end--)
		;
	*end = 0;
	return text;
}

/* A # at the beginning or after a blank: no name or value has one there. */
static void cut_comment(char *text)
{
	char *at;

	for (at = text; *at; at++) {
		if ((*at == '#' || *at == ';') && (at == text || isspace((unsigned char)at[-1]))) {
			*at = 0;
			return;
		}
	}
}

/*
 * Some editors begin a file with a mark of its encoding, which is no part of its text;
 * of files put together it is in the middle.
 */
static char *skip_mark(char *line)
{
	static const char mark[] = "\xef\xbb\xbf";

	return strncmp(line, mark, strlen(mark)) ? line : line + strlen(mark);
}

static struct parts take_apart(char *line)
{
	struct parts parts = { .kind = OTHER };
	char *equals;

	line = skip_mark(line);
	cut_comment(line);
	line = trim(line);
	equals = strchr(line, '=');
	parts.name = line;
	if (!*line) {
		parts.kind = NOTHING;
	} else if (*line == '[' && line[strlen(line) - 1] == ']') {
		parts.kind = SECTION;
		line[strlen(line) - 1] = 0;
		parts.name = trim(line + 1);
	} else if (*line == '[') {
		parts.kind = OPEN;
	} else if (equals) {
		parts.kind = VALUE;
		*equals = 0;
		parts.name = trim(line);
		parts.value = trim(equals + 1);
	}
	return parts;
}

/* What is in the file may be anything, and goes to a terminal. */
static void make_harmless(char *text)
{
	size_t len;

	for (; *text; text += len) {
		len = utf8_length(text);
		if (!len || iscntrl((unsigned char)*text)) {
			*text = '?';
			len = 1;
		}
	}
}

void conf_say(const struct conf *conf, unsigned int line, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	make_harmless(text);
	say("%s:%u: %s", conf->path, line, text);
}

/**
 * struct reader - the file while it is read
 * @conf: what becomes of it
 * @line: number of the line
 * @section: that the line is in
 * @skip: its head was not understood, or it does not concern the interface
 * @ifname: the interface that it is read for, NULL for all
 */
struct reader {
	struct conf *conf;
	unsigned int line;
	struct conf_section section;
	bool skip;
	const char *ifname;
};

static void add(struct reader *r, const struct setting *setting, uint32_t value)
{
	struct conf *conf = r->conf;
	struct conf_entry *entry;

	conf->all = say_alloc(conf->all, (conf->count + 1) * sizeof(*conf->all));
	entry = &conf->all[conf->count++];
	*entry = (struct conf_entry){ .line = r->line, .section = r->section, .setting = setting,
				      .value = value };
}

/* The name of the interface alone, or behind it "peer" and a key. */
static bool parse_section(const char *text, struct conf_section *section)
{
	char ifname[IFNAMSIZ], word[5], key[KEY_TEXT], more;
	int words = sscanf(text, "%15s %4s %44s %c", ifname, word, key, &more);

	*section = (struct conf_section){};
	if (words < 1 || strncmp(text, ifname, strcspn(text, " \t")))
		return false;
	strcpy(section->ifname, ifname);
	if (words == 1)
		return !strcmp(ifname, CONF_ALL) || parse_ifname(ifname);
	section->is_peer = true;
	return words == 3 && strcmp(ifname, CONF_ALL) && parse_ifname(ifname) &&
	       !strcmp(word, "peer") && key_parse(key, section->key);
}

static bool same_section(const struct conf_section *one, const struct conf_section *other)
{
	return !strcmp(one->ifname, other->ifname) && one->is_peer == other->is_peer &&
	       !memcmp(one->key, other->key, KEY_LEN);
}

/* What follows was meant for some other section than the one before. */
static void read_open(struct reader *r, const char *text)
{
	r->skip = true;
	conf_say(r->conf, r->line, "\"%.*s\" is no section: end its line with ], as in [wg0]; nothing is set up to the next section",
		 SHOWN, text);
	r->conf->wrong++;
}

static void read_section(struct reader *r, const char *name)
{
	r->skip = !parse_section(name, &r->section);
	if (r->skip) {
		conf_say(r->conf, r->line, "[%.*s] is no section: give [*], the name of an interface, such as [wg0], or [wg0 peer KEY]",
			 KEY_TEXT + SHOWN, name);
		r->conf->wrong++;
		return;
	}
	if (r->ifname && strcmp(r->section.ifname, CONF_ALL) &&
	    strcmp(r->section.ifname, r->ifname))
		r->skip = true;
	else
		add(r, NULL, 0);
}

static void read_value(struct reader *r, const struct parts *parts)
{
	const struct setting *setting = setting_find(parts->name);
	bool (*read)(const char *name, const char *text, uint32_t *value) =
		r->section.is_peer ? setting_read_peer : setting_read;
	uint32_t value;

	if (!*r->section.ifname)
		conf_say(r->conf, r->line, "\"%.*s\" stands before any section: put [*] or the name of an interface, such as [wg0], before it",
			 SHOWN, parts->name);
	else if (!setting)
		conf_say(r->conf, r->line, "there is no setting \"%.*s\": give %s", SHOWN,
			 parts->name, setting_names());
	else if (!read(parts->name, parts->value, &value))
		conf_say(r->conf, r->line, "%s \"%.*s\": %s", setting->name, SHOWN, parts->value,
			 setting_wrong(setting, parts->value));
	else {
		add(r, setting, value);
		return;
	}
	r->conf->wrong++;
}

static void read_line(struct reader *r, char *line)
{
	struct parts parts = take_apart(line);

	r->line++;
	if (parts.kind == SECTION) {
		read_section(r, parts.name);
	} else if (parts.kind == OPEN) {
		read_open(r, parts.name);
	} else if (r->skip) {
		return;
	} else if (parts.kind == VALUE) {
		read_value(r, &parts);
	} else if (parts.kind == OTHER) {
		conf_say(r->conf, r->line, "\"%.*s\" is not understood: give a section, such as [wg0], or a setting, such as hold-max = 100ms",
			 SHOWN, parts.name);
		r->conf->wrong++;
	}
}

int conf_read(struct conf *conf, const char *ifname)
{
	struct reader reader = { .conf = conf, .ifname = ifname };
	char *line = NULL;
	size_t room = 0;
	int err = 0;
	FILE *file;

	*conf = (struct conf){};
	file_path(conf->path, CONF_PATH);
	file = fopen(conf->path, "re");
	if (!file)
		return errno == ENOENT ? 0 : -errno;
	errno = 0;
	while (getline(&line, &room, file) >= 0)
		read_line(&reader, line);
	if (ferror(file))
		err = -errno;
	free(line);
	fclose(file);
	return err;
}

void conf_free(struct conf *conf)
{
	free(conf->all);
	*conf = (struct conf){};
}

static const struct conf_entry *find_in(const struct conf *conf, const char *ifname,
					const struct setting *setting)
{
	struct conf_section section = {};
	size_t i;

	snprintf(section.ifname, sizeof(section.ifname), "%s", ifname);
	for (i = conf->count; i--;) {
		if (conf->all[i].setting == setting &&
		    same_section(&conf->all[i].section, &section))
			return &conf->all[i];
	}
	return NULL;
}

const struct conf_entry *conf_find(const struct conf *conf, const char *ifname,
				   const struct setting *setting)
{
	const struct conf_entry *own = find_in(conf, ifname, setting);

	return own ? own : find_in(conf, CONF_ALL, setting);
}

/*
 * To change the file: it is held as lines, and each change is to one of them or is
 * a new one.
 */

/**
 * struct lines - a file as lines
 * @all: array, each with the end that it had
 * @count: how many
 */
struct lines {
	char **all;
	size_t count;
};

static void insert(struct lines *lines, size_t at, const char *text)
{
	lines->all = say_alloc(lines->all, (lines->count + 1) * sizeof(*lines->all));
	memmove(&lines->all[at + 1], &lines->all[at], (lines->count - at) * sizeof(*lines->all));
	lines->all[at] = say_alloc(NULL, strlen(text) + 1);
	strcpy(lines->all[at], text);
	lines->count++;
}

static void drop(struct lines *lines, size_t at)
{
	free(lines->all[at]);
	memmove(&lines->all[at], &lines->all[at + 1],
		(--lines->count - at) * sizeof(*lines->all));
}

static int read_lines(const char *path, struct lines *lines)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	int err = 0;

	if (!file && errno == ENOENT) {
		insert(lines, 0, HEADER);
		return 0;
	}
	if (!file)
		return -errno;
	errno = 0;
	while (getline(&line, &room, file) >= 0)
		insert(lines, lines->count, line);
	if (ferror(file))
		err = -errno;
	free(line);
	fclose(file);
	return err;
}

/**
 * struct place - where a setting is, or is to be
 * @line: the last one that says it, or else behind the last one of the section
 * @there: it is there
 * @section: there is such a section
 */
struct place {
	size_t line;
	bool there;
	bool section;
};

static struct place find_place(const struct lines *lines, const struct conf_section *section,
			       const char *name)
{
	struct place place = { .line = lines->count };
	struct conf_section head;
	bool inside = false;
	struct parts parts;
	char *copy;
	size_t i;

	for (i = 0; i < lines->count; i++) {
		copy = strdup(lines->all[i]);
		if (!copy)
			copy = say_alloc(NULL, 1);
		parts = take_apart(copy);
		if (parts.kind == SECTION)
			inside = parse_section(parts.name, &head) && same_section(&head, section);
		if (parts.kind == OPEN)
			inside = false;
		if (inside && parts.kind == VALUE && setting_find(parts.name) == setting_find(name))
			place = (struct place){ i, true, true };
		else if (inside && parts.kind != NOTHING && !place.there)
			place = (struct place){ i + 1, false, true };
		free(copy);
	}
	return place;
}

static void end_line(struct lines *lines)
{
	char *last = lines->count ? lines->all[lines->count - 1] : NULL;
	size_t len = last ? strlen(last) : 0;

	if (!len || last[len - 1] == '\n')
		return;
	last = say_alloc(last, len + 2);
	strcpy(last + len, "\n");
	lines->all[lines->count - 1] = last;
}

/* So that an earlier line does not count instead, all of them. */
static void forget(struct lines *lines, const struct conf_section *section,
		   const struct setting *setting)
{
	struct place place;

	while ((place = find_place(lines, section, setting->name)).there)
		drop(lines, place.line);
}

static void print_section(char *to, size_t size, const struct conf_section *section)
{
	char key[KEY_TEXT] = "";

	if (section->is_peer)
		key_print(section->key, key);
	snprintf(to, size, "[%s%s%s]\n", section->ifname, section->is_peer ? " peer " : "", key);
}

static void change(struct lines *lines, const struct conf_section *section,
		   const struct setting *setting, uint32_t value)
{
	struct place place = find_place(lines, section, setting->name);
	char text[128], word[SETTING_TEXT];

	if (!place.section) {
		if (lines->count)
			insert(lines, lines->count, "\n");
		print_section(text, sizeof(text), section);
		insert(lines, lines->count, text);
		place.line = lines->count;
	}
	if (place.there)
		drop(lines, place.line);
	setting->print(word, value);
	snprintf(text, sizeof(text), "%s = %s\n", setting->name, word);
	insert(lines, place.line, text);
}

static int write_lines(const char *path, const struct lines *lines)
{
	struct replace replace;
	size_t i;
	int err;

	err = replace_begin(&replace, path);
	if (err)
		return err;
	for (i = 0; i < lines->count; i++)
		fputs(lines->all[i], replace.file);
	return replace_end(&replace, true);
}

/* Others that change the file wait until the descriptor is closed. */
static int lock_folder(void)
{
	char folder[PATH_MAX];
	int fd;

	file_path(folder, "/etc");
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		flock(fd, LOCK_EX);
	return fd;
}

int conf_save(const struct order_settings *settings, const uint8_t *key, unsigned int given)
{
	struct conf_section section = { .is_peer = key };
	int err, lock = lock_folder();
	struct lines lines = {};
	const struct setting *s;
	char path[PATH_MAX];

	memcpy(section.ifname, settings->ifname, sizeof(section.ifname));
	if (key)
		memcpy(section.key, key, KEY_LEN);
	file_path(path, CONF_PATH);
	err = read_lines(path, &lines);
	end_line(&lines);
	for (s = setting_all; s->name && !err; s++) {
		if (!(given & s->bit))
			continue;
		if (setting_value(settings, s) == WG_REORDER_INHERIT)
			forget(&lines, &section, s);
		else
			change(&lines, &section, s, setting_value(settings, s));
	}
	if (!err)
		err = write_lines(path, &lines);
	while (lines.count)
		drop(&lines, lines.count - 1);
	free(lines.all);
	if (lock >= 0)
		close(lock);
	return err;
}
