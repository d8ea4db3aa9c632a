#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Build the tree's module for one of the tests' kernels and print its path, for
# WGR_KO. It is built from a copy in the cache, so that the tree stays clean,
# several kernels' modules exist side by side, and an unchanged tree is not
# built again.
#
#   ci/vm/module.sh KERNEL [slow|handles|refusing]
#
# KERNEL: fast, debug, travel (user-mode), or a release (bookworm, sid), with another
# architecture behind it: bookworm/s390x.
# slow: it takes 1.5 ms to decrypt a packet, for tests of what happens meanwhile.
# handles: with parameters for tests: "seeded" says whether the random generator
# has its seed, and a write to "copied" is what a copied virtual machine tells.
#
#   WGR_KO=$(ci/vm/module.sh debug) ci/vm/uml.sh debug -- ci/tests/tunnel/basics.sh
#   WGR_KO=$(ci/vm/module.sh bookworm) ci/vm/qemu.sh -- ci/tests/tunnel/basics.sh
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=$(cd "$here/../.." && pwd)
# shellcheck source=ci/lib/cache.sh
. "$here/../lib/cache.sh"
# shellcheck source=ci/lib/arch.sh
. "$here/../lib/arch.sh"

# In the tree at $1.
slow_down()
{
	sed -i -e '/^static void decrypt_work(/,/^}/s/^\twgr_packet_finish/\tudelay(1500);\n&/' \
		-e '0,/^#include <linux/s//#include <linux\/delay.h>\n&/' "$1/src/rx.c"
	grep -q 'udelay(1500)' "$1/src/rx.c" || { echo 'there is no place to slow it down'; return 1; }
}

# In the tree at $1.
refuse()
{
	sed -i '/^static int output(/,/^}/s/^\tint ret = .*/\tint ret = -EIO;\n\n\tkfree_skb(skb);/' "$1/src/run.c"
	grep -q 'int ret = -EIO' "$1/src/run.c" || { echo 'there is no place to refuse'; return 1; }
}

# In the tree at $1.
add_handles()
{
	sed -i -e 's/rng_is_initialized()/READ_ONCE(seeded)/' \
		-e '0,/^static void/s//static bool seeded = true;\nmodule_param(seeded, bool, 0644);\n\n&/' \
		-e 's/wait_for_random_bytes();/while (!READ_ONCE(seeded)) msleep(20);/' \
		-e '0,/^#include <linux/s//#include <linux\/delay.h>\n#include <linux\/moduleparam.h>\n&/' "$1/src/randomness.c"
	[[ $(grep -c 'READ_ONCE(seeded)' "$1/src/randomness.c") == 2 ]] || { echo 'there is no seed to take'; return 1; }
	cat >>"$1/src/interface.c" <<-'END'

	#include <linux/moduleparam.h>

	static int copied(const char *value, const struct kernel_param *param)
	{
		return vmfork_event(NULL, 0, NULL);
	}

	module_param_call(copied, copied, NULL, NULL, 0200);
	END
}

# BUILDER: DIR KDIR VARIANT [MAKE ARGUMENT...]
make_module()
{
	local dir=$1 kdir=$2 variant=$3
	shift 3

	cp -R "$tree/Makefile" "$tree/src" "$dir/"
	case $variant in
	'')       ;;
	slow)     slow_down "$dir" || return ;;
	handles)  add_handles "$dir" || return ;;
	refusing) refuse "$dir" || return ;;
	*)        echo "no variant '$variant': slow, handles or refusing"; return 1 ;;
	esac
	# Files that a build in the tree left.
	find "$dir/src" \( -name '*.o' -o -name '*.ko' -o -name '*.cmd' -o -name '*.mod*' -o -name '.target' \
		-o -name '.module-common*' -o -name 'modules.order' -o -name 'Module.symvers' \) -delete
	if ! make -C "$dir" module KDIR="$kdir" "$@" -j"$(nproc)" >"$dir/log" 2>&1; then
		grep -E -m 20 'error|warning|\*\*\*' "$dir/log" || tail -n 20 "$dir/log"
		return 1
	fi
	mv "$dir/src/wireguard.ko" "$dir/wireguard.ko"
	rm -r "${dir:?}/src" "$dir/Makefile"
	echo wireguard.ko >"$dir/.precious"
}

main()
{
	local kernel=${1:-} variant=${2:-} arch=amd64 kdir arguments=() sources

	if [[ -f $here/config/uml-$kernel.config && $kernel != base ]]; then
		kdir=${WGR_UML_KDIR:-$("$here/uml.sh" "$kernel" --kdir)}
		arguments=(ARCH=um)
	elif [[ -n $kernel ]]; then
		[[ $kernel != */* ]] || arch=${kernel#*/}
		kdir=$("$here/kernels.sh" headers "${kernel%/*}" generic "$arch")
		mapfile -t arguments < <(wgr_cross "$arch")
	else
		sed -n '3,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2
		exit 2
	fi
	sources=$(cd "$tree" && find Makefile src -path src/cli -prune -o -type f \( -name '*.[chS]' -o -name Kbuild -o -name 'Makefile*' \
			-o -name '*.sh' -o -path '*/probe/*' \) ! -name '*.mod.c' ! -name '.*' -print0 |
		  LC_ALL=C sort -z | xargs -0 sha256sum | wgr_hash)
	echo "$(wgr_cache_get "module-${kernel/\//-}" "$kdir $sources $variant" make_module "$kdir" "$variant" ${arguments[@]+"${arguments[@]}"})/wireguard.ko"
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
