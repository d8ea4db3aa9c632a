// SPDX-License-Identifier: GPL-2.0
/* doctor.c - the command "doctor": look, change nothing, say what to do. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "doctor.h"
#include "format.h"
#include "json.h"
#include "say.h"

static const char *const levels[] = {
	[DOCTOR_OK] = "ok", [DOCTOR_WARN] = "warn", [DOCTOR_FAIL] = "fail",
};

/**
 * struct findings - what has been found so far
 * @format: how to write
 * @array: findings as JSON, or NULL to print each at once
 * @worst: the worst of them
 */
struct findings {
	struct format format;
	json_t *array;
	enum doctor_level worst;
};

static void print(const struct format *format, enum doctor_level level, const char *check,
		  const char *remedy, const char *text)
{
	static const enum format_colour colours[] = {
		[DOCTOR_OK] = FORMAT_GREEN,
		[DOCTOR_WARN] = FORMAT_YELLOW,
		[DOCTOR_FAIL] = FORMAT_RED,
	};

	printf("%s%-4s%s %s: %s%s%s\n", format_colour(format, colours[level]), levels[level],
	       format_colour(format, FORMAT_RESET), check, text, remedy ? "; remedy: " : "",
	       remedy ? remedy : "");
}

static void take(void *data, enum doctor_level level, const char *check, const char *remedy,
		 const char *text)
{
	struct findings *findings = data;
	json_t *object;

	if (level > findings->worst)
		findings->worst = level;
	if (!findings->array) {
		print(&findings->format, level, check, remedy, text);
		return;
	}
	object = json_object();
	json_add_string(object, "check", check);
	json_add_string(object, "level", levels[level]);
	json_add_string(object, "text", text);
	json_add_string(object, "remedy", remedy ? remedy : "");
	json_array_append_new(findings->array, object);
}

void doctor_note(const struct doctor *doctor, enum doctor_level level, const char *check,
		 const char *remedy, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	doctor->note(doctor->data, level, check, remedy, text);
}

static void print_json(const struct findings *findings)
{
	json_t *object = json_object();

	json_add_string(object, "worst", levels[findings->worst]);
	json_object_set_new(object, "findings", findings->array);
	json_print(object, false);
}

/* None of them is one that a wrong command line or a full disk has, too. */
static int exit_code(enum doctor_level worst)
{
	static const enum cli_exit codes[] = {
		[DOCTOR_OK] = CLI_OK, [DOCTOR_WARN] = CLI_WARNS, [DOCTOR_FAIL] = CLI_FAILS,
	};

	return codes[worst];
}

int doctor_command(const struct cli *cli, int count, char **words)
{
	struct findings findings = {
		.format = { .plain = cli->plain, .colour = cli->colour },
		.array = cli->json ? json_array() : NULL,
	};
	struct doctor doctor = { .note = take, .data = &findings };

	if (count)
		return say_usage("doctor takes nothing, not \"%s\"", words[0]);
	doctor.installed = kernel_running(&doctor.kernel);
	kernel_loaded(&doctor.loaded);
	link_list(&doctor.links, &doctor.link_count);
	doctor_check_module(&doctor);
	doctor_check_order(&doctor);
	doctor_check_tcp(&doctor);
	if (findings.array)
		print_json(&findings);
	free(doctor.links);
	return exit_code(findings.worst);
}
