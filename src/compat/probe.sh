#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The part of probe.mk that is no makefile.
#
#   probe.sh symbols PROBE.c MODULE.SYMVERS
#	Is every symbol exported that a line "// exported: ..." of the probe names?
#	A header may declare what no module can use.
#   probe.sh have RESULTS KERNEL NAME...
#	Check the results and print them as a header.
set -eu

# What a compiler says that has not judged the probe.
breakdown='internal compiler error|Killed|Segmentation fault|signal terminated|out of memory|No space left'

# The one line that somebody sees whose build stops here.
die()
{
	echo "wireguard: $*" >&2
	exit 1
}

symbols()
{
	wanted=$(sed -n 's,^// exported: *,,p' "$1")
	# Without names there is nothing to look for.
	[ -n "$wanted" ] || return 0
	# A symbol in a namespace is of no use to a module that does not import it.
	awk -v wanted="$wanted" '
		BEGIN { n = split(wanted, names, " ") }
		NF < 5 { there[$2] = 1 }
		END {
			for (i = 1; i <= n; i++)
				if (!there[names[i]]) {
					print "error: not exported: " names[i]
					missing = 1
				}
			exit missing
		}' "$2"
}

result()
{
	[ -s "$out/$1.result" ] || die "probe $1 has no result: run make again"
	cat "$out/$1.result"
}

have()
{
	out=$1
	kernel=$2
	shift 2

	[ -s "$kernel/Module.symvers" ] ||
		die "$(cd "$kernel" && pwd -P) has no Module.symvers: build that kernel with its modules first"
	broken=$(cd "$out" && grep -lE "$breakdown" ./*.log) || :
	[ -z "$broken" ] ||
		die "the compiler broke down in probes, run make again; see" $(for f in $broken; do echo "$out/$f"; done)

	controls=0
	for name; do
		case $name in
		control.pass*) want=y ;;
		control.fail*) want=n ;;
		*) continue ;;
		esac
		controls=$((controls + 1))
		[ "$(result "$name")" = $want ] ||
			die "probe $name has the wrong result, so no probe can be trusted: wrong compiler for this kernel? see $out/$name.log"
	done
	[ $controls -ge 2 ] || die "the control probes are missing"

	# Forms of one interface: some form must be there.
	for api in $(printf '%s\n' "$@" | sed -n '/^control\./d; s/\..*//p' | sort | uniq -d); do
		found=
		for name; do
			case $name in
			"$api".*) [ "$(result "$name")" = n ] || found=y ;;
			esac
		done
		[ -n "$found" ] ||
			die "this kernel has $api in no form that is known here: see $out/$api.*.log"
	done

	echo "/* Made by probe.mk for this target: $(cksum <"$out/target"). */"
	for name; do
		case $name in
		control.*) continue ;;
		esac
		macro=WGR_HAVE_$(echo "$name" | tr 'a-z.' 'A-Z_')
		if [ "$(result "$name")" = y ]; then
			echo "#define $macro 1"
		else
			echo "/* no $macro */"
		fi
	done
}

command=$1
shift
"$command" "$@"
