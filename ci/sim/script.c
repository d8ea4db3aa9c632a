// SPDX-License-Identifier: GPL-2.0
/*
 * script.c - stories: read, written, made of a seed, and done.
 *
 * A story is a list of lines "SECONDS VERB NUMBER...", in the order of their time, and
 * begins with "seed N" and "ends N", which may be left out. What is not said there is the seed's chance. The last
 * line is "SECONDS end". Numbers are decimal, times with up to nine digits behind a point.
 */
#include <errno.h>
#include <stdlib.h>

#include "sim.h"

/* What an argument is, and so what it may be. */
enum what { NONE, END, OTHER, COUNT, PERCENT, MILLI, SECOND, SIGNED, SWITCH };

static const struct {
	const char *says;
	u64 most;
} arguments[] = {
	[END] = { "an end, 0 to one less than there are", ENDS - 1 },
	[OTHER] = { "another end than the first", ENDS - 1 },
	[COUNT] = { "a count of 1 to 20000", 20000 },
	[PERCENT] = { "a percentage of 0 to 100", 100 },
	[MILLI] = { "milliseconds, 0 to 10000", 10000 },
	[SECOND] = { "seconds, 0 to 100000", 100000 },
	[SIGNED] = { "seconds, -100000 to 100000", 100000 },
	[SWITCH] = { "0 for no or 1 for yes", 1 },
};

enum verb {
	SAYS, LOSS, DOUBLE, BREAK, DELAY, DEAF, FAIR, MOVE, MEET, REPLAY, FORGE, FLOOD, WALL, SLEEP, COARSE, LATE, WHEEL, FREEZE,
	RESTART, REKEY, PSK, HALF_PSK, REMOVE, ADD, DOWN, UP, INTERVAL, BEGIN, SPEND, VERBS
};

static const struct {
	const char *name;
	enum what arg[4];
} verbs[VERBS] = {
	[SAYS] = { "say", { END, OTHER, COUNT, MILLI } },	/* from, to, packets, how far apart */
	[LOSS] = { "loss", { END, OTHER, PERCENT } },		/* of the path from the one to the other */
	[DOUBLE] = { "double", { END, OTHER, PERCENT } },
	[BREAK] = { "break", { END, OTHER, PERCENT } },		/* a bit of a datagram */
	[DELAY] = { "delay", { END, OTHER, MILLI, MILLI } },	/* and up to so much more: packets swap */
	[DEAF] = { "deaf", { END, OTHER, SECOND } },		/* handshakes are lost, both ways */
	[FAIR] = { "fair", { NONE } },				/* all paths, and ends know where others are */
	[MOVE] = { "move", { END } },				/* to another address */
	[MEET] = { "meet", { END, OTHER } },			/* is told where the other one is */
	[REPLAY] = { "replay", { END, COUNT } },		/* to it: what was for it, and some that was not */
	[FORGE] = { "forge", { END, COUNT } },			/* to it, changed, from anywhere */
	[FLOOD] = { "flood", { END, COUNT, SECOND } },		/* so many handshakes wait for so long */
	[WALL] = { "wall", { END, SIGNED } },			/* its wall clock steps */
	[SLEEP] = { "sleep", { END, SECOND } },
	[COARSE] = { "coarse", { END, MILLI } },		/* its clock */
	[LATE] = { "late", { END, MILLI } },			/* its timers, by up to so much */
	[WHEEL] = { "wheel", { END, SWITCH } },			/* they are of the kernel's wheel */
	[FREEZE] = { "freeze", { END, MILLI } },		/* it does nothing for so long */
	[RESTART] = { "restart", { END } },
	[REKEY] = { "key", { END } },				/* of its own; others are told */
	[PSK] = { "psk", { END, OTHER } },			/* both have another one */
	[HALF_PSK] = { "half-psk", { END, OTHER } },		/* only the first has */
	[REMOVE] = { "remove", { END, OTHER } },		/* the first knows the other no more */
	[ADD] = { "add", { END, OTHER } },
	[DOWN] = { "down", { END } },
	[UP] = { "up", { END } },
	[INTERVAL] = { "persistent", { END, OTHER, SECOND } },
	[BEGIN] = { "begin", { END, OTHER } },			/* both begin a handshake at once */
	[SPEND] = { "spend", { END, OTHER } },			/* the first one's keys for the other are all but used up */
};

