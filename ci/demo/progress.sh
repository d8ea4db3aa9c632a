# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# How long it will take: from what each step takes on an idle machine with two CPUs,
# and how much longer the steps took that are done. On a terminal one line that
# changes, else a line for each step.

progress_all=0
progress_done=0
progress_words=''
progress_last=0

# progress_expect SECONDS: add to what is ahead.
progress_expect()
{
	progress_all=$((progress_all + $1))
}

progress_begin()
{
	progress_words=$2
	progress_last=$SECONDS
	[[ -t 1 ]] || progress_line
	progress_tell
}

# progress_end SECONDS: a step that was to take that long is done.
progress_end()
{
	progress_done=$((progress_done + $1))
}

# What is left is as much slower as what is done was, once that says something.
progress_left()
{
	local left=$((progress_all - progress_done))

	if ((progress_done >= 15 && SECONDS > progress_done)); then
		left=$((left * SECONDS / progress_done))
	fi
	left=$((left - (SECONDS - progress_last)))
	if ((left >= 90)); then
		echo "about $(((left + 30) / 60)) min left"
	elif ((left >= 10)); then
		echo "about $(((left + 5) / 10))0 s left"
	else
		echo "a few seconds left"
	fi
}

progress_line()
{
	printf '[%3d s, %s] %s' "$SECONDS" "$(progress_left)" "$progress_words"
	[[ -t 1 ]] || echo
}

progress_tell()
{
	[[ ! -t 1 ]] || printf '\r\033[K%s' "$(progress_line)"
}

progress_clear()
{
	[[ ! -t 1 ]] || printf '\r\033[K'
}
