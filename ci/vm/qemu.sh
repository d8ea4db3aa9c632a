#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Run a script of the tree in a virtual machine with a distribution kernel.
#
#   ci/vm/qemu.sh [OPTION...] -- SCRIPT [ARGUMENT...]
#
#   --suite SUITE     whose kernel (bookworm: 6.1)
#   --root DIR        boot the Debian system in DIR (see root.sh) with its own kernel,
#                     in place of the host's files; the script is then one of its own
#   --systemd         with --root: let its systemd start it as it starts a machine; the
#                     script runs once that is done
#   --timeout SECONDS hard limit (600)
#   --cpus N, --memory MB (2, 2048)
#   --results DIR     writable in the guest as $WGR_RESULTS; keeps console.log
#                     (a temporary one is made and removed otherwise)
#   --env NAME=VALUE  for the script; WGR_KO WGR_QUICK WGR_SEED pass by themselves
#   --link SOCKET     a network card (eth0) joined to another guest by the UNIX
#                     socket SOCKET; --listen makes this guest the one that waits
#   --icount          one CPU whose time counts instructions, for measuring
#   --qemu "OPTIONS"  more options for the emulator
#   --append "WORDS"  more words for the kernel's command line
#   --no-scan         do not look for the kernel's reports in the log
#   --verbose         print the guest's log too
#
# The guest sees the host's files, read only, under a scratch layer: the tree
# has the same path there, and every program of the host is there. What the
# script prints comes out here; its exit status is this program's, but for
#   99   the kernel's log holds a report (BUG, WARNING, Oops...)
#   124  no end in time       125  the guest died
#
# Examples:
#   ci/vm/qemu.sh -- /bin/uname -a
#   WGR_KO=$PWD/src/wireguard.ko ci/vm/qemu.sh -- ci/tests/tunnel/run.sh
#   ci/vm/qemu.sh --suite sid --results /some/dir -- bash -c 'modprobe wireguard'
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=ci/lib/guest.sh
. "$here/../lib/guest.sh"

make_initramfs()
{
	"$here/initramfs.sh" "$2" "$1/initrd"
	echo initrd >"$1/.precious"
}

# use_root DIR: the kernel of an installed system. Sets image, initrd.
use_root()
{
	image=$guest_results/image
	mkdir -p "$image"
	ln -sfn "$1" "$image/root"
	find "$1/boot" -name 'vmlinuz-*' -printf '%f\n' | sed 's/^vmlinuz-//' | sort -V | tail -n 1 >"$image/version"
	ln -sfn "root/boot/vmlinuz-$(<"$image/version")" "$image/vmlinuz"
	initrd=$image/initrd
	"$here/initramfs.sh" "$image" "$initrd"
}

main()
{
	local suite=bookworm root='' link='' listen=off icount=0 extra=() append='' image initrd accel net=()

	while [[ $# -gt 0 && $1 != -- ]]; do
		guest_option "$@"
		if [[ $guest_taken -gt 0 ]]; then
			shift "$guest_taken"
			continue
		fi
		case $1 in
		--suite)  suite=$2; shift ;;
		--root)   root=$2; shift ;;
		--systemd)
			guest_environment+=(WGR_INIT=systemd)
			append+=' systemd.unit=guest.target' ;;
		--link)   link=$2; shift ;;
		--listen) listen=on ;;
		--icount) icount=1 ;;
		--qemu)   read -r -a extra <<<"$2"; shift ;;
		--append) append+=" $2"; shift ;;
		*)        guest_usage ;;
		esac
		shift
	done
	[[ $# -ge 2 ]] || guest_usage
	shift

	if ! command -v qemu-system-x86_64 >/dev/null || ! command -v busybox >/dev/null; then
		echo "qemu.sh: the emulator is not installed: run ci/setup.sh vm" >&2
		exit 1
	fi
	if [[ -n $root ]]; then
		guest_environment+=(WGR_TREE=/)
		guest_prepare "$@"
		use_root "$root"
	else
		image=$("$here/kernels.sh" image "$suite")
		initrd=$(wgr_cache_get "initrd-$suite" "$image $(wgr_hash_files "$here/initramfs.sh")" \
				make_initramfs "$image")/initrd
		guest_prepare "$@"
	fi

	if [[ $icount == 1 ]]; then
		accel=(-accel 'tcg,thread=single' -icount 'shift=0,sleep=off' -smp 1)
	else
		accel=(-accel 'tcg,thread=multi' -smp "$guest_cpus")
		# Some kernels take the emulated clocks of several processors for one, and
		# then switch the code that reads them while the others run it: see
		# guest_run_emulated. A single one keeps its clock, which is the faster.
		[[ $guest_cpus == 1 ]] || append+=' tsc=unstable'
	fi
	if [[ -n $link ]]; then
		net=(-netdev "stream,id=link,server=$listen,addr.type=unix,addr.path=$link"
		     -device "virtio-net-pci,netdev=link,mac=52:54:00:00:00:0$([[ $listen == on ]] && echo 1 || echo 2)")
	else
		net=(-nic none)
	fi

	# Text for people goes through a port of its own, so that the kernel's
	# lines do not come between.
	guest_run_emulated qemu-system-x86_64 "${accel[@]}" -cpu max -m "$guest_memory" \
		-nodefaults -display none -no-reboot -monitor none \
		-kernel "$image/vmlinuz" -initrd "$initrd" \
		-append "console=ttyS0 panic=-1 oops=panic quiet loglevel=8 printk.devkmsg=on net.ifnames=0 mitigations=off $append" \
		-serial "file:$guest_results/console.log" \
		-device virtio-rng-pci -device virtio-serial-pci \
		-chardev "file,id=out,path=$guest_results/output.log" -device "virtserialport,chardev=out,name=wgr.out" \
		-virtfs "local,path=${root:-/},mount_tag=host,security_model=none,readonly=on,multidevs=remap" \
		-virtfs "local,path=$guest_results,mount_tag=results,security_model=none" \
		"${net[@]}" ${extra[@]+"${extra[@]}"}
	guest_finish
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