/* ---- reading and writing ---- */

#define MOST_SECONDS	10000000ULL

static bool bad(const char *name, u32 number, const char *rule)
{
	if (name)
		fprintf(stderr, "%s:%u: %s\n", name, number, rule);
	return false;
}

static bool read_argument(const struct script *script, struct line *line, int i, const char *word, char *rule, size_t room)
{
	enum what what = verbs[line->verb].arg[i];
	bool minus = what == SIGNED && *word == '-';
	u64 value;

	if (!number_read(word + minus, &value) || value < (what == COUNT) || value > arguments[what].most ||
	    ((what == END || what == OTHER) && value >= (u64)script->ends) ||
	    (what == OTHER && value == line->arg[0])) {
		snprintf(rule, room, "%s: argument %d is %s, not '%s'", verbs[line->verb].name, i + 1, arguments[what].says, word);
		return false;
	}
	line->arg[i] = minus ? -value : value;
	return true;
}

static bool only_digits(const char *word)
{
	return *word && !word[strspn(word, "0123456789")];
}

bool number_read(const char *word, u64 *value)
{
	errno = 0;
	*value = strtoull(word, NULL, 10);
	/* What is negative or too much it takes for another number. */
	return only_digits(word) && !errno;
}

/* Seconds, whole or with a point between digits, as ns. */
static bool time_read(char *word, u64 *ns)
{
	char *point = strchr(word, '.');
	u64 seconds, parts = 0;
	bool good;
	size_t n;

	if (point)
		*point = 0;
	good = number_read(word, &seconds);
	for (n = 1; point && n <= 9; n++)
		parts = parts * 10 + (n <= strlen(point + 1) ? (u64)point[n] - '0' : 0);
	good = good && (!point || (only_digits(point + 1) && strlen(point + 1) <= 9)) && seconds <= MOST_SECONDS;
	/* It is named in what is said. */
	if (point)
		*point = '.';
	*ns = seconds * S + parts;
	return good && *ns <= MOST_SECONDS * S;
}

static bool nothing_follows(char *rule, size_t room)
{
	const char *word = strtok(NULL, " \t\n");

	if (!word || *word == '#')
		return true;
	snprintf(rule, room, "the line is complete, what is '%s'?", word);
	return false;
}

static int verb_of(const char *word)
{
	int verb;

	for (verb = 0; verb < VERBS; verb++) {
		if (!strcmp(verbs[verb].name, word))
			return verb;
	}
	return -1;
}

static void append(struct script *script, struct line line)
{
	if (!(script->n & (script->n - 1))) {
		script->line = realloc(script->line, (script->n ? 2 * script->n : 1) * sizeof(line));
		if (!script->line)
			abort();
	}
	script->line[script->n++] = line;
}

/* What has been read: of these lines there is one. */
struct said {
	bool seed;
	bool ends;
	bool end;
};

static bool read_head(struct script *script, struct said *said, const char *word, char *rule, size_t room)
{
	bool *before = *word == 's' ? &said->seed : &said->ends;
	const char *number = strtok(NULL, " \t\n");
	u64 value;

	if (!number || !number_read(number, &value) || (*word == 'e' && (value < 2 || value > ENDS)) || script->n) {
		snprintf(rule, room, "'seed N' and 'ends N', 2 to %d of them, come first", ENDS);
		return false;
	}
	if (*before) {
		snprintf(rule, room, "there is one line '%s N', this is another", word);
		return false;
	}
	*before = true;
	if (*word == 's')
		script->seed = value;
	else
		script->ends = value;
	return nothing_follows(rule, room);
}

