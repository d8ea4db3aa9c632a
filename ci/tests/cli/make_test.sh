#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The command is for no kernel: building the module for another one leaves it
# alone. With made-up kernels, whose Makefiles do nothing. TAP.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
number=0
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# point DESCRIPTION COMMAND...: it must succeed.
point()
{
	local what=$1 rc=0
	shift

	number=$((number + 1))
	"$@" || rc=$?
	[[ $rc == 0 ]] && { echo "ok $number - $what"; return; }
	echo "not ok $number - $what"
	failed=1
}

# kernel NAME: its build folder.
kernel()
{
	mkdir -p "$work/$1/include/config"
	printf 'modules:\n\t@:\n' >"$work/$1/Makefile"
	printf 'CONFIG_%s=y\n' MODULES NET_UDP_TUNNEL CRYPTO_LIB_CHACHA20POLY1305 \
		CRYPTO_LIB_CURVE25519 >"$work/$1/include/config/auto.conf"
}

# What "make cli" and "make module" leave behind.
leave()
{
	mkdir -p compat/generated
	touch cli/wireguard-reorder cli/main.o main.o wireguard.ko reorder/engine.o compat/generated/x
}

# left FILE...: these are there, and no others of the above.
left()
{
	local f there=()

	for f in cli/wireguard-reorder cli/main.o main.o wireguard.ko reorder/engine.o compat/generated; do
		[[ ! -e $f ]] || there+=("$f")
	done
	[[ ${there[*]} == "$*" ]] || { echo "# there is: ${there[*]}"; return 1; }
}

build()
{
	make -s -C "$work/tree" module "KDIR=$work/$1" >"$work/log" 2>&1 || { sed 's/^/# /' "$work/log"; return 1; }
}

kernel one
kernel other
mkdir "$work/tree"
cp -R "$top/Makefile" "$top/src" "$work/tree"
cd "$work/tree/src"
make -s -C .. clean
point "the module for one kernel" build one
leave
point "and again" build one
point "nothing of that is made anew" left cli/wireguard-reorder cli/main.o main.o wireguard.ko reorder/engine.o compat/generated
point "for another kernel" build other
point "the command stays, and what is for the first kernel goes" left cli/wireguard-reorder cli/main.o
leave
point "make clean" make -s -C .. clean
point "takes all of it" left
echo "1..$number"
exit "$failed"
