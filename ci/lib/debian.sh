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

# shellcheck source=ci/lib/cache.sh
. "$(dirname "${BASH_SOURCE[0]}")/cache.sh"

# How many days a package list is good for.
WGR_APT_DAYS=${WGR_APT_DAYS:-5}

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

# wgr_sources SUITE: the lines of a sources.list for it.
wgr_sources()
{
	local suite=$1 kind uri key options

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
	done
}

# wgr_apt SUITE COMMAND [ARGUMENT...]: run apt-get or apt-cache as a machine of
# that suite with nothing installed would.
wgr_apt()
{
	local dir=$WGR_CACHE/apt/$1 command=$2
	shift 2

	"$command" -o Dir::Etc::sourcelist="$dir/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferencesparts=/dev/null -o Dir::Etc::preferences=/dev/null \
		-o Dir::State::lists="$dir/lists" -o Dir::State::status=/dev/null \
		-o Dir::Cache="$dir/cache" -o APT::Sandbox::User=root \
		-o APT::Architecture=amd64 -o APT::Architectures=amd64 \
		-o Acquire::Retries=3 "$@"
}

# wgr_apt_update SUITE [now]: bring its package lists up to date if they are
# old; lists that are there serve on if the network does not.
wgr_apt_update()
{
	local suite=$1 dir=$WGR_CACHE/apt/$1 fd

	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" "$WGR_CACHE/lock"
	exec {fd}>"$WGR_CACHE/lock/apt-$suite"
	flock "$fd"
	if [[ ${2:-} == now || -z $(find "$dir/updated" -mtime "-$WGR_APT_DAYS" 2>/dev/null) ]]; then
		wgr_sources "$suite" >"$dir/sources.list"
		if [[ ! -s $dir/sources.list ]]; then
			echo "this machine's apt sources name no Debian archive" >&2
			return 1
		fi
		if wgr_apt "$suite" apt-get update -qq >&2; then
			touch "$dir/updated"
		elif [[ ! -e $dir/updated ]]; then
			echo "could not fetch the package lists of $suite" >&2
			return 1
		fi
	fi
	exec {fd}>&-
}

# wgr_deb_version SUITE PACKAGE: the version apt would install.
wgr_deb_version()
{
	wgr_apt_update "$1" || return 1
	wgr_apt "$1" apt-cache policy "$2" | sed -n 's/^  Candidate: //p' | grep -v '^(none)$'
}

# wgr_deb_depends SUITE PACKAGE PATTERN: the first dependency whose name fits.
wgr_deb_depends()
{
	wgr_apt_update "$1" || return 1
	wgr_apt "$1" apt-cache show --no-all-versions "$2" | sed -n 's/^\(Pre-\)\?Depends: //p' |
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
