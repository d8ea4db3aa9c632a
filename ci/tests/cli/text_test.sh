#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The command's manual page against its linter and against the program. TAP.
set -euo pipefail

cli=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../../src/cli" && pwd)
page=$cli/wireguard-reorder.8
number=0
failed=0

# point DESCRIPTION COMMAND...: it must succeed.
point()
{
	local what=$1 said rc=0
	shift

	number=$((number + 1))
	said=$("$@" 2>&1) || rc=$?
	[[ $rc == 0 ]] && { echo "ok $number - $what"; return; }
	# A sign in front of each line.
	# shellcheck disable=SC2001
	sed 's/^/# /' <<<"$said"
	echo "not ok $number - $what"
	failed=1
}

# That other pages are not installed, or not in mandoc's own list, says nothing.
lint()
{
	local said

	said=$(mandoc -T lint -W style "$page" 2>&1 | grep -v -E 'outdated mandoc.db|referenced manual not found' || true)
	[[ -z $said ]] || { echo "$said"; return 1; }
}

renders()
{
	mandoc -T html "$page" | grep -c 'id="EXIT_STATUS"'
}

# Each command and option that the program has.
documented()
{
	local word rc=0

	[[ $(grep -c '_command, "' "$cli/main.c") -ge 10 ]] || { echo "the program's list of commands is not found"; return 1; }
	while read -r word; do
		grep -q -E "^.It Cm $word( |\$)" "$page" || { echo "no word of $word"; rc=1; }
	done < <(sed -n 's/^\t{ "\([a-z]*\)", [a-z]*_command,.*/\1/p' "$cli/main.c")
	while read -r word; do
		grep -q -E "Fl -$word" "$page" || { echo "no word of --$word"; rc=1; }
	done < <(sed -n 's/^\t{ "\([a-z]*\)", \(no\|required\)_argument.*/\1/p' "$cli/main.c")
	return "$rc"
}

exit_codes()
{
	local code rc=0

	while read -r code; do
		grep -q -x ".It $code" "$page" || { echo "no word of exit code $code"; rc=1; }
	done < <(sed -n 's/^\tCLI_[A-Z]* = \([0-9]\),.*/\1/p' "$cli/cli.h")
	return "$rc"
}

# What they name is not installed here.
units()
{
	local dir said
	dir=$(mktemp -d)

	cp "$cli/../dist/examples/"*.{service,timer} "$dir"
	sed -i 's|^ExecStart=/usr/sbin/wireguard-reorder |ExecStart=/bin/true |; /^Documentation=/d' "$dir"/*
	said=$(systemd-analyze verify "$dir"/* 2>&1) || said="status $?: $said"
	rm -r "$dir"
	[[ -z $said ]] || { echo "$said"; return 1; }
}

if command -v systemd-analyze >/dev/null; then
	point "systemd finds nothing to say about service and timer" units
fi
if command -v mandoc >/dev/null; then
	point "mandoc finds nothing to say about the manual page" lint
	point "it can be shown" renders
fi
point "it has all commands and options" documented
point "it has all exit codes" exit_codes
echo "1..$number"
exit "$failed"