static bool read_line(struct script *script, struct said *said, char *text, char *rule, size_t room)
{
	struct line line = { };
	char *word = strtok(text, " \t\n");
	u64 at;
	int i;

	if (!word || *word == '#')
		return true;
	if (said->end) {
		snprintf(rule, room, "nothing comes after the line 'SECONDS end', what is '%s'?", word);
		return false;
	}
	if (!strcmp(word, "seed") || !strcmp(word, "ends"))
		return read_head(script, said, word, rule, room);
	if (!time_read(word, &at)) {
		snprintf(rule, room, "a line begins with its time in seconds, 0 to %llu, not with '%s'", MOST_SECONDS, word);
		return false;
	}
	line.at = S + at;
	if (script->n && line.at < script->line[script->n - 1].at) {
		snprintf(rule, room, "time goes back to %.3f s", (double)at / S);
		return false;
	}
	word = strtok(NULL, " \t\n");
	if (word && !strcmp(word, "end")) {
		script->end = line.at;
		said->end = true;
		return nothing_follows(rule, room);
	}
	if (!word || *word == '#') {
		snprintf(rule, room, "behind its time a line has a verb, or 'end'");
		return false;
	}
	line.verb = verb_of(word);
	if (line.verb < 0) {
		snprintf(rule, room, "there is no verb '%s'", word);
		return false;
	}
	for (i = 0; i < 4 && verbs[line.verb].arg[i]; i++) {
		word = strtok(NULL, " \t\n");
		if (!word) {
			snprintf(rule, room, "%s: argument %d is missing: %s", verbs[line.verb].name, i + 1,
				 arguments[verbs[line.verb].arg[i]].says);
			return false;
		}
		if (!read_argument(script, &line, i, word, rule, room))
			return false;
	}
	word = strtok(NULL, " \t\n");
	if (word && *word != '#') {
		snprintf(rule, room, "%s: takes no more than %d arguments, what is '%s'?", verbs[line.verb].name, i, word);
		return false;
	}
	append(script, line);
	return true;
}

/* What no editor shows is not to be read as something else. */
static bool is_plain(const char *text, size_t len, char *rule, size_t room)
{
	size_t i;

	if (len > 511 || (len == 511 && text[510] != '\n')) {
		snprintf(rule, room, "a line has no more than 510 characters");
		return false;
	}
	if (len > 1 && text[len - 2] == '\r' && text[len - 1] == '\n') {
		snprintf(rule, room, "a line ends with LF alone, not with CR and LF");
		return false;
	}
	for (i = 0; i < len; i++) {
		u8 byte = text[i];

		if ((byte < ' ' && byte != '\t' && byte != '\n') || byte == 127) {
			snprintf(rule, room, "a line is plain text, character %zu is a byte of value %u", i + 1, byte);
			return false;
		}
	}
	return true;
}

bool script_read(struct script *script, FILE *file, const char *name)
{
	struct said said = { };
	char *text = NULL, rule[256];
	size_t room = 0;
	u32 number = 0;
	bool good = true;
	ssize_t len;

	*script = (struct script){ .seed = 1, .ends = 2 };
	while (good && (len = getline(&text, &room, file)) > 0) {
		number++;
		good = is_plain(text, len, rule, sizeof(rule)) && read_line(script, &said, text, rule, sizeof(rule));
	}
	if (good && ferror(file)) {
		snprintf(rule, sizeof(rule), "a script is a file of text, this cannot be read: %s", strerror(errno));
		good = false;
		number++;
	} else if (good && !script->n) {
		snprintf(rule, sizeof(rule), "a script has a line that does something");
		good = false;
	} else if (good && !said.end) {
		snprintf(rule, sizeof(rule), "the last line is 'SECONDS end'");
		good = false;
	}
	free(text);
	return good || bad(name, number ? number : 1, rule);
}

void script_write(const struct script *script, FILE *file)
{
	u32 i;
	int j;

	fprintf(file, "seed %llu\nends %d\n", script->seed, script->ends);
	for (i = 0; i < script->n; i++) {
		const struct line *line = &script->line[i];

		fprintf(file, "%.6f %s", (double)(line->at - S) / S, verbs[line->verb].name);
		for (j = 0; j < 4 && verbs[line->verb].arg[j]; j++)
			fprintf(file, " %lld", line->arg[j]);
		fprintf(file, "\n");
	}
	fprintf(file, "%.6f end\n", (double)(script->end - S) / S);
}

void script_free(struct script *script)
{
	free(script->line);
	*script = (struct script){ };
}

/* ---- making ---- */

