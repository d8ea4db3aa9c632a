#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What "make repo" makes, and what users do with it: a fresh Debian root and others that
# pose as Fedora and openSUSE take it from a web server on the loopback, install by
# name, upgrade when a newer version is added, and refuse what was changed or signed by
# others. The real apt, dnf and zypper; DKMS builds a module that takes seconds. TAP on standard output,
# with what is printed where something is refused. Needs root.
#
#   ci/tests/package/repo.sh [apt|dnf|zypper...]       (default: all three)
# repo_sh gets its arguments through "refuses".
# shellcheck disable=SC2119,SC2120
set -euo pipefail

# shellcheck source=ci/tests/package/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
"$top/ci/setup.sh" repo cross
package_test "$0" "$@"

about="repository: "
next=$ours.1
foreign=$ours.9
tree=$work/tree
arch=$(dpkg --print-architecture)
server=''

# In these trees a key is made, and none that the caller has is taken.
unset SIGNKEY REPOURL ADD

# serve FOLDER: from now on this is at $url.
serve()
{
	ln -sfn "$1" "$work/web"
}

# A port that is free; sets $url.
start_server()
{
	local port='' tries=0

	serve "$tree/dist/repo"
	python3 -u -m http.server 0 --bind 127.0.0.1 --directory "$work/web" >"$work/server" 2>/dev/null &
	server=$!
	trap 'kill "$server"; package_test_end' EXIT
	while [[ -z $port ]]; do
		[[ $((tries += 1)) -le 100 ]] || { echo "Bail out! no web server"; exit 1; }
		sleep 0.1
		port=$(sed -n 's/^Serving .* port \([0-9]*\) .*/\1/p' "$work/server")
	done
	url=http://127.0.0.1:$port
}

# A tree as from a fresh clone, but for a module that takes seconds.
new_tree()
{
	variant_tree "$1" "$2" standin
	cp -R "$top"/ci/{repo,setup,cross}.sh "$top/ci/lib" "$1/ci"
}

# make_repo TREE [VARIABLE=...]
make_repo()
{
	nice -n 19 make -s -C "$1" repo "REPOURL=$url" "${@:2}" >"$work/made" 2>&1 || { cat "$work/made"; return 1; }
}

repo_sh()
{
	env "REPOURL=$url" "$tree/ci/repo.sh" "$@"
}

first_repo()
{
	make_repo "$tree" ARCHS="amd64 arm64" && cat "$work/made" && grep 'no SIGNKEY: .* for trying only' "$work/made" &&
		[[ $(stat -c %a "$tree/dist/trial-key.asc") == 600 ]] && whole_repo "$tree/dist/repo"
}

# Signed, and each file as the sums say.
whole_repo()
{
	(cd "$1" && gpg --dearmor <wireguard-reorder.asc >"$work/key.gpg" &&
		gpgv --keyring "$work/key.gpg" SHA256SUMS.asc SHA256SUMS &&
		gpgv --keyring "$work/key.gpg" dists/stable/Release.gpg dists/stable/Release &&
		gpgv --keyring "$work/key.gpg" rpm/repodata/repomd.xml.asc rpm/repodata/repomd.xml &&
		sha256sum --quiet --strict -c SHA256SUMS &&
		[[ $(wc -l <SHA256SUMS) == $(($(find . -type f | wc -l) - 2)) ]])
}

# The oldest of those that it is for is RHEL 9, with this libc; the libraries have the
# names that all but Debian have for them.
for_all_rpm()
{
	local rpm

	for rpm in "$tree"/dist/repo/rpm/*-tools-*.rpm; do
		echo "${rpm##*/}"
		rpm -qp --requires "$rpm" | tee "$work/wants"
		grep -x -E 'libpcap[.]so[.]1(\(\)\(64bit\))?' "$work/wants" || return
		! grep -v -E '^(kmod|rpmlib.*|rtld.*|lib(c|mnl|jansson|pcap)[.]so[.].*)$' "$work/wants" || return
		sed -n 's/.*(GLIBC_\([0-9.]*\)).*/\1/p' "$work/wants" | sort -V | tail -n 1 >"$work/libc"
		[[ $(printf '%s\n2.34\n' "$(<"$work/libc")" | sort -V | tail -n 1) == 2.34 ]] || return
	done
}

