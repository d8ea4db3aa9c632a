#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Show what the module does: builds the package, installs it with apt in a
# throw-away Debian system, boots that as a virtual machine, and sends through a
# tunnel to it, over a path that keeps the order and over one that does not.
# What is received by the kernel's own module and by ours goes into a table,
# dist/demo.tsv, and a picture, dist/demo.svg. The sender is a second machine
# with the kernel's own module. Needs root, and about five minutes; the first
# time some more, to fetch the Debian system.
#
#   ci/demo/demo.sh [ROUNDS]     (3)
#
# Ends with status 1 if ours delivered anything out of order, or something in
# between went wrong.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=ci/lib/cache.sh
. "$top/ci/lib/cache.sh"

suite=bookworm
packages=(linux-image-amd64 linux-headers-amd64 dkms mount iproute2 procps iputils-ping ethtool
	  iperf3 python3-minimal wireguard-tools)
rounds=${1:-3}
tcp_seconds=8
udp_count=6000
udp_rate=2000
jitter=1ms
log=$top/dist/demo-log
tsv=$top/dist/demo.tsv
svg=$top/dist/demo.svg
work=''
declare -A guest_pid step_number

say()
{
	printf '[%3d s] %s\n' "$SECONDS" "$*"
}

die()
{
	echo "demo: $1" >&2
	if [[ -s ${2:-} ]]; then
		tail -n 15 "$2" | sed 's/^/    /' >&2
	fi
	echo "demo: the run failed after $SECONDS s; its logs are in $log" >&2
	exit 1
}

# Everything else is in mounts that go with this process.
cleanup()
{
	local g

	trap '' INT TERM HUP
	for g in "${!guest_pid[@]}"; do
		kill "${guest_pid[$g]}" 2>/dev/null || true
	done
	wait
	[[ -z $work ]] || { umount -R "$work" 2>/dev/null || true; rmdir "$work"; }
}

# boot GUEST ROOT [QEMU.SH OPTION...]: start a guest, in the background.
boot()
{
	local guest=$1 root=$2
	shift 2

	mkdir -p "$log/$guest"
	cp "$top/ci/demo/inside.sh" "$top/ci/tests/tunnel/seqtest.py" "$log/$guest/"
	step_number[$guest]=0
	"$top/ci/vm/qemu.sh" --root "$root" --results "$log/$guest" --cpus 1 --memory 1024 \
		--timeout 1800 --env WGR_HOSTNAME="$guest" --link "$work/link" "$@" \
		-- bash /run/wgr/inside.sh >"$log/$guest.log" 2>&1 &
	guest_pid[$guest]=$!
}

# step GUEST SECONDS COMMAND...: have a guest carry it out; what it says is then
# in the file $said.
step()
{
	local guest=$1 limit=$((SECONDS + $2)) n file
	shift 2

	n=$((step_number[$guest] + 1))
	step_number[$guest]=$n
	file=$log/$guest/step-$n
	said=$file.out
	printf '%q ' "$@" >"$file.new"
	mv "$file.new" "$file"
	until [[ -e $file.status ]]; do
		kill -0 "${guest_pid[$guest]}" 2>/dev/null ||
			die "the $guest ended before \"$*\" was done; its last words:" "$log/$guest/console.log"
		((SECONDS < limit)) || die "the $guest did not finish \"$*\" in time" "$said"
		# A wait without a process, which would disturb what is measured.
		read -r -t 0.1 -u "$never" || true
	done
	[[ $(<"$file.status") == 0 ]] || die "\"$*\" failed in the $guest:" "$said"
}

# shut_down GUEST: a guest whose kernel complained counts as failed.
shut_down()
{
	local guest=$1 rc=0

	echo end >"$log/$guest/step-$((step_number[$guest] + 1))"
	wait "${guest_pid[$guest]}" || rc=$?
	unset "guest_pid[$guest]"
	[[ $rc == 0 ]] || die "the $guest ended with status $rc:" "$log/$guest.log"
}