/* What is common has several places here. */
static const u8 likely_verbs[] = {
	SAYS, SAYS, SAYS, SAYS, SAYS, SAYS, SAYS, SAYS, SAYS, SAYS, LOSS, LOSS, DOUBLE, BREAK, DELAY, DELAY, DEAF, FAIR, FAIR,
	FAIR, MOVE, MEET, REPLAY, REPLAY, FORGE, FLOOD, WALL, SLEEP, COARSE, LATE, WHEEL, FREEZE, RESTART, REKEY, PSK, HALF_PSK,
	REMOVE, ADD, DOWN, UP, INTERVAL, BEGIN, BEGIN, SPEND,
};

/* Lengths that mean something to the protocol, seconds, and those about them. */
static u64 some_time(void)
{
	static const u16 seconds[] = { 1, 5, 5, 10, 15, 20, 25, 90, 110, 120, 165, 180, 180, 540, 700 };

	switch (chance_below(4)) {
	case 0:
		return chance_below(100) * MS;
	case 1:
		return chance_below(20 * S);
	case 2:
		return seconds[chance_below(ARRAY_SIZE(seconds))] * S + chance_below(2 * S) - S * chance_below(2);
	default:
		return chance_below(300 * S);
	}
}

static u64 some_percent(void)
{
	static const u8 percents[] = { 0, 1, 5, 10, 20, 29, 29, 50, 90, 100 };

	return percents[chance_below(ARRAY_SIZE(percents))];
}

static u64 argument_of(const struct script *script, const struct line *line, int i)
{
	static const u16 millis[] = { 0, 1, 10, 20, 50, 100, 300, 1000, 3000 };

	switch (verbs[line->verb].arg[i]) {
	case END:
		return chance_below(script->ends);
	case OTHER:
		return (line->arg[0] + 1 + chance_below(script->ends - 1)) % script->ends;
	case COUNT:
		return 1 + chance_below(line->verb == SAYS || line->verb == FLOOD ? 1500 : 50);
	case PERCENT:
		return some_percent();
	case MILLI:
		return millis[chance_below(line->verb == SAYS ? 9 : 8)];
	case SECOND:
		return line->verb == INTERVAL ? chance_below(2) * (1 + chance_below(60)) : 1 + chance_below(line->verb == FLOOD ? 20 : 250);
	case SIGNED:
		return chance_below(7200) - 3600;
	case SWITCH:
		return chance_below(3) > 0;
	case NONE:
		break;
	}
	return 0;
}

/* Who talks all the time, a packet a second or so, makes much else worth looking at. */
static void make_talk(struct script *script, u64 at)
{
	struct line line = { .at = at, .verb = SAYS };

	line.arg[0] = chance_below(script->ends);
	line.arg[1] = argument_of(script, &line, 1);
	line.arg[2] = 1 + chance_below(2000);
	line.arg[3] = 200 + chance_below(1500);
	append(script, line);
	if (chance_below(2)) {
		u64 from = line.arg[0];

		line.arg[0] = line.arg[1];
		line.arg[1] = from;
		append(script, line);
	}
}

/*
 * The first packet of a session is under way for longer than it takes the other end to
 * begin the next one: chance alone hardly ever puts all of that together. Return: the end of it.
 */
static u64 make_straggler(struct script *script, u64 at)
{
	static const u8 anew[] = { RESTART, REKEY, DOWN, BEGIN };
	u64 a = chance_below(script->ends), b = (a + 1 + chance_below(script->ends - 1)) % script->ends;
	u64 late = at + 100 * MS + chance_below(S), next = late + 20 * MS + chance_below(3 * S);
	struct line line = { .verb = anew[chance_below(ARRAY_SIZE(anew))], .arg = { b, a } };

	append(script, (struct line){ .at = at, .verb = SAYS, .arg = { a, b, 1 } });
	append(script, (struct line){ .at = late, .verb = DELAY, .arg = { b, a, 1000 + chance_below(4000) } });
	append(script, (struct line){ .at = late, .verb = SAYS, .arg = { b, a, 1 } });
	append(script, (struct line){ .at = late + 10 * MS, .verb = DELAY, .arg = { b, a, 10 } });
	line.at = next;
	append(script, line);
	if (line.verb == DOWN)
		append(script, (struct line){ .at = next, .verb = UP, .arg = { b } });
	append(script, (struct line){ .at = next, .verb = SAYS, .arg = { b, a, 200 + chance_below(400), 200 } });
	return next;
}

