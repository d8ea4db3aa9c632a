#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The note about Secure Boot that the .deb leaves with debconf, in a Debian root that
# passes for a machine of its own: with a made-up variable of the firmware and a
# mokutil that says what it is told to. TAP on standard output. Needs root.
#
#   ci/tests/package/secure_boot.sh [SUITE]      (default: bookworm)
set -euo pipefail

# shellcheck source=ci/tests/package/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
package_test "$0" "$@"

suite=${1:-bookworm}
about="Secure Boot, $suite: "
package=wireguard-reorder-dkms

# machine on|off ANSWER: a fresh one; ANSWER is what mokutil says of any key.
machine()
{
	local efi dir

	[[ -z ${sys:-} ]] || unmount_below "$work/$suite"
	rm -rf "${work:?}/$suite"
	package_root "$suite"
	sys=$work/$suite/root
	ready_to_start
	mkdir "$sys/debs"
	cp "$(variant deb "$ours" standin)" "$sys/debs/ours.deb"
	kver=$(ls "$sys/lib/modules")
	# The program asks these whether it is in a chroot, and which kernel runs.
	umount "$sys/proc"
	mkdir -p "$sys/proc"/{1,self/ns}
	ln -s / "$sys/proc/1/root"
	ln -s 'pid:[4026531836]' "$sys/proc/self/ns/pid"
	: >"$sys/proc/1/environ"
	mkdir -p "$sys/sys/module"
	printf '#!/bin/sh\n[ "$*" = -r ] && echo %s || exec uname.own "$@"\n' "$kver" >"$work/uname"
	mv "$sys/usr/bin/uname" "$sys/usr/bin/uname.own"
	install "$work/uname" "$sys/usr/bin/uname"
	efi=$sys/sys/firmware/efi/efivars
	mkdir -p "$efi"
	case $1 in
	on)  printf '\6\0\0\0\1' >"$efi/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c" ;;
	off) printf '\6\0\0\0\0' >"$efi/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c" ;;
	esac
	# DKMS makes it when it signs for the first time, for which openssl is not there.
	mkdir -p "$sys/var/lib/dkms"
	: >"$sys/var/lib/dkms/mok.pub"
	answer "$2"
}

# answer WORDS: what mokutil says.
answer()
{
	printf '#!/bin/sh\necho "key %s"\n' "$1" >"$sys/usr/bin/mokutil"
	chmod 755 "$sys/usr/bin/mokutil"
}

# install_it [VARIABLE=...]: by dpkg, since the package wants only what is there.
install_it()
{
	in_root env "$@" dpkg -i /debs/ours.deb >"$work/said" 2>&1 || { cat "$work/said"; return 1; }
	cat "$work/said"
	in_root dpkg -s "$package" | grep -x 'Status: install ok installed'
}

noted()
{
	in_root debconf-show "$package"
	in_root debconf-show "$package" | grep -E "^$1 $package/secure-boot: /var/lib/dkms/mok.pub\$"
}

not_noted()
{
	in_root debconf-show "$package"
	! in_root debconf-show "$package" | grep 'mok.pub'
}


# The title, as a person at a terminal sees it.
shown()
{
	install_it DEBIAN_FRONTEND=readline DEBCONF_NOWARNINGS=yes && grep "key is not enrolled" "$work/said" &&
		grep -F 'mokutil --import /var/lib/dkms/mok.pub' "$work/said"
}

not_again()
{
	install_it DEBIAN_FRONTEND=readline DEBCONF_NOWARNINGS=yes && ! grep 'choose "Enroll MOK"' "$work/said"
}

translated()
{
	dpkg-deb --ctrl-tarfile "$sys/debs/ours.deb" | tar -x -O ./templates | tee "$work/templates"
	grep '^Description-de.UTF-8: ' "$work/templates"
}

# Somebody else has it open.
locked()
{
	local rc=0 holder

	(exec 9<"$sys/var/cache/debconf/config.dat" && flock 9 && exec sleep 120 >/dev/null 2>&1) &
	holder=$!
	install_it || rc=$?
	kill "$holder"
	return "$rc"
}

purged()
{
	in_root dpkg --purge "$package" && not_noted && ! grep -r "$package/secure-boot" "$sys/var/cache/debconf/config.dat"
}

machine on 'is not enrolled'
point "not enrolled, unattended: installed" install_it
point "and the note is kept, unseen" noted ' '
point "a person sees it at the next time" shown
point "and it is kept as seen" noted '[*]'
point "it is not shown again" not_again
point "a purge takes it away" purged
point "it is translated" translated
point "a debconf that is in use does no harm" locked
machine on 'is already enrolled'
point "enrolled: installed" install_it
point "and there is no note" not_noted
machine on 'is already in the enrollment request'
point "about to be enrolled: installed" install_it
point "and there is no note" not_noted
machine off 'is not enrolled'
point "without Secure Boot: installed" install_it
point "and there is no note" not_noted
machine on 'is not enrolled'
touch "$sys/.dockerenv"
point "in a container: installed" install_it
point "and there is no note" not_noted

echo "1..$number"
exit "$failed"
