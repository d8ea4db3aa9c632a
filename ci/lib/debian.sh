# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Packages of any Debian release, fetched without touching the machine's own
# apt: mirrors and keyrings are those the machine is configured with, and
# everything lies in the cache.
#
#   . ci/lib/debian.sh          (reads cache.sh itself)
#   wgr_apt bookworm apt-cache policy linux-image-amd64
#   version=$(wgr_deb_version sid linux-source)
#   wgr_deb_fetch sid DIR linux-source-7.2
#
# A suite named trixie offers what a machine of that release would install, from
# whichever archive; trixie-backports prefers the backports, and trixie-release
# what the release itself has, without the security archive's newer versions.
# WGR_DEB_ARCH names another architecture than amd64.

# shellcheck source=ci/lib/cache.sh
. "$(dirname "${BASH_SOURCE[0]}")/cache.sh"

# How many days a package list is good for.
WGR_APT_DAYS=${WGR_APT_DAYS:-5}
WGR_DEB_ARCH=${WGR_DEB_ARCH:-amd64}

# Mirror and keyring that the machine uses for Debian: the main archive, then
# the security archive if there is one.
wgr_debian_archives()
{
	# The fields are apt's, not the shell's.
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(RELEASE)|$(REPO_URI)|$(COMPONENT)|$(SIGNED_BY)' \
		'Created-By: Packages' 2>/dev/null |
	awk -F'|' '$3 == "main" && $2 ~ /debian/ {
			kind = $1 ~ /-security$/ ? "security" : ($1 ~ /-/ ? "" : "main")
			if (kind != "" && !seen[kind]++)
				print kind, $2, $4
		}'
}

# wgr_apt_name SUITE: of the folder with the package lists, which all ways of
# looking at a release share.
wgr_apt_name()
{
	local name=${1%-backports}

	name=${name%-release}
	[[ $WGR_DEB_ARCH == amd64 ]] || name+=-$WGR_DEB_ARCH
	printf '%s\n' "$name"
}

# wgr_sources SUITE: the lines of a sources.list for it, without archives that the
# mirror turned out not to have.
wgr_sources()
{
	local suite=$1 gone kind uri key options

	gone=$WGR_CACHE/apt/$(wgr_apt_name "$suite")/gone
	wgr_debian_archives | while read -r kind uri key; do
		# apt may give the keys' fingerprints instead of the file.
		[[ -f $key ]] || key=/usr/share/keyrings/debian-archive-keyring.gpg
		options="[signed-by=$key]"
		case $kind-$suite in
		main-sid|main-unstable|main-experimental)
			echo "deb $options $uri $suite main" ;;
		security-sid|security-unstable|security-experimental)
			;;
		security-*)
			echo "deb $options $uri $suite-security main" ;;
		main-*)
			echo "deb $options $uri $suite main"
			echo "deb $options $uri $suite-updates main"
			# They are gone from the mirrors when a release is archived.
			[[ $suite == bullseye ]] || echo "deb $options $uri $suite-backports main" ;;
		esac
	done | if [[ -s $gone ]]; then
		grep -v -F -f "$gone" || true
	else
		cat
	fi
}

# wgr_apt SUITE COMMAND [ARGUMENT...]: run apt-get or apt-cache as a machine of
# that suite with nothing installed would.
wgr_apt()
{
	local suite=$1 command=$2 dir
	shift 2

	dir=$WGR_CACHE/apt/$(wgr_apt_name "$suite")
	case $suite in
	*-backports) set -- -o APT::Default-Release="$suite" "$@" ;;
	*-release)   set -- -o APT::Default-Release="${suite%-release}" "$@" ;;
	esac
	"$command" -o Dir::Etc::sourcelist="$dir/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferencesparts=/dev/null -o Dir::Etc::preferences=/dev/null \
		-o Dir::State::lists="$dir/lists" -o Dir::State::status=/dev/null \
		-o Dir::Cache="$dir/cache" -o APT::Sandbox::User=root \
		-o APT::Architecture="$WGR_DEB_ARCH" -o APT::Architectures="$WGR_DEB_ARCH" \
		-o Acquire::Retries=3 "$@"
}

