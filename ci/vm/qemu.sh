#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Run a script of the tree in a virtual machine with a distribution kernel.
#
#   ci/vm/qemu.sh [OPTION...] -- SCRIPT [ARGUMENT...]
#
#   --suite SUITE     whose kernel (bookworm: 6.1)
#   --arch ARCH       a machine of that architecture of Debian, with programs from the
#                     same release: arm64, armhf, i386, ppc64el, riscv64, s390x
#                     (amd64). Of the host's files it sees the tree and the cache
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

# machine_of ARCH: sets what starts it (program, machine), how its devices are joined
# to it, and its console.
machine_of()
{
	bus=pci console=ttyAMA0
	case $1 in
	amd64|i386)
		program=qemu-system-x86_64 machine=(-cpu max) console=ttyS0 ;;
	arm64)
		program=qemu-system-aarch64 machine=(-machine virt -cpu cortex-a72) ;;
	armhf)
		# Its kernel does not reach devices beyond 4 GiB.
		program=qemu-system-arm machine=(-machine 'virt,highmem=off' -cpu cortex-a15) ;;
	ppc64el)
		program=qemu-system-ppc64 machine=(-machine pseries -cpu power9) console=hvc0 ;;
	riscv64)
		program=qemu-system-riscv64 machine=(-machine virt) console=ttyS0 ;;
	s390x)
		# QEMU 7.2 calculates wrongly with vectors: kernels that sum with them (6.12)
		# drop all of IPv4 there, and 6.1 does not.
		program=qemu-system-s390x machine=(-cpu max) bus=ccw console=ttysclp0 ;;
	*)
		echo "qemu.sh: no machine of architecture $1 is known here" >&2
		return 1 ;;
	esac
}

# BUILDER: DIR IMAGE USERLAND
make_initramfs()
{
	"$here/initramfs.sh" "$2" "$1/initrd" "$3"
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
	local suite=bookworm arch=amd64 root='' userland='' link='' listen=off icount=0 extra=() append=''
	local program machine bus console image initrd accel net=() files=()

	while [[ $# -gt 0 && $1 != -- ]]; do
		guest_option "$@"
		if [[ $guest_taken -gt 0 ]]; then
			shift "$guest_taken"
			continue
		fi
		case $1 in
		--suite)  suite=$2; shift ;;
		--arch)   arch=$2; shift ;;
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

	machine_of "$arch"
	if ! command -v "$program" >/dev/null || ! command -v busybox >/dev/null; then
		echo "qemu.sh: the emulator is not installed: run ci/setup.sh vm" >&2
		exit 1
	fi
	if [[ -n $root ]]; then
		guest_environment+=(WGR_TREE=/)
		guest_prepare "$@"
		use_root "$root"
	else
		image=$("$here/kernels.sh" image "$suite" generic "$arch")
		if [[ $arch != amd64 ]]; then
			userland=$("$here/userland.sh" "$suite" "$arch")
			files=(-fsdev 'local,id=machine,path=/,security_model=none,readonly=on,multidevs=remap'
			       -device "virtio-9p-$bus,fsdev=machine,mount_tag=machine")
		fi
		initrd=$(wgr_cache_get "initrd-$suite" "$image $userland $(wgr_hash_files "$here/initramfs.sh")" \
				make_initramfs "$image" "$userland")/initrd
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
		     -device "virtio-net-$bus,netdev=link,mac=52:54:00:00:00:0$([[ $listen == on ]] && echo 1 || echo 2)")
	else
		net=(-nic none)
	fi

	# Text for people goes through a port of its own, so that the kernel's
	# lines do not come between.
	guest_run_emulated "$program" "${accel[@]}" "${machine[@]}" -m "$guest_memory" \
		-nodefaults -display none -no-reboot -monitor none \
		-kernel "$image/vmlinuz" -initrd "$initrd" \
		-append "console=$console panic=-1 oops=panic quiet loglevel=8 printk.devkmsg=on net.ifnames=0 mitigations=off $append" \
		-serial "file:$guest_results/console.log" \
		-device "virtio-rng-$bus" -device "virtio-serial-$bus" \
		-chardev "file,id=out,path=$guest_results/output.log" -device "virtserialport,chardev=out,name=wgr.out" \
		-fsdev "local,id=host,path=${root:-${userland:-/}},security_model=none,readonly=on,multidevs=remap" \
		-device "virtio-9p-$bus,fsdev=host,mount_tag=host" \
		-fsdev "local,id=results,path=$guest_results,security_model=none" \
		-device "virtio-9p-$bus,fsdev=results,mount_tag=results" \
		${files[@]+"${files[@]}"} "${net[@]}" ${extra[@]+"${extra[@]}"}
	guest_finish
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
