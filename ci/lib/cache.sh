# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Things that are slow to make (kernels, unpacked packages, disk images) are
# kept outside the tree in $WGR_CACHE. An entry is a directory NAME-HASH, HASH
# standing for everything it depends on. It is built in a temporary directory
# and renamed when complete, so that a reader never sees half an entry, and it
# is compared with its own list of files before use, so that a damaged one is
# built anew.
#
#   . ci/lib/cache.sh
#   dir=$(wgr_cache_get kernel "6.1.192-2" build_kernel arguments...)
#
# build_kernel is called with the directory to fill as its first argument and
# the rest after it; what it prints goes to standard error. It runs in a shell of
# its own that knows the caller's functions and variables, and fails as soon as
# one of its commands does ("set -euo pipefail"), wherever wgr_cache_get is called.

WGR_CACHE=${WGR_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/wireguard-reorder}
export WGR_CACHE

# Entries of the same name that nobody asked for in this many days are removed.
WGR_CACHE_DAYS=${WGR_CACHE_DAYS:-14}

wgr_hash()
{
	sha256sum | cut -c 1-16
}

# The hash of some files' contents, for keys.
wgr_hash_files()
{
	cat -- "$@" | wgr_hash
}

# Names, sizes and link targets of everything in an entry, and the contents of
# what the builder listed in .precious (shell patterns of paths, one a line):
# reading all of a kernel tree every time would take longer than it is worth.
wgr_cache_digest()
{
	local dir=$1 pattern

	(
		cd "$dir" || exit 1
		find . -mindepth 1 ! -path ./.digest -printf '%P %y %l ' \
			\( -type f -printf '%s\n' -o -printf '\n' \) | LC_ALL=C sort
		if [[ -f .precious ]]; then
			while read -r pattern; do
				find . -type f -path "./$pattern" ! -path ./.digest -print0
			done <.precious | LC_ALL=C sort -zu | xargs -0r sha256sum
		fi
	) | sha256sum | cut -d ' ' -f 1
}

wgr_cache_ok()
{
	[[ -f $1/.digest ]] && [[ $(<"$1/.digest") == "$(wgr_cache_digest "$1")" ]]
}

# wgr_cache_strict COMMAND [ARGUMENT...]: run it in a new shell with "set -e".
# In this one that would be without effect wherever the caller's status is asked
# for ("if", "||"), and a builder that fails half way would pass for a good one.
wgr_cache_strict()
{
	# What is read-only there is there already.
	# shellcheck disable=SC2016
	bash -c '. "$1" 2>/dev/null; shift; set -euo pipefail; "$@"' "$0" <(declare -p; declare -f) "$@"
}

# wgr_cache_get NAME KEY BUILDER [ARGUMENT...]: print the directory of an
# entry, building it first if it is missing or damaged.
# Return: 0, or 1 if the builder failed (then nothing is left behind).
wgr_cache_get()
{
	local name=$1 key=$2 builder=$3 dir tmp old rc
	shift 3

	mkdir -p "$WGR_CACHE/lock"
	dir=$WGR_CACHE/$name-$(printf '%s' "$key" | wgr_hash)
	exec {wgr_cache_fd}>"$WGR_CACHE/lock/${dir##*/}"
	if ! flock -n "$wgr_cache_fd"; then
		echo "waiting for another process that makes ${dir##*/}" >&2
		flock "$wgr_cache_fd"
	fi
	if ! wgr_cache_ok "$dir"; then
		[[ -e $dir ]] && echo "cache entry ${dir##*/} is damaged: making it anew" >&2
		rm -rf "$dir" "$WGR_CACHE/.new-${dir##*/}."*
		tmp=$(mktemp -d "$WGR_CACHE/.new-${dir##*/}.XXXXXX")
		chmod 755 "$tmp"
		rc=0
		# The lock must not stay with a daemon that a builder starts.
		(wgr_cache_strict "$builder" "$tmp" "$@") >&2 {wgr_cache_fd}>&- || rc=$?
		if [[ $rc != 0 ]]; then
			echo "could not make cache entry $name" >&2
			rm -rf "$tmp"
			exec {wgr_cache_fd}>&-
			return 1
		fi
		wgr_cache_digest "$tmp" >"$tmp/.digest"
		mv "$tmp" "$dir"
		while read -r old; do
			[[ $old == "$dir" ]] || rm -rf "$old"
		done < <(find "$WGR_CACHE" -maxdepth 1 -type d -regex ".*/$name-[0-9a-f]*" \
			 ! -newermt "$WGR_CACHE_DAYS days ago" 2>/dev/null)
	fi
	touch "$dir"
	exec {wgr_cache_fd}>&-
	printf '%s\n' "$dir"
}
