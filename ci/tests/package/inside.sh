#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The part of quick.sh that runs in the Debian root: SUITE VERSION NUMBER, the
# number of the last test point before these.
set -uo pipefail

suite=$1 ours=$2 number=$3
package=wireguard-reorder-dkms
deb=$(echo /debs/"$package"_*_all.deb)
broken=$(echo /debs/broken/"$package"_*_all.deb)
# Its module is built in seconds: for what is not about the module.
standin=$(echo /debs/standin/"$package"_*_all.deb)
kernels=$(ls /lib/modules)
failed=0
about="$suite: "
sys=''
# shellcheck source=ci/tests/package/look.sh
. "$(dirname "$0")/look.sh"

for_all()
{
	local v

	for v in $kernels; do
		"$1" "$v" || return
	done
}

ours_named()
{
	echo "named: $(named "$1"), version $(modinfo -k "$1" -F version wireguard)"
	[[ $(named "$1") == "$(echo "/lib/modules/$1/updates/dkms/wireguard.ko"*)" &&
	   $(modinfo -k "$1" -F version wireguard) == "$ours" ]]
}

# modprobe is what autoloading asks, by alias; it must agree with modinfo.
ours_loads()
{
	local alias

	for alias in wireguard rtnl-link-wireguard net-pf-16-proto-16-family-wireguard; do
		echo "$alias: $(modprobe -S "$1" -D "$alias" | tail -n 1)"
		[[ $(modprobe -S "$1" -D "$alias" | tail -n 1) == *"/updates/dkms/wireguard.ko"* ]] || return
	done
}

stock_named()
{
	echo "named: $(named "$1")"
	[[ $(named "$1") == "$(stock_file "$1")" ]]
}

# Some versions of DKMS move it to their archive.
stock_kept()
{
	local sum

	while read -r sum _; do
		find /lib/modules /var/lib/dkms/wireguard-reorder -type f -name 'wireguard.ko*' \
			-exec sha256sum {} + | grep "^$sum " || return
	done <<<"$stock"
}

stock_same()
{
	(cd / && sha256sum -c <<<"$stock")
}

installed()
{
	dkms status -m wireguard-reorder -v "$ours" -k "$1" | tee /dev/stderr | grep installed
}

copy_kept()
{
	grep "^$(cat "/var/lib/wireguard-reorder/stock/$1/sha256") " <<<"$stock" &&
		sha256sum "/var/lib/wireguard-reorder/stock/$1"/wireguard.ko* |
		grep "^$(cat "/var/lib/wireguard-reorder/stock/$1/sha256") "
}

# As a kernel's package does, here in a root where DKMS has nothing to do.
kernel_again()
{
	run-parts --exit-on-error --arg="$1" /etc/kernel/postrm.d || return
	[[ ! -e /var/lib/wireguard-reorder/stock/$1 ]] || return
	run-parts --report --exit-on-error --arg="$1" /etc/kernel/postinst.d 2>&1 | tee /dev/stderr |
		grep "kernel $1: ours will be loaded" || return
	copy_kept "$1"
}

# A package of that kernel is replaced by another of the same: the older one's
# scripts for removal run, and not for one that is gone.
kernel_upgraded()
{
	DEB_MAINT_PARAMS='upgrade 2' run-parts --exit-on-error --arg="$1" /etc/kernel/postrm.d &&
		copy_kept "$1"
}

# brings KVER FILE: a kernel's package brings that module and runs its scripts, and
# DKMS goes and comes meanwhile.
brings()
{
	local path
	path=$(cat "/var/lib/wireguard-reorder/stock/$1/path")

	cp "$2" "$path" && /etc/kernel/preinst.d/a-wireguard-reorder "$1" &&
		dkms uninstall -m wireguard-reorder -v "$ours" -k "$1" && cmp "$2" "$path" || return
	dkms install -m wireguard-reorder -v "$ours" -k "$1" &&
		/etc/kernel/postinst.d/wireguard-reorder "$1" && ours_named "$1" &&
		cmp "$2" "/var/lib/wireguard-reorder/stock/$1/${path##*/}"
}

# Another one with the same name, then what was there before.
module_replaced()
{
	local own
	own=$(echo "/var/lib/wireguard-reorder/stock/$1/wireguard.ko"*)

	rm -f /debs/wireguard.ko*
	cp "$own" /debs/before && cp "$own" "/debs/${own##*/}" || return
	[[ $own != *.xz ]] || unxz "/debs/${own##*/}" || return
	objcopy --add-section .note.changed=/etc/hostname /debs/wireguard.ko || return
	[[ $own != *.xz ]] || xz --check=crc32 /debs/wireguard.ko || return
	brings "$1" "/debs/${own##*/}" && brings "$1" /debs/before
}

hooks_rest()
{
	run-parts --exit-on-error --arg="$1" /etc/kernel/header_postinst.d &&
		[[ ! -e /var/lib/wireguard-reorder ]]
}

apt_healthy()
{
	[[ -z $(dpkg --audit) ]] && apt-get check
}

apt_says()
{
	apt-get install -y --allow-downgrades "$broken" 2>&1 | tee /dev/stderr |
		grep 'could NOT be built'
}

