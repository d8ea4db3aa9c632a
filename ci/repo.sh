#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A repository for apt, dnf and zypper in dist/repo, of the packages in dist and of
# those that were in the repository before: what "make repo" runs.
#
#   ci/repo.sh [PACKAGE...]    more .deb and .rpm files, such as what was built elsewhere
#
#   SIGNKEY    the key that signs: what gpg knows it by, or a file with the secret key.
#              Without it one is made, dist/trial-key.asc, which is for trying only.
#   REPOURL    where users will find the folder (default: http://localhost:8000)
#
# It is folders and files, for any web server. What was there is checked first, and
# stays as it is until the new one is whole. apt-ftparchive and not reprepro: Debian 12's
# reprepro drops a package when there is a newer one.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
dist=$top/dist
repo=$dist/repo
name=wireguard-reorder
url=${REPOURL:-http://localhost:8000}
url=${url%/}
trial=$dist/trial-key.asc
# What the module is for: its package has no architecture, and each has a list of its own.
architectures=(amd64 arm64 armhf i386 ppc64el riscv64 s390x)
key='' work='' home=''

die()
{
	echo "make repo: $*" >&2
	exit 1
}

finish()
{
	[[ -e $repo || ! -e $work/old ]] || mv "$work/old" "$repo"
	[[ -z $home ]] || GNUPGHOME=$home gpgconf --kill all 2>/dev/null || :
	rm -rf "$work" ${home:+"$home"}
}

check_tools()
{
	local tool

	for tool in apt-ftparchive createrepo_c dpkg-deb gpg rpmsign; do
		command -v "$tool" >/dev/null || die "$tool is missing: ci/setup.sh repo installs it"
	done
	[[ $url =~ ^(https?://[^[:space:]/]|file:///)[^[:space:]]*$ ]] ||
		die "REPOURL=$REPOURL is no address: give one such as https://example.org/repo"
}

# make_key FILE: one without a passphrase.
make_key()
{
	echo "make repo: no SIGNKEY: signed with a key made here, ${1#"$top/"}, which is for trying only" >&2
	gpg --batch --quiet --pinentry-mode loopback --passphrase '' \
		--quick-generate-key "$name, for trying only" rsa3072 sign never 2>"$work/said" ||
		die "gpg makes no key: $(tail -n 1 "$work/said")"
	(umask 077 && gpg --batch --quiet --armor --export-secret-keys >"$work/key")
	mv "$work/key" "$1"
}

# A folder for gpg, and a short path: that of its socket must fit into 108 characters.
own_gpg()
{
	home=$(mktemp -d /tmp/wgr-gpg.XXXXXX)
	export GNUPGHOME=$home
}

# Have gpg know the key that signs; sets $key, its fingerprint.
take_key()
{
	local file=${SIGNKEY:-$trial} named="SIGNKEY=${SIGNKEY:-}" keys

	GPG_TTY=$(tty) || GPG_TTY=
	export GPG_TTY
	if [[ -z ${SIGNKEY:-} && ! -e $trial ]]; then
		own_gpg
		make_key "$trial"
	elif [[ -e $file ]]; then
		[[ -n ${SIGNKEY:-} ]] || {
			named=${trial#"$top/"}
			echo "make repo: no SIGNKEY: signed with $named, which is for trying only" >&2
		}
		own_gpg
		gpg --batch --quiet --import "$file" 2>"$work/said" ||
			die "$named: gpg takes no key from that file: $(tail -n 1 "$work/said")"
		file=
	fi
	keys=$(gpg --batch --with-colons --list-secret-keys ${SIGNKEY:+${file:+"$file"}} 2>/dev/null |
		awk -F: '$1 == "sec" && $12 ~ /S/ { getline; print $10 }') || :
	case $keys in
	'') die "$named: neither a file with a secret key that signs, nor does gpg have one by that name" \
		"(gpg --list-secret-keys)" ;;
	*$'\n'*) die "$named is more than one key: give the fingerprint of one, ${keys//$'\n'/ or }" ;;
	esac
	key=$keys
}

# sign OPTION... FILE: with gpg.
sign()
{
	gpg --batch --yes --quiet --local-user "$key" --digest-algo SHA512 "$@" ||
		die "gpg does not sign with $key"
}

# Nothing is signed that was changed behind our back.
check_old()
{
	local odd

	gpg --batch --status-fd 1 --verify "$repo/SHA256SUMS.asc" "$repo/SHA256SUMS" 2>/dev/null |
		grep -q "^\[GNUPG:\] VALIDSIG .* $key\$" ||
		die "$repo is not signed with key $key: give the key it was made with (SIGNKEY=), or" \
			"remove it to begin anew"
	odd=$(cd "$repo" && LC_ALL=C sha256sum --quiet -c SHA256SUMS 2>/dev/null | sed -n '1s/: FAILED.*//p') || :
	[[ -z $odd ]] || die "$repo/$odd is not what was signed: put it back, or remove $repo to begin anew"
	odd=$(comm -13 <(cut -c 67- "$repo/SHA256SUMS" | LC_ALL=C sort) \
		<(find "$repo" -type f ! -name 'SHA256SUMS*' -printf '%P\n' | LC_ALL=C sort) | head -n 1)
	[[ -z $odd ]] || die "$repo/$odd was not put there by this: move it away (if it is a package, ADD= takes it in)"
}

# changed FILE: it is there with other contents.
changed()
{
	die "$1 is in $repo with other contents, and what was given out does not change:" \
		"give it another version, or remove $repo to begin anew"
}

add_deb()
{
	local to

	dpkg-deb --fsys-tarfile "$1" >/dev/null 2>&1 || die "$1 is not a whole .deb"
	# The format is dpkg's; in names of files there is no epoch.
	# shellcheck disable=SC2016
	to=$(dpkg-deb -W --showformat='${Package}_${Version}_${Architecture}.deb' "$1" | sed 's/_[0-9]*:/_/')
	if [[ ! -e $new/pool/$to ]]; then
		cp "$1" "$new/pool/$to"
	elif ! cmp -s "$1" "$new/pool/$to"; then
		changed "$to"
	fi
}

# A signature is no part of what it is for.
rpm_contents()
{
	rpm -qp --nosignature --qf '%{SHA256HEADER}' "$1"
}

add_rpm()
{
	local to

	rpm -K --nosignature "$1" >/dev/null 2>&1 || die "$1 is not a whole .rpm"
	to=$(rpm -qp --nosignature --qf '%{NAME}-%{VERSION}-%{RELEASE}.%|SOURCERPM?{%{ARCH}}:{src}|.rpm' "$1")
	if [[ ! -e $new/rpm/$to ]]; then
		cp "$1" "$new/rpm/$to"
		rpmsign --define "_gpg_name $key" --define "__gpg $(command -v gpg)" \
			--define '_gpg_digest_algo sha512' --addsign "$new/rpm/$to" >"$work/said" 2>&1 ||
			die "rpmsign does not sign $to: $(tail -n 1 "$work/said")"
	elif [[ $(rpm_contents "$1") != "$(rpm_contents "$new/rpm/$to")" ]]; then
		changed "$to"
	fi
}

add()
{
	[[ -r $1 ]] || die "there is no package $1"
	case $1 in
	*.deb) add_deb "$1" ;;
	*.rpm) add_rpm "$1" ;;
	*) die "$1 is neither a .deb nor a .rpm" ;;
	esac
}