/*
 * Under load cookies are asked for, by who has a reason and by who has none: that is when somebody may be
 * answered who has proved nothing. It lasts long enough for handshakes to have to get through. Return: the end of it.
 */
static u64 make_siege(struct script *script, u64 at)
{
	u64 a = chance_below(script->ends), b = (a + 1 + chance_below(script->ends - 1)) % script->ends;
	u64 seconds = 20 + chance_below(120), n;
	struct line lines[] = {
		{ .verb = FORGE, .arg = { a, 50 + chance_below(250) } },
		{ .verb = REPLAY, .arg = { a, 20 + chance_below(80) } },
		{ .verb = BEGIN, .arg = { a, b } },
		{ .verb = MOVE, .arg = { b } },
		{ .verb = RESTART, .arg = { b } },
	};

	append(script, (struct line){ .at = at, .verb = FLOOD, .arg = { a, 600, seconds } });
	append(script, (struct line){ .at = at, .verb = SAYS, .arg = { b, a, seconds, 1000 } });
	for (n = 0; n < seconds / 10; n++) {
		struct line line = lines[n ? chance_below(ARRAY_SIZE(lines)) : 0];

		line.at = at + n * 5 * S + chance_below(5 * S);
		append(script, line);
	}
	return at + seconds * S;
}

void script_make(struct script *script, u64 seed)
{
	u64 at = S, lines;
	int i;

	chance_seed(seed * 0x2545f4914f6cdd1dULL);
	*script = (struct script){ .seed = seed, .ends = 2 + chance_below(chance_below(ENDS - 1) + 1) };
	for (lines = 10 + chance_below(120); lines; lines--) {
		struct line line = { .at = at, .verb = likely_verbs[chance_below(sizeof(likely_verbs))] };

		if (!chance_below(6)) {
			make_talk(script, at);
		} else {
			for (i = 0; i < 4; i++)
				line.arg[i] = argument_of(script, &line, i);
			append(script, line);
		}
		at += chance_below(3) ? some_time() : 0;
		if (!chance_below(40))
			at = make_siege(script, at);
		/* A while that nothing disturbs, in which all has to get well. */
		if (!chance_below(8)) {
			append(script, (struct line){ .at = at, .verb = FAIR });
			if (!chance_below(4))
				at = make_straggler(script, at);
			make_talk(script, at);
			at += 40 * S + some_time();
		}
	}
	script->end = at + 60 * S + chance_below(800 * S);
}

/* ---- doing ---- */

static void both(int a, int b, void (*each)(struct end *end, int link))
{
	each(&w.end[a], b);
	each(&w.end[b], a);
}

static void fair(void)
{
	int a, b;

	for (a = 0; a < w.ends; a++) {
		for (b = 0; b < w.ends; b++) {
			w.path[a][b] = (struct path){ .delay = 10 * MS };
			w.end[a].link[b].endpoint = w.end[b].address;
		}
	}
}

static void flood(struct end *end, u64 count, u64 seconds)
{
	u64 n;

	for (n = 0; n < count; n++)
		wgr_load_more(&end->load);
	end->waits += count;
	happens(w.now + seconds * S, CALM, number_of(end), 0, count, end->started_ever, NULL);
	if (w.flooded[number_of(end)] < w.now + (seconds + 2) * S)
		w.flooded[number_of(end)] = w.now + (seconds + 2) * S;
}

static void sleep_for(struct end *end, u64 seconds)
{
	if (!runs(end))
		return;
	end_sleep(end);
	end->asleep = w.now + seconds * S;
	end->stepped = end->asleep;
	happens(end->asleep, WAKE, number_of(end), 0, seconds * S, 0, NULL);
}

static void restart(struct end *end)
{
	int i;

	end_stop(end);
	end_start(end, true);
	for (i = 0; i < w.ends; i++)
		w.fair[number_of(end)][i] = w.fair[i][number_of(end)] = w.now;
}

