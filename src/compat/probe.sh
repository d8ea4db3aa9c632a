#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The part of probe.mk that is no makefile.
#
#   probe.sh kernel KDIR
#	Print where the kernel really is, if probes can say something about it.
#   probe.sh run NAME.result PROBE.c MODULE.SYMVERS COMPILER...
#	Compile a probe and write y or n; what was said goes to NAME.log.
#   probe.sh have RESULTS NAME...
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

kernel()
{
	cd "$1"
	[ -s Module.symvers ] ||
		die "$(pwd -P) has no Module.symvers: build that kernel with its modules first"
	pwd -P
}

# exported PROBE.c MODULE.SYMVERS: is every symbol that the probe names?
# A header may declare what no module can use, and a symbol in a namespace is of
# no use to a module that does not import it.
exported()
{
	wanted=$(sed -n 's,^// exported: *,,p' "$1")
	[ -n "$wanted" ] || return 0
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

run()
{
	result=$1
	log=${1%.result}.log
	probe=$2
	symvers=$3
	shift 3

	rm -f "$result"
	if LC_ALL=C "$@" "$probe" >"$log" 2>&1 && exported "$probe" "$symvers" >>"$log"; then
		echo y >"$result"
	elif grep -qE "$breakdown" "$log"; then
		die "the compiler broke down in $probe, see $log"
	else
		echo n >"$result"
	fi
}

result()
{
	cat "$out/$1.result"
}

have()
{
	out=$1
	shift

	controls=0
	for name; do
		case $name in
		control.pass*) want=y ;;
		control.fail*) want=n ;;
		*) continue ;;
		esac
		controls=$((controls + 1))
		[ "$(result "$name")" = "$want" ] ||
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