# What "make deb", "make rpm", "make kmod" and ci/cross.sh have left.
add_built()
{
	local file

	for file in "$dist/$name"-*.deb "$dist/$name"-*.rpm "$dist/kmod-$name"-*.rpm; do
		[[ ! -e $file ]] || add "$file"
	done
}

index_apt()
{
	local arch folder

	cd "$new"
	for arch in "${architectures[@]}"; do
		folder=dists/stable/main/binary-$arch
		mkdir -p "$folder"
		apt-ftparchive -q --arch "$arch" -o APT::FTPArchive::MD5=false -o APT::FTPArchive::SHA1=false \
			packages pool >"$folder/Packages"
		gzip -9nk "$folder/Packages"
	done
	apt-ftparchive -q -o APT::FTPArchive::MD5=false -o APT::FTPArchive::SHA1=false \
		-o APT::FTPArchive::Release::Origin="$name" -o APT::FTPArchive::Release::Label="$name" \
		-o APT::FTPArchive::Release::Suite=stable -o APT::FTPArchive::Release::Codename=stable \
		-o APT::FTPArchive::Release::Components=main \
		-o APT::FTPArchive::Release::Architectures="${architectures[*]}" \
		release dists/stable >"$work/Release"
	mv "$work/Release" dists/stable/Release
	sign --output dists/stable/InRelease --clearsign dists/stable/Release
	sign --armor --output dists/stable/Release.gpg --detach-sign dists/stable/Release
	cd "$top"
}