make_install()
{
	make -C /debs/tree install KVER="$1"
}

make_refused()
{
	! make -C /debs/tree install KVER="${kernels%%$'\n'*}" 2>&1 | tee /dev/stderr |
		grep -v 'is installed: apt purge it first'
}

# What an installation that was cut short may leave: DKMS knows a version of ours, and its
# sources are gone.
stale()
{
	mkdir -p /var/lib/dkms/wireguard-reorder/0.9 &&
		ln -s /usr/src/wireguard-reorder-0.9 /var/lib/dkms/wireguard-reorder/0.9/source
}

# dkms_builds KVER: what kernels' packages have it do.
dkms_builds()
{
	dkms autoinstall -k "$1"
}

# What such packages fail at, with bookworm's DKMS.
stale_matters()
{
	stale || return
	[[ $suite != bookworm ]] || ! for_all dkms_builds
}

only_ours()
{
	dkms status
	[[ $(cd /var/lib/dkms/wireguard-reorder && echo [0-9]*) == "$ours" ]]
}

# run_kernel KVER: that one runs, for all who ask.
run_kernel()
{
	mv /usr/bin/uname /usr/bin/uname.own &&
		printf '#!/bin/sh\n[ "$*" = -r ] && echo %s || exec uname.own "$@"\n' "$1" >/usr/bin/uname &&
		chmod 755 /usr/bin/uname
}

# older_kernel: another one beside the first, as far as DKMS and depmod look.
older_kernel()
{
	local k=${kernels%%$'\n'*}

	older=5.10.0-1-cloud-amd64
	mkdir -p "/lib/modules/$older/kernel/drivers/net" &&
		cp -R "/lib/modules/$k/kernel/drivers/net/wireguard" "/lib/modules/$older/kernel/drivers/net" &&
		cp -P "/lib/modules/$k"/{build,modules.order,modules.builtin} "/lib/modules/$older" && depmod "$older" 2>/dev/null &&
		run_kernel "$k"
}

no_older_kernel()
{
	rm -r "/lib/modules/$older" && mv /usr/bin/uname.own /usr/bin/uname
}

# Whatever the packages did when the root was made, dependency lists are now
# those that removal of a module makes.
for v in $kernels; do
	depmod "$v"
done
before=$(state)
# shellcheck disable=SC2046
stock=$(for v in $kernels; do sha256sum $(stock_file "$v"); done)

point "stock is named before" for_all stock_named
point "apt installs the package" apt-get install -y "$deb"
point "DKMS built and installed the module" for_all installed
point "ours is named, version $ours" for_all ours_named
point "modprobe picks it by name and by alias" for_all ours_loads
point "the stock file is kept" stock_kept
point "a copy of the stock file is kept, with its checksum" for_all copy_kept
point "a copy is kept while a kernel's package is replaced" for_all kernel_upgraded
point "a kernel's scripts run after it has been removed and installed" for_all kernel_again
point "a module that a kernel's package brings is what DKMS brings back" for_all module_replaced
point "apt installs it again" apt-get install -y --reinstall "$standin"
point "ours is named after that" for_all ours_named
point "apt removes it" apt-get remove -y "$package"
point "stock is named after removal" for_all stock_named
point "what apt keeps of it does no harm" for_all hooks_rest
point "dpkg purges what is left" dpkg --purge "$package"
point "stock is named after the purge" for_all stock_named
point "the stock file is as before" stock_same
point "nothing is left behind" same_state
point "a version whose sources are gone is in DKMS's way" stale_matters
point "apt installs ours nevertheless" apt-get install -y "$standin"
point "of which DKMS knows this version alone" only_ours
point "and ours is named" for_all ours_named
point "and DKMS does what kernels' packages want" for_all dkms_builds
point "apt purges it once more" apt-get purge -y "$package"
point "nothing is left behind by that" same_state
older_kernel
point "with an older kernel than the running one: apt installs" apt-get install -y "$standin"
dkms install -m wireguard-reorder -v "$ours" -k "$older" >/dev/null 2>&1
point "and upgrades" apt-get install -y --reinstall "$standin"
point "the running kernel has ours" for_all ours_named
point "and so has the older one" ours_named "$older"
point "apt purges it from both" apt-get purge -y "$package"
no_older_kernel
point "nothing is left behind by that either" same_state
point "a module that cannot be built is reported" apt_says
point "apt is in order after that" apt_healthy
point "stock is named after that" for_all stock_named
point "the good package replaces it" apt-get install -y --reinstall "$standin"
point "ours is named at last" for_all ours_named
point "make install leaves the package alone" make_refused
point "apt purges that too" apt-get purge -y "$package"
point "nothing is left behind by it" same_state
point "make install" for_all make_install
point "ours is named after make install" for_all ours_named
point "make install once more" for_all make_install
point "ours is named after that too" for_all ours_named
point "make uninstall" make -C /debs/tree uninstall KVER="${kernels%%$'\n'*}"
point "stock is named after make uninstall" for_all stock_named
point "nothing is left behind by make install" same_state

exit "$failed"