# prepare: the package in an overlay of the cached system, at $work/root; the
# layer is in memory and the cached system stays as it was.
prepare()
{
	local deb=$1

	mkdir "$work"/{layer,root}
	mount -t tmpfs -o size=2g layer "$work/layer"
	mkdir "$work"/layer/{upper,work}
	mount -t overlay overlay "$work/root" \
		-o "lowerdir=$clean,upperdir=$work/layer/upper,workdir=$work/layer/work"
	mount -t proc proc "$work/root/proc"
	cp "$deb" "$work/root/root/"
	chroot "$work/root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive INITRD=No \
		apt-get install -y "/root/${deb##*/}" >"$log/apt.log" 2>&1 </dev/null || return
	umount "$work/root/proc"
	modinfo -b "$work/root" -k "$kernel" -n wireguard | grep -q /updates/
}

# measure ROUND PATH MODULE: one row of the table for each way TCP is run.
measure()
{
	local round=$1 path=$2 module=$3 udp recovery count=0

	step receiver 60 receiver_tunnel "$module"
	step sender 90 sender_tunnel
	step receiver 90 udp_receive
	step sender 120 udp_send "$udp_count" "$udp_rate"
	step receiver 90 udp_result
	udp=$(tail -n 1 "$said")
	[[ $udp == sent=[1-9]* ]] || die "the numbered packets did not get through:" "$said"
	for recovery in 1 0; do
		# Only there does it make a difference.
		[[ $recovery == 1 || $path == jittery ]] || continue
		step receiver 90 tcp_receive
		step sender $((tcp_seconds + 90)) tcp_send "$tcp_seconds" "$recovery"
		"$top/ci/demo/report.py" row "$round" "$path" "$recovery" "$module" "$udp" "$said" \
			>>"$tsv" 2>"$log/report.log" || die "no result of \"$udp\" and $said:" "$log/report.log"
		count=$((count + 1))
		# Counted once.
		udp=''
	done
	say "round $round of $rounds, $path path, $module: $("$top/ci/demo/report.py" line "$tsv" "$count")"
}

main()
{
	local deb round path module order

	mkdir -p "$top/dist" "$WGR_CACHE"
	exec {lock}>"$top/dist/.demo-lock"
	flock -n "$lock" || { echo "demo: another one is running in this tree" >&2; exit 1; }
	rm -rf "$log" "$tsv" "$svg"
	mkdir "$log"
	exec {never}<> <(:)
	# Where a socket's path is short.
	work=$(mktemp -d /tmp/wgr-demo.XXXXXX)
	trap cleanup EXIT
	trap 'exit 130' INT TERM HUP
	mount -t tmpfs -o size=1m demo "$work"

	say "building the package"
	make -s --no-print-directory -C "$top" deb >"$log/deb.log" 2>&1 || die "make deb failed:" "$log/deb.log"
	deb=$(echo "$top"/dist/wireguard-reorder-dkms_*_all.deb)

	say "looking for the throw-away Debian system ($suite; the first time it is fetched, which takes minutes)"
	clean=$("$top/ci/vm/root.sh" "$suite" "${packages[@]}" 2>"$log/root.log") ||
		die "the Debian system could not be made:" "$log/root.log"
	kernel=$(basename "$clean"/boot/vmlinuz-*)
	kernel=${kernel#vmlinuz-}

	say "booting the sender: kernel $kernel as it comes, in an emulator"
	boot sender "$clean" --listen
	say "installing ${deb##*/} in the receiver with apt, which builds the module"
	prepare "$deb" || die "the package could not be installed:" "$log/apt.log"
	say "booting the receiver"
	boot receiver "$work/root"

	step receiver 300 receiver_network
	step sender 300 sender_network
	step receiver 60 load ours
	say "ours in the receiver:  $(tail -n 1 "$said")"
	step receiver 60 load stock
	say "stock in the receiver: $(tail -n 1 "$said")"
	umask 077
	wg genkey >"$log/sender/key"
	wg genkey >"$log/receiver/key"
	umask 022
	wg pubkey <"$log/sender/key" >"$log/receiver/peer"
	wg pubkey <"$log/receiver/key" >"$log/sender/peer"
	step receiver 60 receiver_tunnel stock
	step sender 90 sender_tunnel
	say "stock in the sender:   $(tail -n 1 <(grep version "$said"))"

	"$top/ci/demo/report.py" head >"$tsv"
	for ((round = 1; round <= rounds; round++)); do
		order="stock ours"
		((round % 2)) || order="ours stock"
		for path in in-order jittery; do
			step sender 60 path "$([[ $path == jittery ]] && echo "$jitter" || echo 0)"
			for module in $order; do
				measure "$round" "$path" "$module"
			done
		done
	done
	shut_down sender
	shut_down receiver

	"$top/ci/demo/report.py" plot "$tsv" >"$log/plot.data"
	gnuplot -e "data='$log/plot.data'; out='$svg'; jitter='$jitter'" "$top/ci/demo/plot.gp" >"$log/gnuplot.log" 2>&1 ||
		die "the picture could not be drawn:" "$log/gnuplot.log"
	say "done; picture: ${svg#"$top"/}, figures: ${tsv#"$top"/}, logs: ${log#"$top"/}"
	echo
	"$top/ci/demo/report.py" table "$tsv" "$jitter" || die "the figures above are not what they should be"
}

# Private mounts: whatever happens, they go when this process does.
if [[ ${WGR_UNSHARED:-} != "$$" ]]; then
	[[ $(id -u) == 0 ]] || { echo "demo: this needs root: sudo make demo" >&2; exit 1; }
	exec unshare --mount --propagation private \
		env "WGR_UNSHARED=$$" bash "${BASH_SOURCE[0]}" "$@"
fi

# On one line: the shell may read on in a file that has changed meanwhile.
main; exit