index_rpm()
{
	createrepo_c --quiet --no-database --general-compress-type=gz "$new/rpm" >"$work/said" 2>&1 ||
		die "createrepo_c: $(tail -n 1 "$work/said")"
	sign --armor --output "$new/rpm/repodata/repomd.xml.asc" --detach-sign "$new/rpm/repodata/repomd.xml"
}

# The files that users copy, one for each kind of system, and the key for them.
set_up()
{
	gpg --batch --quiet --armor --export-options export-minimal --export "$key" >"$new/$name.asc"
	{
		printf '%s\n' "# For /etc/apt/sources.list.d. apt before 2.4 (Debian 11) takes no key from here: there" \
			"# $url/$name.asc goes to /etc/apt/keyrings, and Signed-By is its path." \
			'Types: deb' "URIs: $url" 'Suites: stable' 'Components: main' 'Signed-By:'
		sed 's/^$/./; s/^/ /' "$new/$name.asc"
	} >"$new/$name.sources"
	printf '%s\n' '# For /etc/yum.repos.d, or zypper addrepo. The key, which is shown and asked about at first, is' \
		"# $key" "[$name]" "name=$name" "baseurl=$url/rpm" \
		'enabled=1' 'gpgcheck=1' 'repo_gpgcheck=1' "gpgkey=$url/$name.asc" >"$new/$name.repo"
}

sums()
{
	(cd "$new" && find . -type f -printf '%P\0' | LC_ALL=C sort -z | xargs -0 sha256sum >"$work/sums")
	mv "$work/sums" "$new/SHA256SUMS"
	sign --armor --output "$new/SHA256SUMS.asc" --detach-sign "$new/SHA256SUMS"
}

main()
{
	local file

	check_tools
	mkdir -p "$dist"
	work=$(mktemp -d "$dist/.repo.XXXXXX")
	trap finish EXIT
	trap 'exit 1' INT TERM HUP
	take_key
	new=$work/repo
	mkdir -p "$new"/{pool,rpm}
	if [[ -e $repo ]]; then
		check_old
		# Links: all else is written anew.
		for file in "$repo"/pool/*.deb "$repo"/rpm/*.rpm; do
			[[ ! -e $file ]] || ln "$file" "$new/${file#"$repo/"}"
		done
	fi
	add_built
	for file; do
		add "$file"
	done
	index_apt
	index_rpm
	set_up
	sums
	chmod -R u=rwX,go=rX "$new"
	[[ ! -e $repo ]] || mv "$repo" "$work/old"
	mv "$new" "$repo"
	echo "dist/repo: $(find "$repo/pool" -name '*.deb' | wc -l) .deb, $(find "$repo/rpm" -name '*.rpm' | wc -l) .rpm," \
		"for $url, key $key"
	[[ -n ${REPOURL:-} ]] ||
		echo "to try it: python3 -m http.server --directory dist/repo 8000; for others, give REPOURL="
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