# It runs where that library is.
runs_with_libpcap_1()
{
	mkdir -p "$work/libs" "$work/here"
	ln -sf "$(find /usr/lib/*-linux-gnu -name libpcap.so.0.8 | head -n 1)" "$work/libs/libpcap.so.1"
	(cd "$work/here" && rpm2cpio "$tree"/dist/repo/rpm/*-tools-*."$(rpm --eval '%{_arch}')".rpm | cpio -id --quiet)
	! ldd "$work/here/usr/sbin/wireguard-reorder" | grep 'libpcap.so.0.8' &&
		LD_LIBRARY_PATH=$work/libs "$work/here/usr/sbin/wireguard-reorder" --version | grep -F "$ours"
}

other_architecture()
{
	[[ -e $tree/dist/repo/pool/wireguard-reorder-tools_${ours}_arm64.deb ]] &&
		[[ -e $tree/dist/repo/rpm/wireguard-reorder-tools-$ours-1.aarch64.rpm ]] &&
		grep -x 'Package: wireguard-reorder-tools' "$tree/dist/repo/dists/stable/main/binary-arm64/Packages" &&
		! grep 'arm64[.]deb' "$tree/dist/repo/dists/stable/main/binary-armhf/Packages"
}

# emulated FOLDER: what is in it, with the libraries that it was linked with.
emulated()
{
	local root rc=0

	root=$(echo "$WGR_CACHE"/cross-bookworm-arm64-*/root)
	mkdir -p "$work/arm64-libs"
	ln -sf "$root/usr/lib/aarch64-linux-gnu/libpcap.so.0.8" "$work/arm64-libs/libpcap.so.1"
	qemu-aarch64-static -L "$root" -E "LD_LIBRARY_PATH=$work/arm64-libs:$root/usr/lib/aarch64-linux-gnu" \
		"$1/usr/sbin/wireguard-reorder" --version | grep -F "$ours" || return
	# The emulator has no netlink of that kind, which is to be said.
	qemu-aarch64-static -L "$root" -E "LD_LIBRARY_PATH=$work/arm64-libs:$root/usr/lib/aarch64-linux-gnu" \
		"$1/usr/sbin/wireguard-reorder" show >"$work/said" 2>&1 || rc=$?
	cat "$work/said"
	[[ $rc == 1 ]] && grep '^wireguard-reorder: the kernel cannot be asked' "$work/said"
}

arm64_runs()
{
	rm -rf "$work/arm64"
	mkdir -p "$work/arm64"/{deb,rpm}
	dpkg-deb -x "$tree/dist/repo/pool/wireguard-reorder-tools_${ours}_arm64.deb" "$work/arm64/deb"
	(cd "$work/arm64/rpm" && rpm2cpio "$tree/dist/repo/rpm/wireguard-reorder-tools-$ours-1.aarch64.rpm" | cpio -id --quiet)
	readelf -h "$work/arm64/deb/usr/sbin/wireguard-reorder" | grep AArch64 && emulated "$work/arm64/deb" && emulated "$work/arm64/rpm"
}

no_such_architecture()
{
	! make -s -C "$tree" repo ARCHS=vax >"$work/said" 2>&1 || return
	cat "$work/said"
	[[ $(grep -c '^make repo: ' "$work/said") == 1 ]] && grep '^make repo: ARCHS=vax is no architecture' "$work/said"
}

all_of()
{
	(cd "$tree/dist" && find repo -type f -exec sha256sum {} + | sort)
}

same_again()
{
	local before

	before=$(all_of | grep -E '[.](deb|rpm)$')
	repo_sh && diff <(echo "$before") <(all_of | grep -E '[.](deb|rpm)$') && whole_repo "$tree/dist/repo"
}

# refuses WORDS COMMAND...: it fails, one line that it says has WORDS, and the
# repository stays as it is.
refuses()
{
	local words=$1 before rc=0
	shift

	before=$(all_of)
	"$@" >"$work/said" 2>&1 || rc=$?
	cat "$work/said"
	[[ $rc != 0 && $(grep -c '^make repo: ' "$work/said") == "$(wc -l <"$work/said")" ]] &&
		tail -n 1 "$work/said" | grep -E -- "$words" && [[ $(all_of) == "$before" ]] &&
		[[ -z $(find "$tree/dist" -name '.repo.*') ]]
}

# other_contents: a package of the same name and version that is not the same.
other_contents()
{
	mkdir "$work/other"
	dpkg-deb -R "$(echo "$tree"/dist/*-tools_*_"$arch".deb)" "$work/other/tree"
	echo changed >>"$work/other/tree/usr/share/wireguard-reorder/schema.json"
	dpkg-deb --root-owner-group -b "$work/other/tree" "$work/other/package.deb"
}

