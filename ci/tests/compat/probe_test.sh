#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The probes of src/compat against headers of a kernel: results follow what is
# there, are made anew when it changes, and a harness that lies stops the build
# with one line. TAP on standard output.
#
#   ci/tests/compat/probe_test.sh [KDIR]     (default: headers of bookworm)
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
kdir=${1:-$("$top/ci/vm/kernels.sh" headers bookworm)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
have=$work/tree/compat/generated/have.h

# A kernel whose headers and exports can be changed: headers packages have
# little in their build directory and the rest elsewhere.
copy_kernel()
{
	mkdir -p "$work/$1/include/"{config,linux}
	cp -a "$kdir"/{Makefile,Module.symvers,arch} "$work/$1"
	cp -a "$kdir/include/generated" "$work/$1/include"
	cp -a "$kdir"/include/config/{auto.conf,kernel.release} "$work/$1/include/config"
	cp -a "$kdir"/.kernelvariables "$work/$1" 2>/dev/null || true
	ln -s "$kdir"/{scripts,tools,.config} "$work/$1"
}

# The machinery with few probes and one source file.
# shellcheck disable=SC2016
fresh_tree()
{
	rm -rf "$work/tree"
	mkdir -p "$work/tree/compat/probe"
	cp -R "$top"/src/compat/{include,probe.mk,probe.sh} "$work/tree/compat"
	cp "$top"/src/compat/probe/control.* "$work/tree/compat/probe"
	printf '%s\n' 'obj-m := wireguard.o' 'wireguard-y := tiny.o' \
		'ccflags-y := -I$(src)' 'include $(src)/compat/probe.mk' >"$work/tree/Kbuild"
	echo 'int wgr_tiny(void); int wgr_tiny(void) { return WGR_TINY; }' >"$work/tree/tiny.c"
	sed -i '1i #ifdef WGR_HAVE_NOVELTY\n#define WGR_TINY 1\n#else\n#define WGR_TINY 2\n#endif' \
		"$work/tree/tiny.c"
}

# add_probe NAME [SYMBOL]: a probe for something no kernel has.
add_probe()
{
	printf '%s\n' "// exported: ${2:-kfree}" '#include <linux/wgr_novelty.h>' \
		'static inline int probe(void) { return wgr_novelty; }' \
		>"$work/tree/compat/probe/$1.c"
}

# add_header KERNEL [TEXT]: the kernel has it now.
add_header()
{
	echo "enum { wgr_novelty }; ${2:-}" >"$work/$1/include/linux/wgr_novelty.h"
}

# compiler LINE...: what to call instead of gcc.
compiler()
{
	printf '%s\n' '#!/bin/sh' "$@" >"$work/cc"
	chmod +x "$work/cc"
}

build()
{
	make -C "$work/$1" M="$work/tree" "${@:2}" tiny.o >"$work/out" 2>&1
}

defined()
{
	grep -q "^#define $1 1\$" "$have"
}

absent()
{
	grep -q "^/\* no $1 \*/\$" "$have"
}

# stops TEXT KERNEL [ARGUMENT...]: the build fails and says why in one line.
stops()
{
	if build "${@:2}"; then
		return 1
	fi
	[[ ! -e $work/tree/tiny.o && $(grep -c '^wireguard: ' "$work/out") == 1 ]]
	grep -q "^wireguard: .*$1" "$work/out"
}

compiled()
{
	grep -q 'CC.*tiny.o' "$work/out"
}

stamps()
{
	find "$work/tree/tiny.o" "$work"/tree/compat/generated/[a-z]* -printf '%p %T@\n'
}

test_available()
{
	add_probe novelty
	add_header one
	build one
	defined WGR_HAVE_NOVELTY
}

test_absent()
{
	add_probe novelty
	build one
	absent WGR_HAVE_NOVELTY
}

test_unchanged()
{
	local before

	add_probe novelty
	build one
	before=$(stamps)
	build one
	[[ $before == "$(stamps)" ]]
}

test_header_appears()
{
	add_probe novelty
	build one
	absent WGR_HAVE_NOVELTY
	add_header one
	build one
	defined WGR_HAVE_NOVELTY 
	compiled
}

test_other_kernel()
{
	add_probe novelty
	add_header one
	build one
	defined WGR_HAVE_NOVELTY
	build two
	absent WGR_HAVE_NOVELTY 
	compiled
}

test_not_exported()
{
	add_probe novelty wgr_novelty_symbol
	add_header one
	build one
	absent WGR_HAVE_NOVELTY
	printf '0x00000000\twgr_novelty_symbol\tvmlinux\tEXPORT_SYMBOL\t\n' >>"$work/one/Module.symvers"
	build one
	defined WGR_HAVE_NOVELTY
}

test_in_namespace()
{
	add_probe novelty wgr_novelty_symbol
	add_header one
	printf '0x00000000\twgr_novelty_symbol\tvmlinux\tEXPORT_SYMBOL\tELSEWHERE\n' >>"$work/one/Module.symvers"
	build one
	absent WGR_HAVE_NOVELTY
}

test_no_known_form()
{
	add_probe novelty.new
	add_probe novelty.old
	stops 'novelty in no form' one
	add_header one
	build one
	defined WGR_HAVE_NOVELTY_NEW
	defined WGR_HAVE_NOVELTY_OLD
}

test_no_exports()
{
	rm "$work/one/Module.symvers"
	stops 'no Module.symvers' one
}

test_compiler_refuses_all()
{
	compiler 'exit 1'
	stops 'control.pass' one CC="$work/cc"
}

test_compiler_takes_all()
{
	compiler 'exit 0'
	stops 'control.fail' one CC="$work/cc"
}

test_compiler_is_killed()
{
	# shellcheck disable=SC2016
	compiler 'for a; do case $a in *novelty.c) echo "Killed signal terminated program cc1" >&2; exit 1;; esac; done' \
		'exec gcc "$@"'
	add_probe novelty
	stops 'broke down in .*novelty' one CC="$work/cc"
	build one
	absent WGR_HAVE_NOVELTY
}

test_warnings_are_no_errors()
{
	add_probe novelty
	add_header one 'static int unused;'
	build one KCFLAGS='-Wall -Wextra -Werror'
	defined WGR_HAVE_NOVELTY
}

test_mismatches_are_errors()
{
	build one KCFLAGS='-Wno-incompatible-pointer-types -Wno-int-conversion'
}

test_nothing_is_an_error()
{
	stops control.fail one KCFLAGS=-w
}

test_probes_see_no_shims()
{
	# shellcheck disable=SC2016
	sed -i '/: LINUXINCLUDE := /s/:= .*/:= -I$(src)\/compat\/include $(probe-include)/' \
		"$work/tree/compat/probe.mk"
	! build one
}

test_no_controls()
{
	rm "$work"/tree/compat/probe/control.*
	add_probe novelty
	stops 'control probes are missing' one
}

test_parallel()
{
	local i

	for i in 1 2 3 4 5 6 7 8; do
		add_probe "novelty$i"
	done
	build one -j8
	[[ $(grep -c '^/\* no WGR_HAVE_NOVELTY[1-8] \*/' "$have") == 8 ]]
}

test_clean_by_the_kernel()
{
	build one
	make -C "$work/one" M="$work/tree" clean >"$work/out" 2>&1
	[[ ! -e $work/tree/compat/generated ]]
}

copy_kernel pristine
mapfile -t tests < <(declare -F | sed -n 's/^declare -f \(test_.*\)/\1/p')
echo "1..${#tests[@]}"
n=0 bad=0
for t in "${tests[@]}"; do
	n=$((n + 1))
	rm -rf "$work"/{one,two}
	cp -a "$work/pristine" "$work/one"
	cp -a "$work/pristine" "$work/two"
	fresh_tree
	# Not as a condition, where bash would go on after a command that failed.
	set +e
	(set -e; "$t")
	rc=$?
	set -e
	if [[ $rc == 0 ]]; then
		echo "ok $n - $t"
	else
		echo "not ok $n - $t"
		sed 's/^/# /' "$work/out"
		bad=1
	fi
done
exit $bad