/* Its own key changes, and all others know it by another name. */
static void rekey(struct end *end)
{
	u8 secret[WGR_KEY_LEN];
	int i, me = number_of(end);

	get_random_bytes(secret, sizeof(secret));
	end_key(end, secret);
	for (i = 0; i < w.ends; i++) {
		if (i == me || !w.end[i].link[me].known)
			continue;
		link_remove(&w.end[i], me);
		link_add(&w.end[i], me);
		w.fair[me][i] = w.fair[i][me] = w.now;
	}
}

static void change_psk(int a, int b, bool half)
{
	u8 psk[WGR_KEY_LEN];

	get_random_bytes(psk, sizeof(psk));
	link_psk(&w.end[a], b, psk);
	if (!half)
		link_psk(&w.end[b], a, psk);
	w.fair[a][b] = w.fair[b][a] = w.now;
}

/* Clocks that change twice in a while: what is under way may have begun by the first. */
static u64 has_been(const struct end *end, u64 before, u64 now)
{
	return end->stepped + 600 * S > w.now && before > now ? before : now;
}

void script_do(const struct line *line)
{
	int a = line->arg[0], b = verbs[line->verb].arg[1] == OTHER ? line->arg[1] : 0;
	struct end *end = &w.end[a];
	struct path *path = &w.path[a][b];

	if (w.verbose)
		printf("# %.3f %s %llu %llu %llu %llu\n", (double)(w.now - S) / S, verbs[line->verb].name, line->arg[0],
		       line->arg[1], line->arg[2], line->arg[3]);
	if (line->verb != SAYS)
		w.disturbed = w.now;
	switch ((enum verb)line->verb) {
	case SAYS:
		happens(w.now, SAY, a, b, line->arg[2], line->arg[3] * MS, NULL);
		break;
	case LOSS:
		path->loss = line->arg[2];
		break;
	case DOUBLE:
		path->doubled = line->arg[2];
		break;
	case BREAK:
		path->broken = line->arg[2];
		break;
	case DELAY:
		path->delay = line->arg[2] * MS;
		path->jitter = line->arg[3] * MS;
		break;
	case DEAF:
		path->no_handshakes = w.path[b][a].no_handshakes = w.now + line->arg[2] * S;
		break;
	case FAIR:
		fair();
		break;
	case MOVE:
		end->address = new_address();
		break;
	case MEET:
		end->link[b].endpoint = w.end[b].address;
		break;
	case REPLAY:
		replay(a, line->arg[1]);
		break;
	case FORGE:
		forge(a, line->arg[1]);
		break;
	case FLOOD:
		flood(end, line->arg[1], line->arg[2]);
		break;
	case WALL:
		end->wall += (s64)line->arg[1] * (s64)S;
		break;
	case SLEEP:
		sleep_for(end, line->arg[1]);
		break;
	case COARSE:
		end->was_coarse = has_been(end, end->was_coarse, end->coarse_ns);
		end->coarse_ns = line->arg[1] * MS > S / HZ ? line->arg[1] * MS : S / HZ;
		end->stepped = w.now;
		break;
	case LATE:
		end->was_late = has_been(end, end->was_late, end->late_ns);
		end->late_ns = line->arg[1] * MS;
		end->stepped = w.now;
		break;
	case WHEEL:
		end->was_wheel = end->wheel || (end->was_wheel && end->stepped + 600 * S > w.now);
		end->wheel = line->arg[1];
		end->stepped = w.now;
		break;
	case FREEZE:
		end->frozen = w.now + line->arg[1] * MS;
		end->stepped = end->frozen;
		break;
	case RESTART:
		restart(end);
		w.tally.restarts++;
		break;
	case REKEY:
		rekey(end);
		break;
	case PSK:
		change_psk(a, b, false);
		break;
	case HALF_PSK:
		change_psk(a, b, true);
		break;
	case REMOVE:
		link_remove(end, b);
		break;
	case ADD:
		link_add(end, b);
		break;
	case DOWN:
		end_down(end);
		break;
	case UP:
		end_up(end);
		break;
	case INTERVAL:
		link_interval(end, b, line->arg[2]);
		break;
	case BEGIN:
		both(a, b, link_begin);
		break;
	case SPEND:
		link_spend(end, b);
		break;
	case VERBS:
		break;
	}
}