# flip FILE: change one byte of it, in the middle, and not its size.
flip()
{
	python3 -c 'import sys
with open(sys.argv[1], "r+b") as f:
    data = f.read()
    f.seek(len(data) // 2)
    f.write(bytes([data[len(data) // 2] ^ 1]))' "$1"
}

changed_in_repo()
{
	local file rc=0

	file=$(echo "$tree"/dist/repo/pool/*-tools_*_"$arch".deb)
	cp "$file" "$work/kept"
	flip "$file"
	refuses "tools_.*deb is not what was signed" repo_sh || rc=$?
	cp "$work/kept" "$file"
	[[ $rc == 0 ]]
}

put_there()
{
	local rc=0

	touch "$tree/dist/repo/pool/mine.deb"
	refuses "pool/mine.deb was not put there" repo_sh || rc=$?
	rm "$tree/dist/repo/pool/mine.deb"
	[[ $rc == 0 ]]
}

# The key by its fingerprint, in the caller's own keyring.
by_name()
{
	local key

	mkdir -m 700 "$work/gnupg"
	GNUPGHOME=$work/gnupg gpg --batch --quiet --import "$tree/dist/trial-key.asc"
	key=$(GNUPGHOME=$work/gnupg gpg --batch --with-colons -K | awk -F: '$1 == "sec" { getline; print $10 }')
	GNUPGHOME=$work/gnupg SIGNKEY=$key repo_sh
}

bad_input()
{
	point "a key that nobody has is named" refuses "SIGNKEY=nobody@nowhere: neither a file" \
		env SIGNKEY=nobody@nowhere "$tree/ci/repo.sh"
	point "a public key does not sign" refuses "SIGNKEY=.*asc: neither a file with a secret key" \
		env "SIGNKEY=$tree/dist/repo/wireguard-reorder.asc" "$tree/ci/repo.sh"
	point "a file that is no key is named" refuses "SIGNKEY=.*Makefile: gpg takes no key" \
		env "SIGNKEY=$tree/Makefile" "$tree/ci/repo.sh"
	point "another key than the repository has is refused" refuses "not signed with key" \
		env "SIGNKEY=$work/foreign/dist/trial-key.asc" "$tree/ci/repo.sh"
	point "an address that is none is named" refuses "REPOURL=example.org is no address" \
		env REPOURL=example.org "$tree/ci/repo.sh"
	point "a package that is not there is named" refuses "there is no package none.deb" repo_sh none.deb
	head -c 5000 "$(echo "$tree"/dist/*-tools_*_"$arch".deb)" >"$work/cut.deb"
	point "half a package is named" refuses "cut.deb is not a whole .deb" repo_sh "$work/cut.deb"
	head -c 5000 "$(echo "$tree"/dist/*-dkms-*.rpm)" >"$work/cut.rpm"
	point "half an .rpm is named" refuses "cut.rpm is not a whole .rpm" repo_sh "$work/cut.rpm"
	other_contents >/dev/null
	point "a version that was given out does not change" refuses "other contents" repo_sh "$work/other/package.deb"
	point "a package changed in the repository is not signed again" changed_in_repo
	point "a file put there by others is not signed" put_there
}

apt()
{
	in_root apt-get -y -o APT::Update::Error-Mode=any "$@"
}

dnf()
{
	in_root dnf -y --releasever=42 "$@"
}

installed()
{
	# The format is dpkg's.
	# shellcheck disable=SC2016
	if [[ $about == *" apt:"* ]]; then
		in_root dpkg-query -W -f '${Package} ${Version}\n' wireguard-reorder-dkms wireguard-reorder-tools
	else
		in_root rpm -q --qf '%{NAME} %{VERSION}\n' wireguard-reorder-dkms wireguard-reorder-tools
	fi
}

# has VERSION: both packages, and the module that modprobe would take.
has()
{
	installed
	echo "named: $(named "$kver")"
	[[ $(installed) == "wireguard-reorder-dkms $1"$'\n'"wireguard-reorder-tools $1" &&
	   $(field version "$(named "$kver")") == "$1" ]]
}

# fetch FILE FOLDER: as a user copies it.
fetch()
{
	python3 -c 'import sys, urllib.request; urllib.request.urlretrieve(*sys.argv[1:])' "$url/$1" "$sys$2/$1"
}

apt_installs()
{
	mkdir -p "$sys/etc/apt/sources.list.d"
	fetch wireguard-reorder.sources /etc/apt/sources.list.d && apt -qq update &&
		apt install wireguard-reorder-dkms wireguard-reorder-tools && has "$ours"
}

apt_upgrades()
{
	apt -qq update && apt upgrade && has "$next"
}

apt_older()
{
	apt --allow-downgrades install "wireguard-reorder-tools=$ours" &&
		installed | grep -x "wireguard-reorder-tools $ours" &&
		apt install "wireguard-reorder-tools=$next" && has "$next"
}

dnf_installs()
{
	mkdir -p "$sys/etc/yum.repos.d"
	fetch wireguard-reorder.repo /etc/yum.repos.d &&
		dnf install wireguard-reorder-dkms wireguard-reorder-tools && has "$ours"
}

dnf_upgrades()
{
	dnf --refresh upgrade && has "$next"
}

dnf_older()
{
	dnf downgrade "wireguard-reorder-tools-$ours" && installed | grep -x "wireguard-reorder-tools $ours" &&
		dnf upgrade && has "$next"
}

# another: a copy of the repository to be spoilt, which users get from now on.
another()
{
	rm -rf "$work/spoilt"
	cp -a "$tree/dist/repo" "$work/spoilt"
	serve "$work/spoilt"
}

# rejects WORDS COMMAND...: it fails, with WORDS, and what is installed stays.
rejects()
{
	local words=$1 rc=0
	shift

	"$@" >"$work/said" 2>&1 || rc=$?
	cat "$work/said"
	[[ $rc != 0 ]] && grep -E -- "$words" "$work/said" && has "$next"
}

# rejected DESCRIPTION WORDS COMMAND...: a test point, and what was printed.
rejected()
{
	local what=$1
	shift

	point "$what" rejects "$@"
	grep -E '^(E|W|Err):|rror|mismatch|hecksum|ailed|FAILED|GPG|ignature|igned' "$work/said" | sed 's/^/#   /' || :
}

fresh()
{
	rm -rf "$sys"/var/lib/apt/lists/*
	apt clean
	apt update
}

apt_life()
{
	sys=$work/apt/root
	about="repository, apt: "
	mount_root "$work/apt" "$base"
	ready_to_start
	cat /etc/resolv.conf >"$sys/etc/resolv.conf"
	printf '%s\n' 'APT::Install-Recommends "false";' 'Acquire::Retries "3";' >"$sys/etc/apt/apt.conf.d/99tests"
	serve "$work/older"
	point "one file copied, and both packages install by name" apt_installs
	# What came from there is there now, and each update would look again.
	rm -f "$sys"/etc/apt/sources.list
	serve "$tree/dist/repo"
	point "a newer version that was added is an upgrade" apt_upgrades
	point "the older one is still on offer" apt_older
}

apt_refuses()
{
	another
	flip "$(echo "$work"/spoilt/pool/*-tools_"$next"_"$arch".deb)"
	apt -qq update && apt clean
	rejected "a changed package is refused" "Hash Sum mismatch|unexpected size" \
		apt --reinstall install wireguard-reorder-tools
	another
	sed -i 's/^Origin: .*/Origin: others/' "$work/spoilt/dists/stable/InRelease"
	rejected "changed lists are refused" "BADSIG|manipulated" fresh
	another
	rm "$work"/spoilt/dists/stable/{InRelease,Release.gpg}
	rejected "lists without a signature are refused" "not signed" fresh
	serve "$work/foreign/dist/repo"
	rejected "a foreign signature is refused" "NO_PUBKEY|[Mm]issing key" fresh
	point "and what it offers is not seen" not_offered
}

not_offered()
{
	apt upgrade || :
	in_root apt-cache policy wireguard-reorder-tools | tee "$work/said"
	! grep -F "$foreign" "$work/said" && has "$next"
}

# posing NAME ID VERSION: a root that says it is another system, with what ours wants.
posing()
{
	sys=$work/$1/root
	mount_root "$work/$1" "$base"
	ready_to_start
	cat /etc/resolv.conf >"$sys/etc/resolv.conf"
	[[ $1 == dnf ]] || apt -qq -o Acquire::Retries=3 update >&2
	[[ $1 == dnf ]] || apt -qq --no-install-recommends install "$1" >&2
	rm "$sys/etc/os-release"
	printf '%s\n' "NAME=$2" "ID=$2" "VERSION_ID=$3" >"$sys/etc/os-release"
	mkdir -p "$sys"/usr/lib/{depmod.d,kernel/install.d}
	rpm --force-debian --root "$sys" --dbpath /var/lib/rpm --define '_pkgverify_level none' \
		-i "$work"/dependencies/*.rpm >&2
}

dnf_life()
{
	about="repository, dnf: "
	posing dnf fedora 42
	serve "$work/older"
	point "one file copied, and both packages install by name" dnf_installs
	serve "$tree/dist/repo"
	point "a newer version that was added is an upgrade" dnf_upgrades
	point "the older one is still on offer" dnf_older
}

# sign_lists: those of the spoilt repository, with its right key.
sign_lists()
{
	createrepo_c --quiet --no-database "$work/spoilt/rpm"
	GNUPGHOME=$work/gnupg gpg --batch --yes --quiet --armor --detach-sign "$work/spoilt/rpm/repodata/repomd.xml"
}

dnf_refuses()
{
	# Or it says why, goes on without the repository, and ends with 0.
	local strict=--setopt=wireguard-reorder.skip_if_unavailable=0

	another
	flip "$(echo "$work"/spoilt/rpm/*-tools-"$next"-*.rpm)"
	dnf clean all >&2
	rejected "a changed package is refused" "hecksum" dnf reinstall wireguard-reorder-tools
	sign_lists
	dnf clean all >&2
	rejected "a changed package in right lists is refused" "GPG check FAILED" \
		dnf reinstall wireguard-reorder-tools
	another
	cp "$work"/foreign/dist/repo/rpm/*-"$foreign"-*.rpm "$work/spoilt/rpm"
	sign_lists
	dnf clean all >&2
	rejected "a package with a foreign signature is refused" "not correct for this package" dnf upgrade
	another
	cp "$work"/foreign/dist/*-dkms-"$foreign"-*.rpm "$work/spoilt/rpm"
	sign_lists
	dnf clean all >&2
	rejected "a package without one is refused" "is not signed" dnf upgrade
	another
	echo >>"$work/spoilt/rpm/repodata/repomd.xml"
	dnf clean all >&2
	rejected "changed lists are refused" "Bad GPG signature" dnf "$strict" upgrade
	another
	rm -r "$work/spoilt/rpm"
	cp -R "$work/foreign/dist/repo/rpm" "$work/spoilt"
	dnf clean all >&2
	rejected "a foreign signature is refused" "Bad GPG signature" dnf "$strict" upgrade
}

zypper()
{
	in_root zypper --non-interactive "$@"
}

zypper_installs()
{
	zypper addrepo --refresh "$url/wireguard-reorder.repo" && zypper --gpg-auto-import-keys refresh &&
		zypper install --no-recommends wireguard-reorder-dkms wireguard-reorder-tools && has "$ours"
}

zypper_upgrades()
{
	zypper refresh --force && zypper update --no-recommends && has "$next"
}

zypper_life()
{
	about="repository, zypper: "
	posing zypper opensuse-tumbleweed 20260101
	serve "$work/older"
	point "its address, and both packages install by name" zypper_installs
	serve "$tree/dist/repo"
	point "a newer version that was added is an upgrade" zypper_upgrades
}

zypper_refuses()
{
	another
	flip "$(echo "$work"/spoilt/rpm/*-tools-"$next"-*.rpm)"
	zypper clean --all >&2
	rejected "a changed package is refused" "hecksum|digest" zypper install --force wireguard-reorder-tools
	another
	echo >>"$work/spoilt/rpm/repodata/repomd.xml"
	rejected "changed lists are refused" "ignature verification failed" zypper refresh --force
	another
	rm -r "$work/spoilt/rpm"
	cp -R "$work/foreign/dist/repo/rpm" "$work/spoilt"
	rejected "a foreign signature is refused" "ignature|unknown key" zypper refresh --force
}

base=$(root_of trixie dnf rpm)
kver=$(ls "$base/lib/modules")
new_tree "$tree" "$ours"
new_tree "$work/foreign" "$foreign"
start_server
make_repo "$work/foreign"

point "it is made and signed; without a key with one for trying" first_repo
point "the command's .rpm wants nothing that only Debian has, nor a younger libc than RHEL 9" for_all_rpm
point "and runs with the library of that name" runs_with_libpcap_1
point "the command for another architecture is in the lists of that" other_architecture
point "and runs, emulated" arm64_runs
point "an architecture that is none is named" no_such_architecture
point "made again it has the same packages" same_again
point "the key by its name, from the caller's own keyring" by_name
bad_input
cp -a "$tree/dist/repo" "$work/older"
set_version "$tree" "$next"
point "a newer version is added" make_repo "$tree"
point "it is whole" whole_repo "$tree/dist/repo"
mapfile -t wants < <(rpm -qp --requires "$tree"/dist/*-tools-"$next"-*.rpm | grep -v '^rpmlib')
dependencies "$work/dependencies" "${wants[@]}" >&2
[[ $# -gt 0 ]] || set -- apt dnf zypper
for manager; do
	"${manager}_life"
	"${manager}_refuses"
done

echo "1..$number"
exit "$failed"