# wgr_apt_fetch SUITE DIR: write DIR/sources.list and fetch all its lists. An old
# release loses its backports while its other parts still serve, and a mirror may
# have lists of rarer architectures that are not those its release file means: an
# archive that is not to be had is left out, and said.
wgr_apt_fetch()
{
	local suite=$1 dir=$2 gone=()

	rm -f "$dir/gone"
	while :; do
		wgr_sources "$suite" >"$dir/sources.list"
		if [[ ! -s $dir/sources.list ]]; then
			echo "this machine's apt sources name no Debian archive with $suite" >&2
			return 1
		fi
		LC_ALL=C wgr_apt "$suite" apt-get update -qq >"$dir/log" 2>&1 && break
		mapfile -t gone < <(sed -nE \
			-e "s/^E: The repository '[^ ]* ([^ ]*) Release' does not have a Release file.*/\1/p" \
			-e "s,^E: Failed to fetch [^ ]*/dists/(${suite}-[^/ ]*)/main/binary-.*,\1,p" \
			"$dir/log" | sort -u)
		if [[ ${#gone[@]} == 0 ]]; then
			cat "$dir/log" >&2
			return 1
		fi
		printf 'the mirror does not have %s\n' "${gone[@]}" >&2
		printf ' %s main\n' "${gone[@]}" >>"$dir/gone"
	done
	# That some of it failed and older lists serve on is a warning.
	cat "$dir/log" >&2
}

# wgr_apt_update SUITE [now]: bring its package lists up to date if they are
# old; lists that are there serve on if the network does not.
wgr_apt_update()
{
	local suite=$1 name dir fd

	name=$(wgr_apt_name "$suite")
	dir=$WGR_CACHE/apt/$name
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" "$WGR_CACHE/lock"
	exec {fd}>"$WGR_CACHE/lock/apt-$name"
	flock "$fd"
	if [[ ${2:-} == now || -z $(find "$dir/updated" -mtime "-$WGR_APT_DAYS" 2>/dev/null) ]]; then
		suite=${suite%-backports}
		suite=${suite%-release}
		if wgr_apt_fetch "$suite" "$dir"; then
			touch "$dir/updated"
			# Those of older lists; one that somebody waits for is younger.
			find "$dir/answers" -type f -mmin +60 -delete 2>/dev/null || true
		elif [[ ! -e $dir/updated ]]; then
			echo "could not fetch the package lists of $suite" >&2
			return 1
		fi
	fi
	exec {fd}>&-
}

# wgr_apt_ask SUITE ARGUMENT...: what apt-cache says, from the second time on without
# it: it reads all of the lists for every answer, which takes it a second.
wgr_apt_ask()
{
	local dir answer

	wgr_apt_update "$1" || return 1
	dir=$WGR_CACHE/apt/$(wgr_apt_name "$1")
	# Other lists, other answers.
	answer=$dir/answers/$(stat -c %Y "$dir/updated")-$(printf '%s\n' "$@" | wgr_hash)
	if [[ ! -s $answer ]]; then
		mkdir -p "$dir/answers"
		if ! wgr_apt "$1" apt-cache "${@:2}" >"$answer.$BASHPID"; then
			rm -f "$answer.$BASHPID"
			return 1
		fi
		mv "$answer.$BASHPID" "$answer"
	fi
	cat "$answer"
}

# wgr_deb_version SUITE PACKAGE: the version apt would install.
wgr_deb_version()
{
	wgr_apt_ask "$1" policy "$2" | sed -n 's/^  Candidate: //p' | grep -v '^(none)$' || {
		echo "the mirror has no $2 for $1 ($WGR_DEB_ARCH)" >&2
		return 1
	}
}

# wgr_deb_depends SUITE PACKAGE PATTERN: the first dependency whose name fits.
wgr_deb_depends()
{
	wgr_apt_ask "$1" show --no-all-versions "$2" | sed -n 's/^\(Pre-\)\?Depends: //p' |
		sed 's/[,|]/\n/g' | sed 's/^ *//; s/ .*//' | grep -x -m 1 -E -- "$3"
}

# wgr_deb_fetch SUITE DIR PACKAGE[=VERSION]...: download into DIR. The lists
# are fetched again if the archive has moved on since.
wgr_deb_fetch()
{
	local suite=$1 dir=$2
	shift 2

	mkdir -p "$dir"
	wgr_apt_update "$suite" || return 1
	(cd "$dir" && wgr_apt "$suite" apt-get download -qq "$@") || {
		wgr_apt_update "$suite" now &&
		(cd "$dir" && wgr_apt "$suite" apt-get download -qq "$@")
	}
}
